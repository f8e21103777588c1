"""Whoever keeps the daemon running, as systemd does: a second after it ended, it is started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path

RESTART_AFTER = 1.0
"""Seconds, as `RestartSec` in deploy/systemd/vmrd.service."""
_KEPT = 500
_NOT_ITS = frozenset({"CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "WATCHDOG_USEC", "PYTHONDONTWRITEBYTECODE"})
_UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


class Keeper:
    """`said`: the last lines of its log. `exits`: how each daemon ended, in order. `started`: how many there were."""

    def __init__(self, config: Path, what: Sequence[str] = ("vmrd", "run")) -> None:
        """`what`: the module that is run and its arguments; the configuration comes after them."""
        self._command = (sys.executable, "-m", *what, "--config", str(config))
        self.said: deque[str] = deque(maxlen=_KEPT)
        self.exits: list[int] = []
        self.started = 0
        self._process: asyncio.subprocess.Process | None = None
        self._may_start = asyncio.Event()
        self._may_start.set()
        self._disk_full = False

    async def run(self) -> None:
        """Keep it running until cancelled; it is dead when this ends."""
        try:
            while True:
                await self._may_start.wait()
                await self._once()
                await asyncio.sleep(RESTART_AFTER)
        finally:
            self.kill()
            if self._process is not None:
                await self._process.wait()

    async def _once(self) -> None:
        self._process = process = await asyncio.create_subprocess_exec(
            *self._command,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=clean(),
        )  # fmt: skip
        self.started += 1
        if self._disk_full:
            self.disk(full=True)
        assert process.stdout is not None
        async for line in process.stdout:
            self.said.append(line.decode("utf-8", "replace").rstrip())
        self.exits.append(await process.wait())

    def kill(self) -> None:
        """No handler runs, nothing is flushed."""
        self.send(signal.SIGKILL)

    def send(self, what: signal.Signals) -> None:
        """A signal to the daemon, if there is one."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(what)

    def leave_dead(self) -> None:
        """Kill it, and start it no more."""
        self._may_start.clear()
        self.kill()

    def start_again(self) -> None:
        self._may_start.set()

    def disk(self, *, full: bool) -> None:
        """Let the kernel refuse every byte it writes to a file, as on a full disk, or take them again.

        Raises `OSError` where the kernel does not let one process limit another.
        """
        self._disk_full = full
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                limits = (0, resource.RLIM_INFINITY) if full else _UNLIMITED
                resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, limits)


def clean() -> dict[str, str]:
    """A drill must never reach a real platform because of a variable left in somebody's shell."""
    return {name: value for name, value in os.environ.items() if not name.startswith("VMRD_") and name not in _NOT_ITS}
