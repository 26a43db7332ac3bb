"""Calls changed on purpose: strace's ``-e inject=`` and ``-e fault=``."""
