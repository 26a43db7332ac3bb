"""Who serves requests: how connections are handed over, and how the work is shared out."""
