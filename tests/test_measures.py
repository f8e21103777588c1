"""What ops read of meetings: times taken, and what stands open, as a scrape shows them."""

import asyncio
import sqlite3
from contextlib import closing
from functools import reduce
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from tests.databases import new_database
from tests.lifecycle.story import OFFICER, Story, ended, opened, phone, private, secure, waiting
from vmrd.clock import SystemClock
from vmrd.engine import Applied
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.evolve import evolve
from vmrd.lifecycle.evolve import planned as begun
from vmrd.lifecycle.facts import Planned
from vmrd.lifecycle.rules import MINUTE, SECOND
from vmrd.lifecycle.words import LIVE
from vmrd.measures import Measured, Measures
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import connect


class At(SystemClock):
    """Stands at the story's instant."""

    def __init__(self, at: int) -> None:
        self._at = at

    def now(self) -> int:
        return self._at


def scraped(path: Path, story: Story, *, later: int = 0) -> dict[str, float]:
    """Every sample `later` ms after a daemon has lived through the story, by name and labels."""
    registry = CollectorRegistry()
    new_database(path)

    async def live() -> None:
        store = connect(path, derive_keys(bytes(32)))
        measures = Measures(store, At(story.now + later), Measured(registry))
        await store.write(
            [story.session.id],
            lambda tx: tx.record(
                story.session, story.journal, story.commands, wake_at=None, watched=True, now=story.now, command_ttl=1
            ),
        )
        first, *rest = story.journal
        assert isinstance(first, Planned)
        for n in range(len(rest)):
            session = reduce(evolve, rest[: n + 1], begun(first))
            measures.heard(Applied(session, (rest[n],)))
        await measures.look()
        await store.close()

    asyncio.run(live())
    return {
        f"{sample.name}{''.join(f'[{value}]' for value in sample.labels.values())}": sample.value
        for metric in registry.collect()
        for sample in metric.samples
    }


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "vmrd.db"


def test_the_time_from_open_and_from_the_last_check_to_the_lock(database: Path) -> None:
    seen = scraped(database, secure())
    assert (seen["vmrd_checked_to_locked_seconds_count"], seen["vmrd_checked_to_locked_seconds_sum"]) == (1, 10)
    assert seen["vmrd_open_unlocked_seconds_count"] == 1
    assert seen["vmrd_lock_confirm_seconds_count"] == 1
    assert seen["vmrd_longest_unlocked_seconds[MDI]"] == 0


def test_a_room_left_unlocked_shows_for_how_long(database: Path) -> None:
    seen = scraped(database, opened().after(7 * MINUTE))
    assert seen["vmrd_longest_unlocked_seconds[MDI]"] == 7 * 60
    assert "vmrd_open_unlocked_seconds_sum" in seen


def test_a_lock_that_pexip_does_not_show_gets_older(database: Path) -> None:
    seen = scraped(database, opened().when(i.LockRoom(OFFICER)).after(4 * SECOND))
    assert seen["vmrd_longest_unconfirmed_lock_seconds[MDI]"] == 4


def test_a_knock_rings_until_it_is_answered(database: Path, tmp_path: Path) -> None:
    knocking = secure().seen(waiting("bo", "Bo")).after(70 * SECOND)
    seen = scraped(database, knocking)
    assert (seen["vmrd_knocks_ringing[MDI]"], seen["vmrd_oldest_knock_seconds[MDI]"]) == (1, 70)
    (knock,) = knocking.session.knocks
    seen = scraped(tmp_path / "answered.db", knocking.when(i.Acknowledge(knock, OFFICER)))
    assert (seen["vmrd_knocks_ringing[MDI]"], seen["vmrd_oldest_knock_seconds[MDI]"]) == (0, 0)
    assert seen["vmrd_knock_answer_seconds_sum"] == 70


def test_a_breach_is_there_while_it_lasts_and_its_seconds_when_it_is_over(database: Path, tmp_path: Path) -> None:
    breach = private().flags(locked=False).after(2 * SECOND)
    seen = scraped(database, breach)
    assert seen["vmrd_breach_sessions[MDI]"] == 1
    assert seen["vmrd_alerts_total[lock-drift]"] == 1
    seen = scraped(tmp_path / "over.db", breach.flags(locked=True))
    assert seen["vmrd_breach_sessions[MDI]"] == 0
    assert seen["vmrd_breach_seconds_total"] == 2


def test_blindness_is_as_long_as_nothing_was_read(database: Path) -> None:
    seen = scraped(database, private().when(i.EyesLost()).after(20 * SECOND))
    assert seen["vmrd_longest_blind_seconds[MDI]"] == 20


def test_a_phone_that_was_inside_is_counted_by_kind(database: Path) -> None:
    seen = scraped(database, opened().seen(phone()))
    assert seen["vmrd_put_out_total[phone]"] == 1
    assert seen["vmrd_exposures_total[phone]"] == 1


def test_what_a_meeting_lost_is_added_when_it_is_over(database: Path) -> None:
    over = ended()
    assert over.session.phase not in LIVE
    seen = scraped(database, over)
    assert set(seen) >= {f"vmrd_lost_seconds_total[{cause}]" for cause in ("late_open", "id_check", "overrun")}
    assert not any(name.endswith("[MDI]") for name in seen), "nothing stands open"


def test_the_oldest_command_shows_its_age(database: Path) -> None:
    seen = scraped(database, opened().when(i.LockRoom(OFFICER)), later=31 * SECOND)
    assert seen["vmrd_outbox_oldest_seconds[lock]"] == 31
    assert seen["vmrd_outbox_oldest_seconds[notify]"] == 0


def test_a_journal_that_cannot_be_read_leaves_the_daemon_to_the_other_rooms(tmp_path: Path) -> None:
    path, over = tmp_path / "vmrd.db", ended()
    scraped(path, over)
    with closing(sqlite3.connect(path)) as damaged, damaged:
        damaged.execute("UPDATE journal SET body = 'torn' WHERE seq = 2")
    registry = CollectorRegistry()

    async def live() -> None:
        store = connect(path, derive_keys(bytes(32)))
        measures = Measures(store, At(over.now), Measured(registry))
        for fact in over.journal:
            measures.heard(Applied(over.session, (fact,)))
        await measures.look()
        await store.close()

    asyncio.run(live())
    assert registry.get_sample_value("vmrd_lost_seconds_total", {"cause": "late_open"}) is None
    assert registry.get_sample_value("vmrd_open_unlocked_seconds_count") == 1.0, "what needs no journal is counted"
