"""Sessions over HTTP: views, presses, what is revealed.

A press is answered 202 with the new view once it is written down; what it asks of Pexip follows, and the view says when
Pexip has shown it. `If-Match` takes an `etag`, of which the roster version is compared: a press made for another roster
or lock is not carried out, and the answer holds the session as it is now. What is always taken is in the contract.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime, time, timedelta

from aiohttp import web

from vmrd import engine as e
from vmrd import minting
from vmrd.clock import from_datetime
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.refusal import Refused
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Instant, Phase
from vmrd.secret_names import BACKGROUND, PRISONER_NAME, attendee_name, host_pin
from vmrd.store.base import Rx, SessionFilter, StoreError, Tx
from vmrd.store.errors import Unsure
from vmrd.web.contract import ALWAYS_TAKEN
from vmrd.web.dispatch import Handler, Incoming, answered, idempotency_key
from vmrd.web.hub import around
from vmrd.web.press_shapes import RevealedView, RevealGiven
from vmrd.web.presses import press_of
from vmrd.web.problem import FaultShape, Problem, counted
from vmrd.web.sentences import LONDON
from vmrd.web.shadow import refuse_in_shadow
from vmrd.web.view_shapes import SessionsView, SessionView
from vmrd.web.viewer import Look, look, look_at

_NO_SESSION = "There is no such session."
_ETAG = re.compile(r'(?:W/)?"?(\d+)-(\d+)"?')


async def listed(incoming: Incoming) -> web.Response:
    """Views of a day's sessions, of the establishments the caller may see."""
    where = _filter(incoming)
    if where is None:
        return answered(SessionsView(sessions=()))
    looks = await incoming.deps.store.read(lambda rx: [look(rx, session) for session in rx.sessions(where)])
    return answered(SessionsView(sessions=tuple(incoming.deps.viewer.view(seen) for seen in looks)))


async def shown(incoming: Incoming) -> web.Response:
    """One view, tagged with its version."""
    return tagged(incoming.deps.viewer.view(await seen_by(incoming)))


def pressed(action: str) -> Handler:
    """The handler of one kind of press."""

    async def press(incoming: Incoming) -> web.Response:
        deps, caller = incoming.deps, incoming.person
        refuse_in_shadow(deps.config)
        session = await _session(incoming)
        session_id = session.id
        assert incoming.body is not None
        # What is said to have happened is held against a read made for this very press (`PrisonerIn.eyes_fresh`).
        fresh = action == "prisoner-in" and await deps.eyes.read_now(session_id)
        answers = [
            await deps.engine.submit(
                session_id,
                given,
                seen_version=None if action in ALWAYS_TAKEN else _seen_version(incoming.request),
                key=_key(incoming, action, number),
                also=_new_pin if action == "replace-vmr" else None,
            )
            for number, given in enumerate(press_of(action, incoming.body, caller.name, session, eyes_fresh=fresh))
        ]
        for answer in answers:
            await _raise_unless_taken(incoming, answer)
        try:
            view = await _view(incoming, session_id)
        except StoreError as gone:
            raise Unsure("it went away after a press was kept") from gone
        return tagged(view, 202)

    return press


async def reveal(incoming: Incoming) -> web.Response:
    """Show a secret, once it is in the journal who asked for it."""
    given = incoming.body
    assert isinstance(given, RevealGiven)
    refuse_in_shadow(incoming.deps.config)
    session = await _session(incoming)
    names = {
        "host-pin": host_pin(session.generation),
        "prisoner-name": PRISONER_NAME,
        "background": BACKGROUND,
        "attendee-name": attendee_name(given.attendee or ""),
    }
    secret = await incoming.deps.store.read(lambda rx: rx.secret(session.id, names[given.what]))
    if secret is None:
        raise Problem("not-found", "There is nothing to reveal.")
    about = given.attendee if given.what == "attendee-name" else None
    answer = await incoming.deps.engine.submit(session.id, i.Reveal(given.what, about, incoming.person.name))
    await _raise_unless_taken(incoming, answer)
    return answered(RevealedView(what=given.what, value=secret.decode()))


async def seen_by(incoming: Incoming) -> Look:
    """The session of the path, if the caller may see it; raises `Problem` as if it did not exist otherwise."""
    session_id = incoming.request.match_info["id"]
    seen = await incoming.deps.store.read(lambda rx: look_at(rx, session_id))
    if seen is None or not incoming.person.may_see(seen.session.establishment):
        raise Problem("not-found", _NO_SESSION)
    return seen


