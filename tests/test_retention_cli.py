"""`vmrd purge`, `vmrd subject` and `vmrd journal head|verify`: the record from the command line, without a daemon."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.store.samples import HOUR, NOON, leg, recorded, session
from vmrd.cli import app
from vmrd.config import load
from vmrd.daemon import store_keys
from vmrd.lifecycle.facts import Checked, Noted
from vmrd.lifecycle.session import Attendee, Check
from vmrd.lifecycle.words import AttendeeRole, Document, Phase
from vmrd.store.base import Claim, Tx
from vmrd.store.sqlite import write_once

CONFIG = """
clock_file = "{folder}/clock.json"
[pexip]
management = "https://pexip.example.org"
nodes = ["https://node.example.org"]
password = "unused"
domain = "meet.example.org"
web_join = "https://join.example.org/{{alias}}"
[store]
path = "{folder}/vmrd.db"
key = "1111111111111111111111111111111111111111111111111111111111111111"
[[establishments]]
code = "MDI"
name = "Moorland"
"""
DAY = 24 * HOUR


class House:
    """Two meetings that are over and one that runs: Jane was at all of them, Ravi at the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "vmrd.toml"
        self.file.write_text(CONFIG.format(folder=folder))
        self.config = load(self.file)
        self.now(NOON + DAY)
        assert self.run("migrate").exit_code == 0
        for name, phase in (("s1", Phase.CLOSED), ("s2", Phase.CANCELLED), ("s3", Phase.OPEN)):
            write_once(
                self.config.store.path, store_keys(self.config), lambda tx, n=name, p=phase: self._keep(tx, n, p)
            )

    def now(self, at: int) -> None:
        (self.folder / "clock.json").write_text(
            json.dumps({"business_ms": at, "wall_ms": time.time() * 1_000, "rate": 1})
        )

    def run(self, *words: str, said: str = "") -> Result:
        return CliRunner().invoke(app, [*words, "--config", str(self.file)], input=said)

    def told(self, *words: str, said: str = "") -> Any:
        """The JSON object a command prints."""
        return json.loads(self.run(*words, said=said).stdout)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.config.store.path)) as connection:
            return connection.execute(query).fetchall()

    @staticmethod
    def _keep(tx: Tx, name: str, phase: Phase) -> None:
        jane, ravi = tx.ref(name, "Jane Canary"), tx.ref(name, "Ravi Other")
        remark = tx.ref(name, "jane  CANARY asked for water")
        prisoner = tx.ref(name, "A1234AA")
        check = Check("p1", (Document.PASSPORT,), False, "kshah", NOON)
        what = session(
            name,
            phase=phase,
            alias=f"alias-of-{name}",
            prisoner_ref=prisoner,
            attendees={
                "p1": Attendee("p1", jane, AttendeeRole.DEFENCE, required=True),
                "p2": Attendee("p2", ravi, AttendeeRole.DEFENCE, required=True),
            },
            legs={"leg-1": replace(leg("leg-1", check=check), name_ref=jane)},
        )
        recorded(
            tx, what, [Checked("leg-1", "p1", (Document.PASSPORT,), False, "kshah", NOON), Noted(remark, "kshah", NOON)]
        )
        tx.claim(name, [Claim("prisoner", f"digest-of-{name}", NOON, NOON + HOUR)])


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_dry_run_says_how_much_would_go_and_takes_nothing(house: House) -> None:
    house.now(NOON + 40 * DAY)
    first, second = house.told("purge", "--dry-run", "--json"), house.told("purge", "--dry-run", "--json")
    assert first == second
    assert first["dryRun"] is True
    assert {kept: count for kept, count in first["counts"].items() if count} == {
        "personal": 8,
        "salts": 2,
        "claims": 2,
    }
    assert house.told("purge", "--json")["counts"] == first["counts"]
    assert not any(house.told("purge", "--dry-run", "--json")["counts"].values())
    assert house.rows("SELECT DISTINCT session_id FROM personal") == [("s3",)]
    assert house.run("journal", "verify").exit_code == 0
    assert [entry["what"] for entry in house.told("journal", "audit", "--json")["entries"]] == ["purged"]


def test_after_two_years_a_session_is_gone_whole_and_the_journal_is_accepted(house: House) -> None:
    house.now(NOON + 800 * DAY)
    assert house.told("purge", "--json")["counts"]["journal"] == 2
    assert house.rows("SELECT id FROM session") == [("s3",)]
    assert house.told("journal", "verify", "--json")["accepted"] is True


