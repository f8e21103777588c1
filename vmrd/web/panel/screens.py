"""What each screen shows, gathered from the views. Every screen also carries the alarms of all the caller's rooms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from vmrd.clock import from_datetime
from vmrd.lifecycle.identity import IdProfile
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, Document, KnockState, Phase
from vmrd.store.base import Rx, SessionFilter
from vmrd.web.caller import Caller, Role
from vmrd.web.deps import Deps
from vmrd.web.panel import light, words
from vmrd.web.panel.board import board, unseen
from vmrd.web.panel.days import Day
from vmrd.web.panel.next_step import next_step
from vmrd.web.panel.people import caller_name, named, roster
from vmrd.web.panel.render import Screen
from vmrd.web.panel.speech import gettext as _
from vmrd.web.panel.timeline import Entry
from vmrd.web.sentences import LONDON
from vmrd.web.view_shapes import SessionView
from vmrd.web.viewer import Look, look


@dataclass(frozen=True, slots=True)
class Entering:
    """Somebody Open or Unlock would let in."""

    name: str
    match: str | None


@dataclass(frozen=True, slots=True)
class Way:
    """A set of documents that identifies somebody; `value` joins their codes with `+`."""

    value: str
    words: str


async def todays(deps: Deps, caller: Caller, only: str | None = None) -> list[SessionView]:
    """Views of today's sessions the caller may see, and of those that still run from before, in order of start.

    `only`: of this one and of those with an alarm. Making a view is most of a page's work, and a page about one session
    shows nothing else of the others.
    """
    day = datetime.fromtimestamp(deps.engine.clock.now() / 1_000, LONDON).date()
    start = from_datetime(datetime.combine(day, time(), LONDON))
    end = from_datetime(datetime.combine(day + timedelta(days=1), time(), LONDON))

    def query(rx: Rx) -> list[Look]:
        booked = rx.sessions(SessionFilter(caller.establishments, start, end))
        running = rx.sessions(SessionFilter(caller.establishments, phases=(*LIVE, Phase.ENDING)))
        found = {session.id: session for session in (*booked, *running)}
        return [look(rx, session) for session in found.values()]

    looks = await deps.store.read(query)
    return [
        deps.viewer.view(seen) for seen in looks if only is None or seen.session.id == only or _alarmed(seen.session)
    ]


def _alarmed(session: Session) -> bool:
    rings = any(knock.state is KnockState.RINGING for knock in session.knocks.values())
    return rings or any(alert.code in ("breach", "blind", "unwatched") for alert in session.alerts.values())


def help_page() -> Screen:
    """What can be heard, which keys there are, and a place to try both."""
    return Screen(part="help.html", title=_("Sounds and keys"), path="/help")


def today(views: Sequence[SessionView], day: Day, unheard: tuple[str, ...] = ()) -> Screen:
    """The board, or another day's list. `unheard`: prisons where no panel would sound."""
    mine = [view for view in views if not day.chosen or view.establishment == day.chosen]
    return Screen(
        part="today.html",
        title=day.title,
        path=day.path(),
        values={
            "board": board(mine, tiles=day.on == day.today),
            "choices": sorted(day.choices.items(), key=lambda each: each[1]),
            "day": day,
            "unheard": unheard,
        },
    )


def session(view: SessionView, caller: Caller, profile: IdProfile, timeline: Sequence[Entry]) -> Screen:
    """One session."""
    return Screen(
        part="session.html",
        title=f"{view.room_name} {words.at(view.starts_at)}",
        path=f"/sessions/{view.id}",
        session_id=view.id,
        values={
            **_about(view, caller, profile),
            "light": light.shown(view),
            "alerts": unseen(view),
            "next": next_step(view),
            "timeline": timeline,
            "why_no_admit": _why_no_admit(view),
        },
    )


def check(view: SessionView, caller: Caller, profile: IdProfile, participant: str) -> Screen:
    """The ID form of one person by itself, where no script runs: a page that reloads would lose what is filled in."""
    person = next((each for each in roster(view).inside if each.id == participant), None)
    return Screen(
        part="check.html",
        title=f"{_('Check ID')} – {view.room_name}",
        path=f"/sessions/{view.id}/check/{participant}",
        reload=False,
        session_id=view.id,
        values={**_about(view, caller, profile), "person": person},
    )


def override(view: SessionView, caller: Caller, profile: IdProfile, participant: str) -> Screen:
    """The exception that takes two people: asked for by one, confirmed on the same screen by another."""
    person = next((each for each in roster(view).inside if each.id == participant), None)
    pending = person.override if person is not None else None
    return Screen(
        part="override.html",
        title=f"{_('Without documents')} – {view.room_name}",
        path=f"/sessions/{view.id}/override/{participant}",
        reload=False,
        session_id=view.id,
        values={
            **_about(view, caller, profile),
            "person": person,
            "pending": pending,
            "whose": named(view, pending.attendee) if pending is not None else None,
            "second": pending is not None and caller.role is Role.SUPERVISOR and caller.name != pending.by,
        },
    )


def confirm(view: SessionView, caller: Caller, profile: IdProfile, action: str, participant: str = "") -> Screen:
    """One more look before what cannot be taken back. `participant`: whom it is about, where it is about one."""
    people = roster(view)
    person = next((each for each in (*people.waiting, *people.inside) if each.id == participant), None)
    return Screen(
        part="confirm.html",
        title=f"{_('Are you sure?')} – {view.room_name}",
        path=f"/sessions/{view.id}/confirm/{action}{f'/{participant}' if participant else ''}",
        session_id=view.id,
        values={**_about(view, caller, profile), "action": action, "person": person},
    )


def ways(profile: IdProfile) -> tuple[Way, ...]:
    """The sets of documents an establishment accepts, the shortest first."""
    order = list(Document)
    sets = sorted(
        (sorted(way, key=order.index) for way in profile.ways),
        key=lambda way: (len(way), [order.index(each) for each in way]),
    )
    return tuple(Way("+".join(way), _documents(way)) for way in sets)


def _documents(way: Sequence[Document]) -> str:
    first, *others = (words.DOCUMENTS[document] for document in way)
    return f" {_('and')} ".join([first, *(text[0].lower() + text[1:] for text in others)])


def _about(view: SessionView, caller: Caller, profile: IdProfile) -> dict[str, object]:
    """What every screen about one session may use."""
    entering = tuple(
        Entering(caller_name(each.name, each.kind), match.name or _("a protected name") if match is not None else None)
        for each in view.would_enter
        for match in (named(view, each.attendee),)
    )
    people = {each.ref: each.name or _("a protected name") for each in view.expected}
    return {
        "view": view,
        "roster": roster(view),
        "entering": entering,
        "strangers": sum(each.match is None for each in entering),
        "ways": ways(profile),
        "also": sorted(profile.also),
        "in_advance": profile.in_advance,
        "people": people,
        "outstanding": ", ".join(people[ref] for ref in view.evidence_outstanding),
        "supervisor": caller.role is Role.SUPERVISOR,
        "unwatched_here": any(alert.code == "unwatched" for alert in view.alerts),
    }


def _why_no_admit(view: SessionView) -> str:
    if view.prisoner.inside:
        return _("Take the prisoner out before you let anyone in.")
    if view.phase in (Phase.READY, Phase.INTERRUPTED):
        return _("Everyone who waits comes in when you open.")
    return _("They can be let in once they show as waiting.")
