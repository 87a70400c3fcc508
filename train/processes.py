"""Worker processes with one thread each that end with their parent, even one that was killed."""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor

SINGLE_THREAD = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS")


def _follow_parent() -> None:
    """Runs in a worker: leave when the parent is gone."""
    parent = multiprocessing.parent_process()

    def watch():
        parent.join()
        os._exit(1)

    if parent is not None:
        threading.Thread(target=watch, daemon=True).start()


def single_thread_workers(count: int) -> ProcessPoolExecutor:
    """``count`` fresh processes. A worker with two threads would fight the trainer for the cores.

    The workers inherit the thread limits, which are read at their start, from this process: it keeps them, as they
    do not reach libraries that are loaded already.
    """
    for name in SINGLE_THREAD:
        os.environ.setdefault(name, "1")
    return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer=_follow_parent)
