"""The graded lab: exercises, a variant of each for every student, and how their answers are judged."""
