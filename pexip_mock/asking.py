"""One request of the client API, taken apart: who asks, about whom, and what the body says.

A body must be JSON and say so; anything else is a 415. A field of the wrong type, or a value that is no choice, is a
400.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from pexip_mock.front import Handler, token_of
from pexip_mock.live import Platform
from pexip_mock.refusal import Refusal
from pexip_mock.wire import Json, answer, body_of, flag, text
from pexip_mock.world import World

ILLEGAL = "Illegal value"
UNSUPPORTED = "Unsupported media type"


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks (`token`, at `node`), about whom (`who`, one of its `call`s), and with what `body`."""

    world: World
    node: str
    token: str
    who: str
    call: str
    body: Json

    def needed(self, name: str) -> str:
        """A string field that must be there. Raises Refusal 400."""
        value = self.body.get(name)
        if not isinstance(value, str):
            raise Refusal(400, f"{name}: a string is required")
        return value

    def choice(self, name: str, choices: frozenset[str], default: str | None = None) -> str:
        """A string field that is one of these. Raises Refusal 400 for any other, and for none without a default."""
        value = text(self.body, name, default or "")
        if value not in choices:
            raise Refusal(400, ILLEGAL)
        return value

    def switch(self, name: str) -> bool:
        """A boolean field that must be there. Raises Refusal 400."""
        if name not in self.body:
            raise Refusal(400, f"{name}: true or false is required")
        return flag(self.body, name)


Deed = Callable[[Asking], object]


def success(result: object) -> web.Response:
    """The envelope of an answer that was processed."""
    return answer({"status": "success", "result": result})


async def json_body(request: web.Request) -> Json:
    """The body's JSON object, or an empty one. Raises Refusal 415 for a body of another type, 400 for no object."""
    if request.content_type != "application/json" and await request.read():
        raise Refusal(415, UNSUPPORTED)
    return await body_of(request)


def doing(platform: Platform, node: str, deed: Deed) -> Handler:
    """A handler that does this and answers its result; a token that is good for nothing is refused first."""

    async def handle(request: web.Request) -> web.StreamResponse:
        token = token_of(request)
        platform.world.whoami(token, node)
        body = await json_body(request)
        match = request.match_info
        return success(
            deed(Asking(platform.world, node, token, match.get("participant", ""), match.get("call", ""), body))
        )

    return handle


def posts(platform: Platform, node: str, prefix: str, deeds: dict[str, Deed]) -> list[web.RouteDef]:
    """Routes of POST requests whose last part names the deed."""
    return [web.post(f"{prefix}/{name}", doing(platform, node, deed)) for name, deed in deeds.items()]


def refusing(sentence: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A handler that answers 501 with this sentence."""

    async def handle(_request: web.Request) -> web.StreamResponse:
        raise Refusal(501, sentence)

    return handle
