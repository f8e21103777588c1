"""HMPPS's own events about a prisoner, as ours: they come over the same topic as the events about bookings.

| theirs                                       | reason                         | ours                               |
|----------------------------------------------|--------------------------------|------------------------------------|
| `prison-offender-events.prisoner.merged`     | any                            | `prisoner.merged`                  |
| `prisoner-offender-search.prisoner.released` | RELEASED, RELEASED_TO_HOSPITAL | `prisoner.released`                |
| the same                                     | TRANSFERRED                    | `prisoner.transferred`, from there |
| the same                                     | anything else: expected back   | left alone                         |
| `prisoner-offender-search.prisoner.received` | TRANSFERRED                    | `prisoner.transferred`, to there   |
| the same                                     | anything else                  | left alone                         |

Nothing need be asked for: all that matters is in the event. A release to a (secure) hospital is for good, as it is for
the booking systems; a day at a hospital or a court is a temporary absence. That somebody has arrived says once more
that they have left wherever else they were, should the first word of it be lost.
"""

from __future__ import annotations

from vmrd.adapters.envelope import DomainEvent
from vmrd.adapters.reading import Json, LeftAlone

MERGED = "prison-offender-events.prisoner.merged"
RELEASED = "prisoner-offender-search.prisoner.released"
RECEIVED = "prisoner-offender-search.prisoner.received"
EVENTS = frozenset({MERGED, RELEASED, RECEIVED})

_LEFT = {
    "RELEASED": "prisoner.released",
    "RELEASED_TO_HOSPITAL": "prisoner.released",
    "TRANSFERRED": "prisoner.transferred",
}


def worded(event: DomainEvent, system: str) -> Json | LeftAlone:
    """One of `EVENTS` as our own event of this system's. Raises `Unreadable`."""
    told: Json = {"prisonerNumber": event.prisoner("nomsNumber")}
    reason = str(event.about.get("reason"))
    if event.event_type == MERGED:
        ours = "prisoner.merged"
        told = {"prisonerNumber": event.prisoner("removedNomsNumber"), "keptPrisonerNumber": told["prisonerNumber"]}
    elif event.event_type == RELEASED and reason in _LEFT:
        ours = _LEFT[reason]
        told |= {"establishment": {"prisonCode": event.prison("prisonId")}}
    elif event.event_type == RECEIVED and reason == "TRANSFERRED":
        ours = "prisoner.transferred"
        told |= {"arrivedAt": {"prisonCode": event.prison("prisonId")}}
    else:
        return LeftAlone("reason")
    return {"eventType": ours, "occurredAt": event.happened(), "source": {"system": system}, "prisoner": told}
