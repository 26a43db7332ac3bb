"""Measurements beside peers, as ratios of one run; nothing here is a test."""
