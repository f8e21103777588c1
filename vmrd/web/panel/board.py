"""The board: one tile for each session somebody must look at, and the list of the whole day.

A tile stands for a session that runs or rings, and for the next one of every other room. Tiles are ordered by room and
start, never by urgency: an officer learns where a room is, and a tile must not jump away from under a finger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vmrd.lifecycle.words import LIVE, OVER, Kind, LockState, Phase, SegmentKind, Where
from vmrd.web.panel import light
from vmrd.web.panel.light import Face, LightShown
from vmrd.web.panel.next_step import Next, next_step
from vmrd.web.panel.people import ringing
from vmrd.web.panel.speech import gettext as _
from vmrd.web.panel.words import PHASES, TAGS, at, people
from vmrd.web.view_shapes import AlertView, SessionView

MANY = 9
"""Tiles that are shown at their full size."""
_SAID = frozenset({"breach", "blind", "unwatched"})
"""Alerts that the light and the banner on every screen say in their own words."""


@dataclass(frozen=True, slots=True)
class Tile:
    """`state` is the one line that says how it stands; `clock` the one that counts."""

    view: SessionView
    light: LightShown
    state: str
    tone: str
    count: str
    knocks: int
    alerts: tuple[AlertView, ...]
    next: Next


@dataclass(frozen=True, slots=True)
class Row:
    """`tag`: which appointment of its booking it is, or ""."""

    view: SessionView
    tag: str
    state: str
    next: Next


@dataclass(frozen=True, slots=True)
class Board:
    tiles: tuple[Tile, ...]
    rows: tuple[Row, ...]

    @property
    def many(self) -> bool:
        """More rooms than fit at their full size."""
        return len(self.tiles) > MANY


def board(views: Sequence[SessionView], *, tiles: bool = True) -> Board:
    """The board of these sessions, which are all of one day; without `tiles`, the list alone."""
    by_start = sorted(views, key=lambda view: (view.starts_at, view.room_name, view.id))
    next_of_room: dict[tuple[str, str], str] = {}
    for view in by_start:
        if view.phase not in OVER:
            next_of_room.setdefault((view.establishment, view.room), view.id)
    on_tiles = [view for view in by_start if _runs(view) or view.id in next_of_room.values()]
    tags, steps = tagged(by_start), {view.id: next_step(view) for view in by_start}
    on_tiles.sort(key=lambda view: (view.establishment_name, view.room_name, view.starts_at, view.id))
    return Board(
        tiles=tuple(tile(view, steps[view.id]) for view in on_tiles) if tiles else (),
        rows=tuple(Row(view, tags[view.id], _standing(view), steps[view.id]) for view in by_start),
    )


def tagged(views: Iterable[SessionView]) -> Mapping[str, str]:
    """Which appointment of its booking each session is, by id; "" for the only one."""
    views = tuple(views)
    parts = Counter(view.booking_id for view in views)
    return {
        view.id: TAGS[view.segment] if view.segment is not SegmentKind.MAIN or parts[view.booking_id] > 1 else ""
        for view in views
    }


def _standing(view: SessionView) -> str:
    """The state of a row. What could go stale under an officer's eyes is the tile's to say."""
    if view.needs_approval and view.phase not in OVER:
        return _("Needs approval")
    if view.outcome is not None and view.outcome.confirmed_by is None and "confirm-outcome" in view.allowed:
        return _("{phase}, to be confirmed").format(phase=PHASES[view.phase])
    return PHASES[view.phase]


def tile(view: SessionView, step: Next) -> Tile:
    """One session at a glance."""
    lamp = light.shown(view)
    state, tone = _state(view, lamp)
    return Tile(
        view=view,
        light=lamp,
        state=state,
        tone=tone,
        count=_count(view),
        knocks=len(ringing(view)),
        alerts=unseen(view),
        next=step,
    )


def unseen(view: SessionView) -> tuple[AlertView, ...]:
    """Alerts nobody has acknowledged, the newest first; those of `_SAID` left out."""
    waiting = [a for a in view.alerts if a.acknowledged_by is None and a.code not in _SAID]
    return tuple(sorted(waiting, key=lambda alert: (alert.since, alert.key), reverse=True))


def _runs(view: SessionView) -> bool:
    return view.phase in LIVE or view.phase is Phase.ENDING or bool(ringing(view))


def _state(view: SessionView, lamp: LightShown) -> tuple[str, str]:
    """In plain words, with the tone that colours the tile's edge."""
    match lamp.face:
        case Face.BREACH:
            return _("BREACH – not secure"), "stop"
        case Face.BLIND:
            return _("BLIND – cannot see"), "warn"
        case Face.SECURE | Face.PRIVATE:
            return _("Locked and checked"), "good"
        case Face.PAUSED:
            return _("Paused"), "plain"
        case Face.NOT_OURS:
            return _("Not our room"), "plain"
        case Face.SHADOW:
            return _("Only watched: {phase}").format(phase=PHASES[view.phase]), "plain"
        case Face.DARK | Face.OFF:
            pass
    match view.phase:
        case Phase.OPEN if view.lock.state is LockState.LOCKED:
            return _("Locked – not secure yet"), "warn"
        case Phase.OPEN:
            return _("Open – not locked"), "warn"
        case Phase.INTERRUPTED:
            return _("Cut off – open it again"), "stop"
        case _:
            return PHASES[view.phase], "plain"


def _count(view: SessionView) -> str:
    here = [leg for leg in view.participants if leg.kind not in (Kind.OWN, Kind.ENDPOINT)]
    waiting = sum(leg.where in (Where.WAITING, Where.ARRIVING) for leg in here)
    inside = [leg for leg in here if leg.where is Where.INSIDE and leg.id != view.endpoint.participant]
    if view.phase in LIVE:
        checked = sum(leg.checked for leg in inside)
        came = _("{people} in, {checked} checked").format(people=people(len(inside)), checked=checked)
        return f"{came} · {_waiting(waiting)}" if waiting else came
    if view.phase in (Phase.READY, Phase.PREPARING, Phase.PLANNED):
        if not waiting:
            return _("Starts {time}").format(time=at(view.starts_at))
        return f"{_waiting(waiting)}, {_('{count} expected').format(count=len(view.expected))}"
    return ""


def _waiting(count: int) -> str:
    return _("{count} waiting").format(count=count)
