"""What every form of the panel sends: its fields, who sends them, and where the form stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiohttp import web

from vmrd.web import caller as callers
from vmrd.web.caller import Caller
from vmrd.web.deps import Deps
from vmrd.web.dispatch import read_form
from vmrd.web.panel import pages

Form = Mapping[str, Sequence[str]]
"""A form's fields; a field may be given more than once."""


async def fields_of(request: web.Request) -> Form:
    """Raises `Problem` for a form that cannot be read."""
    fields: dict[str, list[str]] = {}
    for name, value in (await read_form(request)).items():
        if isinstance(value, str):
            fields.setdefault(name, []).append(value)
    return fields


async def sender(request: web.Request, deps: Deps, form: Form) -> Caller:
    """Who sends it, and from our own page. Raises `Problem`."""
    caller = await pages.officer(request, deps)
    callers.require_own_page(request)
    callers.require_csrf(caller, one(form, "csrf"))
    return caller


def one(form: Form, name: str) -> str:
    """The field, or nothing."""
    return form.get(name, [""])[0]


def back(form: Form) -> str:
    """The screen the form stands on."""
    path = one(form, "back")
    return path if pages.is_screen(path) else ""
