"""Pictures as tensors: CIFAR-10, a learner's own class folders, and a stand-in that needs no network.

Pictures are kept as one uint8 tensor (n, 3, 32, 32); a Split of them is standardised per channel by its training part.
"""

import hashlib
import os
import tarfile
import tempfile
import time
import urllib.request
import zlib
from dataclasses import dataclass
from http.client import HTTPException
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from .arguments import count, require
from .data import Examples, Split


def folder(root: str | os.PathLike | None = None) -> Path:
    """Where data is kept: `root`, else the environment's REGUTILS_DATA, else "data" in the working folder."""
    return Path(root or os.environ.get("REGUTILS_DATA") or "data")


class Unavailable(OSError):
    """Pictures that cannot be had: one sentence with the reason and what to do."""


@dataclass(frozen=True)
class Pictures:
    """x (n, 3, h, w) uint8 and labels y (n,), with the names of the classes; `test` are further pictures, if any.

    source: what a figure's title says of them.
    """

    x: Tensor
    y: Tensor
    classes: tuple[str, ...]
    source: str
    test: Examples | None = None

    def split(self, n_train: int = 5000, n_val: int = 5000, seed: int = 0) -> Split:
        """Shuffled by `seed` and cut; standardised per channel. Test pictures are `test`, else the rest."""
        count("n_train", n_train, high=len(self.x) - n_val - (self.test is None))
        order = torch.randperm(len(self.x), generator=torch.Generator().manual_seed(count("seed", seed, low=0)))
        train, val, rest = order.split([n_train, count("n_val", n_val), len(self.x) - n_train - n_val])
        scale = Standardise(self.x[train])
        test = Examples(self.x[rest], self.y[rest]) if self.test is None else self.test
        return Split((scale(self.x[train]), self.y[train]), (scale(self.x[val]), self.y[val]), (scale(test.x), test.y))


class Standardise:
    """uint8 pictures to float32 less the mean of each channel, over its standard deviation, both of `train`."""

    def __init__(self, train: Tensor):
        sums = torch.stack([train[:, c].double().mean() for c in range(train.shape[1])])
        squares = torch.stack([train[:, c].double().square().mean() for c in range(train.shape[1])])
        self.mean = sums.float().view(1, -1, 1, 1)
        self.sd = (squares - sums.square()).clamp_min(1e-12).sqrt().float().view(1, -1, 1, 1)

    def __call__(self, x: Tensor) -> Tensor:
        return (x.float() - self.mean) / self.sd


