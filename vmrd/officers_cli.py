"""`vmrd officer`: accounts of our own, and who is signed in.

What takes an account or a sign-in away works at once, also while a daemon runs: it looks every caller up anew, and
closes the panels of whoever was put out within a few seconds. A password is asked for or read from standard input; it
is never an argument, which other people of the machine could read.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from vmrd.console import DEFAULT_CONFIG, FAILED, USAGE, AsJson, ConfigFile, configured, fail, say, stored

if TYPE_CHECKING:
    from vmrd.config import Config
    from vmrd.store.account import AuditKind, Officer
    from vmrd.store.base import Tx

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="Accounts of officers, and who is signed in.")

ROLES = ("officer", "supervisor", "booker", "ops", "auditor")
SHORTEST = 12
"""Signs of a password at least: it can be tried from every desk, and nobody need change it for years."""


@app.command("add")
def add(
    name: str,
    role: Annotated[str, typer.Option(help="officer, supervisor, booker, ops or auditor")] = "officer",
    establishment: Annotated[list[str] | None, typer.Option(help="Code; repeat for several, none for all")] = None,
    token: Annotated[bool, typer.Option(help="Also make a bearer token and print it once")] = False,
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Add an account, or change one: a password or token it has stays unless a new one is given."""
    from vmrd import minting
    from vmrd.store.account import AuditKind, Officer

    if role not in ROLES:
        fail(f"role: must be one of {', '.join(ROLES)}", USAGE)
    if not (name.strip() == name and name.isprintable() and 0 < len(name) <= 120):
        fail("name: must be 1 to 120 printable signs", USAGE)
    password_hash = _hashed(_password(needed=False))
    bearer = minting.token() if token else None
    token_hash = hashlib.sha256(bearer.encode()).hexdigest() if bearer else None

    def change(tx: Tx) -> None:
        former = tx.officer(name) or Officer(name, role, (), None, None)
        officer = Officer(
            name,
            role,
            tuple(establishment or ()),
            password_hash or former.password_hash,
            token_hash or former.token_hash,
            former.disabled,
        )
        tx.put_officer(officer)
        if password_hash:
            tx.drop_sign_ins(name)
        _write(tx, AuditKind.ACCOUNT_PUT, name, role=role, establishments=" ".join(officer.establishments) or "all")

    _change(configured(config), change)
    typer.echo(f"{name} may sign in as {role}")
    if bearer is not None:
        typer.echo(bearer)


