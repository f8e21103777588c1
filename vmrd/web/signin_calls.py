"""The calls by which people come in and go out; part of the `contract`."""

from __future__ import annotations

from vmrd.web import press_shapes as p
from vmrd.web.call import Access, Call, Query

_NEXT = Query("next", "The screen to come back to")

SIGN_IN_CALLS: tuple[Call, ...] = (
    Call("me", "GET", "/v1/me", "Who is signed in", {200: p.MeView}),
    Call(
        "sign-in",
        "POST",
        "/sign-in",
        "Sign a browser in by an account of ours. A form is answered with a redirection, JSON with who signed in",
        {200: p.MeView, 303: None},
        access=Access.ANYBODY,
        asks=p.SignInGiven,
        problems=("not-signed-in", "cross-site", "too-many-attempts", "not-found"),
    ),
    Call(
        "sign-in-page",
        "GET",
        "/sign-in",
        "The form that signs a browser in, or the way to the sign-in service",
        {200: None},
        access=Access.ANYBODY,
        query=(
            Query("failed", "Name or password was wrong"),
            Query("wait", "There were too many failed attempts: minutes to wait"),
            Query("why", "Why the sign-in service's answer let nobody in"),
            _NEXT,
        ),
        other_types=("text/html",),
    ),
    Call(
        "sign-in-alarms",
        "GET",
        "/sign-in/alarms",
        "The alarms a browser may go on showing between two officers, by its own cookie; nothing to any other",
        {200: None},
        access=Access.ANYBODY,
        other_types=("text/html",),
    ),
    Call(
        "sign-in-emergency",
        "POST",
        "/sign-in/emergency",
        "Sign a browser in by the sealed account: a form with the person's own `name` and the `password`",
        {303: None},
        access=Access.ANYBODY,
        problems=("cross-site", "not-found", "malformed"),
    ),
    Call(
        "sign-in-service",
        "GET",
        "/sign-in/oidc",
        "Go to the sign-in service",
        {303: None},
        access=Access.ANYBODY,
        query=(_NEXT,),
        problems=("not-found",),
    ),
    Call(
        "sign-in-callback",
        "GET",
        "/sign-in/callback",
        "Where the sign-in service sends the browser back to",
        {303: None},
        access=Access.ANYBODY,
        query=tuple(Query(name, "As OpenID Connect has it") for name in ("code", "state", "iss", "error")),
        problems=("not-found", "forbidden"),
    ),
    Call(
        "sign-in-done",
        "GET",
        "/sign-in/done",
        "The page between the sign-in service and the first screen",
        {200: None},
        access=Access.ANYBODY,
        query=(_NEXT,),
        other_types=("text/html",),
    ),
    Call(
        "sign-in-left",
        "GET",
        "/sign-in/left",
        "The page between signing out here and signing out of the sign-in service",
        {200: None},
        access=Access.ANYBODY,
        other_types=("text/html",),
    ),
    Call("sign-out", "POST", "/sign-out", "Sign this browser out; `next` in a form hands the screen over", {303: None}),
    Call(
        "sign-out-away",
        "GET",
        "/sign-out/away",
        "Go to the sign-in service to sign out there",
        {303: None},
        access=Access.ANYBODY,
        problems=("not-found",),
    ),
)
