"""What the kernel is asked: ptrace requests, memory, /proc, filters, cores, the wait; what it lets us do."""
