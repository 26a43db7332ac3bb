"""What requests reached that they should not, one idea a module."""
