"""Structured logs with an allow-list: a key nobody named here never reaches a line.

Names, numbers, PINs and tokens have no key, so they cannot be logged by mistake; exceptions are logged by type and
place, never by text or with local variables. JSON lines under systemd, plain lines on a terminal.
"""

from __future__ import annotations

import logging
import os
import sys

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


def configure(level: str = "info") -> None:
    """Send structlog and the standard library's records through one allow-listed chain to stderr."""
    as_json = bool(os.environ.get("JOURNAL_STREAM")) or not sys.stderr.isatty()
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    )
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


def only_allowed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop every key that is not on the list; say how many were dropped, so that the fault is noticed."""
    kept = {key: value for key, value in event.items() if key in ALLOWED}
    dropped = len(event) - len(kept)
    if dropped:
        kept["dropped"] = dropped
    return kept


def place_of(bad: BaseException) -> str | None:
    """Where an exception was raised, for a log: its text may hold what a person typed, this never does."""
    where = bad.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    return f"{where.tb_frame.f_code.co_name}:{where.tb_lineno}" if where is not None else None


class _Bridge(logging.Handler):
    """Other libraries' records: where they come from and the type of an exception, never their text."""

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        structlog.get_logger(record.name).warning(
            "library", what=record.name, at=f"{record.module}:{record.lineno}", error=kind
        )
