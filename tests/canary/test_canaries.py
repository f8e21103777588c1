"""Nobody's name, number, secret or word is anywhere but where it belongs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.canary.canaries import CANARIES, Canary, Place, minted
from tests.canary.outside import booking
from tests.canary.run import Run
from tests.canary.world import VALUE, World, world

Found = Mapping[Place, str]
SEEN = {
    Place.METRICS: "vmrd_",
    Place.ADDRESS: "/api/admin/configuration/v1/conference/",
    Place.VMR: "vmrd-",
    Place.PEXIP: "call_tag",
    Place.CALLBACK: "session.accepted",
    Place.EMAIL: "Subject:",
    Place.PROBLEM: "/problems/",
    Place.ANSWER: "sessionIds",
    Place.EXPORT: "Checked",
    Place.COMMAND: "is not valid TOML",
    Place.FILE: "SQLite format",
}
"""What shows that something was looked at there at all; a canary does so where one belongs."""


BROKEN = ("session_fault", "request_fault", "watch_fault", "ended_by_fault", "not_signed_in", "command_failed")
"""What the log says where something went wrong; each of them had a canary at hand."""


def leaks(canaries: Mapping[str, Canary], found: Found) -> list[str]:
    """Each canary at a place where it does not belong."""
    return [
        f"{name} in {place.value}"
        for name, canary in canaries.items()
        for place, text in found.items()
        if place not in canary.places and canary.is_in(text)
    ]


class Outcome:
    """One run: what was found, what was sent, and the canaries, those among them that were minted on the way."""

    def __init__(self, found: Found, sent: str, made: Mapping[str, str]) -> None:
        self.found = found
        self.sent = sent
        self.made = {
            name: minted(value, "Pexip's, and whoever asks to see it") for name, value in made.items() if value
        }


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    async def play() -> Outcome:
        async with world(tmp_path_factory.mktemp("canary")) as built:
            run = Run(built)
            await run.play()
        found = {place: "\n".join(texts) for place, texts in built.found.items()}
        return Outcome(found, "\n".join(built.sent), run.minted)

    return asyncio.run(play())


@pytest.mark.timeout(300)
@pytest.mark.parametrize("place", Place, ids=lambda place: place.name.lower())
def test_nothing_private_is_in(place: Place, outcome: Outcome) -> None:
    looked = {place: outcome.found[place]}
    assert leaks(CANARIES | outcome.made, looked) == []
    assert SEEN.get(place, "") in looked[place]


@pytest.mark.parametrize("event", BROKEN)
def test_it_really_broke(event: str, outcome: Outcome) -> None:
    assert f'"event": "{event}"' in outcome.found[Place.LOG]


@pytest.mark.parametrize("name", CANARIES)
def test_a_canary_was_sent_and_shows_where_it_belongs(name: str, outcome: Outcome) -> None:
    canary = CANARIES[name]
    configured = {"webhook-secret", "adapter-client", "pexip-password", "mail-password", "store-key"}
    assert name in configured or canary.is_in(outcome.sent)
    assert not canary.places or any(canary.is_in(outcome.found[place]) for place in canary.places)


def test_pins_and_tokens_were_made_on_the_way(outcome: Outcome) -> None:
    assert {name.partition("-")[0] for name in outcome.made} >= {"pin", "token", "cookie"}


@pytest.mark.timeout(120)
def test_a_log_line_that_leaks_is_found(tmp_path: Path) -> None:
    """The daemon logs, under a key that may be logged, a body it is sent."""

    async def play() -> World:
        async with world(tmp_path) as built:
            await built.begin()
            run = Run(built)
            (built.faults / "leak").touch()
            await run.send(booking())
            await built.ask("POST", "/v1/sessions/none/note", json={"text": VALUE["note"]})
        return built

    found = {place: "\n".join(texts) for place, texts in asyncio.run(play()).found.items()}
    found_in = {leak.partition(" in ")[2] for leak in leaks(CANARIES, found)}
    assert found_in == {Place.LOG.value}
