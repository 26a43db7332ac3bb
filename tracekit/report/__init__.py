"""Views of answers: text, JSON, CSV (``render``), and text made harmless (``escape``); no thinking."""

FORMATS = ("text", "json", "csv")
"""What an answer can be rendered as."""
