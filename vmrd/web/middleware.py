"""What every answer has in common, outermost first: a request id, security headers, problems for errors.

Who calls and what they sent is checked per call (`dispatch`), because it differs per call.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import hdrs, web

from vmrd import minting
from vmrd.logging import place_of
from vmrd.store.base import StoreError
from vmrd.store.errors import Unsure
from vmrd.web.keeping import Keeping
from vmrd.web.problem import Problem
from vmrd.web.proxies import is_https

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]
log = structlog.get_logger(__name__)

AWAY: web.AppKey[Callable[[web.Request, Problem], Awaitable[web.Response]]] = web.AppKey("away")
"""Answers a request that the store refused: with a page, where a browser shows one."""
KEEPING: web.AppKey[Keeping] = web.AppKey("keeping")
REQUEST_ID = "X-Request-Id"
BODY_LIMIT = 64 * 1024
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "media-src 'self'; connect-src 'self'; manifest-src 'self'; frame-ancestors 'none'; form-action 'self'; "
        "base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), display-capture=()",
    "Referrer-Policy": "no-referrer",
    "Server": "vmrd",  # and no version, which says what to try
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}(?:\1[0-9a-fA-F]{4}){2}\1[0-9a-fA-F]{12}")
_SESSION = re.compile(r"/(?:v1|panel)/sessions/([0-7][0-9a-z]{25})(?:/|$)")
"""A path of the API or the panel that names a session; an id of another shape is none of ours."""
_STATUS_PROBLEMS = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 400: "malformed"}


@web.middleware
async def request_id(request: web.Request, handler: Next) -> web.StreamResponse:
    """An id for every request, in its log lines and its answer, and the session whose path it has.

    A caller's own id is taken if it is a UUID, with hyphens or without: anything freer could be somebody's name or
    number, which no log may hold. It finds lines and proves nothing.
    """
    sent = request.headers.get(REQUEST_ID, "")
    given = sent if _UUID.fullmatch(sent) else minting.request_id()
    session = _SESSION.match(request.path)
    about = {"session": session[1]} if session is not None else {}
    with structlog.contextvars.bound_contextvars(request=given, **about):
        response = await handler(request)
    if not response.prepared:
        response.headers[REQUEST_ID] = given
    return response


@web.middleware
async def problems(request: web.Request, handler: Next) -> web.StreamResponse:
    """Every error as a problem. Neither the body nor an exception's own text gets into it."""
    try:
        return await handler(request)
    except Problem as problem:
        return problem.response()
    except web.HTTPRedirection as elsewhere:
        return web.Response(status=elsewhere.status, headers={hdrs.LOCATION: elsewhere.headers[hdrs.LOCATION]})
    except web.RequestPayloadError:  # a body that does not unpack as its Content-Encoding says
        return Problem("malformed", "The body could not be unpacked.").response()
    except web.HTTPException as refused:
        name = _STATUS_PROBLEMS.get(refused.status)
        if name is None:
            raise
        answer = Problem(name, "There is nothing here for you." if name == "not-found" else f"{refused.reason}.")
        response = answer.response()
        if "Allow" in refused.headers:
            response.headers["Allow"] = refused.headers["Allow"]
        return response
    except StoreError as bad:
        if not request.app[KEEPING].away:  # which is said once, not with every request of every screen
            log.error("store_refused", error=str(bad))
        return await request.app[AWAY](request, Problem("store", _not_kept(request, bad)))
    except Exception as bad:
        log.error("request_fault", error=type(bad).__name__, at=place_of(bad))
        return Problem("fault", "vmrd has a fault. It was written down.").response()


def _not_kept(request: web.Request, bad: StoreError) -> str:
    """What whoever asked must know: nothing may look done that is not, nor undone where nobody can know."""
    if isinstance(bad, Unsure):
        return (
            "vmrd lost its database while it wrote this down: it is done, or it is not. Look before you do it again, "
            "or by hand."
        )
    if request.method != hdrs.METH_GET and _SESSION.match(request.path):
        return (
            "vmrd cannot write to its database. What you pressed is not done and not written down. Do by hand what "
            "cannot wait, and write down when."
        )
    return "vmrd cannot reach its database. Nothing was changed. Try again."


@web.middleware
async def security_headers(request: web.Request, handler: Next) -> web.StreamResponse:
    """What tells a browser to trust nothing but ourselves, and to keep nothing."""
    response = await handler(request)
    if not response.prepared:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        if is_https(request):
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
