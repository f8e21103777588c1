"""One meeting's story from its facts, and what the command says when it cannot report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.samples import plan
from vmrd.cli import app
from vmrd.config import load
from vmrd.lifecycle import facts as f
from vmrd.lifecycle.decide import Decision, decide
from vmrd.lifecycle.rules import MINUTE, SECOND, Rules
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Kind, Role, Where
from vmrd.shadow import prose
from vmrd.shadow.record import Noted, Record, Wanted
from vmrd.shadow.report import report_of
from vmrd.shadow.story import story_of
from vmrd.shadow_cli import in_shadow
from vmrd.store.base import StoreError
from vmrd.store.migrate import migrate

TEN = 1_777_971_600_000
MINIMAL = Path(__file__).parents[2] / "config" / "minimal.toml"


def session() -> Session:
    planned = decide(None, plan("a", TEN), TEN - 60 * MINUTE, Rules())
    assert isinstance(planned, Decision)
    return replace(planned.session, starts_at=TEN, ends_at=TEN + 30 * MINUTE)


def leg(name: str, second: int, kind: Kind = Kind.BROWSER, where: Where = Where.INSIDE) -> f.LegObserved:
    at = TEN + second * SECOND
    return f.LegObserved(name, "ref", kind, True, Role.GUEST, where, True, True, True, False, at)


def started(second: int = 0) -> f.MeetingObserved:
    return f.MeetingObserved(True, False, None, TEN + second * SECOND)


ROOM = (leg("room", 0, Kind.ROOM_SYSTEM), f.RoomConnected("room", "seen in shadow"))


def test_the_lock_is_asked_for_once_the_room_and_a_visitor_are_both_inside() -> None:
    visitor_first = (started(-60), leg("visitor", -30), *ROOM)
    assert story_of(session(), visitor_first).asked_to_lock == TEN
    waiting = (started(), *ROOM, leg("visitor", 5, where=Where.WAITING))
    assert story_of(session(), waiting).asked_to_lock is None


def test_a_host_nobody_expected_is_told_and_the_prison_room_is_none() -> None:
    strangers = [f.AlertRaised(f"unexpected-host:{who}", "unexpected-host", who, None, TEN) for who in ("room", "x")]
    assert story_of(session(), (started(), *ROOM, *strangers)).strange_hosts == 1


def test_a_phone_that_is_still_there_counts_until_now() -> None:
    told = story_of(session(), (started(), *ROOM, leg("phone", 10, Kind.PHONE)))
    report = report_of([told], Noted((), {}, (), ()), TEN, TEN + MINUTE, TEN + 70 * SECOND)
    assert (report.totals["phones"], report.totals["phone_seconds"]) == (1, 60)
    assert "not seen to end" in "\n".join(prose.text(report))


def test_a_recorder_is_told_apart_from_people() -> None:
    told = story_of(session(), (started(), *ROOM, leg("r", 10, Kind.RECORDER), f.LegLeft("r", None, TEN + 15 * SECOND)))
    assert len(told.recorders) == 1
    assert told.visitors == 0


def test_a_start_a_moment_off_is_neither_early_nor_late() -> None:
    assert story_of(session(), (started(-45),)).opened_early == 0
    assert story_of(session(), (started(-600),)).opened_early == 600
    assert story_of(session(), (started(240),)).opened_late == 240


def test_a_room_missed_only_because_everybody_left_is_no_command_to_tell_of() -> None:
    over = f.MeetingLost("ended", TEN + 60 * SECOND)
    told = story_of(session(), (started(), *ROOM, over))
    calls = [Wanted("a", "room", "EnsureEndpointInside", TEN + s * SECOND, TEN + s * SECOND, 1) for s in (20, 58)]
    for wanted, said in zip(calls, (1, 0), strict=True):
        report = report_of([told], Noted((wanted,), {}, (), ()), TEN, TEN + MINUTE, TEN + MINUTE)
        assert report.commands["EnsureEndpointInside"] == said


def test_a_transport_that_let_something_else_through_would_be_told_in_capitals() -> None:
    noted = Noted((), {"sent GET": 5, "sent POST": 1}, (), ())
    said = "\n".join(prose.text(report_of([], noted, TEN, TEN + MINUTE, TEN)))
    assert "commands sent: 1 (asserted at the transport; 6 requests, NOT ALL GET; 0 refused)" in said
    assert "nothing can be said: no booked meeting was seen" in said


def test_the_record_is_its_owners_alone_and_a_place_it_cannot_be_kept_is_said(tmp_path: Path) -> None:
    Record(tmp_path / "record").close()
    assert (tmp_path / "record").stat().st_mode & 0o077 == 0
    with pytest.raises(StoreError, match="cannot be kept"):
        Record(tmp_path / "nowhere" / "record")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    migrate(tmp_path / "vmrd.db")
    path = str(tmp_path / "vmrd.db")
    return {"VMRD_PEXIP__PASSWORD": "x", "VMRD_STORE__KEY": "5a" * 32, "VMRD_STORE__PATH": path}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 1, "is not a shadow's"),
        (["--from", "5 May"], 2, "--from: a date is written YYYY-MM-DD"),
        (["--establishment", "XYZ"], 2, "--establishment is none of the configuration"),
        (["--format", "pdf"], 2, "pdf"),
    ],
)
def test_what_cannot_be_reported_is_said_in_one_line(
    environment: dict[str, str], arguments: list[str], code: int, said: str
) -> None:
    done = CliRunner().invoke(app, ["shadow", "report", "--config", str(MINIMAL), *arguments], env=environment)
    assert done.exit_code == code
    assert said in done.output


def test_one_run_can_be_in_shadow_though_the_configuration_is_not(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "vmrd.toml"
    file.write_text(MINIMAL.read_text() + '[[shadow.match]]\nname = "MDI (?P<room>.+)"\nestablishment = "MDI"\n')
    config = load(file)
    assert not config.shadow.enabled
    assert in_shadow(config).shadow.enabled
