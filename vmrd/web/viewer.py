"""From the store to a view: what is read once (`Look`), and what is added at the moment somebody looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vmrd.config import Config
from vmrd.engine import Engine
from vmrd.eyes import Eyes
from vmrd.lifecycle.session import Session
from vmrd.secret_names import BACKGROUND, PRISONER_NAME, attendee_name
from vmrd.settings import Settings
from vmrd.store.base import Rx
from vmrd.web.around import Around, Place
from vmrd.web.shadow import watched_only
from vmrd.web.view import session_view
from vmrd.web.view_moving import MovingView, moving
from vmrd.web.view_shapes import SessionView


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
class Viewer:
    """Makes views. Touches no store and no network, so it never waits."""

    engine: Engine
    eyes: Eyes
    settings: Settings
    _places: dict[tuple[str, str], Place] = field(default_factory=dict)

    def follow(self, _config: Config) -> None:
        """Rooms may be called otherwise now."""
        self._places.clear()

    def view(self, seen: Look) -> SessionView:
        view = session_view(seen.session, self._around(seen))
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
