"""`python -m tests.canary.sabotage run …`: vmrd, with faults that are ordered by putting a file into a folder.

The file's name says where an exception is raised, its content is the exception's text: whatever a library or a value
may put there. `leak` in the name makes the daemon log a body it is sent, under a key that may be logged.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from vmrd import engine
from vmrd.cli import main
from vmrd.measures import Measures
from vmrd.pexip import words
from vmrd.web import dispatch, establishments

FOLDER = Path(os.environ.get("CANARY_FAULTS", "."))


def _break(where: Any, name: str, fault: str) -> None:
    """Make one function of vmrd raise while the fault is ordered."""
    former: Callable[..., Any] = getattr(where, name)

    def broken(*args: Any, **kwargs: Any) -> Any:
        if (FOLDER / fault).exists():
            raise RuntimeError((FOLDER / fault).read_text())
        return former(*args, **kwargs)

    setattr(where, name, broken)


def _leak() -> None:
    former = dispatch.parsed

    def leaky(model: Any, body: bytes) -> Any:
        if (FOLDER / "leak").exists():
            structlog.get_logger("leak").info("took", what=body.decode())
        return former(model, body)

    dispatch.parsed = leaky


if __name__ == "__main__":
    _break(engine, "decide", "decide")
    _break(words, "role", "mapping")
    _break(Measures, "run", "task")
    _break(establishments, "shown", "handler")
    _leak()
    main()
