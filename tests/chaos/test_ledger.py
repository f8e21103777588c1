"""Each rule on what is written, and on what must be there at the end: it sees the one thing that is wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.ledger import Holder, Ledger, all_is_kept, all_is_over, secrets_of
from tests.cosim.judge import Broken
from tests.cosim.shells import DOMAIN
from tests.cosim.stage import Stage, meeting
from tests.databases import new_database
from tests.lifecycle.story import private
from vmrd.lifecycle.words import Phase
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import write_once

KEYS = derive_keys(bytes(range(32)))
NOW = 1_000
A: Holder = ("a", NOW + 500)
"""The meeting is a's for a while."""
B: Holder = ("b", NOW + 900)


@contextmanager
def said(ledger: Ledger, what: str | None) -> Iterator[None]:
    yield
    assert [bool(what and what in wrong) for wrong in ledger.wrong] == ([True] if what else [])


# --- commit by commit -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("replicas", "former", "now", "what"),
    [
        (True, A, NOW, "the meeting is taken from a while its lease lasts"),
        (True, A, A[1], None),
        (True, None, NOW, None),
        (False, A, NOW, None),
    ],
    ids=["while it lasts", "when it has run out", "when it was given back", "by the same machine, started again"],
)
def test_a_lease_that_lasts_is_nobody_elses(replicas: bool, former: Holder | None, now: int, what: str | None) -> None:
    ledger = Ledger(replicas)
    ledger.committed("a#1", "a", A, None, NOW)
    ledger.committed("a#1", "a", former, None, NOW)
    with said(ledger, what):
        ledger.committed("b#1", "b", B, None, now)


@pytest.mark.parametrize(
    ("owner", "holder", "token", "what"),
    [
        ("a", A, b"new", None),
        ("b", A, b"new", "b#1 keeps a control token under a lease that is another's"),
        ("b", None, b"new", "b#1 keeps a control token under a lease that is another's"),
        ("b", A, b"old", None),
        ("b", A, None, None),
        (None, A, b"new", None),
    ],
    ids=["its holder's", "another's", "nobody's", "nothing new", "wiped", "a daemon that is being built"],
)
def test_what_a_meeting_is_steered_with_is_kept_by_who_watches_it(
    owner: str | None, holder: Holder | None, token: bytes | None, what: str | None
) -> None:
    ledger = Ledger(replicas=True)
    ledger.committed("a#1", "a", A, b"old", NOW)
    with said(ledger, what):
        ledger.committed(f"{owner}#1", owner, holder, token, NOW)


@pytest.mark.parametrize(
    ("kinds", "now_fence", "what"),
    [
        (["Locked"], 7, None),
        (["Locked"], 8, "Locked is kept under a lease that is another's"),
        (["Locked"], None, "Locked is kept under a lease that is another's"),
        ([], 8, None),
    ],
    ids=["its own", "another's by now", "nobody's any more", "nothing is kept"],
)
def test_what_was_seen_is_kept_under_the_lease_it_was_seen_under(
    kinds: list[str], now_fence: int | None, what: str | None
) -> None:
    ledger = Ledger(replicas=True)
    with said(ledger, what):
        ledger.reported(kinds, 7, now_fence)


# --- when all is over -------------------------------------------------------------------------------------------------


def over() -> Stage:
    """Closed and wiped; the vmr is deleted, and every node knows."""
    stage = meeting()
    stage.changed(phase=Phase.CLOSED, secrets_wiped=True)
    stage.world.floor.end(stage.conference, "over")
    _delete(stage)
    return stage


def _delete(stage: Stage) -> None:
    for number in list(stage.world.directory.records):
        stage.world.delete_vmr(number)
    for _ in range(10):  # replication
        stage.settle()


def _judge(stage: Stage, *secrets: str) -> None:
    link = stage.session.alias + DOMAIN
    all_is_over(stage.session, stage.world, [link], stage.crowd.redial, secrets)


def test_a_session_that_is_over_is_over() -> None:
    _judge(over())


def test_a_session_that_never_comes_to_its_end_is_seen() -> None:
    stage = over()
    stage.changed(secrets_wiped=False)
    with pytest.raises(Broken, match="not done: closed"):
        _judge(stage)


