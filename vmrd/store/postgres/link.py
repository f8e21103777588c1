"""A connection to PostgreSQL that speaks the store's SQL (`rows`), and the port's words for what it refuses.

A server that hangs, or a network that swallows everything, must not hold a daemon for ever: connecting has a limit, an
answer has one, and so has a peer that does not even acknowledge. A transaction whose client fell asleep in the middle
(a stopped replica) is ended by the server, and what it had locked is free again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import psycopg
from psycopg import errors

from vmrd.store.errors import Away, KeepsNothing, StoreError
from vmrd.store.place import Server
from vmrd.store.postgres.wire import Wire
from vmrd.store.rows import Rows

Transient = (errors.DeadlockDetected, errors.LockNotAvailable, errors.SerializationFailure)
"""What two replicas may do to each other; the same again a moment later works."""
_ALIVE = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "application_name": "vmrd",
}
_SETTINGS = (
    "SELECT set_config('lock_timeout', '2s', false), set_config('statement_timeout', '20s', false),"
    " set_config('idle_in_transaction_session_timeout', '10s', false), set_config('client_encoding', 'UTF8', false),"
    " set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'"
    " ELSE current_setting('synchronous_commit') END, false)"
)


class Link:
    """One connection, as `rows.Connection`. Transactions begin and end where the code says so."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.raw = connection
        self.wire = Wire(connection)

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Rows:
        answer = self.wire.ask(sql, parameters)
        self.wire.settle()
        return answer

    def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        for row in parameters:
            self.wire.ask(sql, row)
        self.wire.settle()

    def later(
        self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = (), *, otherwise: Exception | None = None
    ) -> Rows:
        """Sent with what is executed next, or when its answer is looked at; what it raises is raised then.

        `otherwise` is raised where the first value of its answer is false.
        """
        return self.wire.ask(sql, parameters, otherwise)

    @property
    def lost(self) -> bool:
        return self.raw.closed

    def close(self) -> None:
        self.raw.close()


def connect(server: Server, *, writes: bool = True) -> Link:
    """Raises `StoreError` where nobody answers, where we are not let in, and, unless it `writes` nothing, where the
    server only reads."""
    password = {"password": server.password} if server.password is not None else {}
    try:
        connection = psycopg.connect(server.url, autocommit=True, **_ALIVE, **password)  # type: ignore[arg-type]
    except psycopg.Error as error:
        raise _not_in(error) from None  # its text may quote the URL
    try:
        connection.execute(_SETTINGS)
        (encoding, reads_only) = cast(
            "tuple[str, str]",
            connection.execute(
                "SELECT current_setting('server_encoding'), current_setting('transaction_read_only')"
            ).fetchone(),
        )
    except psycopg.Error as error:
        connection.close()
        raise refusal(error) from error
    fault: StoreError | None = None
    if encoding != "UTF8":
        fault = StoreError(f"the database's encoding is {encoding}: create it with ENCODING 'UTF8'")
    elif writes and reads_only == "on":
        fault = Away("the database only reads: it is a standby, or was set to default_transaction_read_only")
    if fault is not None:
        connection.close()
        raise fault
    return Link(connection)


def refusal(error: psycopg.Error) -> StoreError:
    """The same in the port's words. PostgreSQL's own texts quote the values they were given."""
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return KeepsNothing("the database refused: it only reads now")
    if isinstance(error, errors.DiskFull):
        return KeepsNothing("the database refused: its disk is full")
    if isinstance(error, errors.InvalidSqlStatementName | errors.DuplicatePreparedStatement):
        return StoreError("the database refused: a pooler in front must keep whole sessions (pool_mode = session)")
    if error.sqlstate is None:
        return StoreError("the database went away")
    return StoreError(f"the database refused: {type(error).__name__}")


def _not_in(error: psycopg.Error) -> StoreError:
    text = str(error)
    for words, kind, sentence in _WHY_NOT:
        if any(each in text for each in words):
            return kind(sentence)
    return Away("no PostgreSQL answers at store.url")


_WHY_NOT: tuple[tuple[tuple[str, ...], type[StoreError], str], ...] = (
    (
        ("root certificate file",),
        StoreError,
        "the server's certificate cannot be checked: add sslrootcert to store.url, the file of the authority that "
        "signed it, or sslrootcert=system",
    ),
    (("weak sslmode",), StoreError, "sslrootcert=system in store.url needs sslmode=verify-full"),
    (("does not support SSL",), Away, "the PostgreSQL at store.url offers no TLS, and sslmode asks for it"),
    (
        ("certificate verify failed", "does not match host name", "server certificate for"),
        Away,
        "the PostgreSQL at store.url shows a certificate that sslrootcert does not vouch for, or that is another's",
    ),
    (
        ("too many clients", "too many connections", "connection slots"),
        Away,
        "PostgreSQL has no connection left for vmrd: a daemon takes five, of max_connections and of its user's limit",
    ),
    (
        ("starting up", "shutting down", "in recovery mode", "not yet accepting"),
        Away,
        "the PostgreSQL at store.url is starting or stopping",
    ),
    (("password",), StoreError, "the database did not let us in: store.password is missing or wrong"),
    (
        ("does not exist",),
        StoreError,
        "the database did not let us in: there is no such database or user on that server",
    ),
    (
        ("pg_hba",),
        StoreError,
        "the database did not let us in: its pg_hba.conf has no entry for this user, database and address",
    ),
    (
        ("not permitted to log in", "permission denied"),
        StoreError,
        "the database did not let us in: this user may not log in, or has no CONNECT on the database",
    ),
    (("invalid ",), StoreError, "store.url has an option with a value that PostgreSQL's library does not know"),
)
"""What libpq and the server say on the way in, by words of theirs: what it means, in ours. The first counts."""
