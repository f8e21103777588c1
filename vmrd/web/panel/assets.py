"""Style, scripts and icons, served from memory: small on the wire, and loaded once for as long as they are the same.

    GET /panel/static/{edition}/{name}      `edition` is a hash over all of them

A page names the edition it was made with, so a browser may keep what it got for ever and never mixes an old script
with a new page; scripts import one another by relative names and stay within their edition. Asked for another edition
(a page that was open while vmrd was replaced), what there is now is answered, and not to be kept.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from aiohttp import hdrs, web

STATIC = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    packed: bytes
    kind: str


def _read() -> tuple[dict[str, Asset], str]:
    """Read once, so that nothing a request says ever becomes a path."""
    found, edition = {}, hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.suffix in _TYPES:
            name, body = path.relative_to(STATIC).as_posix(), path.read_bytes()
            found[name] = Asset(body, gzip.compress(body, mtime=0), _TYPES[path.suffix])
            edition.update(name.encode() + b"\0" + hashlib.sha256(body).digest())
    return found, edition.hexdigest()[:16]


_ASSETS, EDITION = _read()


def address(name: str) -> str:
    """Where a page finds this file.."""
    assert name in _ASSETS, name
    return f"/panel/static/{EDITION}/{name}"


async def serve(request: web.Request) -> web.Response:
    """One file, compressed for whoever takes that."""
    asset = _ASSETS.get(request.match_info["name"])
    if asset is None:
        raise web.HTTPNotFound
    same = request.match_info["edition"] == EDITION
    headers = {
        hdrs.CACHE_CONTROL: "public, max-age=31536000, immutable" if same else "no-store",
        hdrs.VARY: hdrs.ACCEPT_ENCODING,
    }
    body = asset.body
    if "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
        body, headers[hdrs.CONTENT_ENCODING] = asset.packed, "gzip"
    return web.Response(body=body, content_type=asset.kind, charset="utf-8", headers=headers)
