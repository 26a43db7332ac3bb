"""Processes and threads: which part each has, how their number changes, how they die, how ps shows them."""
