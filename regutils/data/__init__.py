"""Datasets as tensors, split into train / val / test. In reading order:

    split     Examples, Split; cutting into parts, standardising
    toy       sine, moons, circles, xor, spiral, gaussians, sparse_linear
    digits    digits, diabetes
    pictures  Pictures, augment, coloured_digits; archive reads pictures from an .npz file
    cifar10   CIFAR-10, downloaded once
    folder    a learner's own pictures, one folder per class

Integer targets mean classification (cross-entropy), floating ones regression (mean squared error).
"""

from .cifar10 import Unavailable, cifar10
from .digits import diabetes, digits
from .folder import image_folder
from .pictures import Pictures, archive, augment, coloured_digits
from .split import Examples, Split
from .toy import circles, gaussians, moons, sine, sparse_linear, spiral, xor

__all__ = [
    "Examples", "Pictures", "Split", "Unavailable", "archive", "augment", "cifar10", "circles",
    "coloured_digits", "diabetes", "digits", "gaussians", "image_folder", "moons", "sine",
    "sparse_linear", "spiral", "xor",
]  # fmt: skip
