"""Views of answers: text, JSON, CSV (``render``), and text made harmless (``escape``); no thinking."""
