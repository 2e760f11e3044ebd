"""A learner's own pictures: one folder per class."""

import os
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..arguments import count, require
from .images import Pictures
from .obtaining import torchvision_datasets
from .parts import Examples


def image_folder(root: str | os.PathLike, size: int = 32) -> Pictures:
    """A learner's own pictures, one folder per class: root/<class>/<picture>, as torchvision's ImageFolder reads them.

    With root/train and root/test, the latter are the test pictures. Each picture's middle square is scaled to
    size×size. Raises ValueError, or Unavailable where torchvision is missing, in one sentence.
    """
    datasets, root = torchvision_datasets(), Path(root)
    count("size", size)
    parts = (
        [root / "train", root / "test"]
        if (root / "train").is_dir() and (root / "test").is_dir()
        else [root]
    )
    read = []
    for part in parts:
        try:
            found = datasets.ImageFolder(str(part))
        except OSError as error:
            raise ValueError(
                f"root must be a folder with a folder of pictures per class; {part}: {error}"
            ) from error
        x = torch.stack([_square(path, size) for path, _ in found.samples])
        read.append((x, torch.tensor(found.targets), tuple(found.classes)))
    (x, y, classes), test = read[0], read[1] if len(read) > 1 else None
    require(
        len(classes) > 1,
        "root",
        f"{root} with {len(classes)} class",
        "a folder with at least two class folders",
    )
    require(
        test is None or test[2] == classes,
        "root/test",
        test and test[2],
        f"the classes of root/train, {classes}",
    )
    return Pictures(
        x, y, classes, f"pictures of {root.absolute().name}", test and Examples(*test[:2])
    )


def _square(path: str, size: int) -> Tensor:
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as picture:
            square = ImageOps.fit(picture.convert("RGB"), (size, size))
    except (OSError, ValueError) as error:
        raise ValueError(
            f"root must hold pictures only; {path} cannot be read as one: {error}"
        ) from error
    return torch.from_numpy(np.array(square)).permute(2, 0, 1)
