"""CIFAR-10: found on disk, or fetched once, whole or not at all."""

import hashlib
import os
import tarfile
import tempfile
import time
import urllib.request
import zlib
from http.client import HTTPException
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
from tqdm import tqdm

from .images import Pictures
from .parts import Examples


def folder(root: str | os.PathLike | None = None) -> Path:
    """Where data is kept: `root`, else the environment's REGUTILS_DATA, else "data" in the working folder."""
    return Path(root or os.environ.get("REGUTILS_DATA") or "data")


class Unavailable(OSError):
    """Pictures that cannot be had: one sentence with the reason and what to do."""


def torchvision_datasets():
    """torchvision.datasets, or Unavailable with the remedy: a wheel of another build fails at import."""
    try:
        from torchvision import datasets
    except (ImportError, RuntimeError) as error:
        try:
            found = f"torchvision {version('torchvision')} does not fit torch {torch.__version__}"
        except PackageNotFoundError:
            found = "torchvision is not installed"
        raise Unavailable(
            f"{found} ({error}); install the two together, pip install --upgrade torch torchvision, "
            "and restart the kernel."
        ) from error
    return datasets


def cifar10(
    root: str | os.PathLike | None = None, *, download: bool = True, patience: float = 30.0
) -> Pictures:
    """CIFAR-10 (Krizhevsky 2009): 50,000 pictures in ten classes, and 10,000 test pictures.

    root: as in `folder`. What is missing there is downloaded (170 MB) and unpacked beside its place, checked by its
    MD5 sum, and renamed: what stands in its place is whole, whoever is interrupted or starts at the same time. Nothing
    is unpickled before its MD5 sum is checked. patience: seconds in which at least 64 KiB must arrive.

    Raises Unavailable, an OSError, in one sentence with what to do.
    """
    kind, home = torchvision_datasets().CIFAR10, folder(root)
    try:
        if not _intact(kind, home):
            _obtain(kind, home, download, patience)
        train, test = (kind(str(home), train=part) for part in (True, False))
    except (OSError, HTTPException, tarfile.TarError, EOFError, zlib.error, RuntimeError) as error:
        if isinstance(error, Unavailable):
            raise
        raise Unavailable(
            f"CIFAR-10 could not be had from {kind.url} into {home.absolute()} ({_why(error)}). "
            + _by_hand(kind, home)
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


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError) or isinstance(getattr(error, "reason", None), TimeoutError):
        return "the server stopped answering"
    return " ".join(str(error).split()) or type(error).__name__


def _by_hand(kind, home: Path) -> str:
    return (
        f"To go on, call again, or put the archive {kind.filename} into {home.absolute()} by hand; "
        "until then data.coloured_digits() needs no network."
    )


def _intact(kind, home: Path) -> bool:
    return all(
        _md5(home / kind.base_folder / name) == md5
        for name, md5 in [
            *kind.train_list,
            *kind.test_list,
            (kind.meta["filename"], kind.meta["md5"]),
        ]
    )


def _md5(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _obtain(kind, home: Path, download: bool, patience: float) -> None:
    """The archive, from `home` or its server, unpacked into `home`."""
    archive = home / kind.filename
    if archive.is_file() and _md5(archive) != kind.tgz_md5:
        raise Unavailable(
            f"{archive.absolute()} is not CIFAR-10's archive or not all of it: its MD5 sum differs. It "
            "was left alone; delete it and call again, or put the whole archive there."
        )
    if not archive.is_file() and not download:
        raise Unavailable(
            f"CIFAR-10 is not in {home.absolute()}; with download=True it is fetched once, 170 MB."
        )
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
