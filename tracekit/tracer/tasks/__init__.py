"""Tasks under trace: chosen, started or attached to, and let go of."""
