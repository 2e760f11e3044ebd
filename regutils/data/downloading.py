"""A file fetched whole or not at all: from the first of several addresses, and resumed.

What has arrived when a download breaks off is kept beside its place in a hidden file; a later call
asks the server for the rest only. The MD5 sum of the whole decides in the end: what does not match
is thrown away.
"""

import errno
import hashlib
import os
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from http.client import HTTPException
from pathlib import Path

from ..progress import bar

BLOCK = 1 << 16
# Below this speed, in bytes a second over this many seconds, the learner is told the ways round.
SLOW, LONG = 200_000, 60.0
# A full disk: what has arrived only stands in the way.
FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


def md5_of(path: Path) -> str:
    """The MD5 sum of a file; empty where there is none."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def why(error: BaseException) -> str:
    """What went wrong, in a few words on one line."""
    if isinstance(error, TimeoutError) or isinstance(getattr(error, "reason", None), TimeoutError):
        return "the server stopped answering"
    return " ".join(str(error).split()) or type(error).__name__


def fetch(
    urls: Sequence[str],
    place: Path,
    md5: str,
    *,
    patience: float,
    advice: str,
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Bring the file with this MD5 sum, wanted at `place`, beside it; its path.

    - urls: addresses of the same file, tried in this order; one that has ended a file begun by
      another with the wrong sum is asked for the whole.
    - patience: seconds in which at least 64 KiB must arrive.
    - advice: what a learner can do about a slow server, said once.

    Raises OSError that says of every address why not. An interrupt keeps what has arrived.
    """
    part = _claim(place)
    failed = []
    for url in urls:
        watch = _Watch(advice, clock)
        try:
            resumed = _append(url, part, patience, watch)
            whole = md5_of(part) == md5
            if resumed and not whole:  # the fault may be that of what began it
                part.unlink()
                _append(url, part, patience, watch)
                whole = md5_of(part) == md5
        except (OSError, HTTPException, ValueError) as error:
            failed.append(f"{url}: {why(error)}")
            full = getattr(error, "errno", None) in FULL
            if part.is_file() and (full or part.stat().st_size == 0):
                part.unlink()
            continue
        if whole:
            return part
        part.unlink(missing_ok=True)
        failed.append(f"{url}: what it sent is not the whole file, its MD5 sum differs")
    raise OSError("; ".join(failed))


def _claim(place: Path) -> Path:
    """A part file of our own: what an earlier process left, if any, under our name."""
    import psutil

    own = place.with_name(f".{place.name}.{os.getpid()}-{threading.get_ident()}.part")
    left = [path for path in place.parent.glob(f".{place.name}.*.part") if path != own]
    for path in sorted(left, key=lambda path: path.stat().st_size, reverse=True):
        process = path.name.split(".")[-2].split("-")[0]
        if own.exists() or psutil.pid_exists(int(process)):
            continue
        try:
            path.rename(own)  # atomic: of two kernels that want it, one gets it
        except OSError:
            continue
    return own


def _append(url: str, part: Path, patience: float, watch: "_Watch") -> bool:
    """The rest of `url` after what `part` has; from the start where the server has no ranges.

    Whether what `part` had stands in it still.
    """
    have = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=patience)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing after what we have: the sum will tell
            return have > 0
        raise
    with answer:
        resumed: bool = answer.status == 206
        have = have if resumed else 0
        size = have + int(answer.headers.get("Content-Length") or 0)
        with (
            part.open("ab" if resumed else "wb") as file,
            bar(
                description=url.rsplit("/", 1)[-1],
                total=size or None,
                unit="B",
                unit_scale=True,
                delay=0,
            ) as shown,
        ):
            if have:
                shown.update(have)
            watch.start(have, size)
            since, got = watch.clock(), 0
            while block := answer.read1(BLOCK):
                file.write(block)
                shown.update(len(block))
                watch.arrived(len(block))
                got += len(block)
                if watch.clock() - since > patience:
                    if got < BLOCK:
                        raise TimeoutError
                    since, got = watch.clock(), 0
            done = file.tell()
    if done < size:
        raise OSError(f"the connection ended after {done:,} of {size:,} bytes")
    return resumed


class _Watch:
    """Looks at the speed, and says once what to do about a slow server."""

    def __init__(self, advice: str, clock: Callable[[], float]):
        self.advice = advice
        self.clock = clock
        self.told = False

    def start(self, have: int, size: int) -> None:
        self.began = self.clock()
        self.got = 0
        self.left = size - have

    def arrived(self, n: int) -> None:
        self.got, self.left = self.got + n, self.left - n
        seconds = self.clock() - self.began
        if self.told or seconds < LONG or self.got > SLOW * seconds:
            return
        self.told = True
        speed = self.got / seconds
        minutes = max(1, round(self.left / speed / 60))
        print(
            f"The server is slow: {speed / 1000:.0f} kB/s, about {minutes} min left. {self.advice}",
            file=sys.stderr,
        )
