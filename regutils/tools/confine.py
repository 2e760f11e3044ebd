"""Start a kernel under limits and stay its parent; `regutils grade` runs this file by its path.

    python confine.py MEMORY COMMAND…

MEMORY in bytes, where the system can limit it. A submission that kills its parent process kills
this one, not the grader; where the grader is gone, the kernel goes too.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

LARGEST_FILE = 2**30  # bytes that a submission may write into one file

if __name__ == "__main__":
    memory, *command = sys.argv[1:]
    with suppress(ImportError):  # Windows has no such limits
        import resource

        limits = {"RLIMIT_DATA": int(memory), "RLIMIT_FSIZE": LARGEST_FILE, "RLIMIT_CORE": 0}
        for name, most in limits.items():
            with suppress(AttributeError, ValueError, OSError):  # it is lower already
                resource.setrlimit(getattr(resource, name), (most, most))
    grader = os.getppid()
    kernel = subprocess.Popen(command, close_fds=False)  # on Windows it inherits its interrupts
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the kernel
    while kernel.poll() is None and os.getppid() == grader:
        time.sleep(0.1)
    kernel.kill()
    sys.exit(kernel.wait())
