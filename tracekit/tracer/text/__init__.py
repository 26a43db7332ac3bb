"""From what the stop loop took down to the text of a trace."""
