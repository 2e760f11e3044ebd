"""Start a kernel under limits, as a parent that its code may kill: confine.py BYTES COMMAND…"""

import os
import signal
import subprocess
import sys
from contextlib import suppress

if __name__ == "__main__":
    with suppress(ImportError, ValueError, OSError, OverflowError):  # no limits, or lower ones
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[1]), int(sys.argv[1])))
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**30, 2**30))  # of a file: disks are shared
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a cell may write here, past IPython
    grader, kernel = os.getppid(), subprocess.Popen(sys.argv[2:], close_fds=False, stderr=1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the kernel
    while os.getppid() == grader:  # where it is gone, the kernel goes too
        with suppress(subprocess.TimeoutExpired):
            sys.exit(kernel.wait(0.1))
    kernel.kill()
