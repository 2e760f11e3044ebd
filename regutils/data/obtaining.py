"""CIFAR-10: found on disk, or fetched once, whole or not at all."""

import os
import tarfile
import tempfile
import zlib
from http.client import HTTPException
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from .downloading import fetch, md5_of, why
from .images import Pictures
from .parts import Examples


def folder(root: str | os.PathLike[str] | None = None) -> Path:
    """Where data is kept: `root`, else REGUTILS_DATA, else "data" in the working folder.

    A leading ~ is the home folder.
    """
    return Path(root or os.environ.get("REGUTILS_DATA") or "data").expanduser()


def mirrors() -> list[str]:
    """The addresses in REGUTILS_MIRRORS, separated by blanks or commas; of the archive itself."""
    return os.environ.get("REGUTILS_MIRRORS", "").replace(",", " ").split()


class Unavailable(OSError):
    """Pictures that cannot be had: one sentence with the reason and what to do."""


def torchvision_datasets() -> Any:
    """torchvision.datasets, or Unavailable with the remedy: another build's wheel cannot load."""
    try:
        from torchvision import datasets
    except (ImportError, RuntimeError) as error:
        try:
            found = f"torchvision {version('torchvision')} does not fit torch {torch.__version__}"
        except PackageNotFoundError:
            found = "torchvision is not installed"
        raise Unavailable(
            f"{found} ({error}); install the two together, "
            "pip install --upgrade torch torchvision, and restart the kernel."
        ) from error
    return datasets


def cifar10(
    root: str | os.PathLike[str] | None = None, *, download: bool = True, patience: float = 30.0
) -> Pictures:
    """CIFAR-10 (Krizhevsky 2009): 50,000 pictures in ten classes, and 10,000 test pictures.

    - root: as in `folder`. What is missing there is downloaded (170 MB), from the addresses in
      REGUTILS_MIRRORS first and then from torchvision's, and unpacked beside its place. Everything
      is checked by its MD5 sum before it is renamed into place or unpickled, so a mirror is as
      safe, and what stands in its place is whole, whoever is interrupted or starts at once.
    - patience: seconds in which at least 64 KiB must arrive.

    Raises Unavailable, an OSError, in one sentence with what to do.
    """
    kind, home = torchvision_datasets().CIFAR10, folder(root)
    try:
        if not _intact(kind, home):
            _obtain(kind, home, download, patience)
        train, test = (kind(str(home), train=part) for part in (True, False))
    except (
        OSError,
        HTTPException,
        tarfile.TarError,
        EOFError,
        zlib.error,
        RuntimeError,
    ) as error:
        if isinstance(error, Unavailable):
            raise
        raise Unavailable(
            f"CIFAR-10 could not be had for {home.absolute()} ({why(error)}). To go on, call "
            f"again, {_ways(kind, home)}."
        ) from error
    x, test_x = (
        torch.from_numpy(part.data).permute(0, 3, 1, 2).contiguous() for part in (train, test)
    )
    return Pictures(
        x,
        torch.tensor(train.targets),
        tuple(train.classes),
        "CIFAR-10",
        Examples(test_x, torch.tensor(test.targets)),
    )


def _ways(kind: Any, home: Path) -> str:
    return (
        f"or put the archive {kind.filename} into {home.absolute()} by hand, or name a nearer copy "
        "of it in REGUTILS_MIRRORS; until then data.coloured_digits() needs no network"
    )


def _intact(kind: Any, home: Path) -> bool:
    meta = (kind.meta["filename"], kind.meta["md5"])
    files = [*kind.train_list, *kind.test_list, meta]
    return all(md5_of(home / kind.base_folder / name) == md5 for name, md5 in files)


def _obtain(kind: Any, home: Path, download: bool, patience: float) -> None:
    """The archive, from `home` or its server, unpacked into `home`."""
    archive = home / kind.filename
    by_hand = archive.is_file()
    if by_hand and md5_of(archive) != kind.tgz_md5:
        raise Unavailable(
            f"{archive.absolute()} is not CIFAR-10's archive or not all of it: its MD5 sum "
            "differs. It was left alone; delete it and call again, or put the whole archive there."
        )
    if not by_hand and not download:
        raise Unavailable(
            f"CIFAR-10 is not in {home.absolute()}; with download=True it is fetched once, 170 MB."
        )
    home.mkdir(parents=True, exist_ok=True)
    if not by_hand:
        advice = f"You can let it run, {_ways(kind, home)}."
        urls = [*mirrors(), kind.url]
        archive = fetch(urls, archive, kind.tgz_md5, patience=patience, advice=advice)
    try:
        with tempfile.TemporaryDirectory(prefix=".cifar-", dir=home) as beside:
            with tarfile.open(archive) as packed:
                packed.extractall(beside, filter="data")
            _put_in_place(kind, home, Path(beside))
    finally:
        if not by_hand:
            archive.unlink()


def _put_in_place(kind: Any, home: Path, beside: Path) -> None:
    place, new = home / kind.base_folder, beside / kind.base_folder
    if not _intact(kind, beside):
        raise OSError("the archive's files are not CIFAR-10's: their MD5 sums differ")
    if place.exists() and not _intact(kind, home):
        place.rename(beside / "broken")
    try:
        new.rename(place)
    except OSError:  # another kernel was faster
        if not _intact(kind, home):
            raise
