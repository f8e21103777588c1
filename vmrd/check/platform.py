"""Judging the Management Node: whether it answers, what our account may there, its release, licences and settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from vmrd.check.lines import Line, fail, not_checked, ok, warn
from vmrd.config import Config, rules_for
from vmrd.pexip.status import Node
from vmrd.pexip.survey import Greeting, Why
from vmrd.pexip.survey_rows import Licences, Settings

ACCOUNT_PAGE = "docs/pexip-account.md"
OLDEST, NEWEST = 35, 41
"""Releases of Pexip whose answers vmrd was made to read."""
_FEW_PORTS = 10
_ADMINISTRATOR = "admin"


def unread(why: Why, what: str, look: str) -> Line:
    """The line for what could not be read, with where a person looks instead."""
    match why:
        case Why.FORBIDDEN:
            reason = "this account may not read it, and need not"
        case Why.ABSENT:
            reason = "this release has no such list, or does not show it to this account"
        case Why.SIGN_IN:
            reason = "the account is not let in"
        case Why.BUSY:
            reason = "the Management Node is busy"
        case Why.UNREACHABLE:
            reason = "the Management Node does not answer"
        case Why.UNREADABLE:
            reason = "the answer makes no sense"
    return not_checked(what, reason, look)


def judge_account(user: str, greeting: Greeting | Why) -> Line:
    """Whether the account is let in."""
    name = "account"
    if isinstance(greeting, Greeting):
        if greeting.status in (301, 302, 303, 401):
            return fail(
                name,
                f"Pexip does not let {user} in: the name or the password is wrong, or the account is locked",
                f"set the credential pexip__password to the account's password; see {ACCOUNT_PAGE}",
            )
        if greeting.status == 404:
            return fail(
                name,
                "what answers there is no Management Node",
                "set pexip.management to its address, without a path",
            )
        if greeting.status in (429, 503):
            return fail(name, "the Management Node is too busy to answer", "try again; see who else asks it so much")
        if user == _ADMINISTRATOR:
            return warn(name, "it is the administrator's own, which may do everything", f"make one; see {ACCOUNT_PAGE}")
        return ok(name, f"{user} is let in")
    if greeting is Why.UNREACHABLE:
        return fail(name, "the Management Node does not answer", "see pexip.management, and the network between")
    return fail(name, "what answers there makes no sense", "set pexip.management to the address of the Management Node")


def judge_administrator(greeting: Greeting | Why) -> Line:
    """The account that was given for reading how Pexip is wired up."""
    if isinstance(greeting, Greeting) and greeting.status == 200:
        return ok("administrator", "is let in, and read what vmrd's own account need not")
    return fail("administrator", "is not let in, so the wiring was not looked at", "see the name and the password")


def judge_rights(needed: Mapping[str, Why | None], not_needed: Mapping[str, Why | None], user: str) -> Iterator[Line]:
    """`needed`, `not_needed`: for each list, why it could not be read, None where it could."""
    missing = [what for what, why in needed.items() if why in (Why.FORBIDDEN, Why.ABSENT)]
    unknown = [what for what, why in needed.items() if why not in (None, Why.FORBIDDEN, Why.ABSENT)]
    if missing:
        yield fail(
            "rights to read",
            f"the account may not read {', '.join(missing)}",
            f"give its role the rights to these rows of {ACCOUNT_PAGE}",
        )
    elif unknown:
        yield not_checked("rights to read", f"no answer about {', '.join(unknown)}", "check again when Pexip answers")
    else:
        yield ok("rights to read", f"{', '.join(needed)}: all that are needed")
    yield not_checked(
        "rights to change",
        "cannot be tested without changing something",
        f"tick them as in {ACCOUNT_PAGE}, then rehearse one booking from beginning to end",
    )
    beyond = [what for what, why in not_needed.items() if why is None]
    if beyond and user != _ADMINISTRATOR:
        yield warn(
            "rights beyond",
            f"the account may read {', '.join(beyond)}, which vmrd never does",
            f"take them out of its role: who has vmrd's password has them too; see {ACCOUNT_PAGE}",
        )
    elif not beyond and all(why is Why.FORBIDDEN or why is Why.ABSENT for why in not_needed.values()):
        yield ok("rights beyond", "none was found")


def judge_release(nodes: Sequence[Node] | Why) -> Line:
    """By what the nodes say of themselves."""
    name = "release"
    if isinstance(nodes, Why):
        return unread(nodes, name, "see Status > Conferencing Nodes")
    releases = sorted({_release(node.version) for node in nodes} - {None}, key=lambda each: each or 0)
    if not releases:
        return not_checked(name, "the nodes do not say", "see Status > Conferencing Nodes")
    found = f"Pexip Infinity {' and '.join(map(str, releases))}"
    if len(releases) > 1:
        return warn(name, f"{found} at once", "finish the upgrade: nodes of two releases may answer differently")
    release = releases[0] or 0
    if release < OLDEST:
        return warn(name, found, f"vmrd was made for {OLDEST} and newer: rehearse every step on this platform first")
    if release > NEWEST:
        return warn(name, found, f"newer than {NEWEST}, the last vmrd was made for: rehearse every step first")
    return ok(name, found)


def _release(version: str) -> int | None:
    found = re.match(r"\d+", version)
    return int(found[0]) if found else None


def judge_licences(licences: Licences | Why) -> Line:
    """Whether a meeting finds a port, and a booking a room."""
    name = "licences"
    if isinstance(licences, Why):
        return unread(licences, name, "see Status > Licenses for free ports and rooms")
    ports, rooms = licences.ports_in_all - licences.ports, licences.rooms_in_all - licences.rooms
    found = f"{ports} of {licences.ports_in_all} ports and {rooms} of {licences.rooms_in_all} rooms are free"
    if ports <= 0 or (rooms <= 0 < licences.rooms_in_all):
        return fail(name, found, "free or buy some: without, nobody comes in, or no room can be made")
    if ports < _FEW_PORTS or (licences.rooms_in_all > 0 and rooms < _FEW_PORTS):
        return warn(name, found, "each screen and each guest takes a port: see whether a busy day has enough")
    return ok(name, found)


def judge_settings(config: Config, settings: Settings | Why) -> Iterator[Line]:
    """Where the platform's global settings differ from what vmrd was told of them."""
    if isinstance(settings, Why):
        yield unread(
            settings,
            "global settings",
            "compare Platform > Global settings with alias_scan_limit, guests_only and waiting_for_host",
        )
        return
    yield _scan_limit(config.pexip.alias_scan_limit, settings)
    yield from _timers(config, settings)
    calls = any(room.address is not None for each in config.establishments for room in each.rooms)
    if calls and not settings.dials_out:
        yield fail(
            "calling out", "is switched off for the whole platform", "switch it on in Platform > Global settings"
        )
    if not settings.web_clients:
        yield fail(
            "client API",
            "is switched off for the whole platform: no browser comes in, and vmrd neither",
            "switch on support for Connect apps and the client API in Platform > Global settings",
        )


