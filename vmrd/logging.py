"""Structured logs with an allow-list: a key nobody named here never reaches a line.

Names, numbers, PINs and tokens have no key, so they cannot be logged by mistake; exceptions are logged by type and
place, never by text or with local variables. JSON lines under systemd, plain lines on a terminal.

Lines for the journal begin with their priority (`<3>`), which systemd takes off and keeps, so that `journalctl -p err`
shows what failed.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from types import TracebackType

import structlog
from structlog.typing import EventDict, WrappedLogger

ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "logger",
        "session",
        "establishment",
        "phase",
        "command",
        "lane",
        "why",
        "what",
        "error",
        "at",
        "tries",
        "count",
        "limit",
        "first",
        "told",
        "outcome",
        "operation",
        "status",
        "method",
        "route",
        "request",
        "seconds",
        "officer",
        "sender",
        "action",
        "host",
        "port",
        "version",
        "node",
        "url",
        "seals",
        "rows",
        "last",
    }
)

_PRIORITIES = {"critical": 2, "error": 3, "warning": 4, "info": 6, "debug": 7}
"""Of syslog, by our levels."""


def configure(level: str = "info") -> None:
    """Send structlog, the standard library's records and what nobody caught through one allow-listed chain."""
    renderer = _rendered if to_journal() or not sys.stderr.isatty() else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_allowed,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Bridge()], force=True)
    sys.excepthook = _crashed


def to_journal() -> bool:
    """Whether stderr is a pipe to the journal itself, and not one of a program we were started by."""
    device, _, inode = os.environ.get("JOURNAL_STREAM", "").partition(":")
    if not (device.isdecimal() and inode.isdecimal()):
        return False
    try:
        stderr = os.fstat(2)
    except OSError:
        return False
    return (stderr.st_dev, stderr.st_ino) == (int(device), int(inode))


def priority(level: str) -> str:
    """What the journal takes the priority of a line from; nothing where stderr is not the journal."""
    return f"<{_PRIORITIES[level]}>" if to_journal() else ""


def only_allowed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop every key that is not on the list; say how many were dropped, so that the fault is noticed."""
    kept = {key: value for key, value in event.items() if key in ALLOWED}
    dropped = len(event) - len(kept)
    if dropped:
        kept["dropped"] = dropped
    return kept


def _rendered(logger: WrappedLogger, method: str, event: EventDict) -> str:
    return f"{priority(event['level'])}{_json(logger, method, event)!s}"


_json = structlog.processors.JSONRenderer()


def _crashed(kind: type[BaseException], bad: BaseException, _at: TracebackType | None) -> None:
    """Nobody caught it and the process ends: each exception by type and place, and never its text."""
    if isinstance(bad, KeyboardInterrupt):
        return
    for each in leaves(bad):
        structlog.get_logger(__name__).critical("crashed", error=type(each).__name__, at=place_of(each))


def leaves(bad: BaseException) -> Iterator[BaseException]:
    """What a group of exceptions is made of; what is no group is one."""
    if isinstance(bad, BaseExceptionGroup):
        for each in bad.exceptions:
            yield from leaves(each)
    else:
        yield bad


def place_of(bad: BaseException) -> str:
    """Where an exception was raised: the last few calls, the innermost last. Its text may hold what a person typed,
    this never does."""
    calls = []
    where = bad.__traceback__
    while where is not None:
        calls.append(f"{where.tb_frame.f_globals.get('__name__')}.{where.tb_frame.f_code.co_name}:{where.tb_lineno}")
        where = where.tb_next
    return " > ".join(calls[-6:])


class _Bridge(logging.Handler):
    """Other libraries' records: where they come from and the type of an exception, never their text."""

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        structlog.get_logger(record.name).warning(
            "library", what=record.name, at=f"{record.module}:{record.lineno}", error=kind
        )