def test_what_is_kept_of_somebody_is_read_out_without_the_others_or_an_officer(house: House) -> None:
    answer = house.run("subject", "export", said="jane canary\n")
    assert answer.exit_code == 0
    first, *others = json.loads(answer.stdout)["sessions"]
    assert [first["session"], *(each["session"] for each in others)] == ["s1", "s2", "s3"]
    assert first["as"] == ["participant", "booked"]
    assert first["texts"] == ["Jane Canary", "jane  CANARY asked for water"]
    assert [fact["fact"] for fact in first["facts"]] == ["Checked", "Noted"]
    assert "passport" in json.dumps(first["facts"])
    assert "Ravi" not in answer.stdout
    assert "kshah" not in answer.stdout


def test_a_prisoner_is_found_by_number_and_nobody_by_a_part_of_a_name(house: House) -> None:
    assert {tuple(each["as"]) for each in house.told("subject", "export", said="a1234aa\n")["sessions"]} == {
        ("prisoner",)
    }
    assert house.told("subject", "export", said="Can\n") == {"sessions": []}


def test_somebody_is_erased_from_what_is_over_and_the_others_stay(house: House) -> None:
    done = house.run("subject", "erase", "--json", said="Jane Canary\n")
    assert done.exit_code == 1  # one meeting still runs
    assert json.loads(done.stdout) == {"dryRun": False, "erased": {"s1": 2, "s2": 2}, "notOver": ["s3"], "onHold": []}
    left = house.rows("SELECT session_id, text FROM personal WHERE session_id <> 's3' ORDER BY 1, 2")
    assert left == [("s1", "A1234AA"), ("s1", "Ravi Other"), ("s2", "A1234AA"), ("s2", "Ravi Other")]
    assert house.rows("SELECT session_id FROM salt") == [("s3",)]
    assert house.rows("SELECT session_id FROM claim") == [("s3",)]
    assert [each["session"] for each in house.told("subject", "export", said="Jane Canary\n")["sessions"]] == ["s3"]
    assert house.run("journal", "verify").exit_code == 0
    assert "Canary" not in house.run("journal", "audit").stdout


def test_the_bytes_of_an_erased_name_are_gone_from_the_file(house: House) -> None:
    assert house.run("subject", "erase", "--session", "s1").exit_code == 0
    assert house.run("subject", "erase", "--session", "s2").exit_code == 0
    with closing(sqlite3.connect(house.config.store.path)) as connection:
        connection.execute("DELETE FROM personal WHERE session_id = 's3'")
        connection.commit()
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"Ravi Other" not in house.config.store.path.read_bytes()


def test_a_dry_run_of_an_erasure_erases_nobody(house: House) -> None:
    assert house.told("subject", "erase", "--session", "s1", "--dry-run", "--json")["erased"] == {"s1": 4}
    assert len(house.rows("SELECT * FROM personal WHERE session_id = 's1'")) == 4
    assert house.told("journal", "audit", "--json")["entries"] == []


@pytest.mark.parametrize("command", [("subject", "export"), ("subject", "erase")])
def test_nobody_is_named_on_the_command_line_and_somebody_must_be_named(house: House, command: tuple[str, ...]) -> None:
    assert house.run(*command, said="\n").exit_code == 2
    assert house.run(*command, "Jane Canary", said="\n").exit_code == 2


def test_a_head_noted_outside_is_held_against_the_journal(house: House, tmp_path: Path) -> None:
    noted = tmp_path / "heads"
    head = house.told("journal", "head", "--json")
    noted.write_text(f"Nov 25 host vmrd[1]: {json.dumps({'event': 'journal_head', **head})}\nanother line\n")
    told = house.told("journal", "verify", "--heads", str(noted), "--json")
    assert told == {"accepted": True, "heads": 1, "faults": []}

    noted.write_text(json.dumps({**head, "seals": head["seals"] + 1}) + "\n")
    refused = house.run("journal", "verify", "--heads", str(noted))
    assert refused.exit_code == 1
    assert refused.stdout.startswith(f"witnessed head of {head['seals'] + 1} seals: only {head['seals']} are there")


def test_a_file_without_a_head_compares_nothing_and_says_so(house: House, tmp_path: Path) -> None:
    (tmp_path / "heads").write_text('{"event": "ready"}\n')
    assert house.run("journal", "verify", "--heads", str(tmp_path / "heads")).exit_code == 2
    assert house.run("journal", "verify", "--heads", str(tmp_path / "none")).exit_code == 2


def test_an_edited_row_is_named_by_the_command(house: House) -> None:
    with closing(sqlite3.connect(house.config.store.path)) as connection, connection:
        connection.execute("UPDATE journal SET at = at - 60000 WHERE session_id = 's2' AND seq = 1")
    told = house.run("journal", "verify", "--json")
    assert told.exit_code == 1
    assert [fault["where"] for fault in json.loads(told.stdout)["faults"]] == ["session s2 fact 1"]
