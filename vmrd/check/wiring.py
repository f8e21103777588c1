"""Judging what an administrator has to wire up in Pexip: event sink, policy profile, calling location, theme.

Which vmrd a sink or a profile is for shows in its address: the path that is ours, or the sign-in that is. What vmrd is
called from outside stands nowhere in its configuration, so the host in an address is for a person to judge.

`ours`, wherever it is asked for, are the locations that our nodes stand in.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from vmrd.check.eyes import Site
from vmrd.check.lines import Line, fail, not_checked, ok, warn
from vmrd.check.platform import unread
from vmrd.check.reach import LOOPBACK
from vmrd.config import Config
from vmrd.pexip.survey import Why
from vmrd.pexip.survey_rows import Profile, Settings, Sink

_EVENTS = "/pexip/events"
_SINK, _POLICY, _LOCATION, _DTMF = "event sink", "external policy", "calling location", "DTMF controls"
_WITHOUT_POLICY = "a phone or recorder is put out within a second of coming in, and not refused before it rings"


def judge_sink(config: Config, site: Site, ours: frozenset[str]) -> Iterator[Line]:
    """The event sink: it pokes vmrd awake, where polling alone would notice some seconds later."""
    user = config.sink.user
    if config.sink.password is None:
        yield ok(_SINK, "not used, as [sink] has no password: vmrd finds out by asking, some seconds later")
        return
    wanted = f"its URL ends in {_EVENTS}, user {user}, bulk support on, version 2, attached to {_places(ours)}"
    if isinstance(site.sinks, Why):
        yield unread(site.sinks, _SINK, f"see in Pexip's event sinks that there is one: {wanted}")
        return
    found = [sink for sink in site.sinks if urlsplit(sink.url).path.rstrip("/") == _EVENTS]
    if not found:
        yield fail(_SINK, f"none of {len(site.sinks)} leads to vmrd", f"add one: {wanted}")
        return
    if len(found) > 1:
        yield warn(_SINK, f"{len(found)} lead to vmrd, which hears everything as often", "keep one")
    for sink in found:
        lines = [*_sink_signs_in(user, sink), *_sink_tells(sink), *_sink_attached(sink, site, ours)]
        hidden = "" if sink.fits else "; its password is not shown"
        yield from lines or [ok(_SINK, f"{sink.name!r} leads to {urlsplit(sink.url).netloc}{hidden}")]
    if not isinstance(site.alarms, Why) and any("eventsink" in _bare(alarm) for alarm in site.alarms):
        yield warn(
            _SINK,
            "Pexip has an alarm: a node gave up sending to an event sink",
            "see Status > Alarms which; put right what it could not reach, then restart that sink in Pexip",
        )


def _sink_signs_in(user: str, sink: Sink) -> Iterator[Line]:
    if sink.user != user or sink.fits is False:
        what = "user" if sink.user != user else "password"
        yield fail(
            _SINK, f"{sink.name!r} signs in with another {what} than [sink] has", f"give it the {what} of [sink]"
        )
    yield from _in_clear(_SINK, sink.name, sink.url)
    if urlsplit(sink.url).scheme == "https" and not sink.verifies:
        yield warn(
            _SINK,
            f"{sink.name!r} does not look at vmrd's certificate: whoever stands between gets its password",
            "switch on verification, and give Pexip the authority that signed vmrd's",
        )


def _sink_tells(sink: Sink) -> Iterator[Line]:
    if not sink.bulk:
        yield warn(_SINK, f"{sink.name!r} sends one event at a time and falls behind", "switch on bulk support")
    if sink.filters:
        yield warn(
            _SINK,
            f"{sink.name!r} tells of some events only",
            "switch the filter off, or see that it lets every conference and participant event through",
        )


def _sink_attached(sink: Sink, site: Site, ours: frozenset[str]) -> Iterator[Line]:
    if isinstance(site.locations, Why):
        yield unread(site.locations, f"{_SINK} attached", f"see that {_places(ours)} has it")
        return
    attached = {place.name for place in site.locations if sink.uri in place.sinks}
    if not attached:
        yield fail(
            _SINK,
            f"{sink.name!r} is attached to no location, so no node sends",
            f"attach it to {_places(ours)}, in Platform > Locations",
        )
    elif missing := ours - attached:
        yield warn(
            _SINK, f"{sink.name!r}: the nodes at {_places(missing)} do not send", f"attach it to {_places(missing)} too"
        )


def judge_policy(config: Config, site: Site, ours: frozenset[str]) -> Iterator[Line]:
    """The policy profile: who may come in is asked of vmrd before it rings."""
    user = config.policy.user
    if config.policy.password is None:
        yield ok(_POLICY, f"not used, as [policy] has no password: {_WITHOUT_POLICY}")
        return
    wanted = f"its URL is vmrd's address without a path, user {user}, service and participant lookup on"
    if isinstance(site.profiles, Why):
        yield unread(site.profiles, _POLICY, f"see in Pexip's policy profiles that there is one: {wanted}")
        return
    bases = set() if isinstance(site.sinks, Why) else {_base(sink.url) for sink in site.sinks if _EVENTS in sink.url}
    found = [each for each in site.profiles if _base(each.url) in bases] or [
        each for each in site.profiles if each.user == user
    ]
    if not found:
        yield fail(
            _POLICY,
            f"none of {len(site.profiles)} profiles leads to vmrd; until then {_WITHOUT_POLICY}",
            f"add one: {wanted}",
        )
    for profile in found:
        lines = [*_asks(user, profile), *_profile_attached(profile, site, ours)]
        hidden = "" if profile.fits else "; its password is not shown"
        yield from lines or [ok(_POLICY, f"{profile.name!r} asks {urlsplit(profile.url).netloc}{hidden}")]


def _asks(user: str, profile: Profile) -> Iterator[Line]:
    own = repr(profile.name)
    if urlsplit(profile.url).path.rstrip("/"):
        yield fail(
            _POLICY,
            f"{own} has a path in its URL, to which Pexip adds /policy/v1 itself",
            "give it vmrd's address alone",
        )
    if profile.user != user or profile.fits is False:
        what = "user" if profile.user != user else "password"
        yield fail(
            _POLICY,
            f"{own} signs in with another {what} than [policy] has, so each call waits for a refusal",
            f"give it the {what} of [policy]",
        )
    yield from _in_clear(_POLICY, profile.name, profile.url)
    if not profile.service:
        yield fail(_POLICY, f"{own} does not ask about services, so {_WITHOUT_POLICY}", "switch on service lookup")
    if not profile.participant:
        yield warn(
            _POLICY,
            f"{own} does not ask about participants: browsers reach a closed door, protected names are not replaced",
            "switch on participant lookup (Pexip 34 and newer)",
        )
    if profile.amends:
        yield warn(
            _POLICY, f"{own} has a local policy that may overrule vmrd's answer", "read what it says, or take it out"
        )


def _profile_attached(profile: Profile, site: Site, ours: frozenset[str]) -> Iterator[Line]:
    if isinstance(site.locations, Why):
        yield unread(site.locations, f"{_POLICY} attached", f"see that {_places(ours)} has it, and no other")
        return
    attached = {place.name for place in site.locations if place.profile == profile.uri}
    if not attached:
        yield fail(
            _POLICY,
            f"{profile.name!r} is attached to no location, so nobody is asked about",
            f"attach it to {_places(ours)}, in Platform > Locations",
        )
        return
    if missing := ours - attached:
        yield fail(
            _POLICY,
            f"{profile.name!r}: a caller at {_places(missing)} passes unasked",
            f"attach it to {_places(missing)} too",
        )
    if beyond := attached - ours:
        yield warn(
            _POLICY,
            f"{profile.name!r} is attached to {_places(beyond)} too, where none of our nodes stands",
            "take it away there: calls of others would wait for vmrd, and for five seconds each while it is away",
        )
    if not isinstance(site.shared, Why) and site.shared:
        yield warn(
            _POLICY,
            f"{site.shared} rooms of others are on this platform: their calls at {_places(attached)} wait for vmrd too",
            "give vmrd a location of its own, or tell them what an outage of vmrd means: five seconds for each call",
        )


def judge_location(config: Config, site: Site) -> Line:
    """Where the prison rooms are called from."""
    name = config.pexip.location
    if name is None:
        return ok(_LOCATION, "not set: Pexip's call routing rules choose who calls the prison rooms")
    nodes = site.nodes
    if isinstance(nodes, Why):
        return unread(nodes, _LOCATION, f"see in Platform > Locations that {name!r} is there and has nodes")
    there = [node for node in nodes if node.location == name]
    if not there:
        known = not isinstance(site.locations, Why) and name in {place.name for place in site.locations}
        what = "has no node in it, so nothing can call from there" if known else "is in no node's settings"
        places = _places(frozenset(node.location for node in nodes))
        return fail(_LOCATION, f"{name!r} {what}", f"set pexip.location to one that has nodes, to the letter: {places}")
    if all(node.maintenance for node in there):
        return fail(_LOCATION, f"every node at {name!r} is in maintenance", "take one out, or call from elsewhere")
    return ok(_LOCATION, f"{name!r}; nodes in it: {len(there)}")


def judge_theme(settings: Settings | Why) -> Line:
    """What the keys of a prison room's remote control can do. Rooms of vmrd have the platform's default theme."""
    asks = (
        "download the default theme in Services > Themes and see in its themeconfig.json that DTMF controls are "
        "disabled; then check this off by hand"
    )
    if isinstance(settings, Why):
        return unread(settings, _DTMF, f"Platform > Global settings names the default theme; {asks}")
    if settings.theme is None:
        return warn(
            _DTMF,
            "the default theme is Pexip's own: at a Host's screen *7 unlocks a meeting and ## ends it",
            "make a theme that disables DTMF controls and make it the default; until then vmrd locks again within 3 s",
        )
    named = f", {settings.theme!r}" if settings.theme else ""
    return not_checked(_DTMF, f"our rooms get the default theme{named}; the API does not show what keys do in it", asks)


def judge_domain(domain: str, addresses: int | Why) -> Line:
    """Whether the platform has rooms at our domain already."""
    name = "domain"
    if isinstance(addresses, Why):
        return unread(addresses, name, f"see in Services > Virtual Meeting Rooms that addresses end in @{domain}")
    if not addresses:
        return warn(
            name,
            f"no room of the platform has an address at {domain} yet",
            "right for a new domain: rehearse one booking, from the web and from a prison room",
        )
    return ok(name, f"{domain}, which rooms of the platform have")


def _in_clear(name: str, own: str, url: str) -> Iterator[Line]:
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        yield warn(name, f"{own!r} sends its password and who is in a meeting in clear", "give it an https address")


def _bare(name: str) -> str:
    return name.lower().replace("_", "").replace(" ", "")


def _base(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _places(names: frozenset[str] | set[str]) -> str:
    return ", ".join(repr(name) for name in sorted(names)) or "the location of vmrd's nodes"
