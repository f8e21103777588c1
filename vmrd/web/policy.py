"""`GET /policy/v1/…`: Pexip asks while a call waits, so it is answered at once, from memory, and nothing is logged.

"Use your own default" is a 404. Whoever does not sign in gets a 401, which Pexip takes for the same.
"""

from __future__ import annotations

from time import perf_counter

from aiohttp import web

from vmrd.door import Answer
from vmrd.lifecycle.door import Question
from vmrd.pexip.policy import read_ask
from vmrd.web.dispatch import Handler, Incoming
from vmrd.web.problem import CONTENT_TYPE, Problem

_OWN_DEFAULT = Problem("not-found", "That is not for vmrd to judge: use your own default.").body()


def asked(question: Question) -> Handler:
    """The handler of one of the two questions."""

    async def handle(incoming: Incoming) -> web.Response:
        began, request, desk = perf_counter(), incoming.request, incoming.deps.policy
        if not desk.knows(request):
            raise Problem("not-signed-in", "The policy profile's user or password is wrong.")
        ask = read_ask(request.raw_path.partition("?")[2])
        answer = desk.door.answer(ask, question)
        if answer is None:
            answer = await desk.door.look(ask, question)
        desk.metrics.policy(question, answer.said, perf_counter() - began)
        return _response(answer)

    return handle


def _response(answer: Answer) -> web.Response:
    if answer.body is None:
        return web.Response(body=_OWN_DEFAULT, status=404, content_type=CONTENT_TYPE)
    return web.Response(body=answer.body, content_type="application/json")
