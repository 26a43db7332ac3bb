"""The access log and the error log: their formats, and lines that a client cannot forge."""
