"""Datasets as tensors, split into train / val / test. In reading order:

    parts        Examples and Split; the one cut and the one standardise
    tables       sine, step, moons, circles, xor, spiral, gaussians, digits, diabetes
    images       pictures as uint8 tensors, their augmentation, coloured digits without a network
    downloading  a file fetched whole or not at all, and resumed
    obtaining    CIFAR-10
    folders      a learner's own pictures, one folder per class
    archives     pictures from one file of arrays

Integer targets mean classification (cross-entropy), floating ones regression (mean squared error).
"""

from .archives import archive
from .folders import image_folder
from .images import Pictures, augment, coloured_digits
from .obtaining import Unavailable, cifar10
from .parts import Examples, Split
from .tables import circles, diabetes, digits, gaussians, moons, sine, spiral, step, xor

__all__ = [
    "Examples",
    "Pictures",
    "Split",
    "Unavailable",
    "archive",
    "augment",
    "cifar10",
    "circles",
    "coloured_digits",
    "diabetes",
    "digits",
    "gaussians",
    "image_folder",
    "moons",
    "sine",
    "spiral",
    "step",
    "xor",
]
