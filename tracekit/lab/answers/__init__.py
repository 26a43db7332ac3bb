"""What a student answered: a small file of data, read with care, each field by itself."""

from tracekit.lab.answers.model import Answers, Cited, Problem, Row
from tracekit.lab.answers.reading import read_answers
from tracekit.lab.answers.template import blank_answers

__all__ = ["Answers", "Cited", "Problem", "Row", "blank_answers", "read_answers"]
