"""Daemons that hatch fast: each is forked from a process which has loaded vmrd and has run nothing of it.

Loading takes most of a second of processor time and the matrix starts a daemon more than a hundred times. What is
forked is a process of its own all the same: no loop, thread, connection or file of an earlier one is in it, and the
command line is read anew. `SIGKILL` takes it as it takes any other.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path

_NEST = multiprocessing.get_context("forkserver")
_NEST.set_forkserver_preload(["vmrd.cli", "vmrd.logging", "vmrd.serve", "vmrd.web.policy_desk", "vmrd.web.routes"])


def hatch(log: Path, module: str, environment: Mapping[str, str], *arguments: str) -> BaseProcess:
    """Start `python -m module` with these arguments; what it says goes to `log`.

    A module that changes vmrd before it runs must be the first to load it, and so begins from nothing.
    """
    nest = _NEST if module == "vmrd" else multiprocessing.get_context("spawn")
    process = nest.Process(target=_run, args=(log, module, dict(environment), arguments), daemon=True)
    process.start()
    return process


def _run(log: Path, module: str, environment: dict[str, str], arguments: tuple[str, ...]) -> None:
    with log.open("wb") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__")
