"""Accounts, sign-ins and the audit of both in SQL; `account` says what they are.

The audit is for what belongs to no session. It is one hash chain under the name `audit`, with the formulas of `chain`,
and grows the same seals as the journal, so that `vmrd journal verify` shows a line changed or removed behind our back.
"""

from __future__ import annotations

import json

from vmrd.lifecycle.words import Instant
from vmrd.store.account import AuditEntry, Officer, SignIn, Vouched, Voucher
from vmrd.store.chain import GENESIS, Stretch, link
from vmrd.store.rows import Connection
from vmrd.store.sealing import Growth

CHAIN = "audit"
_OFFICERS = "SELECT name, role, establishments, password_hash, token_hash, disabled FROM officer"
_SIGN_INS = "SELECT cookie_hash, officer, csrf, created_at, seen_at, vouched_by, role, establishments FROM sign_in"
_OfficerRow = tuple[str, str, str, str | None, str | None, int]
_SignInRow = tuple[str, str, str, Instant, Instant, str | None, str | None, str | None]


def officer(connection: Connection, name: str) -> Officer | None:
    row = connection.execute(f"{_OFFICERS} WHERE name = ?", (name,)).fetchone()
    return row and _officer(row)


def officers(connection: Connection) -> list[Officer]:
    return [_officer(row) for row in connection.execute(f"{_OFFICERS} ORDER BY name")]


def officer_by_token(connection: Connection, token_hash: str) -> Officer | None:
    row = connection.execute(f"{_OFFICERS} WHERE token_hash = ?", (token_hash,)).fetchone()
    return row and _officer(row)


def put_officer(connection: Connection, one: Officer) -> None:
    """Raises the database's refusal where another officer has this token."""
    connection.execute(
        "INSERT INTO officer (name, role, establishments, password_hash, token_hash, disabled)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET role = excluded.role,"
        " establishments = excluded.establishments, password_hash = excluded.password_hash,"
        " token_hash = excluded.token_hash, disabled = excluded.disabled",
        (one.name, one.role, json.dumps(one.establishments), one.password_hash, one.token_hash, int(one.disabled)),
    )
    _changed(connection)


def sign_in(connection: Connection, cookie_hash: str) -> SignIn | None:
    row = connection.execute(f"{_SIGN_INS} WHERE cookie_hash = ?", (cookie_hash,)).fetchone()
    return row and _sign_in(row)


def sign_ins(connection: Connection, by: Voucher | None) -> list[SignIn]:
    """Browsers that are signed in, or were left behind so; `by`: only those it vouched for."""
    where, values = (" WHERE vouched_by = ?", (by.value,)) if by is not None else ("", ())
    rows = connection.execute(f"{_SIGN_INS}{where} ORDER BY created_at, cookie_hash", values)
    return [_sign_in(row) for row in rows]


def put_sign_in(connection: Connection, one: SignIn) -> None:
    given = one.vouched
    establishments = json.dumps(given.establishments) if given is not None else None
    vouched = (given.by.value, given.role, establishments) if given is not None else (None, None, None)
    connection.execute(
        "INSERT INTO sign_in (cookie_hash, officer, csrf, created_at, seen_at, vouched_by, role, establishments)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (cookie_hash) DO UPDATE SET officer = excluded.officer,"
        " csrf = excluded.csrf, created_at = excluded.created_at, seen_at = excluded.seen_at,"
        " vouched_by = excluded.vouched_by, role = excluded.role, establishments = excluded.establishments",
        (one.cookie_hash, one.officer, one.csrf, one.created_at, one.seen_at, *vouched),
    )


def drop_sign_in(connection: Connection, cookie_hash: str) -> None:
    connection.execute("DELETE FROM sign_in WHERE cookie_hash = ?", (cookie_hash,))
    _changed(connection)


def drop_sign_ins(connection: Connection, name: str) -> int:
    dropped = connection.execute("DELETE FROM sign_in WHERE officer = ?", (name,)).rowcount
    _changed(connection)
    return dropped


def changes(connection: Connection) -> int:
    return int(connection.execute("SELECT changes FROM revocation").fetchone()[0])


def _changed(connection: Connection) -> None:
    connection.execute("UPDATE revocation SET changes = changes + 1")


def write_audit(connection: Connection, entry: AuditEntry, growth: Growth) -> None:
    """Append one entry behind the last."""
    last = connection.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    before, prev = last or (0, GENESIS)
    seq, detail = before + 1, json.dumps(dict(entry.detail), sort_keys=True)
    body = f"{entry.who}\n{detail}"  # as `journal` puts it together to verify; `detail` has no line break
    digest = link(prev, CHAIN.encode(), seq, entry.at, entry.kind.encode(), body.encode())
    connection.execute(
        "INSERT INTO audit (seq, at, kind, who, detail, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (seq, entry.at, entry.kind, entry.who, detail, prev, digest),
    )
    growth.add(1, CHAIN, Stretch(prev, seq, digest))


def audit(connection: Connection, limit: int) -> list[AuditEntry]:
    """The newest first."""
    rows = connection.execute("SELECT at, kind, who, detail FROM audit ORDER BY seq DESC LIMIT ?", (limit,))
    return [AuditEntry(at, kind, who, json.loads(detail)) for at, kind, who, detail in rows]


def _officer(row: _OfficerRow) -> Officer:
    name, role, establishments, password_hash, token_hash, disabled = row
    return Officer(name, role, tuple(json.loads(establishments)), password_hash, token_hash, bool(disabled))


def _sign_in(row: _SignInRow) -> SignIn:
    cookie_hash, name, csrf, created_at, seen_at, by, role, establishments = row
    given = None if by is None else Vouched(Voucher(by), role or "", tuple(json.loads(establishments or "[]")))
    return SignIn(cookie_hash, name, csrf, created_at, seen_at, given)
