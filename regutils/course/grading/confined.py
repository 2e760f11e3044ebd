"""A process with an empty home, of which nothing is left at the end.

It has a session of its own, an empty working folder and HOME, and of our environment variables only
those without which Python does not start. This keeps accidents away, and is no sandbox.
"""

import contextlib
import os
import queue
import secrets
import signal
import site
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

# So long Python and PyTorch may take to start, on a machine that is busy.
START_SECONDS = 180.0
LONGEST_LINE = 20_000_000
MARK = "REGUTILS_CONFINED"


@dataclass(frozen=True)
class Limits:
    """What one process may take.

    - seconds: between two lines that it writes.
    - megabytes: of memory, its children's included.
    - processes: it and its children.
    """

    seconds: float = 60.0
    megabytes: int = 3000
    processes: int = 64


def run(
    module: str, message: bytes, limits: Limits, on_line: Callable[[bytes], bool], first: float
) -> str:
    """Run `python -m module`, give it `message`, hand on each line that it writes.

    - on_line: its answer says whether to go on.
    - first: seconds until the first line.

    Returns why it was ended, in words; "" if it ended by itself with status 0, or if `on_line` was
    served. Afterwards none of its processes is left, nor anything in its folders.
    """
    mark = secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="regutils-", ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home" / "learner"
        work = Path(folder) / "home" / "work" / "here"
        home.mkdir(parents=True)
        work.mkdir(parents=True)
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=work,
            env=environment(home) | {MARK: mark},
            start_new_session=os.name == "posix",
        )
        try:
            _feed(process, message)
            return _watch(process, limits, on_line, first)
        finally:
            _end(process, mark)


def environment(home: Path) -> dict[str, str]:
    """The few variables that Python needs, and whether the course is shortened."""
    kept = ("PATH", "SYSTEMROOT", "REGUTILS_FAST")
    variables = {name: os.environ[name] for name in kept if name in os.environ}
    places = [str(Path(__file__).parents[3])]
    if site.ENABLE_USER_SITE:
        variables["PYTHONUSERBASE"] = site.getuserbase()
    return variables | {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "TMPDIR": str(home),
        "TEMP": str(home),
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(places),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "agg",
    }


def _feed(process: subprocess.Popen, message: bytes) -> None:
    def write() -> None:
        with contextlib.suppress(OSError):  # it died before it had read all
            process.stdin.write(message)
        with contextlib.suppress(OSError):
            process.stdin.close()

    threading.Thread(target=write, daemon=True).start()


def _watch(
    process: subprocess.Popen, limits: Limits, on_line: Callable[[bytes], bool], first: float
) -> str:
    lines: queue.Queue[bytes] = queue.Queue(maxsize=100)

    def read() -> None:
        with contextlib.suppress(OSError, ValueError):  # closed under our hands
            while line := process.stdout.readline(LONGEST_LINE):
                lines.put(line)
        lines.put(b"")

    threading.Thread(target=read, daemon=True).start()
    allowed, since = first, time.monotonic()
    while True:
        try:
            line = lines.get(timeout=0.1)
        except queue.Empty:
            if reason := _excess(process.pid, limits):
                return reason
            if time.monotonic() - since > allowed:
                return f"ran longer than {allowed:g} s"
            continue
        if not line:
            return _status(process, limits)
        if not on_line(line):
            return ""
        allowed, since = limits.seconds, time.monotonic()


def _status(process: subprocess.Popen, limits: Limits) -> str:
    """Why a process closed its output."""
    try:
        status = process.wait(timeout=limits.seconds)
    except subprocess.TimeoutExpired:
        return "closed its output and ran on"
    if os.name == "posix" and -status in (signal.SIGXCPU, signal.SIGKILL):
        return "was ended by the system: too much computing or memory"
    return f"ended its process (exit status {status})" if status else ""


def _excess(pid: int, limits: Limits) -> str:
    """Which limit a process and its children have passed; "" if none."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return ""
    if len(family) > limits.processes:
        return f"started more than {limits.processes} processes"
    memory = 0
    for one in family:
        with contextlib.suppress(psutil.Error):
            # What a fork shares with its parent is not counted again.
            memory += one.memory_full_info().uss
    over = memory > limits.megabytes * 1e6
    return f"used more than {limits.megabytes} MB of memory" if over else ""


def _end(process: subprocess.Popen, mark: str) -> None:
    """End the process, its session, and what left the session but still carries its mark."""
    if os.name == "posix":
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
    last = time.monotonic() + 10
    while strays := _marked(mark):
        for stray in strays:
            with contextlib.suppress(psutil.Error):
                stray.kill()
        if time.monotonic() > last:
            break
        time.sleep(0.02)
    process.stdout.close()


def _marked(mark: str) -> Sequence[psutil.Process]:
    found = []
    for one in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if one.environ().get(MARK) == mark and one.status() != psutil.STATUS_ZOMBIE:
                found.append(one)
    return found
