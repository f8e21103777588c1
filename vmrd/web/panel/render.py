"""From a screen to HTML: the Jinja environment and what every template may use.

Autoescape is on and no template marks anything safe: names come from strangers who typed them at a door. Words for
people go through `_`, so that they can be said in another language (`speech`).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from vmrd.lifecycle.words import LIVE, OVER, Document
from vmrd.web.panel import speech, words
from vmrd.web.panel.assets import address
from vmrd.web.panel.components import components
from vmrd.web.panel.speech import Words, later
from vmrd.web.view_shapes import SessionView

_TEMPLATES = Path(__file__).parent / "templates"

_STEP_BUTTONS = Words(
    {
        "approve": later("Approve the booking"),
        "call-room": later("Call the prison room"),
        "resume": later("I am out again: go on"),
        "prisoner-out": later("The prisoner is out"),
        "officer-left": later("The officer has left the room"),
        "reminder-given": later("I told them when it must end"),
    }
)
"""What the button of the next step says, in the officer's own voice."""
_ASKED = Words(
    {
        "lock": later("Lock asked"),
        "unlock": later("Unlock asked"),
        "admit": later("Asked Pexip to let them in"),
        "refuse": later("Asked Pexip to put them out"),
        "remove": later("Asked Pexip to put them out"),
        "end": later("End asked"),
    }
)
_BY_HAND = Words(
    {
        "lock": later("Lock it with *7 on the room’s remote control, and keep the prisoner out."),
        "unlock": later("Unlock it with *7 on the room’s remote control."),
        "admit": later("If it lasts, refuse them. They can join again."),
        "refuse": later("If it lasts, telephone the room. Do not unlock it."),
        "remove": later("Keep the prisoner out. If it lasts, end the meeting with ## on the room’s remote control."),
        "end": later("End it with ## on the room’s remote control, or telephone the room."),
    }
)
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
    """The live part alone, in the language being spoken."""
    return _ENVIRONMENT.get_template(screen.part).render(**common, **screen.values, title=screen.title)


def page(screen: Screen, part: str, part_language: str, language: str, common: Mapping[str, object]) -> str:
    """The whole page around the live part that `fragment` made. `language`: the one being spoken, the frame's."""
    live = screen.path is not None
    return _ENVIRONMENT.get_template("layout.html").render(
        **common,
        language=language,
        part=Markup(part),  # noqa: S704 - made by our own template, which escapes
        part_language=part_language,
        title=screen.title,
        live=f"/panel/fragments{screen.path}" if live else None,
        refresh=f"/panel{screen.path}" if live and screen.reload else None,
        session_id=screen.session_id,
    )


def _said(text: str, /, **values: object) -> str:
    """Words in the language being spoken, with these values escaped into them."""
    said = speech.gettext(text)
    return Markup(said) % values if values else said  # noqa: S704 - our own words; `%` escapes the values


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.do", "jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        speech.gettext, speech.ngettext, newstyle=True
    )
    environment.filters.update(
        at=words.at,
        at_second=words.at_second,
        day=words.day,
        span=words.span,
        people=words.people,
        document=lambda document: words.DOCUMENTS[Document(document)],
        english=speech.english,
    )
    environment.globals["_"] = _said  # without values, the extension's own takes ten times as long
    environment.globals.update(components())
    environment.globals.update(
        static=address,
        languages=speech.NAMES,
        fresh_key=lambda: secrets.token_urlsafe(12),
        purpose=purpose,
        live_phases=LIVE,
        over_phases=OVER,
        phase_words=words.PHASES,
        purposes=words.PURPOSES,
        staff=words.STAFF,
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
