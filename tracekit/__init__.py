"""Syscall forensics: what a server did, from its system calls alone."""

__version__ = "0.1.0"