def tagged(view: SessionView, status: int = 200) -> web.Response:
    return answered(view, status, {"ETag": f'"{view.etag}"'})


async def _session(incoming: Incoming) -> Session:
    """As `seen_by`, without what only a view needs: a press waits for this on its way to Pexip."""
    session_id = incoming.request.match_info["id"]
    session = await incoming.deps.store.read(lambda rx: rx.session(session_id))
    if session is None or not incoming.person.may_see(session.establishment):
        raise Problem("not-found", _NO_SESSION)
    return session


async def _view(incoming: Incoming, session_id: str) -> SessionView:
    def query(rx: Rx) -> Look | None:
        return look_at(rx, session_id)

    seen = await incoming.deps.store.read(query)
    if seen is None:
        raise Problem("not-found", _NO_SESSION)
    return incoming.deps.viewer.view(seen)


async def _raise_unless_taken(incoming: Incoming, answer: e.Answer) -> None:
    match answer:
        case e.Applied() | e.Replayed():
            return
        case Refused(code=code, sentence=sentence):
            raise Problem("refused", sentence, code=code)
        case e.Stale(session=session):
            view = await _view(incoming, session.id)
            extra = {"session": view.model_dump(mode="json")}
            raise Problem("stale", "Somebody came, left or the lock changed after you looked. Look again.", extra=extra)
        case e.KeyReused():
            raise Problem("key-reused", "This Idempotency-Key was used for another press.")
        case e.Unknown():
            raise Problem("not-found", _NO_SESSION)
        case e.Faulty():
            raise Problem("fault", "vmrd has a fault in this session. Your press was not carried out. Call support.")


def _seen_version(request: web.Request) -> int | None:
    """The roster version in `If-Match`; None when none is given, or any is meant."""
    given = request.headers.get("If-Match")
    if given is None or given.strip() == "*":
        return None
    matched = _ETAG.fullmatch(given.strip())
    return int(matched[2]) if matched else -1  # what is no tag of ours cannot be of this roster


def _key(incoming: Incoming, action: str, number: int) -> e.PressKey | None:
    """The key with the route and caller it counts for, and what was pressed."""
    given = idempotency_key(incoming)
    if given is None:
        return None
    session_id = incoming.request.match_info["id"]
    said = incoming.body.model_dump_json() if incoming.body is not None else ""
    digest = hashlib.sha256(f"{session_id}/{action}/{said}".encode()).hexdigest()
    return e.PressKey(f"press:{incoming.person.name}", f"{given}/{number}" if number else given, digest)


def _new_pin(tx: Tx, applied: e.Applied) -> None:
    """The Host PIN of the generation that was just ordered."""
    tx.put_secret(applied.session.id, host_pin(applied.session.generation), minting.pin().encode())


def _filter(incoming: Incoming) -> SessionFilter | None:
    """What is asked for, as far as the caller may see it; None when that is nothing. Raises `Problem`."""
    query, caller = incoming.request.query, incoming.person
    faults: list[FaultShape] = []
    start, end = around(incoming.deps.engine.clock.now())
    try:
        if "date" in query:
            start, end = _day(date.fromisoformat(query["date"]))
    except (ValueError, OverflowError):  # the last day of the calendar has no morrow
        faults.append(FaultShape(pointer="/date", code="date", detail="A date is written YYYY-MM-DD."))
    asked = [each for each in query.get("phase", "").split(",") if each]
    phases = tuple(Phase(each) for each in asked if each in set(Phase))
    if len(phases) < len(asked):
        faults.append(FaultShape(pointer="/phase", code="phase", detail="There is no such phase."))
    if faults:
        raise Problem("invalid", counted(len(faults)), errors=faults)
    establishment = query.get("establishment")
    if establishment is not None and not caller.may_see(establishment):
        return None
    return SessionFilter(
        establishments=(establishment,) if establishment else caller.establishments,
        start=start,
        end=end,
        phases=phases,
    )


def _day(local: date) -> tuple[Instant, Instant]:
    """A day as the prison has it, which is 23 to 25 hours long."""
    midnights = (datetime.combine(each, time(), LONDON) for each in (local, local + timedelta(days=1)))
    start, end = (from_datetime(midnight) for midnight in midnights)
    return start, end
