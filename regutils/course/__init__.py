"""What belongs to the lessons: check(), exercises, playground, and the runs that are recorded."""

from .check import check

__all__ = ["check"]
