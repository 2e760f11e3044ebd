"""A learner's own pictures: one folder per class."""

import os
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..arguments import count, require
from .images import Pictures
from .parts import Examples

# The usual spellings of a split's folders.
PARTS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}
# What a person would call a picture; read as far as this Pillow can.
ENDINGS = frozenset(
    ".apng .avif .avifs .bmp .dib .gif .heic .heif .j2k .jfif .jp2 .jpe .jpeg .jpg .jxl .pbm .pcx "
    ".pgm .png .pnm .ppm .qoi .tga .tif .tiff .webp".split()
)
# What operating systems and notebook servers leave in folders of pictures.
LITTER = frozenset({"__macosx", "thumbs.db", "desktop.ini", "ehthumbs.db", "@eadir"})


def image_folder(root: str | os.PathLike[str], size: int = 32) -> Pictures:
    """A learner's own pictures, one folder per class: root/<class>/<picture>.

    - root: a leading ~ is the home folder. With root/train beside root/val or root/test (or
      training, valid, validation, testing), those are the validation and the test part.
    - size: each picture's middle square is scaled to size×size.

    Turned as its EXIF says, transparency on white, 16 bits and floats (0 to 1, or 0 to 255) on the
    scale of 8 bits, of an animation the first frame. Hidden files and what systems leave behind are
    no data; other files that are no pictures to this Pillow are left out, counted, and said.

    Raises ValueError in one sentence, naming the file that cannot be read.
    """
    root, size = Path(root).expanduser(), count("size", size)
    require(root.is_dir(), "root", str(root), "a folder with a folder of pictures per class")
    skipped: Counter[str] = Counter()
    parts = {name: _read(path, size, skipped) for name, path in _parts(root).items()}
    x, y, classes = parts["train"]
    accepts = "a folder with at least two class folders"
    require(len(classes) > 1, "root", f"{root} with {len(classes)} class", accepts)
    others: dict[str, Examples | None] = {"val": None, "test": None}
    for name in parts.keys() & others.keys():
        new_x, new_y, named = parts[name]
        require(named == classes, f"root/{name}", named, f"the classes of root/train, {classes}")
        others[name] = Examples(new_x, new_y)
    if skipped:
        told = ", ".join(f"{number} {ending}" for ending, number in skipped.most_common())
        print(f"Left out of {root}: {told} (no pictures that this Pillow reads).", file=sys.stderr)
    return Pictures(x, y, classes, f"pictures of {root.absolute().name}", **others)


def _hidden(path: Path) -> bool:
    return path.name.startswith((".", "~$")) or path.name.lower() in LITTER


def _folders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir() and not _hidden(path))


def _parts(root: Path) -> dict[str, Path]:
    """The folders of a split, train among them; or the root itself as train."""
    found: dict[str, Path] = {}
    for path in _folders(root):
        for part, spellings in PARTS.items():
            if path.name.lower() in spellings:
                found[part] = path
    if "train" in found and len(found) > 1:
        return found
    missing = bool(found) and len(found) == len(_folders(root)) and "train" not in found
    require(not missing, "root", f"only {', '.join(found)} in it", "a folder with a train part too")
    # A lone folder "train" with class folders in it is the whole collection.
    lone = "train" in found and len(_folders(root)) == 1 and len(_folders(found["train"])) > 1
    return found if lone else {"train": root}


def _files(folder: Path) -> Iterator[Path]:
    """Every file below a folder, in order, but nothing hidden and nothing in a hidden folder."""
    for path in sorted(folder.iterdir()):
        if _hidden(path):
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def _read(root: Path, size: int, skipped: "Counter[str]") -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Pictures (n, 3, size, size), labels (n,) and class names of a folder of class folders."""
    from PIL import Image

    folders = _folders(root)
    accepts = "a folder with a folder of pictures per class"
    require(len(folders) > 0, "root", f"{root}, without any folder in it", accepts)
    formats = Image.registered_extensions()
    pictures: list[Tensor] = []
    labels: list[int] = []
    for label, folder in enumerate(folders):
        before = len(pictures)
        for path in _files(folder):
            ending = path.suffix.lower()
            if ending in ENDINGS and formats.get(ending) in Image.OPEN:
                pictures.append(_square(path, size))
                labels.append(label)
            else:
                skipped[ending or "without an ending"] += 1
        got = f"{folder}, without a picture in it"
        require(len(pictures) > before, "root", got, "a folder with pictures in each class folder")
    return torch.stack(pictures), torch.tensor(labels), tuple(path.name for path in folders)


def _square(path: Path, size: int) -> Tensor:
    """The middle of a picture, (3, size, size) uint8."""
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            # Large, but it is about to be made small.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
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
    """Any picture as RGB with the same look."""
    from PIL import Image

    if picture.mode.startswith("I") or picture.mode == "F":
        values = np.asarray(picture, dtype=np.float64)
        return Image.fromarray(_levels(values, picture.mode)).convert("RGB")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("RGB")
    return picture.convert("RGB")


def _levels(values: np.ndarray, mode: str) -> np.ndarray:
    """Grey values as uint8: of floats in [0, 1], of 8 bits, or of 16 (Pillow's mode I;16)."""
    low, high = values.min(), values.max()
    if not (low >= 0 and high <= 65535):  # false for NaN too
        raise ValueError("its grey values are not all within 0 … 65535")
    if mode == "F" and high <= 1:
        values = values * 255
    elif high > 255 or mode.startswith("I;16"):
        values = values / 257
    return values.round().astype(np.uint8)
