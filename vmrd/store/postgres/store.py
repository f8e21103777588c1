"""Opening and closing the store of several replicas."""

from __future__ import annotations

import queue
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from typing import TypeVar

import psycopg
import structlog
from psycopg.abc import Buffer
from psycopg.adapt import Loader

from vmrd.lifecycle.words import Instant
from vmrd.store.base import Busy, Rx, StoreError, Tx
from vmrd.store.chain import SealHead
from vmrd.store.codec import Decoded
from vmrd.store.journal import Fault, faults_of
from vmrd.store.migrate import SchemaStatus
from vmrd.store.place import Server
from vmrd.store.postgres.group import Holds, PostgresGroups, seal
from vmrd.store.postgres.link import Link, Transient, refusal
from vmrd.store.postgres.link import connect as dial
from vmrd.store.postgres.migrate import require_current
from vmrd.store.postgres.pokes import Listener, say
from vmrd.store.rx import SqlRx
from vmrd.store.sealing import begin_head, require_head
from vmrd.store.secrets import SecretBox, StoreKeys
from vmrd.store.sql import READERS, SqlStore
from vmrd.store.tx import SqlTx

log = structlog.get_logger(__name__)

T = TypeVar("T")

_AGAIN_AFTER = 0.5
"""Seconds between two tries to reach a server that was lost; whoever asks meanwhile is refused at once."""
_TIME = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_ONCE_PATIENCE = 10.0
_COMMAND_LINE = "command-line"
_HEAD = "SELECT pg_advisory_xact_lock(5128072233214302)"  # of replicas that start on a new database, one begins it


def connect(server: Server, keys: StoreKeys) -> SqlStore:
    """Open the database, beside any other replica.

    Raises `StoreError` where it cannot be reached, where its schema is not this release's, and where the journal was
    sealed with another key.
    """
    with ExitStack() as opened:
        link = opened.enter_context(closing(_opened(server, keys)))
        require_head(link, keys.seal)
        decoded, replica = Decoded(), secrets.token_hex(8)
        writing = opened.enter_context(closing(_Kept(server, link)))
        readers = opened.enter_context(closing(_Readers(server, keys, decoded, replica)))
        return SqlStore(
            PostgresGroups(writing.link, keys, decoded, replica).commit,
            readers,
            opened.pop_all(),
            partial(Listener, server, replica),
        )


def write_once(server: Server, keys: StoreKeys, step: Callable[[Tx], T]) -> T:
    """One step from the command line, whether or not daemons run; blocks. Raises what the step raises."""
    until = time.monotonic() + _ONCE_PATIENCE
    with closing(_opened(server, keys)) as link:
        while True:
            try:
                return _stepped(link, keys, step)
            except (Busy, *Transient):
                if time.monotonic() > until:
                    raise Busy("another replica has been writing there all the time: try again") from None
                time.sleep(0.02)


@contextmanager
def open_for_reading(server: Server, keys: StoreKeys) -> Iterator[SqlRx]:
    """One consistent look at the database from the command line, whether or not daemons run."""
    with closing(dial(server, writes=False)) as link, _refusals():
        require_current(link)
        with snapshot(link):
            yield SqlRx(link, SecretBox(keys), Decoded())


def verify(server: Server, seal_key: bytes, witnessed: Sequence[SealHead] = ()) -> list[Fault]:
    """Every fault of the journal as of one commit (`journal`). Daemons may be running."""
    with closing(dial(server, writes=False)) as link, _refusals():
        require_current(link)
        texts_as_stored(link)
        with snapshot(link):
            return faults_of(link, seal_key, witnessed)


def texts_as_stored(link: Link) -> None:
    """From now on the connection gives texts as bytes, which is what the journal's hashes are made of."""
    link.raw.adapters.register_loader("text", _Stored)


class _Stored(Loader):
    """A text as the bytes that are stored."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


@contextmanager
def snapshot(link: Link) -> Iterator[None]:
    """Everything read inside is of one commit."""
    link.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        yield
    finally:
        with suppress(psycopg.Error):
            link.execute("ROLLBACK")


def _opened(server: Server, keys: StoreKeys) -> Link:
    link = dial(server)
    try:
        with _refusals():
            if require_current(link) is SchemaStatus.ONE_AHEAD:
                log.warning("schema_is_one_step_ahead")
            link.execute("BEGIN")
            link.execute(_HEAD)
            begin_head(link, keys.seal)
            link.execute("COMMIT")
    except BaseException:
        link.close()
        raise
    return link


def _stepped(link: Link, keys: StoreKeys, step: Callable[[Tx], T]) -> T:
    with _refusals():
        link.execute("BEGIN")
        try:
            tx = SqlTx(link, SecretBox(keys), Decoded(), Holds(link))
            result = step(tx)
            tx.write_out()
            seal(link, keys.seal, tx.growth, _COMMAND_LINE)
            link.execute("COMMIT")
        except BaseException:
            with suppress(psycopg.Error):
                link.execute("ROLLBACK")
            raise
        return result


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except Transient:
        raise
    except psycopg.Error as error:
        raise refusal(error) from error


class _Kept:
    """A connection that is made anew when it was lost."""

    def __init__(self, server: Server, link: Link | None = None) -> None:
        self._server = server
        self._link = link
        self._not_before = 0.0

    def link(self) -> Link:
        """Raises `StoreError` while the server cannot be reached."""
        if self._link is None or self._link.lost:
            if time.monotonic() < self._not_before:
                raise StoreError("the database went away, and does not answer yet")
            self._not_before = time.monotonic() + _AGAIN_AFTER
            link = dial(self._server)
            try:
                with _refusals():
                    require_current(link)
            except StoreError:
                link.close()
                raise
            self._link = link
        return self._link

    def close(self) -> None:
        if self._link is not None:
            self._link.close()


class _Readers:
    """As many queries at once as there are connections."""

    def __init__(self, server: Server, keys: StoreKeys, decoded: Decoded, replica: str) -> None:
        self.at_once = READERS
        self._replica = replica
        self._box, self._decoded = SecretBox(keys), decoded
        self._all = [_Kept(server) for _ in range(READERS)]
        self._idle: queue.SimpleQueue[_Kept] = queue.SimpleQueue()
        for kept in self._all:
            self._idle.put(kept)

    def time(self) -> Instant | None:
        with self._idling() as link:
            return int(link.execute(_TIME).fetchone()[0])

    def say(self, line: str) -> None:
        with self._idling() as link:
            say(link, self._replica, line)

    @contextmanager
    def _idling(self) -> Iterator[Link]:
        kept = self._idle.get_nowait()
        try:
            with _refusals():
                yield kept.link()
        finally:
            self._idle.put(kept)

    def query(self, query: Callable[[Rx], T]) -> T:
        kept = self._idle.get_nowait()
        try:
            with _refusals(), self._begun(kept) as link:
                return query(SqlRx(link, self._box, self._decoded))
        finally:
            self._idle.put(kept)

    @contextmanager
    def _begun(self, kept: _Kept) -> Iterator[Link]:
        """A connection that was lost while idle is found out here, before anything was asked."""
        link = kept.link()
        with ExitStack() as begun:
            try:
                begun.enter_context(snapshot(link))
            except psycopg.Error:
                if not link.lost:
                    raise
                link = kept.link()
                begun.enter_context(snapshot(link))
            yield link

    def close(self) -> None:
        for kept in self._all:
            kept.close()
