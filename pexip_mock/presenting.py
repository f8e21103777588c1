"""The presentation floor: one presenter at a time, and who hears of it.

| what happens | the presenter before | everybody inside who may receive | the new presenter |
|---|---|---|---|
| somebody takes the floor | entry changes; a presentation call of its own ends | `presentation_start` | entry changes |
| the presenter stops or leaves | entry changes | `presentation_stop` | – |
| Guests may not present any more | entry changes, told that the floor is revoked | `presentation_stop` | – |
| a Host denies somebody presentations | – | that one alone: `presentation_stop` | – |
| a Host allows them again | – | that one alone: `presentation_start`, if there is one | – |

One who is held has no floor to take.
"""

from pexip_mock.events import CallDisconnected, PresentationRevoked, PresentationStart, PresentationStop
from pexip_mock.floor import Floor
from pexip_mock.meetings import Conference
from pexip_mock.news import News
from pexip_mock.people import Carries, Leg, Role, Service
from pexip_mock.refusal import Refusal, invalid_role

STOLEN = "Presentation stolen by another participant"
NOT_INSIDE = "Not in conference"


class Presenting:
    """Who presents."""

    def __init__(self, floor: Floor, news: News) -> None:
        self._floor = floor
        self._news = news

    def take(self, leg: Leg) -> None:
        """This leg presents from now on, in place of anybody else. Raises Refusal 403 for one held or not allowed."""
        if leg.shown.service is not Service.CONFERENCE:
            raise Refusal(403, NOT_INSIDE)
        if leg.role is not Role.CHAIR and not leg.conference.flags.guests_can_present:
            raise invalid_role()
        if leg.shown.presenting:
            return
        for former in presenters(leg.conference):
            self._floor.change(former, presenting=False)
            self._end_calls(former)
        self._floor.change(leg, presenting=True)
        self._news.presented(leg, True)

    def release(self, leg: Leg) -> None:
        """This leg does not present any more; safe to repeat."""
        if leg.shown.presenting:
            self._floor.change(leg, presenting=False)
            self._news.presented(leg, False)

    def left(self, leg: Leg) -> None:
        """A leg is gone: if it presented, nobody does now."""
        if leg.shown.presenting:
            self._news.presented(leg, False)

    def allow(self, leg: Leg, allowed: bool) -> None:
        """Let this leg receive presentations, or not; repeating changes nothing."""
        if leg.shown.rx_presentation is allowed:
            return
        self._floor.change(leg, rx_presentation=allowed)
        for presenter in presenters(leg.conference):
            if presenter is not leg:
                self._news.tell(leg, PresentationStart(presenter.shown) if allowed else PresentationStop())

    def revoke_guests(self, conference: Conference) -> None:
        """A Guest who presents must stop."""
        for leg in presenters(conference):
            if leg.role is not Role.CHAIR:
                self._end_calls(leg)
                self._floor.change(leg, presenting=False)
                self._news.tell(leg, PresentationRevoked())
                self._news.presented(leg, False)

    def _end_calls(self, leg: Leg) -> None:
        for call in [call for call, carries in leg.calls.items() if carries is Carries.SENDS_PRESENTATION]:
            del leg.calls[call]
            self._news.tell(leg, CallDisconnected(call, STOLEN))


def presenters(conference: Conference) -> list[Leg]:
    """Who presents: one leg at most, unless chance has several do so at once in the world outside."""
    return [leg for leg in conference.live.values() if leg.shown.presenting]
