"""`vmrd hold`: what an inquiry or a court wants is there when the rest has gone, and the audit says who kept it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.store.samples import NOON
from tests.test_retention_cli import DAY, House


@pytest.fixture
def home(tmp_path: Path) -> House:
    built = House(tmp_path)
    built.now(NOON + 9_999 * DAY)
    return built


def test_nothing_of_a_session_on_hold_is_purged_and_a_dry_run_names_it(home: House) -> None:
    assert home.run("hold", "add", "s1", "--reason-code", "inquest").exit_code == 0
    assert home.told("purge", "--dry-run", "--json")["onHold"] == ["s1"]
    assert "session s1: on hold (inquest), nothing of it goes" in home.run("purge", "--dry-run").stdout

    gone = home.told("purge", "--json")
    assert (gone["counts"]["journal"], gone["onHold"]) == (1, ["s1"])  # s2 is as old and went
    assert home.run("journal", "export", "s1").exit_code == 0
    assert home.told("subject", "export", said="Jane Canary\n")["sessions"][0]["session"] == "s1"
    assert home.run("journal", "export", "s2").exit_code == 1

    assert home.run("hold", "remove", "s1", "--reason-code", "inquest").exit_code == 0
    assert home.told("purge", "--json")["counts"]["journal"] == 1
    assert home.run("journal", "export", "s1").exit_code == 1
    assert home.run("journal", "verify").exit_code == 0


def test_nobody_is_erased_from_a_session_on_hold_and_it_is_said(home: House) -> None:
    home.run("hold", "add", "s1", "--reason-code", "litigation")
    done = home.run("subject", "erase", said="Jane Canary\n")
    assert done.exit_code == 1
    assert "session s1: on hold, so nothing was erased" in done.stdout
    assert home.told("subject", "export", said="Jane Canary\n")["sessions"][0]["texts"][0] == "Jane Canary"


def test_who_held_what_and_why_stands_in_the_sealed_audit(home: House) -> None:
    home.run("hold", "add", "s1", "--reason-code", "complaint")
    assert home.told("hold", "list", "--json")["holds"][0]["reason"] == "complaint"
    home.run("hold", "remove", "s1", "--reason-code", "inquiry")
    assert home.told("hold", "list", "--json") == {"holds": []}
    audit = home.told("journal", "audit", "--json")["entries"]
    assert [(e["what"], e["session"], e["reason"], e["by"]) for e in audit[:2]] == [
        ("hold-ended", "s1", "inquiry", "command line"),
        ("held", "s1", "complaint", "command line"),
    ]
    assert home.run("journal", "verify").exit_code == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add", "none", "--reason-code", "inquest"), 1),
        (("remove", "s1", "--reason-code", "inquest"), 1),
        (("add", "s1", "--reason-code", "because of Jane Canary"), 2),
        (("add", "s1"), 2),
    ],
    ids=["no such session", "not on hold", "a reason of its own words", "no reason"],
)
def test_a_hold_is_refused_for(home: House, words: tuple[str, ...], code: int) -> None:
    assert home.run("hold", *words).exit_code == code
    assert home.told("hold", "list", "--json") == {"holds": []}


def test_a_session_is_held_once(home: House) -> None:
    assert home.run("hold", "add", "s1", "--reason-code", "inquest").exit_code == 0
    assert home.run("hold", "add", "s1", "--reason-code", "inquest").exit_code == 1
    assert len(json.loads(home.run("hold", "list", "--json").stdout)["holds"]) == 1
