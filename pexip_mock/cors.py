"""Browsers and the nodes: a page that came from anywhere may speak to the client API (CORS).

| request | answer |
|---|---|
| OPTIONS on a path that exists | 204: which methods it takes, and that `token`, `pin` and `content-type` may be sent |
| OPTIONS on another | 404 |
| any other | as always, readable by any page |
"""

from aiohttp import hdrs, web

from pexip_mock.front import Handler

ANY_ORIGIN = {hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*"}
ALLOWED_HEADERS = "content-type, pin, token"
REMEMBERED_S = 3600


@web.middleware
async def preflight(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what a browser asks before its request proper; such a question is no request of the API."""
    resolved = request.match_info.http_exception
    if request.method != hdrs.METH_OPTIONS or not isinstance(resolved, web.HTTPMethodNotAllowed):
        return await handler(request)
    return web.Response(
        status=204,
        headers={
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: ", ".join(sorted(resolved.allowed_methods)),
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: ALLOWED_HEADERS,
            hdrs.ACCESS_CONTROL_MAX_AGE: str(REMEMBERED_S),
        },
    )


async def open_to_any_page(_request: web.Request, response: web.StreamResponse) -> None:
    """Let the page that asked read the answer, whichever it is."""
    response.headers.update(ANY_ORIGIN)
