"""The exercises of the notebooks, one file per notebook.

A new notebook's file joins CHAPTERS here; `kinds` shows how one is written.
"""

from . import choosing_lambda, cifar10, concept, dropout, l1, l2, playground
from .kinds import Chapter, Choice, Exercise

CHAPTERS: tuple[Chapter, ...] = (
    concept.chapter,
    l2.chapter,
    l1.chapter,
    dropout.chapter,
    cifar10.chapter,
    choosing_lambda.chapter,
    playground.chapter,
)
EXERCISES: dict[str, Exercise | Choice] = {
    number: exercise for chapter in CHAPTERS for number, exercise in chapter.exercises.items()
}

__all__ = ["CHAPTERS", "EXERCISES", "Chapter", "Choice", "Exercise"]
