"""From the store to a view: what is read once (`Look`), and what is added at the moment somebody looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vmrd.config import Config
from vmrd.engine import Engine
from vmrd.eyes import Eyes
from vmrd.lifecycle.rules import SECOND
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Instant
from vmrd.secret_names import BACKGROUND, PRISONER_NAME, attendee_name
from vmrd.settings import Settings
from vmrd.store.base import Rx
from vmrd.web.around import Around, Place
from vmrd.web.shadow import watched_only
from vmrd.web.view import session_view
from vmrd.web.view_moving import MovingView, moving
from vmrd.web.view_shapes import SessionView

_KEPT = 300
"""Views kept, some 30 kB each."""
_STANDS = 10 * SECOND
"""How long a kept view may stand: some presses come with the hour alone."""


@dataclass(frozen=True, slots=True)
class Look:
    """A session with everything a view needs from the store, of one commit."""

    session: Session
    personal: Mapping[str, str]
    hidden: frozenset[str]
    room_busy_with: str | None


def look_at(rx: Rx, session_id: str) -> Look | None:
    """What the store knows of a session; None for an unknown one."""
    session = rx.session(session_id)
    return look(rx, session) if session is not None else None


def look(rx: Rx, session: Session) -> Look:
    names = {PRISONER_NAME, BACKGROUND, *(attendee_name(ref) for ref in session.attendees)}
    return Look(
        session=session,
        personal=rx.personal(session.id),
        hidden=rx.secret_names(session.id) & names,
        room_busy_with=rx.room_holder(session.establishment, session.room, session.id),
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """A view, and all it was made of."""

    seen: Look
    around: Around
    view: SessionView

    def stands(self, seen: Look, around: Around) -> bool:
        """Whether all but the moving part would be made the same again, or differ by what the hour alone brings."""
        former = self.around
        return (
            0 <= around.now - former.now < _STANDS
            and (former.fresh_for > 0) == (around.fresh_for > 0)
            and (former.faulty_since, former.place, former.rules) == (around.faulty_since, around.place, around.rules)
            and self.seen == seen
        )


@dataclass(frozen=True, slots=True)
class Viewer:
    """Makes views. Touches no store and no network, so it never waits."""

    engine: Engine
    eyes: Eyes
    settings: Settings
    _places: dict[tuple[str, str], Place] = field(default_factory=dict)
    _made: dict[str, _Made] = field(default_factory=dict)

    def follow(self, _config: Config) -> None:
        """Rooms may be called otherwise now."""
        self._places.clear()
        self._made.clear()

    def view(self, seen: Look) -> SessionView:
        """The view as it stands now. Every panel of a prison asks for all of today's after each change of one of them,
        so what has not changed is taken from who asked before, and only what moves is made."""
        around = self._around(seen)
        made = self._made.pop(seen.session.id, None)
        if made is not None and made.stands(seen, around):
            view = made.view.model_copy(update=dict(moving(seen.session, around, secure=made.view.secure)))
        else:
            view = self._drawn(seen, around)
            made = _Made(seen, around, view)
        self._forget(around.now)
        self._made[seen.session.id] = made
        return view

    def fresh_view(self, seen: Look) -> SessionView:
        """The same, made anew and not kept."""
        return self._drawn(seen, self._around(seen))

    def _forget(self, now: Instant) -> None:
        """Let go of what has been unasked for the longest, while that is too much or too old to stand."""
        while self._made:
            session_id, made = next(iter(self._made.items()))
            if len(self._made) < _KEPT and now - made.around.now < _STANDS:
                return
            del self._made[session_id]

    def _drawn(self, seen: Look, around: Around) -> SessionView:
        view = session_view(seen.session, around)
        return watched_only(view) if self.settings.config.shadow.enabled else view

    def moved(self, seen: Look, *, secure: bool) -> MovingView:
        """What is new about a view whose session is the same and whose light is still `secure`, or still not."""
        return moving(seen.session, self._around(seen), secure=secure)

    def _around(self, seen: Look) -> Around:
        session = seen.session
        rules = self.engine.rules(session.establishment)
        fault = self.engine.faults.get(session.id)
        return Around(
            personal=seen.personal,
            hidden=seen.hidden,
            place=self._place(session.establishment, session.room),
            rules=rules,
            now=self.engine.clock.now(),
            fresh_for=self.eyes.left(session.id, rules.eyes_fresh_for),
            seen_at=self.eyes.seen_at(session.id),
            room_busy_with=seen.room_busy_with,
            faulty_since=fault.since if fault is not None else None,
        )

    def fresh(self, session: Session) -> bool:
        """Whether our eyes are fresh for this session now."""
        return self.eyes.left(session.id, self.engine.rules(session.establishment).eyes_fresh_for) > 0

    def _place(self, code: str, room: str) -> Place:
        known = self._places.get((code, room))
        if known is None:
            known = self._places[code, room] = self._configured(code, room)
        return known

    def _configured(self, code: str, room: str) -> Place:
        config = self.settings.config
        pexip = config.pexip
        establishment = next((each for each in config.establishments if each.code == code), None)
        rooms = {each.key: each.name for each in establishment.rooms} if establishment is not None else {}
        name = establishment.name if establishment is not None else code
        return Place(name, rooms.get(room, room), pexip.domain, pexip.web_join)
