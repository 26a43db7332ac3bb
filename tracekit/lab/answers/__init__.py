"""What a student answered: a small file of data, read with care, each field by itself."""

from tracekit.lab.answers.model import Answers, Cited, Problem, Row
from tracekit.lab.answers.reading import read_answers

__all__ = ["Answers", "Cited", "Problem", "Row", "read_answers"]
