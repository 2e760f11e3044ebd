"""A learner's own pictures: one folder per class.

Not on torchvision's ImageFolder: it takes hidden folders for classes and follows links in circles,
and to override both would leave nothing of it.
"""

import os
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..arguments import count, require
from .pictures import Pictures

# What operating systems and notebook servers leave in folders of pictures.
LITTER = frozenset({"__macosx", "thumbs.db", "desktop.ini", "ehthumbs.db", "@eadir"})


def image_folder(root: str | os.PathLike[str], size: int = 32) -> Pictures:
    """Return a learner's own pictures, one folder per class: root/<class>/<picture>.

    - root: a leading ~ is the home folder.
    - size: each picture's middle square is scaled to size×size.

    Pictures are turned as their EXIF says, transparency is laid on white, 16 bits become 8. Hidden
    files are no data. Files that are no pictures, and files that links lead to a second time, are
    left out, counted, and said.

    Raises ValueError in one sentence, naming the file that cannot be read.
    """
    from PIL import Image

    root, size = Path(root).expanduser(), count("size", size)
    folders = _folders(root) if root.is_dir() else []
    got = f"{root} with {len(folders)} of them"
    require(len(folders) > 1, "root", got, "a folder with at least two class folders of pictures")
    classes = tuple(map(_name, folders))
    got = f"{', '.join(path.name for path in folders)}, one the same in two Unicode forms"
    accepts = "a folder whose class folders have different names"
    require(len(set(classes)) == len(classes), "root", got, accepts)
    formats = Image.registered_extensions()
    skipped: Counter[str] = Counter()
    seen: set[Path] = set()
    pictures, labels = [], []
    for label, folder in enumerate(folders):
        for path in _files(folder):
            ending, real = path.suffix.lower(), path.resolve()
            if not (formats.get(ending) in Image.OPEN and path.is_file()):
                skipped[f"{ending or 'without an ending'} (no picture that is read here)"] += 1
            elif real in seen:
                skipped["linked to a second time"] += 1
            else:
                seen.add(real)
                pictures.append(_square(path, size))
                labels.append(label)
        got = f"{folder}, without a picture of its own"
        require(label in labels[-1:], "root", got, "a folder with pictures in each class folder")
    if skipped:
        told = ", ".join(f"{number} {what}" for what, number in skipped.most_common())
        print(f"Left out of {root}, as no pictures to read: {told}.", file=sys.stderr)
    source = f"pictures of {root.absolute().name}"
    return Pictures(torch.stack(pictures), torch.tensor(labels), classes, source)


def _hidden(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower() in LITTER


def _name(path: Path) -> str:
    """Return a folder's name in one Unicode form: é is one character or two, system by system."""
    return unicodedata.normalize("NFC", path.name)


def _folders(root: Path) -> list[Path]:
    """Return the visible folders in `root`, by name, but no link back to `root` or above it."""
    real = root.resolve()
    found = [path for path in root.iterdir() if path.is_dir() and not _hidden(path.name)]
    return sorted((p for p in found if not real.is_relative_to(p.resolve())), key=_name)


def _files(folder: Path) -> Iterator[Path]:
    """Yield every visible file below a folder, in order; links to folders are not followed."""
    for here, below, names in os.walk(folder):
        below[:] = sorted(name for name in below if not _hidden(name))
        yield from (Path(here, name) for name in sorted(names) if not _hidden(name))


def _square(path: Path, size: int) -> Tensor:
    """Return the middle of a picture, (3, size, size) uint8."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as picture:
            square = ImageOps.fit(_eight_bits(ImageOps.exif_transpose(picture)), (size, size))
    except Exception as error:  # decoders raise anything, SyntaxError and struct.error among it
        said = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(
            f"root must hold pictures only; {path} cannot be read as one: {said}. "
            "Take it out, or save it anew."
        ) from error
    return torch.from_numpy(np.array(square)).permute(2, 0, 1)


def _eight_bits(picture: Any) -> Any:
    """Return any picture as RGB with the same look."""
    from PIL import Image

    if picture.mode == "F":
        raise ValueError("its grey values are floating-point numbers")
    if picture.mode.startswith("I"):
        grey = np.asarray(picture) / 257  # 65535 becomes 255
        return Image.fromarray(grey.round().clip(0, 255).astype(np.uint8)).convert("RGB")
    if picture.has_transparency_data:
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")
    return picture.convert("RGB")
