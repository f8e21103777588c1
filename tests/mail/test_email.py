"""From a booking event to an email to whoever booked: what it says, how often it comes, and what it never holds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from typer.testing import CliRunner

from benchmarks.samples import plan
from tests.databases import new_database
from tests.mail.post_office import (
    CLERK,
    DAY,
    MAIN,
    OURS,
    Bureau,
    PostOffice,
    bureau,
    entry_of,
    free_port,
    page_of,
    smtp,
    text_of,
)
from tests.web.house import MINUTE, START, configuration
from vmrd.cli import app
from vmrd.daemon import build
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.rules import HOUR
from vmrd.secret_names import booker_address, host_pin
from vmrd.store.delivery import DeliveryState

pytestmark = pytest.mark.asyncio

MOVED = {**MAIN, "slots": [{"date": "2026-11-05", "start": "11:00", "end": "11:45"}]}


@asynccontextmanager
async def posting(folder: Path, office: PostOffice, **changes: object) -> AsyncIterator[Bureau]:
    async with office.open() as port, bureau(folder, **{"smtp": smtp(port), **changes}) as made:
        yield made


async def test_a_booking_is_confirmed_by_email_with_all_that_is_needed_to_join(tmp_path: Path) -> None:
    office = PostOffice()
    async with posting(tmp_path, office) as made:
        session = await made.send(1)
        (mail,) = await office.mails(1)
        await made.known(DeliveryState.TAKEN)
        view = await made.home.view(session)
    assert (mail["From"], mail["To"], mail["Auto-Submitted"]) == (OURS, CLERK, "auto-generated")
    assert mail["Subject"] == "Confirmed: video meeting, Moorland, Thursday 5 November 2026, 10:00"
    assert mail["Message-ID"].startswith(f"<{session}-")
    link = f"https://join.example.org/{view['vmr']['alias']}"
    for said in (
        link,
        "a photo identity card",
        "Young Offender Institution Rule 16",
        "The link works from 10:01 on 4 ",
    ):
        assert said in text_of(mail)
        assert said in page_of(mail)
    assert f'<a href="{link}"' in page_of(mail)
    calendar, entry = entry_of(mail)
    assert (calendar["METHOD"], entry["SEQUENCE"], entry["STATUS"]) == ("PUBLISH", 0, "CONFIRMED")
    assert entry["DTSTART"].dt == datetime(2026, 11, 5, 10, 0, tzinfo=UTC)
    assert entry["DTEND"].dt == datetime(2026, 11, 5, 10, 30, tzinfo=UTC)
    assert entry["LOCATION"] == link


async def test_each_change_is_written_once_to_the_same_calendar_entry_and_a_cancellation_ends_it(
    tmp_path: Path,
) -> None:
    office = PostOffice()
    async with posting(tmp_path, office) as made:
        session = await made.send(1)
        await office.mails(1)
        for version in (2, 3):
            await made.send(version, segments=[MOVED])
        await office.mails(2)
        for version in (4, 5):
            await made.cancel(version)
        mails = await office.mails(3)
        await made.known(*[DeliveryState.TAKEN] * 3)
        await made.idle()
        assert await made.secrets(session) == frozenset()
    assert len(mails) == 3
    entries = [entry_of(mail) for mail in mails]
    assert [calendar["METHOD"] for calendar, _ in entries] == ["PUBLISH", "PUBLISH", "CANCEL"]
    assert [entry["SEQUENCE"] for _, entry in entries] == [0, 1, 2]
    assert len({entry["UID"] for _, entry in entries}) == 1
    assert entries[1][1]["DTSTART"].dt == datetime(2026, 11, 5, 11, 0, tzinfo=UTC)
    assert [mail["Subject"].split(":")[0] for mail in mails] == ["Confirmed", "Changed", "Cancelled"]
    assert "What follows replaces all you were told before" in text_of(mails[1])
    assert "join.example.org" not in mails[2].as_string()
    assert len({mail["Message-ID"] for mail in mails}) == 3


async def test_while_the_mail_server_is_away_an_email_waits_and_then_comes_once(tmp_path: Path) -> None:
    office, port = PostOffice(), free_port()
    async with bureau(tmp_path, smtp=smtp(port)) as made:
        await made.send(1)
        (waiting,) = await made.known(DeliveryState.WAITING)
        assert (waiting.answer, waiting.event) == ("none", "email.confirmed")
        assert waiting.next_at is not None
        async with office.open(port):
            made.home.clock.at = waiting.next_at
            (taken,) = await made.known(DeliveryState.TAKEN)
            await made.idle()
    assert taken.attempts >= 2
    assert len(office.got) == 1


async def test_what_was_overtaken_while_the_server_was_away_is_not_sent_any_more(tmp_path: Path) -> None:
    office, port = PostOffice(), free_port()
    async with bureau(tmp_path, smtp=smtp(port)) as made:
        await made.send(1)
        await made.known(DeliveryState.WAITING)
        await made.send(2, segments=[MOVED])
        await made.known(DeliveryState.WAITING, DeliveryState.WAITING)
        async with office.open(port):
            made.home.clock.at += 10 * MINUTE
            await made.known(DeliveryState.TAKEN, DeliveryState.OUTDATED)
    (mail,) = office.got
    assert mail["Subject"].startswith("Changed: ")


async def test_what_waits_for_an_address_that_is_withdrawn_is_not_sent_and_not_called_given_up(tmp_path: Path) -> None:
    async with bureau(tmp_path, smtp=smtp(free_port())) as made:
        await made.send(1)
        await made.known(DeliveryState.WAITING)
        await made.send(2, bookedBy={"name": "Canary Clerk", "email": None})
        made.home.clock.at += 10 * MINUTE
        await made.known(DeliveryState.OUTDATED)
        await made.idle()


async def test_a_server_that_wants_us_to_come_again_is_given_the_same_email_later(tmp_path: Path) -> None:
    office = PostOffice(refusals=["451 4.7.1 greylisted", "451 4.7.1 greylisted"])
    async with posting(tmp_path, office) as made:
        await made.send(1)
        for tries in (1, 2):
            waiting = await made.tried(tries)
            assert (waiting.state, waiting.answer) == (DeliveryState.WAITING, "4xx")
            made.home.clock.at = (waiting.next_at or 0) + 1
        (taken,) = await made.known(DeliveryState.TAKEN)
    (mail,) = office.got
    assert (taken.attempts, office.came) == (3, 3)
    assert mail["Message-ID"] == f"<{taken.id}@vmrd.example.org>"


def listed(made: Bureau) -> str:
    """`vmrd deliveries --failed`, beside the running daemon. Blocks."""
    config = Path(__file__).parents[2] / "config" / "minimal.toml"
    store = made.home.deps.config.store
    environment = {
        "VMRD_CONFIG": str(config),
        "VMRD_STORE__PATH": str(store.path),
        "VMRD_STORE__KEY": store.key.get_secret_value(),
        "VMRD_PEXIP__PASSWORD": "sample",
    }
    return CliRunner().invoke(app, ["deliveries", "--failed"], env=environment).stdout


async def test_an_address_that_is_refused_for_good_is_given_up_at_once_seen_and_can_be_tried_again(
    tmp_path: Path,
) -> None:
    office = PostOffice(refusals=[f"550 5.1.1 <{CLERK}> no such user"])
    async with posting(tmp_path, office) as made:
        await made.send(1)
        (dead,) = await made.known(DeliveryState.DEAD)
        await made.idle()
        assert await asyncio.to_thread(listed, made) == f"{dead.id}  email.confirmed  email  dead  1 try  5xx\n"
        now = made.home.clock.now()
        await made.home.store.write([dead.session_id], lambda tx: tx.tell_again(dead, now))
        (taken,) = await made.known(DeliveryState.TAKEN)
    (mail,) = office.got
    assert (taken.attempts, mail["Message-ID"]) == (2, f"<{dead.id}@vmrd.example.org>")


async def test_an_email_sent_again_after_the_meeting_is_not_sent(tmp_path: Path) -> None:
    office = PostOffice()
    async with posting(tmp_path, office) as made:
        await made.send(1)
        (taken,) = await made.known(DeliveryState.TAKEN)
        now = made.home.clock.at = START + DAY
        await made.home.store.write([taken.session_id], lambda tx: tx.tell_again(taken, now))
        await made.known(DeliveryState.OUTDATED)
    assert len(office.got) == 1


async def test_an_email_sent_again_once_the_address_is_wiped_stays_given_up_and_says_why(tmp_path: Path) -> None:
    office = PostOffice()
    async with posting(tmp_path, office) as made:
        await made.send(1)
        await office.mails(1)
        office.refusals.append(f"550 <{CLERK}> never")
        await made.cancel(2)
        (dead, _) = await made.known(DeliveryState.DEAD, DeliveryState.TAKEN)
        await made.idle()
        await made.home.store.write([dead.session_id], lambda tx: tx.tell_again(dead, made.home.clock.now()))
        await made.idle()
        (again, _) = await made.deliveries()
    assert (again.state, again.answer, again.attempts) == (DeliveryState.DEAD, "no-address", 1)
    assert len(office.got) == 1


async def test_the_daemon_writes_by_itself_once_it_is_told_of_a_mail_server(tmp_path: Path) -> None:
    office = PostOffice()
    async with office.open() as port:
        config = configuration(tmp_path, smtp=smtp(port))
        new_database(config.store.path)
        async with build(config) as daemon:
            far = daemon.clock.now() + 900 * HOUR
            booked = replace(plan("s1", far), starts_at=far, ends_at=far + HOUR, establishment="MDI", booker=1)
            await daemon.store.write(["s1"], lambda tx: tx.put_secret("s1", booker_address(1), CLERK.encode()))
            await daemon.engine.submit("s1", booked)
            work = asyncio.create_task(daemon.dispatcher.run())
            (mail,) = await office.mails(1)
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
    assert mail["To"] == CLERK
    assert f"https://join.example.org/{booked.alias}@meet.example.org" in text_of(mail)


async def test_after_a_day_without_an_answer_an_email_is_given_up(tmp_path: Path) -> None:
    async with bureau(tmp_path, smtp=smtp(free_port())) as made:
        await made.send(1)
        (waiting,) = await made.known(DeliveryState.WAITING)
        made.home.clock.at = (waiting.next_at or 0) + DAY
        (dead,) = await made.known(DeliveryState.DEAD)
        await made.idle()
    assert dead.answer == "none"


async def test_whoever_booked_is_reminded_the_day_before_and_so_is_the_booking_system(tmp_path: Path) -> None:
    office = PostOffice()
    async with posting(tmp_path, office, timing={"prepare_before": 3600}) as made:
        session = await made.send(1)
        await made.known(DeliveryState.TAKEN)
        made.home.clock.at = START - DAY
        await made.home.tell(session, i.WakeUp(), i.WakeUp())
        mails = await office.mails(2)
        await made.idle()
    assert [mail["Subject"].split(":")[0] for mail in mails] == ["Confirmed", "Reminder"]
    (before, reminder) = (entry_of(mail)[1] for mail in mails)
    assert (reminder["UID"], reminder["SEQUENCE"]) == (before["UID"], 0)
    assert [json.loads(body)["event"] for body in made.told].count("session.reminder") == 1


async def test_a_new_booker_gets_what_stands_and_the_former_address_is_forgotten(tmp_path: Path) -> None:
    office, other = PostOffice(), "another.clerk@courts.example.gov.uk"
    async with posting(tmp_path, office) as made:
        session = await made.send(1)
        await office.mails(1)
        await made.send(2, bookedBy={"name": "Canary Clerk", "email": other})
        mails = await office.mails(2)
        assert booker_address(1) not in await made.secrets(session)
        assert booker_address(2) in await made.secrets(session)
    assert [(mail["To"], mail["Subject"].split(":")[0]) for mail in mails] == [
        (CLERK, "Confirmed"),
        (other, "Confirmed"),
    ]


async def test_an_address_that_is_withdrawn_gets_nothing_more_and_the_next_one_what_stands(tmp_path: Path) -> None:
    office, other = PostOffice(), "another.clerk@courts.example.gov.uk"
    async with posting(tmp_path, office) as made:
        session = await made.send(1)
        await office.mails(1)
        await made.send(2, segments=[MOVED], bookedBy={"name": "Canary Clerk", "email": None})
        await made.idle()
        assert not any(name.startswith("booker") for name in await made.secrets(session))
        await made.send(3, segments=[MOVED], bookedBy={"name": "Canary Clerk", "email": other})
        (_, mail) = await office.mails(2)
        await made.idle()
    assert office.recipients == [CLERK, other]
    assert mail["Subject"] == "Confirmed: video meeting, Moorland, Thursday 5 November 2026, 11:00"
    assert entry_of(mail)[1]["SEQUENCE"] == 1


async def test_only_whoever_booked_is_written_to_and_no_visitor(tmp_path: Path) -> None:
    office = PostOffice()
    visitor = {"ref": "p1", "role": "defence", "lead": True, "name": "Bea Advocate", "email": "b@chambers.gov.uk"}
    alone = {**MAIN, "attendeeRefs": ["p1"]}
    async with posting(tmp_path, office) as made:
        await made.send(1, attendees=[visitor], segments=[alone])
        await office.mails(1)
        await made.send(2, attendees=[visitor], segments=[{**MOVED, "attendeeRefs": ["p1"]}])
        await office.mails(2)
        await made.cancel(3)
        await office.mails(3)
        await made.idle()
    assert office.recipients == [CLERK] * 3


@pytest.mark.parametrize("why", ["address", "sender", "no-server"])
async def test_who_is_not_written_to_leaves_no_address(tmp_path: Path, why: str) -> None:
    office = PostOffice()
    address = "clerk@gov.uk.example.org" if why == "address" else CLERK
    changes: dict[str, object] = {"smtp": None} if why == "no-server" else {}
    if why == "sender":
        key = "whsec_" + "dGhlIGZpcnN0IGtleSBvZiB0aGUgYm9va2luZyBvZmZpY2U="
        changes["senders"] = [{"system": "bvls", "secrets": [key], "authority": "upstream", "emails": False}]
    async with posting(tmp_path, office, **changes) as made:
        session = await made.send(1, bookedBy={"name": "Canary Clerk", "email": address})
        await made.send(2, segments=[MOVED], bookedBy={"name": "Canary Clerk", "email": address})
        await made.idle()
        assert {name for name in await made.secrets(session) if name.startswith("booker")} == set()
        assert await made.deliveries() == []
    assert office.got == []


def written(folder: Path) -> bytes:
    """Everything in the database's files."""
    return b"".join(file.read_bytes() for file in folder.iterdir() if file.name.startswith("vmrd.db"))


