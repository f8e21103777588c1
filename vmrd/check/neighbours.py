"""Everything else that vmrd speaks to: guests' way in, sign-in service, booking systems, witness. Nothing is posted."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from vmrd.check.lines import Line, fail, not_checked, ok, warn
from vmrd.check.reach import Fault, Reached, judge_reached, reach
from vmrd.config import Config
from vmrd.config_signin import OidcConfig
from vmrd.oidc.provider import Provider
from vmrd.oidc.words import NotSignedIn
from vmrd.pexip.http import PexipHttp, unreported
from vmrd.pexip.survey import Greeting, Why, greeted
from vmrd.web.view import join_link

_LINK = "joining link"
_OIDC = {
    "discover_unanswered": ("does not answer", "see sign_in.oidc.issuer, and the network between"),
    "discover_failed": ("has no discovery document there", "set sign_in.oidc.issuer as the service names itself"),
    "discover_unreadable": ("has something else there than a discovery document", "set sign_in.oidc.issuer"),
    "another_issuer": (
        "names itself otherwise in its discovery document",
        "set sign_in.oidc.issuer to what stands there, to the letter, with or without the slash at its end",
    ),
    "unsafe_endpoint": ("names an address that is not https", "have it put right there; vmrd will not use it"),
    "no_pkce": ("does not take PKCE with S256", "have it switched on there; vmrd will not sign in without"),
    "keys_unanswered": ("does not give its keys", "see that this machine can reach its jwks_uri"),
    "keys_failed": ("does not give its keys", "see that this machine can reach its jwks_uri"),
    "keys_unreadable": ("gives keys that cannot be read", "have it put right there"),
}


@dataclass(frozen=True, slots=True)
class Target:
    """Somewhere vmrd posts or asks. `public`: it may not be in a private network."""

    name: str
    url: str
    public: bool


def targets(config: Config) -> list[Target]:
    """Callbacks, the witness and the booking systems that are asked."""
    kept_out = not config.allow_private_callbacks
    called = [
        Target(f"callback {sender.system}", sender.callback_url, kept_out)
        for sender in config.senders
        if sender.callback_url is not None
    ]
    if config.witness.url is not None:
        called.append(Target("witness", config.witness.url, kept_out))
    for name, adapter in config.adapters.configured():
        called += [Target(name, adapter.base_url, False), Target(f"{name} sign-in", adapter.token_url, False)]
    return called


async def seen_targets(wanted: list[Target], trust: ssl.SSLContext, within: float) -> list[Reached | Fault]:
    """Connect to each."""
    return await asyncio.gather(*(reach(each.url, trust, within=within, only_public=each.public) for each in wanted))


def judge_targets(wanted: list[Target], found: list[Reached | Fault]) -> Iterator[Line]:
    """Whether each can be told."""
    for target, reached in zip(wanted, found, strict=True):
        yield from judge_reached(target.name, target.url, reached)
    if not wanted:
        yield ok("callbacks", "nobody is told: no callback, witness or adapter is configured")


async def seen_link(
    config: Config, trust: ssl.SSLContext, within: float
) -> tuple[Reached | Fault, Greeting | Why | None]:
    """The page a guest's browser would get, for a meeting that is not there."""
    link = join_link(config.pexip.web_join, "vmrd-check", config.pexip.domain)
    reached = await reach(link, trust, within=within)
    if isinstance(reached, Fault):
        return reached, None
    parts = urlsplit(link)
    async with PexipHttp(
        f"{parts.scheme}://{parts.netloc}", verify=trust, timeout=within, concurrency=1, kept=0
    ) as http:
        return reached, await greeted(http, f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}")


def judge_link(config: Config, reached: Reached | Fault, page: Greeting | Why | None) -> Iterator[Line]:
    """Whether somebody who follows it gets anywhere."""
    yield from judge_reached(_LINK, config.pexip.web_join, reached)
    match page:
        case None:
            pass
        case Greeting(status=status) if status < 400:
            yield ok(f"{_LINK} page", f"answers {status}")
        case Greeting(status=status) if status < 500:
            yield warn(
                f"{_LINK} page",
                f"answers {status} for a meeting that is not there",
                "open a link of a real meeting in a browser: its path may be another one in this release",
            )
        case _:
            yield fail(f"{_LINK} page", "guests get an error or nothing", "see what serves pexip.web_join")


async def seen_sign_in(oidc: OidcConfig, within: float) -> str | None:
    """What is wrong with the sign-in service, as `oidc.provider` calls it; None when nothing is."""
    provider = Provider(oidc.issuer, timeout=within, report=unreported)
    try:
        await provider.document()
        await provider.keys()
    except NotSignedIn as refused:
        return refused.what
    finally:
        await provider.aclose()
    return None


def judge_sign_in(config: Config, fault: str | None) -> Iterator[Line]:
    """`fault`: as `seen_sign_in` found it."""
    oidc = config.sign_in.oidc
    if oidc is None:
        yield ok("sign-in", "by accounts of vmrd's own; vmrd officer list names them")
        return
    host = urlsplit(oidc.issuer).hostname or ""
    if fault is not None:
        found, todo = _OIDC.get(fault, ("cannot be used", "see docs/sign-in.md"))
        yield fail("sign-in service", f"{host} {found}", todo)
    else:
        yield ok("sign-in service", f"{host} names itself as configured and gives its keys")
    yield not_checked(
        "sign-in client",
        "whether client, secret and redirect_url are registered there shows when somebody signs in",
        "sign in once, and out again",
    )
    if config.sign_in.sealed is None:
        yield warn(
            "emergency account",
            "there is none: while the sign-in service is down nobody new can sign in",
            "make one with vmrd officer seal; see docs/sign-in.md",
        )