def _scan_limit(ours: int, settings: Settings) -> Line:
    name = "alias_scan_limit"
    theirs = settings.scan_limit if settings.scan_quarantine else 0
    if theirs and (ours == 0 or ours > theirs):
        return fail(
            name,
            f"ours is {ours}, and Pexip hides every room from us after {theirs} unknown addresses",
            f"set it to {theirs}, or let Pexip exempt vmrd's address",
        )
    if ours and not theirs:
        return ok(name, f"{ours}, though Pexip hides nothing; 0 would let vmrd ask more often")
    return ok(name, f"{ours}, as there" if ours == theirs else f"{ours}, below the {theirs} there")


def _timers(config: Config, settings: Settings) -> Iterator[Line]:
    wanted = {"guests_only": settings.guests_only, "waiting_for_host": settings.waiting_for_host}
    differing = sorted(
        {
            f"{name} is {getattr(rules_for(config, each.code), name) // 1000} s for {each.code} and {theirs} s there"
            for each in config.establishments
            for name, theirs in wanted.items()
            if getattr(rules_for(config, each.code), name) != theirs * 1000
        }
    )
    if differing:
        yield warn(
            "timers", "; ".join(differing), "set [timing] to Pexip's own: officers see these clocks run, and trust them"
        )
    else:
        yield ok("timers", "guests_only and waiting_for_host are as there")
