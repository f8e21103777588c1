"""The page on which a person can be a caller: the files of `page/`, which use nothing but /mock/v1."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from pexip_mock.front import OWN, PAGE

HERE = Path(__file__).parent / "page"
FILES = {
    "caller.js": "text/javascript",
    "call.js": "text/javascript",
    "caller.css": "text/css",
    "icon.svg": "image/svg+xml",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class CallerPage:
    """Serves the page at `/` and its files beside the control API."""

    def routes(self) -> list[web.RouteDef]:
        """The page and its files."""
        return [
            web.get(PAGE, _file("index.html", "text/html")),
            *(web.get(f"{OWN}page/{name}", _file(name, kind)) for name, kind in FILES.items()),
        ]


def _file(name: str, kind: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    body = (HERE / name).read_bytes()
    headers = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }

    async def serve(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)

    return serve
