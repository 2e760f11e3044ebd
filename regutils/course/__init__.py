"""What belongs to the lessons: check(), the exercises (one file a notebook), the playground."""

from .check import check

__all__ = ["check"]
