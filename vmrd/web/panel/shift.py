"""Start of shift: who I am, whether I would hear a knock, and what is open that I take over.

Shown once after signing in and always to be found in the header. What is open is everything somebody may still have to
see to in the caller's prisons, whoever has said they are dealing with it: a claim lasts seconds and outlives no shift.
"I take over" writes who has read what, and how much of it there was, into the sealed journal of sign-ins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vmrd.clock import SystemClock
from vmrd.lifecycle.words import KNOCKING, LIVE, Phase
from vmrd.store.account import AuditEntry, AuditKind
from vmrd.store.base import Store
from vmrd.web.caller import Caller
from vmrd.web.panel.board import Tile, tile
from vmrd.web.panel.next_step import next_step
from vmrd.web.panel.people import caller_name
from vmrd.web.panel.render import Screen
from vmrd.web.panel.speech import english
from vmrd.web.panel.speech import gettext as _
from vmrd.web.view_shapes import SessionView

PATH = "/shift"
_WALL = SystemClock()


@dataclass(frozen=True, slots=True)
class Open:
    """Something somebody may have to see to. `dealing`: who says they do; `seen_by`: who acknowledged it."""

    view: SessionView
    words: str
    since: str
    dealing: str | None
    seen_by: str | None
    knock: bool


def left_open(views: Iterable[SessionView]) -> tuple[Open, ...]:
    """Every knock that is not settled and every alert that stands, those nobody has seen first, the oldest first."""
    found = [each for view in views for each in (*_knocks(view), *_alerts(view))]
    return tuple(sorted(found, key=lambda each: (each.seen_by is not None, each.since, each.view.room_name)))


def _knocks(view: SessionView) -> Iterable[Open]:
    for knock in view.knocks:
        if knock.state in KNOCKING:
            words = _("{who} knocked").format(who=caller_name(knock.name, knock.kind))
            yield Open(view, words, knock.at, knock.dealing.by if knock.dealing else None, knock.by, knock=True)


def _alerts(view: SessionView) -> Iterable[Open]:
    for alert in view.alerts:
        dealing = alert.dealing.by if alert.dealing else None
        yield Open(view, english(alert.text), alert.since, dealing, alert.acknowledged_by, knock=False)


def screen(views: Sequence[SessionView]) -> Screen:
    """What is open and what runs; who they are, the frame knows."""
    return Screen(
        part="shift.html",
        title=_("Start of shift"),
        path=PATH,
        values={
            "open": left_open(views),
            "running": _running(views),
            "unsaid": sum("confirm-outcome" in view.allowed for view in views),
        },
    )


def _running(views: Iterable[SessionView]) -> tuple[Tile, ...]:
    on = [view for view in views if view.phase in LIVE or view.phase is Phase.ENDING]
    return tuple(
        tile(view, next_step(view))
        for view in sorted(on, key=lambda view: (view.establishment_name, view.room_name, view.id))
    )


async def take_over(store: Store, caller: Caller, views: Iterable[SessionView]) -> None:
    """Write down that this officer has read what is open."""
    open_ = left_open(views)
    detail = {
        "establishments": " ".join(caller.establishments) or "all",
        "open": str(len(open_)),
        "unseen": str(sum(each.seen_by is None for each in open_)),
    }
    entry = AuditEntry(_WALL.now(), AuditKind.TOOK_OVER, caller.name, detail)
    await store.write([], lambda tx: tx.write_audit(entry))
