"""What numbers in a trace stand for: descriptors, sockets, and tasks."""
