"""Which meeting is which room's, and which booking's; and what a pattern may not say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from benchmarks.samples import plan
from vmrd.cli import app
from vmrd.config_shadow import MatchConfig, ShadowConfig
from vmrd.lifecycle.decide import Decision, decide
from vmrd.lifecycle.rules import MINUTE, Rules
from vmrd.lifecycle.session import Meeting, Session
from vmrd.lifecycle.words import Phase
from vmrd.shadow.bookings import session_of
from vmrd.shadow.places import Place, Places

TEN = 1_777_971_600_000
HERE = Place("MDI", "VCC-1")
SECRETS = {"VMRD_PEXIP__PASSWORD": "x", "VMRD_STORE__KEY": "5a" * 32}
MINIMAL = Path(__file__).parents[2] / "config" / "minimal.toml"


def session(number: str, starts: int, minutes: int = 30, **changed: Any) -> Session:
    planned = decide(None, plan(number, TEN), TEN - 60 * MINUTE, Rules())
    assert isinstance(planned, Decision)
    ends = starts + minutes * MINUTE
    return replace(planned.session, room="VCC-1", starts_at=starts, ends_at=ends, **changed)


def found(now: int, *sessions: Session, bound: str | None = None, place: Place = HERE) -> str | None:
    meets = session_of(place, sessions, now, bound)
    return meets.id if meets is not None else None


def test_a_name_says_the_room_and_letters_count_alike_in_either_case() -> None:
    places = Places((MatchConfig(name=r"HMPPS (?P<establishment>\w+) (?P<room>\S+)"),))
    assert places.of("hmpps MDI VCC-1") == Place("MDI", "VCC-1")
    assert places.of("somebody else's HMPPS MDI VCC-1") is None
    assert not places.asks_aliases("somebody else's HMPPS MDI VCC-1")


def test_an_alias_is_asked_for_once_and_tells_the_booking() -> None:
    places = Places((MatchConfig(alias=r"visits-(?P<booking>\d+)@.*", establishment="MDI"),))
    assert places.of("Visit") is None
    assert places.asks_aliases("Visit")
    places.learn("Visit", ["other@example.org", "visits-4711@example.org"])
    assert places.of("Visit") == Place("MDI", None, "4711")
    places.learn("Foreign", ["other@example.org"])
    assert places.of("Foreign") is None
    assert not places.asks_aliases("Foreign")


def test_a_room_opened_early_by_hand_is_still_the_bookings() -> None:
    assert found(TEN - 20 * MINUTE, session("a", TEN)) == "a"
    assert found(TEN - 40 * MINUTE, session("a", TEN)) is None


def test_a_meeting_is_the_next_bookings_from_its_start() -> None:
    first = session("a", TEN, meeting=Meeting(started=True))
    second = session("b", TEN + 30 * MINUTE)
    assert found(TEN + 29 * MINUTE, first, second, bound="a") == "a"
    assert found(TEN + 30 * MINUTE, first, second, bound="a") == "b"


def test_a_meeting_that_ends_late_stays_its_bookings_while_nobody_else_has_the_room() -> None:
    assert found(TEN + 50 * MINUTE, session("a", TEN, meeting=Meeting(started=True)), bound="a") == "a"
    assert found(TEN + 50 * MINUTE, session("a", TEN)) is None


def test_what_is_over_or_elsewhere_is_not_taken_for_it() -> None:
    assert found(TEN, session("a", TEN, phase=Phase.ENDED)) is None
    assert found(TEN, session("a", TEN), place=Place("MDI", "VCC-2")) is None
    assert found(TEN, session("a", TEN), place=Place(None, None, "b")) is None
    assert found(TEN, session("a", TEN), place=Place(None, None, "a")) == "a"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"establishment": "MDI", "room": "VCC-1"}, "give name or alias"),
        ({"name": "a", "alias": "b", "establishment": "MDI", "room": "VCC-1"}, "give name or alias"),
        ({"name": "(", "establishment": "MDI", "room": "VCC-1"}, "is no regular expression"),
        ({"name": "(?P<prison>x)", "establishment": "MDI", "room": "VCC-1"}, "a group of another name"),
        ({"name": "x", "establishment": "MDI"}, "does not say where"),
    ],
)
def test_a_pattern_that_cannot_work_is_refused_at_the_start(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        MatchConfig(**given)


def test_shadow_without_a_pattern_is_refused() -> None:
    with pytest.raises(ValueError, match="says which meetings are a prison room's"):
        ShadowConfig(enabled=True)
    done = CliRunner().invoke(app, ["run", "--shadow", "--config", str(MINIMAL)], env=SECRETS)
    assert done.exit_code == 3
    assert "shadow.match" in done.output
