"""Daemons that hatch fast: each is forked from a process which has loaded vmrd and has run nothing of it.

Loading takes most of a second of processor time and the matrix starts a daemon more than a hundred times. What is
forked is a process of its own all the same: no loop, thread, connection or file of an earlier one is in it, and the
command line is read anew. `SIGKILL` takes it as it takes any other.
"""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_NEST = multiprocessing.get_context("forkserver")
_NEST.set_forkserver_preload(["vmrd.cli", "vmrd.logging", "vmrd.serve", "vmrd.web.policy_desk", "vmrd.web.routes"])


def hatch(log: Path, *arguments: str) -> ForkServerProcess:
    """Start `vmrd` with these arguments; what it says goes to `log`."""
    process = _NEST.Process(target=_vmrd, args=(log, arguments), daemon=True)
    process.start()
    return process


def _vmrd(log: Path, arguments: tuple[str, ...]) -> None:
    from vmrd.cli import app

    with log.open("wb") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    app(arguments)
