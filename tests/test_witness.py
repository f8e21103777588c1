"""The journal's head goes to the log and to whoever outside is configured, signed, and is found again in both."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio
from standardwebhooks.webhooks import Webhook
from structlog.testing import capture_logs

from tests.databases import new_database
from tests.settings import least
from tests.store.samples import NOON, put, session
from tests.web.house import KEY, NEXT_KEY, HandClock
from vmrd.config import ConfigError, from_values
from vmrd.logging import ALLOWED
from vmrd.poster import Forbidden, Reply
from vmrd.store.base import Store
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import connect
from vmrd.witness import Confidant, Witness, as_printed, heads

pytestmark = pytest.mark.asyncio

URL = "https://witness.example.org/heads"


class Outside:
    """Who is told; takes everything, unless an answer is left."""

    def __init__(self, *answers: int | OSError) -> None:
        self.answers = list(answers)
        self.got: list[tuple[bytes, Mapping[str, str]]] = []

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        assert url == URL
        self.got.append((body, headers))
        answer = self.answers.pop(0) if self.answers else 204
        if isinstance(answer, OSError):
            raise answer
        return Reply(answer)


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    new_database(tmp_path / "vmrd.db")
    opened = connect(tmp_path / "vmrd.db", derive_keys(b"k" * 32))
    await put(opened, session("s1"))
    yield opened
    await opened.close()


def witness(store: Store, outside: Outside, secrets: tuple[str, ...] = (KEY,)) -> Witness:
    return Witness(store, HandClock(at=NOON), outside, 3600.0, Confidant(URL, secrets))


async def test_the_head_is_told_signed_with_both_keys_and_says_nothing_of_anybody(store: Store) -> None:
    outside = Outside()
    await witness(store, outside, (NEXT_KEY, KEY)).tell()
    ((body, headers),) = outside.got
    for key in (KEY, NEXT_KEY):
        Webhook(key).verify(body, dict(headers))
    assert set(json.loads(body)) == {"event", "at", "seals", "rows", "last"}
    assert heads([body.decode()]) == [await store.read(lambda rx: rx.seal_head())]


async def test_the_line_of_the_log_is_one_that_verify_takes(store: Store) -> None:
    with capture_logs() as logs:
        await Witness(store, HandClock(at=NOON), Outside(), 3600.0, None).tell()
    (line,) = logs
    assert set(line) - {"log_level"} <= ALLOWED
    assert heads([json.dumps(line)]) == [await store.read(lambda rx: rx.seal_head())]


async def test_the_line_that_journal_head_prints_is_one_that_verify_takes(store: Store) -> None:
    head = await store.read(lambda rx: rx.seal_head())
    assert heads([f"Friday: {as_printed(head)}", "nothing else"]) == [head]


@pytest.mark.parametrize("answer", [500, OSError("no answer"), Forbidden()])
async def test_a_witness_that_cannot_be_told_is_in_the_log_and_stops_nothing(
    store: Store, answer: int | OSError
) -> None:
    outside = Outside(answer)
    with capture_logs() as logs:
        await witness(store, outside).tell()
        await witness(store, outside).tell()
    assert [line["event"] for line in logs] == ["journal_head", "witness_not_told", "journal_head"]
    assert len(outside.got) == 2


@pytest.mark.parametrize(
    "told",
    [
        {"url": "https://192.168.1.1/heads", "secrets": [KEY]},
        {"url": "http://witness.example.org/", "secrets": [KEY]},
        {"url": URL},
        {"secrets": [KEY]},
    ],
    ids=["inside the network", "in the clear", "unsigned", "nobody"],
)
async def test_a_witness_is_outside_and_what_it_is_told_is_signed(told: dict[str, object]) -> None:
    values = least()
    assert from_values({**values, "witness": {"url": URL, "secrets": [KEY]}}).witness.url == URL
    with pytest.raises(ConfigError, match="witness"):
        from_values({**values, "witness": told})
