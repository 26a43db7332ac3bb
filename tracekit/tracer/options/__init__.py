"""What is asked of a trace, as data: which lines, in which layout, of a program started how."""
