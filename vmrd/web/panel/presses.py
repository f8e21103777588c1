"""A form's press, made the same press as the API's: the same call, the same shape, the same handler.

    POST /panel/shift                     an officer takes over (`shift`); `csrf` alone
    POST /panel/sessions/{id}/{action}    fields of the action, and:
        csrf   the sign-in's own token          seen   the version of the roster the officer looked at (`If-Match`)
        key    `Idempotency-Key` of this form   back   the screen the form stands on

| asked for | done                                        | not done                                        |
|-----------|---------------------------------------------|-------------------------------------------------|
| HTML      | 303 to the screen, or to the session's page | that screen again with the sentence, and status |
| JSON      | 204, or `go` / `revealed`                   | the problem                                     |

Only the script asks for JSON. A refused press of a form is answered with the page itself, not a redirection, so that
the sentence needs no cookie and no address to travel in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson
from aiohttp import hdrs, web
from multidict import CIMultiDict

from vmrd.web import caller as callers
from vmrd.web import contract, sessions
from vmrd.web.caller import Caller
from vmrd.web.deps import Deps
from vmrd.web.dispatch import Incoming, parsed, read_form
from vmrd.web.panel import pages, screens, shift
from vmrd.web.panel.demo import DEMO
from vmrd.web.press_shapes import RevealedView
from vmrd.web.problem import Problem

_OURS = frozenset({"csrf", "seen", "key", "back", "face"})
_QUESTIONS = pages.CONFIRMED | {"admit", "check"}
_FACE = "Look at the face on the document and at the person on the screen, then tick that they are the same."

Form = Mapping[str, Sequence[str]]
"""A form's fields; a field may be given more than once."""


async def press(request: web.Request, deps: Deps) -> web.Response:
    """One press of a form about a session."""
    # Cloned before the body is read, as aiohttp demands: what a form says in fields, the API says in headers.
    spare = request.clone()
    form = await _form(request)
    quick = request.headers.get(hdrs.ACCEPT) == "application/json"
    back = _back(form)
    try:
        caller = await _presser(request, deps, form)
        revealed = await _press(spare, deps, caller, form)
    except Problem as problem:
        if quick:
            return problem.response()
        return await _refused(request, deps, problem, back)
    if revealed is not None and quick:
        return web.json_response({"revealed": revealed.value})
    if revealed is not None:
        name, session_id = ":".join([revealed.what, *form.get("attendee", ())]), request.match_info["id"]
        return await pages.answer(request, deps, caller, back, revealed={name: revealed.value, "of": session_id})
    # An answered question leads to the session it was about; a knock acknowledged on the way does not.
    answered = request.match_info["action"] in _QUESTIONS and back.startswith("/sessions/") and back.count("/") > 2
    target = f"/panel/sessions/{request.match_info['id']}" if answered else f"/panel{back}"
    if not quick:
        raise web.HTTPSeeOther(target)
    return web.json_response({"go": target}) if answered else web.Response(status=204)


async def act(request: web.Request, deps: Deps) -> web.Response:
    """A press of the rehearsal's own controls."""
    controls = request.app.get(DEMO)
    if controls is None or not deps.config.demo:
        raise web.HTTPNotFound
    form = await _form(request)
    back = _back(form)
    try:
        caller = await _presser(request, deps, form)
    except Problem as problem:
        return await _refused(request, deps, problem, back)
    given = {name: texts[0] for name, texts in form.items() if name not in _OURS}
    said = await controls.act(request.match_info["name"], given)
    if said is not None:
        return await pages.answer(request, deps, caller, back, said=said, status=409)
    raise web.HTTPSeeOther(f"/panel{back}")


async def take_over(request: web.Request, deps: Deps) -> web.Response:
    """An officer has read what is open and takes over."""
    form = await _form(request)
    quick = request.headers.get(hdrs.ACCEPT) == "application/json"
    try:
        caller = await _presser(request, deps, form)
        if caller.role not in contract.PRESSING:
            raise Problem("forbidden", f"Your role ({caller.role}) may not do this.")
        await shift.take_over(deps.store, caller, await screens.todays(deps, caller))
    except Problem as problem:
        return problem.response() if quick else await _refused(request, deps, problem, shift.PATH)
    if quick:
        return web.json_response({"go": "/panel"})
    raise web.HTTPSeeOther("/panel")


async def _press(request: web.Request, deps: Deps, caller: Caller, form: Form) -> RevealedView | None:
    action = request.match_info["action"]
    name = "reveal" if action == "reveal" else f"press-{action}"
    if name not in contract.BY_NAME:
        raise Problem("not-found", "There is no such press.")
    call = contract.BY_NAME[name]
    if caller.role not in call.roles:
        raise Problem("forbidden", f"Your role ({caller.role}) may not do this.")
    if action == "check" and "yes" not in form.get("face", ()):
        raise Problem("invalid", _FACE)
    assert call.asks is not None
    body = parsed(call.asks, orjson.dumps(_fields(form)))
    said = {"If-Match": _one(form, "seen"), "Idempotency-Key": _one(form, "key")}
    headers = CIMultiDict({name: text for name, text in said.items() if text})
    handler = sessions.reveal if action == "reveal" else sessions.pressed(action)
    answered = await handler(Incoming(request.clone(headers=headers), deps, caller, body))
    assert isinstance(answered, web.Response)
    return RevealedView.model_validate_json(answered.body) if action == "reveal" else None  # type: ignore[arg-type]


async def _presser(request: web.Request, deps: Deps, form: Form) -> Caller:
    """Who presses, and from our own page. Raises `Problem`."""
    caller = await pages.officer(request, deps)
    callers.require_own_page(request)
    callers.require_csrf(caller, _one(form, "csrf"))
    return caller


async def _refused(request: web.Request, deps: Deps, problem: Problem, back: str) -> web.Response:
    """The screen the form stood on, with the sentence."""
    if problem.name == "not-signed-in":
        raise web.HTTPSeeOther(pages.to_sign_in(back))
    try:
        caller = await pages.officer(request, deps)
        return await pages.answer(request, deps, caller, back, said=problem.detail, status=problem.status)
    except Problem:
        return await pages.trouble(request, deps, problem)


async def _form(request: web.Request) -> Form:
    fields: dict[str, list[str]] = {}
    for name, value in (await read_form(request)).items():
        if isinstance(value, str):
            fields.setdefault(name, []).append(value)
    return fields


def _fields(form: Form) -> dict[str, str | list[str]]:
    """The fields of the action. Documents come as sets joined with `+`; what was left empty is not said at all."""
    given: dict[str, str | list[str]] = {
        name: texts[0] for name, texts in form.items() if name not in _OURS and texts[0].strip()
    }
    if "participants" in form:
        given["participants"] = list(form["participants"])
    if "documents" in form:
        given["documents"] = [each for text in form["documents"] for each in text.split("+")]
    return given


def _one(form: Form, name: str) -> str:
    return form.get(name, [""])[0]


def _back(form: Form) -> str:
    back = _one(form, "back")
    return back if pages.is_screen(back) else ""
