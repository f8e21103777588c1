"""`vmrd officer` and `vmrd journal audit`: accounts from the command line, whether or not a daemon runs."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from typer.testing import CliRunner, Result

from vmrd.cli import app
from vmrd.config import load
from vmrd.daemon import store_keys
from vmrd.store.account import Officer, SignIn, Vouched, Voucher
from vmrd.store.base import Tx
from vmrd.store.journal import verify
from vmrd.store.sqlite import open_for_reading, write_once
from vmrd.web.caller import _WALL

PASSWORD = "correct horse battery staple"
CONFIG = """
[pexip]
management = "https://pexip.example.org"
nodes = ["https://node.example.org"]
password = "unused"
domain = "meet.example.org"
web_join = "https://join.example.org/{{alias}}"
[store]
path = "{path}"
key = "{key}"
[[establishments]]
code = "MDI"
name = "Moorland"
"""


class House:
    """A database and its configuration, without a daemon."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "vmrd.toml"
        self.file.write_text(CONFIG.format(path=folder / "vmrd.db", key="11" * 32))
        self.config = load(self.file)
        assert self.run("migrate").exit_code == 0

    def run(self, *words: str, said: str = "") -> Result:
        return CliRunner().invoke(app, [*words, "--config", str(self.file)], input=said)

    def add(self, name: str, *words: str) -> Result:
        added = self.run("officer", "add", name, *words, said=f"{PASSWORD}\n")
        assert added.exit_code == 0, added.output
        return added

    def officer(self, name: str) -> Officer | None:
        with open_for_reading(self.config.store.path, store_keys(self.config)) as rx:
            return rx.officer(name)

    def officers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.run("officer", "list", "--json").output)["officers"]
        return found

    def signed_in(self, name: str, vouched: Vouched | None = None) -> None:
        now = _WALL.now()

        def step(tx: Tx) -> None:
            tx.put_sign_in(SignIn(f"cookie of {name} {vouched}", name, "csrf", now, now, vouched))

        write_once(self.config.store.path, store_keys(self.config), step)

    def audit(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(self.run("journal", "audit", "--json").output)["entries"]
        return found


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_an_account_is_added_listed_and_its_password_kept_as_a_hash(house: House) -> None:
    house.add("k.shah", "--role", "supervisor", "--establishment", "MDI")
    assert house.officers() == [
        {
            "name": "k.shah",
            "role": "supervisor",
            "establishments": ["MDI"],
            "by": "account",
            "disabled": False,
            "browsers": 0,
        }
    ]
    officer = house.officer("k.shah")
    assert officer is not None
    assert officer.password_hash is not None
    assert PasswordHasher().verify(officer.password_hash, PASSWORD)
    assert PASSWORD.encode() not in house.config.store.path.read_bytes()


def test_what_is_not_given_anew_stays(house: House) -> None:
    token = house.add("k.shah", "--token").output.splitlines()[-1]
    house.run("officer", "disable", "k.shah")
    before = house.officer("k.shah")
    assert before is not None
    assert house.run("officer", "add", "k.shah", "--role", "auditor", said="\n").exit_code == 0
    after = house.officer("k.shah")
    assert after is not None
    assert (after.role, after.token_hash, after.password_hash, after.disabled) == (
        "auditor",
        before.token_hash,
        before.password_hash,
        True,
    )
    assert token not in str(after)


def test_a_short_password_an_unknown_role_and_a_name_with_a_line_break_are_refused(house: House) -> None:
    assert house.run("officer", "add", "k.shah", said="short\n").exit_code == 2
    assert house.run("officer", "add", "k.shah", "--role", "governor", said=f"{PASSWORD}\n").exit_code == 2
    assert house.run("officer", "add", "k\nshah", said=f"{PASSWORD}\n").exit_code == 2
    assert house.officers() == []


def test_everybody_is_signed_out_after_a_copy_was_put_back(house: House) -> None:
    house.add("k.shah")
    house.signed_in("k.shah")
    house.signed_in("KSHAH_GEN", Vouched(Voucher.OIDC, "officer", ("MDI",)))
    assert "everybody was signed out of 2 browsers" in house.run("officer", "revoke", "--everybody").output
    assert [(each["name"], each["browsers"]) for each in house.officers()] == [("k.shah", 0)]
    assert "signed out of 0 browsers" in house.run("officer", "revoke", "--everybody").output
    assert house.run("officer", "revoke").exit_code == 2
    assert house.run("officer", "revoke", "k.shah", "--everybody").exit_code == 2


@pytest.mark.parametrize("act", ["disable", "set-password", "revoke"])
def test_whoever_is_put_out_is_out_of_every_browser_and_nobody_else_is(house: House, act: str) -> None:
    house.add("k.shah")
    house.add("p.nair")
    for name in ("k.shah", "p.nair"):
        house.signed_in(name)
    assert [each["browsers"] for each in house.officers()] == [1, 1]
    done = house.run("officer", act, "k.shah", said="another long password\n")
    assert done.exit_code == 0, done.output
    assert [(each["name"], each["browsers"]) for each in house.officers()] == [("k.shah", 0), ("p.nair", 1)]
    assert [each["disabled"] for each in house.officers()] == [act == "disable", False]


def test_a_person_of_the_sign_in_service_is_listed_and_revoked_like_any_other(house: House) -> None:
    house.signed_in("KSHAH_GEN", Vouched(Voucher.OIDC, "officer", ("MDI",)))
    assert [(each["name"], each["by"], each["browsers"]) for each in house.officers()] == [("KSHAH_GEN", "oidc", 1)]
    assert "signed in (1)  by oidc" in house.run("officer", "list").output
    assert "signed out of 1 browser\n" in house.run("officer", "revoke", "KSHAH_GEN").output
    assert house.officers() == []


def test_an_account_that_is_enabled_again_is_as_it_was(house: House) -> None:
    house.add("k.shah")
    house.run("officer", "disable", "k.shah")
    house.run("officer", "enable", "k.shah")
    officer = house.officer("k.shah")
    assert officer is not None
    assert not officer.disabled
    assert officer.password_hash is not None


@pytest.mark.parametrize("act", ["disable", "enable", "set-password"])
def test_there_is_nothing_to_do_for_an_account_that_is_not_there(house: House, act: str) -> None:
    assert house.run("officer", act, "nobody", said=f"{PASSWORD}\n").exit_code == 1


def test_the_seal_is_a_hash_the_configuration_takes(house: House) -> None:
    sealed = CliRunner().invoke(app, ["officer", "seal"], input=f"{PASSWORD}\n")
    assert sealed.exit_code == 0
    assert PasswordHasher().verify(sealed.output.strip(), PASSWORD)
    assert CliRunner().invoke(app, ["officer", "seal"], input="short\n").exit_code == 2


def test_what_happens_to_accounts_stands_in_the_audit_without_a_secret(house: House) -> None:
    token = house.add("k.shah", "--token", "--establishment", "MDI").output.splitlines()[-1]
    house.run("officer", "disable", "k.shah")
    house.run("officer", "revoke", "k.shah")
    assert [(each["what"], each["who"]) for each in house.audit()] == [
        ("sign-ins-revoked", "k.shah"),
        ("account-disabled", "k.shah"),
        ("account-put", "k.shah"),
    ]
    assert house.audit()[-1]["establishments"] == "MDI"
    text = house.run("journal", "audit").output
    assert PASSWORD not in text
    assert token not in text


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET who = 'p.nair' WHERE seq = 1",
        "UPDATE audit SET kind = 'account-enabled' WHERE seq = 1",
        "DELETE FROM audit WHERE seq = 2",
        "DELETE FROM audit",
        "INSERT INTO audit SELECT 3, at, kind, who, detail, prev, hash FROM audit WHERE seq = 2",
    ],
    ids=["another's name", "another thing", "the last removed", "all removed", "one added"],
)
def test_an_audit_changed_behind_our_back_is_found(house: House, change: str) -> None:
    house.add("k.shah")
    house.run("officer", "disable", "k.shah")
    assert house.run("journal", "verify").exit_code == 0
    with closing(sqlite3.connect(house.config.store.path)) as connection:
        connection.execute(change)
        connection.commit()
        assert verify(connection, store_keys(house.config).seal) != []
    assert house.run("journal", "verify").exit_code == 1
