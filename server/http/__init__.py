"""HTTP/1.1 without input or output: requests from bytes, responses to bytes (RFC 9110, RFC 9112)."""
