"""HTTP/1.x as far as a trace shows it: messages in what was read and written, and what they ask for."""