@app.command("list")
def listed(config: ConfigFile = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Who may sign in, and who is signed in now, by an account here or by the sign-in service."""
    from vmrd.daemon import store_keys
    from vmrd.store.opening import open_for_reading
    from vmrd.web.caller import stands

    chosen = configured(config)

    def look() -> list[dict[str, object]]:
        with open_for_reading(chosen.store.place, store_keys(chosen)) as rx:
            current = [each for each in rx.sign_ins() if stands(each)]
            accounts = rx.officers()
        rows: list[dict[str, object]] = [
            {
                "name": each.name,
                "role": each.role,
                "establishments": list(each.establishments),
                "by": "account",
                "disabled": each.disabled,
                "browsers": sum(one.officer == each.name and one.vouched is None for one in current),
            }
            for each in accounts
        ]
        guests = {(one.officer, one.vouched) for one in current if one.vouched is not None}
        return rows + [
            {
                "name": name,
                "role": vouched.role,
                "establishments": list(vouched.establishments),
                "by": vouched.by.value,
                "disabled": False,
                "browsers": sum(one.officer == name and one.vouched == vouched for one in current),
            }
            for name, vouched in sorted(guests, key=lambda each: each[0])
        ]

    officers = stored(look)
    say(as_json, {"officers": officers}, [_line(each) for each in officers])


@app.command("disable")
def disable(name: str, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Close an account and end its sign-ins at once. Its name stays in the record of what it did."""
    from vmrd.store.account import AuditKind

    _change_account(configured(config), name, AuditKind.ACCOUNT_DISABLED, lambda one: replace(one, disabled=True))
    typer.echo(f"{name} is out and may not sign in")


@app.command("enable")
def enable(name: str, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Open an account again, as it was."""
    from vmrd.store.account import AuditKind

    _change_account(configured(config), name, AuditKind.ACCOUNT_ENABLED, lambda one: replace(one, disabled=False))
    typer.echo(f"{name} may sign in again")


@app.command("set-password")
def set_password(name: str, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Give an account a new password, and end its sign-ins at once."""
    from vmrd.store.account import AuditKind

    hashed = _hashed(_password(needed=True))
    _change_account(configured(config), name, AuditKind.PASSWORD_SET, lambda one: replace(one, password_hash=hashed))
    typer.echo(f"{name} has a new password")


@app.command("revoke")
def revoke(
    name: Annotated[str | None, typer.Argument(show_default=False)] = None,
    everybody: Annotated[bool, typer.Option("--everybody", help="Everybody's, as after putting a copy back")] = False,
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """End somebody's sign-ins at once, whoever let them in. They may sign in again."""
    from vmrd.store.account import AuditKind

    if (name is None) is not everybody:
        fail("give a name, or --everybody", USAGE)

    def change(tx: Tx) -> int:
        total = 0
        for each in sorted({one.officer for one in tx.sign_ins()}) if name is None else [name]:
            count = tx.drop_sign_ins(each)
            _write(tx, AuditKind.REVOKED, each, browsers=str(count))
            total += count
        return total

    count = _change(configured(config), change)
    typer.echo(f"{name or 'everybody'} was signed out of {count} browser{'' if count == 1 else 's'}")


@app.command("seal")
def seal() -> None:
    """Make the emergency account: asks for its password, prints what the credential
    sign_in__sealed__password_hash must hold. Put the password itself into an envelope, and the envelope away.
    """
    typer.echo(_hashed(_password(needed=True)))


def _change_account(config: Config, name: str, kind: AuditKind, changed: Callable[[Officer], Officer]) -> None:
    """Change an account, and sign it out everywhere."""

    def change(tx: Tx) -> bool:
        officer = tx.officer(name)
        if officer is None:
            return False
        tx.put_officer(changed(officer))
        tx.drop_sign_ins(name)
        _write(tx, kind, name)
        return True

    if not _change(config, change):
        fail("there is no such account", FAILED)


def _change(config: Config, step: Callable[[Tx], T]) -> T:
    from vmrd.daemon import store_keys
    from vmrd.store.opening import write_once

    return stored(lambda: write_once(config.store.place, store_keys(config), step))


def _write(tx: Tx, kind: AuditKind, name: str, **detail: str) -> None:
    from vmrd.clock import SystemClock
    from vmrd.store.account import AuditEntry

    tx.write_audit(AuditEntry(SystemClock().now(), kind, name, {"by": "command line", **detail}))


def _password(*, needed: bool) -> str:
    """Asked for twice of a person, read once from a pipe; empty only where it need not be given."""
    if sys.stdin.isatty():
        default = None if needed else ""
        given: str = typer.prompt("Password", default, hide_input=True, confirmation_prompt=True, show_default=False)
    else:
        given = sys.stdin.readline().strip()
    if (given or needed) and not SHORTEST <= len(given) <= 200:
        fail(f"password: must have {SHORTEST} to 200 signs", USAGE)
    return given


def _hashed(password: str) -> str | None:
    from argon2 import PasswordHasher

    return PasswordHasher().hash(password) if password else None


def _line(officer: dict[str, object]) -> str:
    notes = [
        *(["disabled"] if officer["disabled"] else []),
        *([f"signed in ({officer['browsers']})"] if officer["browsers"] else []),
        *([f"by {officer['by']}"] if officer["by"] != "account" else []),
    ]
    return "  ".join([str(officer["name"]), str(officer["role"]), *notes])
