"""One connection: what is received on it, what is sent, and what is told of it afterwards."""
