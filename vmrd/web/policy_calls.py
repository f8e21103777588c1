"""The calls of external policy, in Pexip's words: what is asked of us, and what we answer."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, JsonValue

from vmrd.web.call import Access, Call, Query

_QUERY = (
    Query("local_alias", "What was dialled"),
    Query("call_direction", "dial_in, dial_out or non_dial; only the first is judged"),
    Query("protocol", "api, webrtc, sip, h323, mssip, rtmp, teams"),
    Query("remote_alias", "Who calls"),
    Query("remote_display_name", "What they call themselves"),
    Query("bandwidth", "Of the call; tells voice from video"),
    Query("p_Asserted-Identity", "A JSON list; whom the telephone network vouches for"),
)


class PolicyAnswer(BaseModel):
    """`continue` without a result: the platform's own database. `reject`: this caller or alias is turned away."""

    status: Literal["success"]
    action: Literal["continue", "reject"]
    result: dict[str, JsonValue] = Field(default_factory=dict)


def _call(name: str, path: str, says: str) -> Call:
    return Call(
        name,
        "GET",
        f"/policy/v1/{path}",
        f"{says}; external policy of Pexip, Basic sign-in. 404 means: use your own default",
        {200: PolicyAnswer},
        access=Access.POLICY,
        query=_QUERY,
        problems=("not-found",),
    )


CALLS = (
    _call("ask-service", "service/configuration", "What an alias is to be for this caller"),
    _call("ask-participant", "participant/properties", "What a caller is to be there"),
)
