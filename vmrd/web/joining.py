"""The joining instructions of a session, to whoever tells the people who were booked."""

from __future__ import annotations

from aiohttp import web

from vmrd.clock import as_text
from vmrd.joining import VERSION, joining
from vmrd.lifecycle.words import OVER, Control
from vmrd.web.dispatch import Incoming, answered
from vmrd.web.establishments import entry_for
from vmrd.web.press_shapes import JoiningView, SectionView
from vmrd.web.problem import Problem
from vmrd.web.sessions import seen_by
from vmrd.web.shadow import refuse_in_shadow
from vmrd.web.view import join_link


async def shown(incoming: Incoming) -> web.Response:
    """The instructions as JSON, or as text to paste into a message."""
    session, config = (await seen_by(incoming)).session, incoming.deps.config
    refuse_in_shadow(config)
    if session.control is not Control.FULL:
        raise Problem(
            "refused", "This meeting is in somebody else's room. Its owner says how to join.", code="not-ours"
        )
    if session.phase in OVER or session.needs_approval:
        said = "The meeting is over." if session.phase in OVER else "The booking is not approved yet."
        raise Problem("refused", said, code="no-link")
    found = joining(
        session,
        entry_for(config, session.establishment),
        incoming.deps.engine.rules(session.establishment),
        join_link(config.pexip.web_join, session.alias, config.pexip.domain),
        f"{session.alias}@{config.pexip.domain}",
    )
    if "text/" in incoming.request.headers.get("Accept", ""):
        return web.Response(text=found.text(), content_type="text/plain")
    return answered(
        JoiningView(
            session=found.session,
            guidance_version=VERSION,
            link=found.link,
            uri=found.uri,
            works_from=as_text(found.works_from),
            sections=tuple(SectionView(title=each.title, lines=each.lines) for each in found.sections),
        )
    )
