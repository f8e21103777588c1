"""The forms about works, made the same calls as the API's.

    POST /panel/works/{code}         a new window
    POST /panel/works/{code}/{id}    `do`: save (or nothing), end, withdraw

Done leads to the list. Not done is the form again with what was wrong, or with the meetings that would be hit; those
are named in it from then on, so the next press saves.
"""

from __future__ import annotations

from datetime import datetime

import orjson
from aiohttp import web
from multidict import CIMultiDict

from vmrd.lifecycle.works import Consent
from vmrd.web import works as api
from vmrd.web.availability_shapes import ClashView
from vmrd.web.caller import Caller
from vmrd.web.deps import Deps
from vmrd.web.dispatch import Incoming, parsed
from vmrd.web.panel import pages, works
from vmrd.web.panel.forms import Form, fields_of, one, sender
from vmrd.web.panel.works import NEW, Filled, Unsaved
from vmrd.web.problem import FaultShape, Problem
from vmrd.web.sentences import LONDON
from vmrd.web.works_shapes import WorksChange, WorksGiven

_FIXABLE = frozenset({"invalid", "ambiguous_time", "clashes"})
"""Problems that are put right in the form itself."""


async def send(request: web.Request, deps: Deps) -> web.Response:
    """One form about works."""
    spare = request.clone()  # before the body is read, as aiohttp demands
    form = await fields_of(request)
    code, window_id = request.match_info["code"], request.match_info.get("id")
    try:
        caller = await sender(request, deps, form)
        works.kept_by(deps, caller, code)
        await _done(spare, deps, caller, form, window_id)
    except Problem as problem:
        return await _not_done(request, deps, problem, form, window_id)
    raise web.HTTPSeeOther("/panel/works")


async def _done(request: web.Request, deps: Deps, caller: Caller, form: Form, window_id: str | None) -> None:
    if window_id is None:
        headers = CIMultiDict({"Idempotency-Key": key} if (key := one(form, "key")) else {})
        body = parsed(WorksGiven, orjson.dumps(_said(form)))
        await api.added(Incoming(request.clone(headers=headers), deps, caller, body))
        return
    view = await works.standing(deps, request.match_info["code"], window_id)
    match one(form, "do"):
        case "withdraw":
            await api.withdrawn(Incoming(request, deps, caller, None))
        case "end":
            now = deps.engine.clock.now()
            if not works.going_on(view, now):
                raise Problem("refused", "These works are not going on now.")
            this_minute = datetime.fromtimestamp(now / 1_000, LONDON).strftime("%Y-%m-%dT%H:%M")
            await api.changed(Incoming(request, deps, caller, parsed(WorksChange, orjson.dumps({"to": this_minute}))))
        case _:
            if one(form, "seen") != str(len(view.history)):
                raise Problem("stale", "Somebody changed these works after you looked. Open them again.")
            given = _said(form)
            if view.to is None and given["to"] == "T":
                del given["to"]  # it still lasts until somebody ends it
            await api.changed(Incoming(request, deps, caller, parsed(WorksChange, orjson.dumps(given))))


async def _not_done(
    request: web.Request, deps: Deps, problem: Problem, form: Form, window_id: str | None
) -> web.Response:
    code = request.match_info["code"]
    path = f"/works/{code}/{window_id or NEW}"
    if problem.name == "not-signed-in":
        raise web.HTTPSeeOther(pages.to_sign_in(path))
    if problem.name not in _FIXABLE or one(form, "do") == "end":
        return await pages.trouble(request, deps, problem)
    caller = await pages.officer(request, deps)
    clashes = problem.extra.get("clashes", [])
    assert isinstance(clashes, list)
    errors = [*problem.errors, *(_empty(form, window_id) if problem.name == "invalid" else ())]
    unsaved = Unsaved(_filled(form), errors, [ClashView.model_validate(each) for each in clashes])
    return await pages.answer(
        request,
        deps,
        caller,
        path,
        status=problem.status,
        make=lambda: works.form(deps, caller, code, window_id, unsaved),
    )


def _empty(form: Form, window_id: str | None) -> list[FaultShape]:
    """Times that are not there: the API looks at them only once all else is right. A window may have no end yet."""
    asked = ("from", "to") if window_id is None else ("from",)
    missing = [name for name in asked if not (one(form, f"{name}_date") and one(form, f"{name}_time"))]
    return [FaultShape(pointer=f"/{name}", code="date_time", detail="") for name in missing]


def _said(form: Form) -> dict[str, object]:
    """As the API is told it; an organisation or note that was left empty is none."""
    given: dict[str, object] = {
        "kind": one(form, "kind"),
        "rooms": list(form.get("rooms", ())),
        "from": f"{one(form, 'from_date')}T{one(form, 'from_time')}",
        "to": f"{one(form, 'to_date')}T{one(form, 'to_time')}",
        "supplier": one(form, "supplier").strip() or None,
        "visitLead": one(form, "visit_lead").strip() or None,
        "note": one(form, "note").strip() or None,
        "consent": one(form, "consent") or Consent.REQUESTED,
        "confirm": list(form.get("confirm", ())),
    }
    return given | ({"spocTold": True} if one(form, "spoc_told") else {})


def _filled(form: Form) -> Filled:
    return Filled(
        kind=one(form, "kind"),
        rooms=tuple(form.get("rooms", ())),
        from_date=one(form, "from_date"),
        from_time=one(form, "from_time"),
        to_date=one(form, "to_date"),
        to_time=one(form, "to_time"),
        supplier=one(form, "supplier"),
        visit_lead=one(form, "visit_lead"),
        note=one(form, "note"),
        consent=one(form, "consent"),
        spoc_told=bool(one(form, "spoc_told")),
        seen=int(one(form, "seen")) if one(form, "seen").isdecimal() else 0,
    )
