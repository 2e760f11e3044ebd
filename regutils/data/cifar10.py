"""CIFAR-10: read by torchvision, downloaded once, resumed after an interruption."""

import os
import tarfile
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any

import torch

from ..progress import bar
from .pictures import Pictures
from .split import Examples

BLOCK = 1 << 16
TIMEOUT = 30.0  # seconds without an answer after which a server is given up


class Unavailable(OSError):
    """Pictures that cannot be had: one sentence with the reason and what to do."""


def folder(root: str | os.PathLike[str] | None = None) -> Path:
    """Return where data is kept: `root`, else REGUTILS_DATA, else "data" in the working folder."""
    return Path(root or os.environ.get("REGUTILS_DATA") or "data").expanduser()


def cifar10(root: str | os.PathLike[str] | None = None, *, download: bool = True) -> Pictures:
    """Return CIFAR-10: 50,000 pictures in ten classes, and 10,000 test pictures.

    - root: as in `folder`. What is missing there is downloaded (170 MB), from the addresses in
      REGUTILS_MIRRORS (separated by blanks or commas) first, then from torchvision's. An archive
      that was put there by hand is used. Files are unpickled only when their MD5 sum is right, so
      a mirror is as safe; a download that broke off goes on where it ended.

    Raises Unavailable, an OSError, in one sentence with what to do.
    Source: Krizhevsky 2009.
    """
    kind, home = _torchvision_cifar10(), folder(root)
    try:
        parts = _read(kind, home)
        if parts is None:
            parts = _obtain(kind, home, download)
    except Unavailable:
        raise
    except (OSError, RuntimeError) as error:
        raise Unavailable(
            f"CIFAR-10 could not be had for {home.absolute()} ({_reason(error)}). To go on, call "
            f"again, or put the archive {kind.filename} there by hand, or name a nearer copy of "
            "it in REGUTILS_MIRRORS; until then data.coloured_digits() needs no network."
        ) from error
    (x, y), test = (
        Examples(torch.from_numpy(p.data).permute(0, 3, 1, 2).contiguous(), torch.tensor(p.targets))
        for p in parts
    )
    return Pictures(x, y, tuple(parts[0].classes), "CIFAR-10", test)


def _torchvision_cifar10() -> Any:
    """Return torchvision's CIFAR10, or raise Unavailable: another build's wheel cannot load."""
    try:
        from torchvision.datasets import CIFAR10
    except (ImportError, RuntimeError) as error:
        raise Unavailable(
            f"torchvision is missing or does not fit torch {torch.__version__} ({_reason(error)}); "
            "install both, pip install --upgrade torch torchvision, and restart the kernel."
        ) from error
    return CIFAR10


def _read(kind: Any, home: Path) -> list[Any] | None:
    """Return the train and test part, or None where a file is missing or its MD5 sum is wrong."""
    try:
        return [kind(str(home), train=train) for train in (True, False)]
    except RuntimeError:
        return None


def _obtain(kind: Any, home: Path, download: bool) -> list[Any]:
    """Unpack the archive, from `home` or a server; one process at a time, the others wait."""
    from filelock import FileLock
    from torchvision.datasets.utils import check_integrity

    by_hand = home / kind.filename
    if not by_hand.is_file() and not download:
        raise Unavailable(
            f"CIFAR-10 is not in {home.absolute()}; with download=True it is fetched once, 170 MB."
        )
    home.mkdir(parents=True, exist_ok=True)
    with FileLock(home / f".{kind.filename}.lock"):
        if (parts := _read(kind, home)) is not None:  # another process was faster
            return parts
        if by_hand.is_file():
            archive = by_hand
            if not check_integrity(archive, kind.tgz_md5):
                raise Unavailable(
                    f"{archive.absolute()} is not CIFAR-10's archive or not all of it: its MD5 sum "
                    "differs. Delete it and call again, or put the whole archive there."
                )
        else:
            mirrors = os.environ.get("REGUTILS_MIRRORS", "").replace(",", " ").split()
            archive = home / f".{kind.filename}.part"
            _fetch([*mirrors, kind.url], archive, partial(check_integrity, archive, kind.tgz_md5))
        with tarfile.open(archive) as packed:
            packed.extractall(home, filter="data")
        if archive != by_hand:
            archive.unlink()
        if (parts := _read(kind, home)) is None:
            raise OSError("the files in the archive are not CIFAR-10's: their MD5 sums differ")
        return parts


def _fetch(urls: Sequence[str], part: Path, whole: Callable[[], bool]) -> None:
    """Bring `part`, whose content is kept and continued, to where its MD5 sum says it is `whole`.

    Addresses are tried in their order; OSError gives the reason for each.
    """
    failed = []
    for url in urls:
        try:
            # What another address began may be what is wrong: then once more from the start.
            while not whole():
                resumed = _append(url, part)
                if whole():
                    break
                part.unlink(missing_ok=True)
                if not resumed:
                    raise OSError("what it sent is not the whole file, its MD5 sum differs")
            return
        except (OSError, HTTPException, ValueError) as error:
            failed.append(f"{url}: {_reason(error)}")
    raise OSError("; ".join(failed))


def _append(url: str, part: Path) -> bool:
    """Append the rest of `url` to `part`, or write all of it where the server has no ranges.

    Returns whether what `part` had still stands in it.
    """
    have = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:  # nothing after what we have: the sum will tell
            return True
        raise
    with answer:
        resumed: bool = answer.status == 206
        have = have if resumed else 0
        size = have + int(answer.headers.get("Content-Length") or 0)
        name = url.rsplit("/", 1)[-1]
        with (
            part.open("ab" if resumed else "wb") as file,
            bar(description=name, total=size or None, unit="B", unit_scale=True, delay=0) as shown,
        ):
            shown.update(have)
            while block := answer.read1(BLOCK):
                file.write(block)
                shown.update(len(block))
            done = file.tell()
    if done < size:
        raise OSError(f"the connection ended after {done:,} of {size:,} bytes")
    return resumed


def _reason(error: BaseException) -> str:
    """Return what went wrong, on one line."""
    if isinstance(error, TimeoutError) or isinstance(getattr(error, "reason", None), TimeoutError):
        return "the server stopped answering"
    return " ".join(str(error).split()) or type(error).__name__
