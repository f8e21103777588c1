"""`vmrd demo` as somebody runs it: a process of its own, with a folder of its own for what it leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 100.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended, and what it said."""

    code: int
    out: list[str]
    err: list[str]

    @property
    def addresses(self) -> dict[str, Any]:
        """The JSON object of the first line."""
        found: dict[str, Any] = json.loads(self.out[0])
        return found

    @property
    def refuted(self) -> list[str]:
        """The steps that were not confirmed."""
        return [line for line in self.err if line.startswith("NOT ")]


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "vmrd", "demo", *options]


def environment(folder: Path) -> dict[str, str]:
    """That of a shell in which somebody left variables of a real installation."""
    return {
        **os.environ,
        "TMPDIR": str(folder),
        "VMRD_PEXIP__MANAGEMENT": "http://192.0.2.1",
        "VMRD_STORE__PATH": "/nowhere/vmrd.db",
    }


def run(folder: Path, *options: str) -> Ended:
    """Run it to its end."""
    done = subprocess.run(
        command(*options), cwd=ROOT, env=environment(folder), capture_output=True, text=True, timeout=LONGEST
    )
    return Ended(done.returncode, done.stdout.splitlines(), done.stderr.splitlines())


@contextmanager
def running(
    folder: Path, *options: str, out: int | IO[bytes] = subprocess.PIPE, keys: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    """Run it until the context ends; it is then told to stop and must have gone. `keys`: what it reads."""
    process = subprocess.Popen(
        command(*options), cwd=ROOT, env=environment(folder), stdin=keys, stdout=out, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(LONGEST)
        finally:
            process.kill()
            if process.stdout is not None:
                process.stdout.close()
