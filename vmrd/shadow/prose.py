"""The report in plain sentences, as JSON, and as one row for each meeting."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

from vmrd.clock import as_text
from vmrd.lifecycle.words import Instant
from vmrd.shadow.record import Wanted
from vmrd.shadow.report import Report
from vmrd.shadow.story import Span, Story
from vmrd.web.sentences import LONDON

_WOULD = {
    "DisconnectLeg": "put a connection out",
    "SetLock": "locked again",
    "EndConference": "ended the meeting",
    "EnsureEndpointInside": "called the prison room",
    "AdmitLeg": "let a connection in",
    "StartConference": "started the meeting",
}
COLUMNS = (
    *("session", "booking", "establishment", "room", "starts_at", "ends_at", "began", "ended", "asked_to_lock"),
    *("locked", "lock_late_seconds", "never_locked", "unlocked_after", "unlocked_seconds", "phones", "phone_seconds"),
    *("recorders", "recorder_seconds", "strange_hosts", "opened_early_seconds", "opened_late_seconds"),
    *("ended_late_seconds", "ran_on", "interrupted", "id_checks_unseen", "room_seen", "would_have"),
)


def text(report: Report) -> list[str]:
    """Lines for a person."""
    lines = [f"Shadow report, {_day(report.start)} to {_day(report.end - 1)}", ""]
    for story in report.stories:
        lines += [_heading(story), *(f"  - {line}" for line in _meeting(report, story)), ""]
    for each in report.unbooked:
        lines += [
            f"{each.establishment or 'an establishment'} {each.room or 'a room'}, {_at(each.began)}",
            f"  - not bookable: seen without a booking until {_clock(each.ended)}",
            "",
        ]
    lines += ["In all", *(f"  - {line}" for line in _totals(report)), ""]
    lines += ["Could not be seen", *(f"  - {line}" for line in _unseen(report)), ""]
    lines += ["How well was watched", *(f"  - {line}" for line in _coverage(report)), ""]
    lines += ["What would have been different", *(f"  - {line}" for line in different(report))]
    return lines


def different(report: Report) -> list[str]:
    """What going live would have changed on these days, as far as could be seen."""
    t = report.totals
    lines = [
        line
        for count, line in (
            (t["phones"], f"{t['phones']} phone(s) would have been put out on sight, not after {t['phone_seconds']} s"),
            (t["recorders"], f"{t['recorders']} recorder(s) would have been put out on sight"),
            (
                t["never_locked"],
                f"{t['never_locked']} meeting(s) that were never locked would have had no SECURE light: the prisoner"
                " stays out",
            ),
            (t["locked_late"], f"in {t['locked_late']} meeting(s) the lock would have been asked for sooner"),
            (t["unlocked_after"], f"{t['unlocked_after']} time(s) an unlocked meeting would have been locked again"),
            (t["strange_hosts"], f"{t['strange_hosts']} Host(s) nobody expected would have rung an alarm"),
            (t["opened_early"], f"{t['opened_early']} meeting(s) opened before their time would have had to wait"),
            (t["ended_late"], f"{t['ended_late']} meeting(s) past their end would have been warned about, and ended"),
        )
        if count
    ]
    checks = t["id_checks_unseen"]
    lines.append(f"{checks} ID check(s) would have been asked for by name before the light, and written down")
    if not report.held:
        return ["nothing can be said: no booked meeting was seen"]
    return lines


def as_json(report: Report) -> dict[str, object]:
    """The whole of it for a program."""
    coverage, sent = report.coverage, report.sent
    return {
        "from": as_text(report.start),
        "to": as_text(report.end),
        "meetings": [dict(zip(COLUMNS, row(report, story), strict=True)) for story in report.stories],
        "unbooked": [
            {
                "establishment": each.establishment,
                "room": each.room,
                "began": as_text(each.began),
                "ended": as_text(each.ended),
            }
            for each in report.unbooked
        ],
        "totals": report.totals,
        "would_have": dict(report.commands),
        "coverage": {
            "events": coverage.events,
            "events_dropped": coverage.dropped,
            "changes_by_event": coverage.by_event,
            "changes_only_by_status": coverage.by_status,
            "status_reads": coverage.status_reads,
            "blind": [[as_text(span.began), as_text(span.ended or report.now)] for span in coverage.blind],
        },
        "commands_sent": sent.others,
        "requests_sent": sent.requests,
        "refused_at_the_transport": sent.refused,
        "different": different(report),
    }


def as_csv(report: Report) -> str:
    """One row for each booked meeting."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for story in report.stories:
        writer.writerow(["" if value is None else value for value in row(report, story)])
    return out.getvalue()


def row(report: Report, story: Story) -> tuple[object, ...]:
    """The values of `COLUMNS` for one meeting."""
    now = report.now
    would = [f"{_WOULD.get(each.what, each.what)} {as_text(each.first_at)}" for each in _wanted(report, story)]
    return (
        *(story.session, story.booking, story.establishment, story.room),
        *(as_text(story.starts_at), as_text(story.ends_at), _moment(story.began), _moment(story.ended)),
        *(_moment(story.asked_to_lock), _moment(story.locked), story.lock_late, story.never_locked),
        *(len(story.unlocked), _seconds(story.unlocked, now), len(story.phones), _seconds(story.phones, now)),
        *(len(story.recorders), _seconds(story.recorders, now), story.strange_hosts),
        *(story.opened_early, story.opened_late, story.ended_late, story.ran_on, story.interrupted),
        *(story.visitors, story.room_seen, "; ".join(would)),
    )


