"""Datasets as tensors, split into train / val / test. In reading order:

    parts      Examples and Split; the one cut and the one standardise
    tables     sine, moons, digits, diabetes
    images     pictures as uint8 tensors, their augmentation, coloured digits that need no network
    obtaining  CIFAR-10, fetched once
    folders    a learner's own pictures, one folder per class

Integer targets mean classification (cross-entropy), floating ones regression (mean squared error).
"""

from .folders import image_folder
from .images import Pictures, augment, coloured_digits
from .obtaining import Unavailable, cifar10
from .parts import Examples, Split
from .tables import diabetes, digits, moons, sine

__all__ = [
    "Examples",
    "Pictures",
    "Split",
    "Unavailable",
    "augment",
    "cifar10",
    "coloured_digits",
    "diabetes",
    "digits",
    "image_folder",
    "moons",
    "sine",
]
