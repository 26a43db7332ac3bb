"""Analyzers: one question about a trace each, answered with evidence.

Nothing is imported here: what can be asked (``questions``) is to be known without those who answer
(``catalogue``), who bring pandas and the grammars.
"""
