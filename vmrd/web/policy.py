"""`GET /policy/v1/…` as calls of the contract; see `policy_desk`."""

from __future__ import annotations

from aiohttp import web

from vmrd.lifecycle.door import Question
from vmrd.web.dispatch import Handler, Incoming


def asked(question: Question) -> Handler:
    """The handler of one of the two questions."""

    async def handle(incoming: Incoming) -> web.Response:
        request = incoming.request
        return await incoming.deps.policy.reply(request, question, request.raw_path.partition("?")[2])

    return handle
