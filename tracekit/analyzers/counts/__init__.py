"""Calls, counted: how often, how many failed, how long they took."""
