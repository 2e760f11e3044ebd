"""Start a kernel under limits and stay its parent: `python confine.py BYTES COMMAND…`.

A submission that kills its parent process kills this one, not the grader. Where the grader is gone,
the kernel goes too.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

if __name__ == "__main__":
    memory, largest_file = int(sys.argv[1]), 2**30
    with suppress(ImportError, ValueError, OSError):  # Windows has no limits; they may be lower
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    grader = os.getppid()
    kernel = subprocess.Popen(sys.argv[2:], close_fds=False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the kernel
    while kernel.poll() is None and os.getppid() == grader:
        time.sleep(0.1)
    kernel.kill()
    sys.exit(kernel.wait())
