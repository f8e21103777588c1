"""What is heard: four sounds nobody can take for each other, and which of them sound while several alarms stand."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser.conftest import Screen

pytestmark = pytest.mark.asyncio(loop_scope="module")

HEARD = """async ([kind, loudness]) => {
  const { SOUNDS } = await import(new URL("sounds.js", document.querySelector("script[type=module]").src));
  const rate = 8000, context = new OfflineAudioContext(1, rate * 2, rate);
  SOUNDS[kind](context, 0, loudness);
  const samples = (await context.startRendering()).getChannelData(0);
  const slices = Array.from({ length: 40 }, (_, n) => samples.slice(n * rate / 20, (n + 1) * rate / 20));
  const loud = (slice) => Math.sqrt(slice.reduce((sum, each) => sum + each * each, 0) / slice.length);
  const crossings = (slice) => slice.filter((each, n) => n && each * slice[n - 1] < 0).length;
  const level = slices.map(loud);
  return {
    peak: samples.reduce((most, each) => Math.max(most, Math.abs(each)), 0),
    seconds: (level.length - level.slice().reverse().findIndex((each) => each > 0.005)) / 20,
    bursts: level.filter((each, n) => each > 0.02 && (n === 0 || each > level[n - 1] * 2)).length,
    pitch: crossings(slices[0]) * 10,
  };
}"""
RINGS = "(await import(new URL('rings.js', document.querySelector('script[type=module]').src)))"
ROUND = f"async (alarms) => {RINGS}.round(alarms)"
ARRIVED = f"async ([former, view]) => {RINGS}.arrived(former, view)"


async def heard(page: Page, kind: str, loudness: float = 1) -> dict[str, Any]:
    sound: dict[str, Any] = await page.evaluate(HEARD, [kind, loudness])
    return sound


async def test_no_sound_can_be_taken_for_another(screen: Screen) -> None:
    page = await screen.open()
    sounds = {kind: await heard(page, kind) for kind in ("KNOCK", "BREACH", "BLIND", "ARRIVAL")}
    assert sounds["KNOCK"]["bursts"] == 2, "two raps"
    assert sounds["BREACH"]["bursts"] >= 6, "high and low, three times"
    assert sounds["BLIND"]["bursts"] == sounds["ARRIVAL"]["bursts"] == 1
    assert sounds["ARRIVAL"]["peak"] < 0.5 * min(sounds[kind]["peak"] for kind in ("KNOCK", "BREACH", "BLIND"))
    for one, other in combinations(sounds.values(), 2):
        apart = abs(one["seconds"] - other["seconds"]) > 0.3 or abs(one["pitch"] - other["pitch"]) > 150
        assert apart, (one, other)


async def test_louder_is_louder(screen: Screen) -> None:
    page = await screen.open()
    for kind in ("KNOCK", "BREACH", "BLIND"):
        assert (await heard(page, kind, 1))["peak"] > 1.5 * (await heard(page, kind, 0.5))["peak"]


@pytest.mark.parametrize(
    ("alarms", "sounds"),
    [
        ([("KNOCK", 0, False)], ["KNOCK"]),
        ([("KNOCK", 30, False)], ["KNOCK loud"]),
        ([("KNOCK", 0, False), ("BREACH", 0, False)], ["BREACH", "KNOCK"]),
        ([("BLIND", 0, False), ("KNOCK", 31, False), ("KNOCK", 1, False)], ["KNOCK loud", "BLIND"]),
        ([("KNOCK", 40, True)], []),
        ([("KNOCK", 40, True), ("KNOCK", 1, False)], ["KNOCK"]),
        ([("BREACH", 40, True)], ["BREACH loud"]),
        ([("BLIND", 40, True)], []),
        ([], []),
    ],
)
async def test_each_kind_that_stands_sounds_in_turn_and_what_somebody_sees_to_is_quiet_save_a_breach(
    screen: Screen, alarms: list[tuple[str, int, bool]], sounds: list[str]
) -> None:
    page = await screen.open()
    given = [{"kind": kind, "age": age, "dealing": dealing} for kind, age, dealing in alarms]
    told = await page.evaluate(ROUND, given)
    assert [f"{each['kind']}{' loud' if each['loud'] else ''}" for each in told] == sounds
    begins = [each["after"] for each in told]
    assert begins == sorted(set(begins)), "one after the other"


async def test_who_newly_waits_is_told_from_who_knocks(screen: Screen) -> None:
    def view(*people: tuple[str, str, str], knocking: str = "") -> dict[str, object]:
        return {
            "participants": [{"id": id_, "where": where, "kind": kind} for id_, where, kind in people],
            "knocks": [{"participant": knocking}] if knocking else [],
        }

    page = await screen.open()
    nobody, ada = view(), ("ada", "waiting", "browser")
    for former, now, came in (
        (None, view(ada), 0),  # the first view of a page is no news
        (nobody, view(ada), 1),
        (view(ada), view(ada), 0),
        (nobody, view(ada, ("bo", "waiting", "app")), 2),
        (nobody, view(ada, knocking="ada"), 0),
        (nobody, view(("own", "waiting", "own"), ("tel", "waiting", "phone")), 0),
        (view(("ada", "arriving", "browser")), view(ada), 1),
        (nobody, view(("ada", "inside", "browser")), 0),
    ):
        assert await page.evaluate(ARRIVED, [former, now]) == came, (former, now)
