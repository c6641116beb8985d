"""A worker process: ``python -m albench_executors.worker FILE_DESCRIPTOR``."""

from __future__ import annotations

import signal
import sys
from multiprocessing.connection import Connection

from albench_executors.serving import serve

if __name__ == "__main__":
    # Ctrl-C reaches the whole process group; the driver decides what becomes of its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(Connection(int(sys.argv[1])))