def _meeting(report: Report, story: Story) -> Iterator[str]:
    now = report.now
    if story.began is None:
        yield "booked, and not seen to be held"
        return
    if story.opened_early:
        yield f"opened {_span(story.opened_early)} before its start"
    if story.opened_late:
        yield f"opened {_span(story.opened_late)} after its start"
    yield from _lock(story)
    for span in story.unlocked:
        yield (
            f"unlocked at {_clock(span.began)} for {_span(span.seconds(now))}: vmrd would have locked it again at once,"
            " unless an officer had pressed Unlock"
        )
    for what, spans in (("a phone", story.phones), ("a recorder", story.recorders)):
        for span in spans:
            lasted = f"from {_clock(span.began)} for {_span(span.seconds(now))}"
            yield f"{what} was inside {lasted}: vmrd would have put it out"
    if story.strange_hosts:
        yield f"{story.strange_hosts} Host(s) inside that were not the prison room: vmrd would have alarmed"
    if story.interrupted:
        yield f"ended and begun again {story.interrupted} time(s): vmrd would have held lock and checks for void"
    if story.ended is None:
        yield "not seen to end"
    elif story.ran_on:
        yield f"ran on into the next booking at {_clock(story.ended)}"
    elif story.ended_late:
        yield f"ended {_span(story.ended_late)} after its end"
    for each in _wanted(report, story):
        times = f", asked {each.times} times until {_clock(each.last_at)}" if each.times > 1 else ""
        yield f"vmrd would have {_WOULD.get(each.what, each.what)} at {_clock(each.first_at)}{times}"


def _lock(story: Story) -> Iterator[str]:
    if story.asked_to_lock is None:
        yield "never had a visitor and the prison room inside together"
    elif story.never_locked:
        yield f"vmrd would have asked for the lock at {_clock(story.asked_to_lock)}; officers never locked"
    elif story.locked is not None:
        late = story.lock_late or 0
        how = f"+{late} s" if late else "in time"
        yield (
            f"vmrd would have asked for the lock at {_clock(story.asked_to_lock)}; officers locked at"
            f" {_clock(story.locked)} ({how})"
        )


def _totals(report: Report) -> Iterator[str]:
    t = report.totals
    yield f"{t['booked']} booked, {t['held']} seen to be held, {t['unbooked']} held without a booking"
    yield f"locked late {t['locked_late']} ({t['lock_late_seconds']} s in all), never {t['never_locked']}"
    yield f"unlocked after having been locked {t['unlocked_after']} ({t['unlocked_seconds']} s)"
    yield f"phones inside {t['phones']} ({t['phone_seconds']} s), recorders inside {t['recorders']}"
    yield f"Hosts nobody expected {t['strange_hosts']}"
    yield f"opened early {t['opened_early']}, late {t['opened_late']}"
    yield f"ended late {t['ended_late']}, ran on into the next booking {t['ran_on']}"


def _unseen(report: Report) -> Iterator[str]:
    t = report.totals
    yield f"{t['id_checks_unseen']} ID check(s), one for each visitor's connection: shadow has no officer to say so"
    yield f"the prisoner coming and going in {t['held']} meeting(s): it shows nowhere on the platform"
    yield "whether an officer meant an unlock, or a remote control slipped: both look the same"
    yield "recording by the platform itself: the status does not say so; a recorder that joins is seen"
    if t["rooms_unknown"]:
        yield (
            f"in {t['rooms_unknown']} meeting(s) which connection was the prison room: it has no address in the"
            " configuration, or did not join from it"
        )


def _coverage(report: Report) -> Iterator[str]:
    c, sent = report.coverage, report.sent
    yield f"{c.events} event(s), {c.dropped} dropped; {c.status_reads} read(s) of the status"
    yield f"{c.by_event} change(s) told by events, {c.by_status} seen by the status only: as many events never came"
    for span in c.blind:
        yield f"the status could not be read from {_at(span.began)} to {_clock(span.ended or report.now)}"
    yield (
        f"commands sent: {sent.others} (asserted at the transport; {sent.requests} requests,"
        f" {'all GET' if not sent.others else 'NOT ALL GET'}; {sent.refused} refused)"
    )


def _wanted(report: Report, story: Story) -> tuple[Wanted, ...]:
    return report.wanted.get(story.session, ())


def _heading(story: Story) -> str:
    return (
        f"{story.establishment} {story.room}, {_at(story.starts_at)}–{_clock(story.ends_at)[:5]}"
        f" (booking {story.booking})"
    )


def _seconds(spans: tuple[Span, ...], now: Instant) -> int:
    return sum(span.seconds(now) for span in spans)


def _moment(instant: Instant | None) -> str | None:
    return as_text(instant) if instant is not None else None


def _local(instant: Instant) -> datetime:
    return datetime.fromtimestamp(instant / 1_000, UTC).astimezone(LONDON)


def _day(instant: Instant) -> str:
    return f"{_local(instant):%Y-%m-%d}"


def _at(instant: Instant) -> str:
    return f"{_local(instant):%Y-%m-%d %H:%M}"


def _clock(instant: Instant) -> str:
    return f"{_local(instant):%H:%M:%S}"


def _span(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
