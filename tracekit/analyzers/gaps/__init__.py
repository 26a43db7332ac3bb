"""What a trace does not show: tasks, calls and texts that must have been there, and what suffers from it."""
