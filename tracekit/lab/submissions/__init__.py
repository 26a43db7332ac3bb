"""What students hand in: a folder each, found, believed with its tag alone, and read with care."""

from tracekit.lab.submissions.files import BadSubmissionError
from tracekit.lab.submissions.submission import FILE, PS, TRACE, Submission, course_name, student_id

__all__ = ["FILE", "PS", "TRACE", "BadSubmissionError", "Submission", "course_name", "student_id"]
