"""What fits no other part of the configuration, though each part is right by itself.

Looked for once every part could be read, and all at once. A fault is a key and a sentence without any value in it
but names that are no secrets: codes, rooms, systems.
"""

from __future__ import annotations

import ssl
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TYPE_CHECKING

from vmrd.certificate import BadCertificate, check
from vmrd.config_faults import Loc
from vmrd.config_listen import is_loopback
from vmrd.lifecycle.desk import Authority
from vmrd.outward import fault_of

if TYPE_CHECKING:
    from vmrd.config import Config

Fault = tuple[Loc, str]


def contradictions(config: Config) -> Iterator[Fault]:
    """Every fault of what is meant together."""
    for look in (_names, _codes, _senders, _adapters, _callbacks, _timings, _trust, _store, _listeners):
        yield from look(config)


def _names(config: Config) -> Iterator[Fault]:
    """Names that must tell apart."""
    prisons = config.establishments
    yield from _twice((each.code for each in prisons), lambda n: ("establishments", n, "code"))
    addresses: dict[str, tuple[int, int]] = {}
    for n, prison in enumerate(prisons):
        rooms, here = prison.rooms, ("establishments", n, "rooms")
        keys = [(m, name) for m, room in enumerate(rooms) for name in set(room.names)]
        yield from _twice((name for _, name in keys), lambda i, at=here, of=keys: (*at, of[i][0], "key"))  # type: ignore[misc]
        yield from _twice((each.key for each in prison.questions), lambda m, at=n: _at(at, "questions", m, "key"))  # type: ignore[misc]
        for m, room in enumerate(rooms):
            former = addresses.setdefault(room.address, (n, m)) if room.address is not None else (n, m)
            if former != (n, m):
                yield (*here, m, "address"), "is that of another room too: each room has a screen of its own"


def _at(prison: int, *rest: str | int) -> Loc:
    return ("establishments", prison, *rest)


def _codes(config: Config) -> Iterator[Fault]:
    """Codes that must be those of an establishment. Others may also name prisons that are not vmrd's yet."""
    known = {each.code for each in config.establishments}
    for n, sender in enumerate(config.senders):
        if sender.establishments and not known & set(sender.establishments):
            yield (
                ("senders", n, "establishments"),
                "names no establishment of this file, so nothing it sends could be taken: correct a code, or leave it "
                "out for all",
            )
    sealed = config.sign_in.sealed
    if sealed is not None and (strange := sorted(set(sealed.establishments) - known)):
        yield ("sign_in", "sealed", "establishments"), f"{', '.join(strange)} is no establishment of this file"
    oidc = config.sign_in.oidc
    if oidc is not None and oidc.establishments and not known & {c for v in oidc.establishments.values() for c in v}:
        yield ("sign_in", "oidc", "establishments"), "leads to no establishment of this file, so nobody would see one"


def _senders(config: Config) -> Iterator[Fault]:
    """Who it is follows from whose key or token fits."""
    senders = config.senders
    yield from _twice((each.system for each in senders), lambda n: ("senders", n, "system"))
    whose: dict[str, int] = {}
    for n, sender in enumerate(senders):
        shown = [("secrets", each) for each in sender.secrets] + ([("token", sender.token)] if sender.token else [])
        for key, secret in shown:
            if whose.setdefault(secret.get_secret_value().strip(), n) != n:
                yield ("senders", n, key), "is that of another sender too, so nobody could tell whose message it is"


def _adapters(config: Config) -> Iterator[Fault]:
    """What an adapter brings holds its room and time already, so its sender has to be judged as such."""
    authorities = {sender.system: sender.authority for sender in config.senders}
    for name, adapter in config.adapters.configured():
        if authorities.get(adapter.system) is not Authority.UPSTREAM:
            loc = ("adapters", name.replace("-", "_"), "system")
            yield loc, f'{name} needs a sender of its system with authority = "upstream": add it under [[senders]]'


def _callbacks(config: Config) -> Iterator[Fault]:
    goes_to: list[tuple[Loc, str | None]] = [
        (("senders", n, "callback_url"), sender.callback_url) for n, sender in enumerate(config.senders)
    ]
    for loc, url in (*goes_to, (("witness", "url"), config.witness.url)):
        if url is not None and (fault := fault_of(url, allow_private=config.allow_private_callbacks)):
            yield loc, fault


def _timings(config: Config) -> Iterator[Fault]:
    """Durations that cannot both hold, by what each establishment ends up with."""
    from vmrd.config import rules_for

    for n, prison in enumerate(config.establishments):
        rules = rules_for(config, prison.code)

        def key(name: str, own: object = prison.timing, at: int = n) -> Loc:
            return _at(at, "timing", name) if getattr(own, name) is not None else ("timing", name)

        if rules.prepare_before < rules.open_before + rules.replication:
            yield (
                key("prepare_before"),
                f"is too short for {prison.code}: a meeting must be made and known everywhere (replication) before "
                "officers may open it (open_before); give at least the sum of the two",
            )
        if rules.probe_after > rules.prepare_before:
            yield key("probe_after"), f"is longer than prepare_before for {prison.code}: it would be asked for too late"
        if rules.knock_escalates_after >= rules.waiting_for_host:
            yield (
                key("knock_escalates_after"),
                f"is not shorter than waiting_for_host for {prison.code}: who knocks would be gone before the alert",
            )


def _trust(config: Config) -> Iterator[Fault]:
    pexip = config.pexip
    if pexip.ca_file is None:
        return
    try:
        ssl.create_default_context(cafile=pexip.ca_file)
    except (OSError, ValueError):  # what is no certificate is an SSLError, which is an OSError
        yield ("pexip", "ca_file"), "is not there, or holds no certificate: give the CA's PEM file"


def _store(config: Config) -> Iterator[Fault]:
    if config.store.path is not None and config.store.path.is_dir():
        yield ("store", "path"), "is a folder: name a file in it, for example /var/lib/vmrd/vmrd.db"


def _listeners(config: Config) -> Iterator[Fault]:
    if config.demo and not is_loopback(config.listen.host):
        yield ("demo",), "one-click sign-in is for loopback only; set listen.host to 127.0.0.1, or demo to false"
    if config.listen.tls is not None:
        try:
            check(*config.listen.tls)
        except BadCertificate as bad:
            yield ("listen", bad.key), str(bad)


def _twice(names: Iterable[Hashable], loc: Callable[[int], Loc]) -> Iterator[Fault]:
    seen: Counter[Hashable] = Counter()
    for n, name in enumerate(names):
        if seen[name]:
            yield loc(n), f"{name} is there twice: give each its own"
        seen[name] += 1
