"""Statements on their way to PostgreSQL: gathered until somebody needs an answer, then sent together.

    ask ─► ask ─► ask ─► settle:  [ statement  statement  statement  Sync ] ─► server ─► an answer for each

A trip to the server and back costs more than most of our statements do, above all where two threads share one
interpreter: each wait lets go of it and has to get it back. So a statement is sent when its answer is looked at, or
that of a later one, or when the transaction ends (libpq's pipeline mode, used below psycopg's cursors, whose every
`execute` would be a system call again).

The server skips everything behind a statement that fails, up to the `Sync`: what was gathered is carried out up to
there, and the error is raised at whoever settles. The `Sync` is in the same write as its statements (up to 64 KiB of
them), so that a daemon which hangs does it between two batches, where the server's
`idle_in_transaction_session_timeout` ends its transaction; within a batch nothing would.

Each text of a statement is prepared once for a connection. What its values are, the server knows from the statement.
"""

from __future__ import annotations

import re
import select
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import psycopg
from psycopg import errors
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult

from vmrd.store.rows import Rows

_LONGEST = 30.0
"""Seconds without a word of the server after which the connection counts as lost: longer than it lets any statement run
(`link`), so what it still works on is over by then. Without a limit a lost answer would hold a daemon for ever."""
_MOST_PREPARED = 300
"""Statements kept prepared for a connection; lists of values of every length make new ones."""
_CARRIED_OUT = frozenset({int(ExecStatus.TUPLES_OK), int(ExecStatus.COMMAND_OK)})


class Answer:
    """What a statement answers, as `rows.Rows`; looking at it sends what was not sent yet."""

    __slots__ = ("_result", "_rows", "_wire", "formats", "otherwise", "sql", "values")

    def __init__(self, wire: Wire, sql: str, parameters: Iterable[Any], otherwise: Exception | None) -> None:
        self.sql = sql
        self.values: list[bytes | None] = []
        self.formats: list[int] = []
        for each in parameters:
            form, dump = _dumped(each.__class__)
            self.values.append(dump(each))
            self.formats.append(form)
        self._wire = wire
        self.otherwise = otherwise
        self._result: PGresult | None = None
        self._rows: Iterator[Any] | None = None

    @property
    def rowcount(self) -> int:
        return self._settled().command_tuples or 0

    def fetchone(self) -> Any:
        return next(iter(self), None)

    def fetchall(self) -> list[Any]:
        return list(self)

    def __iter__(self) -> Iterator[Any]:
        if self._rows is None:
            result = self._settled()
            self._rows = iter(self._wire.rows(result) if result.ntuples else ())
        return self._rows

    def came(self, result: PGresult) -> None:
        """The first counts: where it could not even be prepared, that is why it was skipped."""
        self._result = self._result or result

    def judge(self) -> None:
        """Raises what the server refused, and `otherwise` where the first value of the answer is false."""
        self._settled()
        if self.otherwise is not None and not self.fetchone()[0]:
            raise self.otherwise

    def _settled(self) -> PGresult:
        if self._result is None:
            self._wire.settle()
        result = self._result
        if result is None:
            raise psycopg.InterfaceError("a statement was given up before it was sent")
        if result.status not in _CARRIED_OUT:
            if result.status == ExecStatus.PIPELINE_ABORTED:
                raise errors.PipelineAborted("a statement before this one failed")
            raise errors.error_from_result(result)
        return result