def test_a_session_that_is_never_closed_is_seen() -> None:
    stage = over()
    stage.changed(phase=Phase.ENDED)
    with pytest.raises(Broken, match="ended but not closed"):
        _judge(stage)


def test_a_secret_that_was_said_to_be_wiped_is_seen() -> None:
    with pytest.raises(Broken, match=r"secrets are left:.*host-pin-1"):
        _judge(over(), "host-pin-1")


def test_a_link_that_still_works_is_seen() -> None:
    stage = meeting()
    stage.changed(phase=Phase.CLOSED, secrets_wiped=True)
    stage.world.floor.end(stage.conference, "over")
    with pytest.raises(Broken, match="a link still works"):
        _judge(stage)


def test_a_link_of_a_generation_before_that_still_works_is_seen() -> None:
    stage = meeting()
    link = stage.session.alias + DOMAIN
    stage.world.floor.end(stage.conference, "over")
    done = replace(stage.session, alias="zqkwtrmvxabcdh", phase=Phase.CLOSED, secrets_wiped=True)
    with pytest.raises(Broken, match="a link still works"):
        all_is_over(done, stage.world, [done.alias + DOMAIN, link], lambda: None, [])


def test_whoever_meets_still_is_seen() -> None:
    stage = meeting()
    stage.changed(phase=Phase.CLOSED, secrets_wiped=True)
    with pytest.raises(Broken, match="somebody could meet after the end"):
        all_is_over(stage.session, stage.world, [], lambda: None, [])


def test_whoever_meets_by_dialling_once_more_is_seen() -> None:
    """A vmr under an alias that nobody remembers as a link: only trying shows it."""
    stage = meeting()
    stage.changed(phase=Phase.CLOSED, secrets_wiped=True)
    stage.world.floor.end(stage.conference, "over")
    with pytest.raises(Broken, match="somebody could meet after the end"):
        all_is_over(stage.session, stage.world, [], stage.crowd.redial, [])


# --- what is kept -----------------------------------------------------------------------------------------------------

Tampering = Callable[[sqlite3.Connection], object]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """With one session in it, as somebody's whole story made it."""
    path = tmp_path / "vmrd.db"
    new_database(path)
    story = private()
    write_once(
        path,
        KEYS,
        lambda tx: tx.record(
            story.session, story.journal, (), wake_at=None, watched=True, now=story.now, command_ttl=60_000
        ),
    )
    return path


def _tampered(path: Path, sql: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        assert connection.execute(sql).rowcount > 0
    connection.close()


def test_what_was_accepted_and_written_is_kept(database: Path) -> None:
    all_is_kept(database, KEYS, [private().session.id])


def test_a_booking_that_was_accepted_and_is_gone_is_seen(database: Path) -> None:
    with pytest.raises(Broken, match="other0 was accepted and is not there"):
        all_is_kept(database, KEYS, [private().session.id, "other0"])


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE session SET body = replace(body, '\"private\"', '\"open\"')",
        "DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)",
    ],
    ids=["the session says more than its journal", "a fact is missing"],
)
def test_a_session_that_is_not_what_its_journal_says_is_seen(database: Path, sql: str) -> None:
    _tampered(database, sql)
    with pytest.raises(Broken, match="is not what its journal says"):
        all_is_kept(database, KEYS, [private().session.id])


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE journal SET at = at + 1 WHERE seq = 2",
        "DELETE FROM seal",
        "UPDATE seal_head SET seals = seals + 1",
    ],
    ids=["a fact at another time", "a seal is missing", "a commit is missing"],
)
def test_a_chain_that_does_not_hold_is_seen(database: Path, sql: str) -> None:
    _tampered(database, sql)
    with pytest.raises(Broken, match="the chain does not verify"):
        all_is_kept(database, KEYS, [private().session.id])


def test_secrets_that_are_left_in_the_table_are_named(database: Path) -> None:
    name = private().session.id
    write_once(database, KEYS, lambda tx: tx.put_secret(name, "host-pin-1", b"4711"))
    assert secrets_of(database, name) == ["host-pin-1"]
    write_once(database, KEYS, lambda tx: tx.wipe_secrets(name))
    assert secrets_of(database, name) == []
