"""A student's variant of an exercise: a recorded scene with other words, numbers of tasks and ports."""

from tracekit.lab.variants.making import Variant, variant

__all__ = ["Variant", "variant"]
