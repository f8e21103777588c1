"""Draws events and sends them, some hundreds to a house; the same seed draws the same events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.events import Sent, events
from tests.fuzz.judge import Account, Judged
from tests.web.house import house

BATCH = 500


def drawn(count: int, first: int) -> list[Sent]:
    """What Hypothesis makes of this seed. Events are judged later, so it only draws here and shrinks nothing."""
    found: list[Sent] = []
    told = settings(max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))

    @seed(first)
    @told
    @given(events())
    def draw(event: Sent) -> None:
        found.append(event)

    draw()
    return found


def batches(count: int, first: int) -> Iterator[tuple[int, int]]:
    """How many events of which seed, one house each."""
    for number, start in enumerate(range(0, count, BATCH)):
        yield min(BATCH, count - start), first + number


async def fuzz(sent: list[Sent]) -> Account:
    """Send these events to one house, in order."""
    account = Account()
    with TemporaryDirectory(prefix="vmrd-fuzz-") as folder:
        async with house(Path(folder)) as home:
            with closing(Judged(home, account)) as judged:
                for event in sent:
                    await judged.take(event)
                await judged.finish()
    return account
