"""What the kernel is asked of a task: ptrace requests, memory, /proc, filters, cores, and the wait."""
