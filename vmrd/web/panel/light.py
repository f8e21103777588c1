"""What the light looks like. The server never lights it: it says what the script may light, and for how long.

| face     | when                                                    | without script it reads                  |
|----------|---------------------------------------------------------|------------------------------------------|
| secure   | every condition proved, prisoner not yet in             | dated: "Secure as of 10:02:14"           |
| private  | the same, prisoner in                                   | dated                                    |
| breach   | prisoner in and a condition fails                       | red, at once                             |
| blind    | vmrd cannot read the meeting                            | amber                                    |
| paused   | an officer went in to the prisoner                      | dark, no alarm                           |
| dark     | open and a condition fails, prisoner not in             | dark, with the reasons                   |
| not-ours | a court's or the Parole Board's own room                | grey: the officer's word is all there is |
| off      | not open yet, opening, ending, or over                  | a quiet line                             |
| shadow   | vmrd only watches, whatever the meeting                 | grey: there is no light                  |

A page is a photograph: printed, left open or reloaded late it would say SECURE long after it stopped being true. So
`secure` and `private` are words in the past tense until the script, which has a clock and a live line, turns them on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from vmrd.lifecycle.words import LIVE, OVER, Control, Observation, Phase
from vmrd.web.panel.speech import gettext as _
from vmrd.web.panel.words import FAILURES, PHASES, STEPS, at_second
from vmrd.web.view_shapes import SessionView


class Face(StrEnum):
    SECURE = "secure"
    PRIVATE = "private"
    BREACH = "breach"
    BLIND = "blind"
    PAUSED = "paused"
    DARK = "dark"
    NOT_OURS = "not-ours"
    OFF = "off"
    SHADOW = "shadow"


@dataclass(frozen=True, slots=True)
class LightShown:
    """`words` is the large line as the server may show it; `lit` the one the script may show instead, or None."""

    face: Face
    words: str
    lit: str | None
    lead: str
    reasons: tuple[str, ...]


def shown(view: SessionView) -> LightShown:
    """The light of a session as a page shows it."""
    face = _face(view)
    reasons = tuple(reason.text for reason in view.secure_reasons)
    match face:
        case Face.SECURE:
            return LightShown(face, _dated(view), _("SECURE – bring in the prisoner"), "", ())
        case Face.PRIVATE:
            return LightShown(face, _dated(view), _("SECURE – PRIVATE"), "", ())
        case Face.BREACH:
            return LightShown(
                face, _("BREACH – the prisoner is in and it is not secure"), None, _("What is wrong:"), reasons
            )
        case Face.BLIND:
            patrol = view.observation is Observation.PATROL
            lead = _("Watch the room yourself, on foot.") if patrol else _("Watch the room yourself.")
            return LightShown(face, _("BLIND – vmrd cannot see the meeting"), None, lead, reasons[:-1])
        case Face.PAUSED:
            return LightShown(
                face,
                _("PAUSED by {officer}").format(officer=view.paused_by),
                None,
                _("An officer is in the room."),
                reasons[1:],
            )
        case Face.DARK:
            return LightShown(face, _("NOT SECURE – keep the prisoner out"), None, _("What is missing:"), reasons)
        case Face.NOT_OURS:
            lead = _("vmrd cannot see who is in it. What is ticked here is the officer’s word.")
            return LightShown(face, _("NOT OUR ROOM – officer’s word"), None, lead, ())
        case Face.OFF:
            return LightShown(face, _quiet(view), None, "", ())
        case Face.SHADOW:
            lead = _("This screen is not for officers. It says nothing about who may be brought in.")
            return LightShown(face, _("SHADOW – watches only"), None, lead, ())
        case _ as never:
            assert_never(never)


def _face(view: SessionView) -> Face:
    if view.shadow:
        return Face.SHADOW
    if view.phase in OVER or view.phase in (Phase.PLANNED, Phase.PREPARING):
        return Face.OFF
    if view.control is not Control.FULL:
        return Face.NOT_OURS
    if view.secure:
        return Face.PRIVATE if view.prisoner.inside else Face.SECURE
    if view.dark_because is not None:
        return Face.BREACH if view.dark_because == "breach" else Face.BLIND
    if view.paused_by is not None:
        return Face.PAUSED
    return Face.DARK if view.phase in LIVE and view.phase is not Phase.OPENING else Face.OFF


def _dated(view: SessionView) -> str:
    return _("Secure as of {time}").format(time=at_second(view.eyes.fresh_at or view.as_of))


def _quiet(view: SessionView) -> str:
    if view.opening is not None and view.phase is Phase.OPENING:
        return _("Opening: {step}").format(step=STEPS[view.opening.step])
    if view.phase is Phase.FAILED:
        return FAILURES.get(view.reason or "", PHASES[view.phase])
    return PHASES[view.phase]
