"""What checks have in common: what was answered, what a line shows, what the key says, what it is worth."""