def augment(x: Tensor, pad: int = 4) -> Tensor:
    """Each picture of a batch (n, c, h, w) shifted by up to `pad` pixels in each direction and mirrored at random.

    Pads with zeros (the training mean, once standardised) and cuts a window of the old size; half the pictures are
    mirrored left to right. Draws from torch's global random state: n row shifts, n column shifts, n mirrorings.
    """
    n, _, h, w = x.shape
    require(0 <= pad < min(h, w), "pad", pad, f"a whole number from 0 to {min(h, w) - 1}")
    top, left = torch.randint(0, 2 * pad + 1, (2, n), device=x.device)
    mirrored = torch.rand(n, device=x.device) < 0.5
    rows = top[:, None] + torch.arange(h, device=x.device)
    columns = torch.arange(w, device=x.device).expand(n, w)
    columns = left[:, None] + torch.where(mirrored[:, None], w - 1 - columns, columns)
    which = torch.arange(n, device=x.device)[:, None, None]
    # Indexed like this the channels come last: the layout that convolutions read fastest, shown as (n, c, h, w).
    return F.pad(x, (pad,) * 4)[which, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _torchvision():
    """torchvision.datasets, or Unavailable with the remedy: a wheel of another build fails at import."""
    try:
        from torchvision import datasets
    except (ImportError, RuntimeError) as error:
        try:
            found = f"torchvision {version('torchvision')} does not fit torch {torch.__version__}"
        except PackageNotFoundError:
            found = "torchvision is not installed"
        raise Unavailable(f"{found} ({error}); install the two together, pip install --upgrade torch torchvision, "
                          "and restart the kernel.") from error
    return datasets


def cifar10(root: str | os.PathLike | None = None, *, download: bool = True, patience: float = 30.0) -> Pictures:
    """CIFAR-10 (Krizhevsky 2009): 50,000 pictures in ten classes, and 10,000 test pictures.

    root: as in `folder`. What is missing there is downloaded (170 MB) and unpacked beside its place, checked by its
    MD5 sum, and renamed: what stands in its place is whole, whoever is interrupted or starts at the same time. Nothing
    is unpickled before its MD5 sum is checked. patience: seconds in which at least 64 KiB must arrive.

    Raises Unavailable, an OSError, in one sentence with what to do.
    """
    kind, home = _torchvision().CIFAR10, folder(root)
    try:
        if not _intact(kind, home):
            _obtain(kind, home, download, patience)
        train, test = (kind(str(home), train=part) for part in (True, False))
    except (OSError, HTTPException, tarfile.TarError, EOFError, zlib.error, RuntimeError) as error:
        if isinstance(error, Unavailable):
            raise
        raise Unavailable(f"CIFAR-10 could not be had from {kind.url} into {home.absolute()} ({_why(error)}). "
                          + _by_hand(kind, home)) from error
    x, test_x = (torch.from_numpy(part.data).permute(0, 3, 1, 2).contiguous() for part in (train, test))
    return Pictures(x, torch.tensor(train.targets), tuple(train.classes), "CIFAR-10",
                    Examples(test_x, torch.tensor(test.targets)))


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError) or isinstance(getattr(error, "reason", None), TimeoutError):
        return "the server stopped answering"
    return " ".join(str(error).split()) or type(error).__name__


def _by_hand(kind, home: Path) -> str:
    return (f"To go on, call again, or put the archive {kind.filename} into {home.absolute()} by hand; "
            "until then data.coloured_digits() needs no network.")


def _intact(kind, home: Path) -> bool:
    return all(_md5(home / kind.base_folder / name) == md5
               for name, md5 in [*kind.train_list, *kind.test_list, (kind.meta["filename"], kind.meta["md5"])])


def _md5(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _obtain(kind, home: Path, download: bool, patience: float) -> None:
    """The archive, from `home` or its server, unpacked into `home`."""
    archive = home / kind.filename
    if archive.is_file() and _md5(archive) != kind.tgz_md5:
        raise Unavailable(f"{archive.absolute()} is not CIFAR-10's archive or not all of it: its MD5 sum differs. It "
                          "was left alone; delete it and call again, or put the whole archive there.")
    if not archive.is_file() and not download:
        raise Unavailable(f"CIFAR-10 is not in {home.absolute()}; with download=True it is fetched once, 170 MB.")
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".cifar-", dir=home) as beside:
        if not archive.is_file():
            archive = Path(beside) / kind.filename
            _download(kind.url, archive, patience)
            if _md5(archive) != kind.tgz_md5:
                raise OSError("what the server sent is not CIFAR-10's archive: its MD5 sum differs")
        with tarfile.open(archive) as packed:
            packed.extractall(beside, filter="data")
        place, new = home / kind.base_folder, Path(beside) / kind.base_folder
        if not _intact(kind, Path(beside)):
            raise OSError("the archive's files are not CIFAR-10's: their MD5 sums differ")
        if place.exists() and not _intact(kind, home):
            place.rename(Path(beside) / "broken")
        try:
            new.rename(place)
        except OSError:  # another kernel was faster
            if not _intact(kind, home):
                raise


def _download(url: str, to: Path, patience: float) -> None:
    with urllib.request.urlopen(url, timeout=patience) as answer, to.open("wb") as file:
        size = int(answer.headers.get("Content-Length") or 0)
        bar = tqdm(total=size or None, desc=to.name, unit="B", unit_scale=True, leave=False)
        with bar:
            since, got = time.monotonic(), 0
            while block := answer.read1(1 << 16):
                file.write(block)
                bar.update(len(block))
                got += len(block)
                if time.monotonic() - since > patience:
                    if got < 1 << 16:
                        raise TimeoutError
                    since, got = time.monotonic(), 0
            done = file.tell()
    if done < size:
        raise OSError(f"the connection ended after {done:,} of {size:,} bytes")


