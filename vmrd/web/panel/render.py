"""From a screen to HTML: the Jinja environment and what every template may use.

Autoescape is on and no template marks anything safe: names come from strangers who typed them at a door.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from vmrd.lifecycle.words import LIVE, OVER, Document
from vmrd.web.panel import words
from vmrd.web.view_shapes import SessionView

_HERE = Path(__file__).parent
STATIC = _HERE / "static"

_STEP_BUTTONS = {
    "approve": "Approve the booking",
    "call-room": "Call the prison room",
    "resume": "I am out again: go on",
    "prisoner-out": "The prisoner is out",
    "officer-left": "The officer has left the room",
    "reminder-given": "I told them when it must end",
}
"""What the button of the next step says, in the officer's own voice."""
_ASKED = {
    "lock": "Lock asked",
    "unlock": "Unlock asked",
    "admit": "Asked Pexip to let them in",
    "refuse": "Asked Pexip to put them out",
    "remove": "Asked Pexip to put them out",
    "end": "End asked",
}
_BY_HAND = {
    "lock": "Lock it with *7 on the room's remote control, and keep the prisoner out.",
    "unlock": "Unlock it with *7 on the room's remote control.",
    "admit": "If it lasts, refuse them. They can join again.",
    "refuse": "If it lasts, telephone the room and keep the door locked.",
    "remove": "Keep the prisoner out. If it lasts, end the meeting with ## on the room's remote control.",
    "end": "End it with ## on the room's remote control, or telephone the room.",
}
"""What an officer does by hand where Pexip does not confirm what was asked."""


@dataclass(frozen=True, slots=True)
class Screen:
    """`part`: the template of the live part. `path`: where the screen stands, below `/panel`; None for one that is not
    live. `reload`: whether it may be reloaded by itself where no script runs: not while somebody fills in a form.
    """

    part: str
    title: str
    path: str | None = None
    reload: bool = True
    session_id: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


def purpose(view: SessionView) -> str:
    """`Court hearing` or `Before the hearing: court hearing`."""
    kind, part = words.PURPOSES[view.purpose], words.SEGMENTS[view.segment]
    return f"{part}: {kind.lower()}" if part else kind


def fragment(screen: Screen, common: Mapping[str, object]) -> str:
    """The live part alone."""
    return _ENVIRONMENT.get_template(screen.part).render(**common, **screen.values, title=screen.title)


def page(screen: Screen, common: Mapping[str, object]) -> str:
    """The whole page around the same live part."""
    live = screen.path is not None
    return _ENVIRONMENT.get_template("layout.html").render(
        **common,
        **screen.values,
        part=screen.part,
        title=screen.title,
        live=f"/panel/fragments{screen.path}" if live else None,
        refresh=f"/panel{screen.path}" if live and screen.reload else None,
        session_id=screen.session_id,
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        at=words.at,
        at_second=words.at_second,
        day=words.day,
        span=words.span,
        people=words.people,
        document=lambda document: words.DOCUMENTS[Document(document)],
    )
    environment.globals.update(
        static=lambda name: f"/panel/static/{name}",
        fresh_key=lambda: secrets.token_urlsafe(12),
        purpose=purpose,
        live_phases=LIVE,
        over_phases=OVER,
        phase_words=words.PHASES,
        kinds=words.KINDS,
        roles=words.ROLES,
        results=words.RESULTS,
        observations=words.OBSERVATIONS,
        step_buttons=_STEP_BUTTONS,
        asked_words=_ASKED,
        by_hand=_BY_HAND,
        seconds_between=words.seconds_between,
    )
    return environment


_ENVIRONMENT = _environment()
