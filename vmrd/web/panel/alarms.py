"""What every screen carries whatever it is about: who knocks, where it is not secure, where vmrd cannot see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vmrd.web.panel.people import caller_name, named, ringing
from vmrd.web.panel.speech import gettext as _
from vmrd.web.view_shapes import AlertView, KnockView, SessionView


@dataclass(frozen=True, slots=True)
class KnockShown:
    """A ringing knock with its session; `match`: whose name it looks like."""

    view: SessionView
    knock: KnockView
    who: str
    match: str | None
    can_refuse: bool


@dataclass(frozen=True, slots=True)
class BreachShown:
    """A breach an officer has to see, with what is wrong."""

    view: SessionView
    alert: AlertView
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BlindShown:
    """A meeting that has not been seen for so long that it is an alarm."""

    view: SessionView
    alert: AlertView


def knocks(views: Iterable[SessionView]) -> tuple[KnockShown, ...]:
    """Every ringing knock, in the order they came."""
    found = [_knock_shown(view, knock) for view in views for knock in ringing(view)]
    return tuple(sorted(found, key=lambda each: (each.knock.at, each.knock.id)))


def breaches(views: Iterable[SessionView]) -> tuple[BreachShown, ...]:
    """Every breach nobody has acknowledged. The light of its room stays red whoever has seen it."""
    return tuple(
        BreachShown(view, alert, tuple(reason.text for reason in view.secure_reasons))
        for view in views
        for alert in view.alerts
        if alert.code == "breach" and alert.acknowledged_by is None
    )


def blind(views: Iterable[SessionView]) -> tuple[BlindShown, ...]:
    """Sessions whose meeting cannot be read for so long that it is an alarm, whether somebody has seen it or not."""
    return tuple(BlindShown(view, alert) for view in views for alert in view.alerts if alert.code == "blind")


def unwatched(views: Iterable[SessionView]) -> tuple[BlindShown, ...]:
    """The same of sessions that nobody even tries to see, because vmrd has more than it can look at."""
    return tuple(BlindShown(view, alert) for view in views for alert in view.alerts if alert.code == "unwatched")


def _knock_shown(view: SessionView, knock: KnockView) -> KnockShown:
    match = named(view, knock.suggested)
    who = caller_name(knock.name, knock.kind)
    like = match.name or _("a protected name") if match is not None else None
    can_refuse = any(leg.id == knock.participant and "refuse" in leg.allowed for leg in view.participants)
    return KnockShown(view, knock, who, like, can_refuse)