async def test_nobody_and_no_secret_is_in_an_email_and_the_address_is_nowhere_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = PostOffice(refusals=[f"451 <{CLERK}> later", f"550 <{CLERK}> never"])
    async with posting(tmp_path, office) as made:
        session = await made.send(1)
        (waiting,) = await made.known(DeliveryState.WAITING)
        made.home.clock.at = waiting.next_at or 0
        await made.known(DeliveryState.DEAD)
        await made.send(2, segments=[MOVED])
        (mail,) = await office.mails(1)
        await made.idle()
        pin = await made.home.store.read(lambda rx: rx.secret(session, host_pin(1)))
        metrics = generate_latest(made.home.engine.metrics.registry).decode()
        kept = written(tmp_path)
        journal = str(await made.home.store.read(lambda rx: rx.journal(session)))
    assert 'vmrd_letters_total{outcome="dead"} 1.0' in metrics
    assert pin is not None
    said = f"{mail['Subject']}\n{text_of(mail)}\n{page_of(mail)}\n{entry_of(mail)[0].to_ical().decode()}"
    for hidden in ("A1234AA", "Canary", "Prisonername", "Advocate", "Interpreter 1", pin.decode(), "01632", "07700"):
        assert hidden not in said
    logged = "".join(capsys.readouterr())
    assert "letter_given_up" in logged
    for text in (logged, metrics, journal):
        assert CLERK not in text
        assert "Canary" not in text
    assert CLERK.encode() not in kept