class Wire:
    """The gathering side of one connection. `longest`: seconds an answer may take; None: as long as it likes."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.longest: float | None = _LONGEST
        self._connection = connection
        self._pgconn = connection.pgconn
        self._unsent: list[Answer] = []
        self._prepared: dict[str, bytes] = {}
        self._new: dict[str, bytes] = {}
        self._poll = select.poll()

    def ask(
        self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = (), otherwise: Exception | None = None
    ) -> Answer:
        """Gather a statement. `otherwise` is raised by `settle` where the first value of its answer is false."""
        numbered, names = _numbered(sql)
        values = [parameters[name] for name in names] if isinstance(parameters, Mapping) else parameters
        answer = Answer(self, numbered, values, otherwise)
        self._unsent.append(answer)
        return answer

    @property
    def conditional(self) -> bool:
        """Whether something is gathered that goes on only under a condition."""
        return any(answer.otherwise is not None for answer in self._unsent)

    def forget(self, behind: Rows | None = None) -> None:
        """Never send what was gathered behind this, or all of it where this was sent."""
        kept = [answer is behind for answer in self._unsent]
        del self._unsent[kept.index(True) + 1 if True in kept else 0 :]

    def settle(self) -> None:
        """Send what was gathered and wait for all of it. Raises for the first that failed."""
        asked, self._unsent = self._unsent, []
        if not asked:
            return
        try:
            self._send(asked)
        except BaseException:  # in the middle of a batch nobody can tell any more whose the next answer is
            self._connection.close()
            raise
        for answer in asked:
            answer.judge()

    def rows(self, result: PGresult) -> list[Any]:
        loading = Transformer(self._connection)
        loading.set_pgresult(result)
        return loading.load_rows(0, result.ntuples, tuple)

    def _send(self, asked: Sequence[Answer]) -> None:
        """One batch there and back; nothing is judged yet."""
        self._pgconn.enter_pipeline_mode()
        awaited = [each for answer in asked for each in self._put(answer)]
        self._pgconn.pipeline_sync()
        self._write_out()
        for answer, name in awaited:
            result = self._came()
            if name is not None and result.status == ExecStatus.COMMAND_OK:
                self._prepared[answer.sql] = name
            else:
                answer.came(result)
        self._came(end=True)
        self._new.clear()
        self._pgconn.exit_pipeline_mode()

    def _put(self, answer: Answer) -> Iterator[tuple[Answer, bytes | None]]:
        """Hand a statement to libpq; yields what will come for it, with the name it is being prepared under, if any."""
        name = self._prepared.get(answer.sql) or self._new.get(answer.sql)
        if name is None and len(self._prepared) + len(self._new) < _MOST_PREPARED:
            name = self._new[answer.sql] = b"vmrd%d" % (len(self._prepared) + len(self._new))
            self._pgconn.send_prepare(name, answer.sql.encode())
            yield answer, name
        if name is None:
            self._pgconn.send_query_params(answer.sql.encode(), answer.values, None, answer.formats)
        else:
            self._pgconn.send_query_prepared(name, answer.values, answer.formats)
        yield answer, None

    def _write_out(self) -> None:
        while self._pgconn.flush():
            self._wait(select.POLLIN | select.POLLOUT)  # the server may have to be read before it reads on
            self._pgconn.consume_input()

    def _came(self, *, end: bool = False) -> PGresult:
        """The next statement's answer, or the batch's end. Raises `OperationalError` where the connection was lost."""
        result = self._next()
        complete = result is not None and (result.status == ExecStatus.PIPELINE_SYNC if end else self._next() is None)
        if result is None or not complete:
            raise psycopg.OperationalError("the connection was lost")
        return result

    def _next(self) -> PGresult | None:
        while self._pgconn.is_busy():
            self._wait(select.POLLIN)
            self._pgconn.consume_input()
        return self._pgconn.get_result()

    def _wait(self, events: int) -> None:
        self._poll.register(self._pgconn.socket, events)
        if not self._poll.poll(None if self.longest is None else self.longest * 1_000):
            raise psycopg.OperationalError("no answer came")


_DUMPED: dict[type, tuple[int, Callable[[Any], bytes | None]]] = {
    str: (Format.BINARY, str.encode),
    bytes: (Format.BINARY, bytes),
    int: (Format.TEXT, b"%d".__mod__),
    list: (Format.TEXT, lambda numbers: b"{%b}" % b",".join(b"%d" % each for each in numbers)),
    type(None): (Format.TEXT, lambda _: None),
}
"""How the server takes a value of each type. Which of its own types it is, the statement says."""


@cache
def _dumped(kind: type) -> tuple[int, Callable[[Any], bytes | None]]:
    """Raises `TypeError` for what is never stored."""
    for each, dumped in _DUMPED.items():
        if issubclass(kind, each):
            return dumped
    raise TypeError(f"no {kind.__name__} is ever stored")


@cache
def _numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """The statement with PostgreSQL's marks instead of SQLite's, and the names of those that have one, in order."""
    names = tuple(dict.fromkeys(re.findall(r"(?<![:\w]):([a-z_]+)", sql)))
    if names:
        return re.sub(r"(?<![:\w]):([a-z_]+)", lambda mark: f"${names.index(mark[1]) + 1}", sql), names
    count = iter(range(1, sql.count("?") + 1))
    return re.sub(r"\?(\d*)", lambda mark: f"${mark[1] or next(count)}", sql), ()