def image_folder(root: str | os.PathLike, size: int = 32) -> Pictures:
    """A learner's own pictures, one folder per class: root/<class>/<picture>, as torchvision's ImageFolder reads them.

    With root/train and root/test, the latter are the test pictures. Each picture's middle square is scaled to
    size×size. Raises ValueError, or Unavailable where torchvision is missing, in one sentence.
    """
    datasets, root = _torchvision(), Path(root)
    count("size", size)
    parts = [root / "train", root / "test"] if (root / "train").is_dir() and (root / "test").is_dir() else [root]
    read = []
    for part in parts:
        try:
            found = datasets.ImageFolder(str(part))
        except OSError as error:
            raise ValueError(f"root must be a folder with a folder of pictures per class; {part}: {error}") from error
        x = torch.stack([_square(path, size) for path, _ in found.samples])
        read.append((x, torch.tensor(found.targets), tuple(found.classes)))
    (x, y, classes), test = read[0], read[1] if len(read) > 1 else None
    require(len(classes) > 1, "root", f"{root} with {len(classes)} class", "a folder with at least two class folders")
    require(test is None or test[2] == classes, "root/test", test and test[2], f"the classes of root/train, {classes}")
    return Pictures(x, y, classes, f"pictures of {root.absolute().name}", test and Examples(*test[:2]))


def _square(path: str, size: int) -> Tensor:
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as picture:
            square = ImageOps.fit(picture.convert("RGB"), (size, size))
    except (OSError, ValueError) as error:
        raise ValueError(f"root must hold pictures only; {path} cannot be read as one: {error}") from error
    return torch.from_numpy(np.array(square)).permute(2, 0, 1)


def coloured_digits(seed: int = 0) -> Pictures:
    """A stand-in that needs no network: scikit-learn's 1,797 digits in colour on coloured, textured backgrounds.

    3×32×32, ten classes. Each digit is used once, so no digit is both in a training and in a test part.
    """
    from sklearn.datasets import load_digits

    digits, labels = load_digits(return_X_y=True)
    n, g = len(digits), torch.Generator().manual_seed(count("seed", seed, low=0))

    def uniform(low, high, *shape):
        return torch.rand(*shape, generator=g) * (high - low) + low

    ink = torch.from_numpy(digits).float().view(n, 1, 8, 8) / 16
    # Turned by up to 20°, 55–90 % as large as the picture, moved by up to a fifth of it.
    angle, scale = uniform(-0.35, 0.35, n), 1 / uniform(0.55, 0.9, n)
    turn = torch.stack([scale * angle.cos(), -scale * angle.sin(), scale * angle.sin(), scale * angle.cos()], 1)
    theta = torch.cat([turn.view(n, 2, 2), uniform(-0.2, 0.2, n, 2, 1)], 2)
    grid = F.affine_grid(theta, (n, 1, 32, 32), align_corners=False)
    mask = F.grid_sample(ink, grid, align_corners=False)
    # Two colours in blotches, stripes across them, grain; the digit is mostly the lighter, hardly so as chance has it.
    blotch = F.interpolate(uniform(0, 1, n, 1, 5, 5), (32, 32), mode="bicubic", align_corners=False).clamp(0, 1)
    first, second = uniform(0, 0.7, 2, n, 3, 1, 1)
    colour = uniform(0.4, 1, n, 3, 1, 1)
    wave = uniform(0.2, 1.2, n, 1, 1, 1) * torch.arange(32.0)
    stripes = torch.sin(wave + wave.transpose(2, 3) * uniform(-1, 1, n, 1, 1, 1))
    ground = blotch * first + (1 - blotch) * second + 0.12 * stripes + 0.06 * torch.randn(n, 3, 32, 32, generator=g)
    x = (ground * (1 - mask) + colour * mask).clamp(0, 1)
    return Pictures((x * 255).round().to(torch.uint8), torch.from_numpy(labels), tuple("0123456789"),
                    "coloured digits, a stand-in")
