"""VMRs as the Management Node keeps them, and as each Conferencing Node has learned of them.

A change is answered at once and reaches each node later, at its own moment: until then a new alias is unknown there, an
old PIN still works, and a deleted VMR can still be dialled. A running conference keeps the settings it was born with
(assumption A2) and outlives its VMR (A1).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count

from pexip_mock.calls import AutomaticCall
from pexip_mock.ground import Ground, What
from pexip_mock.refusal import FieldErrors, Refusal

Setting = str | int | float | bool | None | tuple[str, ...]
SCHEMES = ("sip:", "sips:", "h323:", "tel:")


@dataclass(frozen=True, slots=True)
class Alias:
    """One dialable address of a VMR."""

    alias: str
    description: str = ""
    id: int = 0
    created_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Vmr:
    """The configured record. `others` keeps the settings the mock stores and returns but never acts on."""

    name: str
    aliases: tuple[Alias, ...] = ()
    id: int = 0
    service_type: str = "conference"
    description: str = ""
    tag: str = ""
    allow_guests: bool = False
    pin: str = ""
    guest_pin: str = ""
    mute_all_guests: bool = False
    guests_can_present: bool = True
    participant_limit: int | None = None
    enable_chat: str = "default"
    created_at: float = 0.0
    others: tuple[tuple[str, Setting], ...] = ()
    automatic: tuple[AutomaticCall, ...] = ()
    locked_at_birth: bool = False


def plain_alias(dialled: str) -> str:
    """The form in which aliases are compared: no scheme, parameters or port, and no difference of case."""
    text = dialled.strip().lower()
    for scheme in SCHEMES:
        text = text.removeprefix(scheme)
    text = text.partition(";")[0]
    head, colon, port = text.rpartition(":")
    return head if colon and port.isdigit() else text


def pin_faults(vmr: Vmr, min_length: int) -> tuple[tuple[str, str], ...]:
    """What is wrong with this combination of PINs (the table of section 1.5.1), as (field, sentence) pairs."""
    faults: list[tuple[str, str]] = []
    for field, value in (("pin", vmr.pin), ("guest_pin", vmr.guest_pin)):
        if value and not value.removesuffix("#").isdigit():
            faults.append((field, "A PIN consists of digits, with an optional # at its end."))
        elif value and not min_length <= len(value) <= 20:
            faults.append((field, f"A PIN has between {min_length} and 20 characters."))
    if not vmr.allow_guests and vmr.guest_pin:
        faults.append(("guest_pin", "A Guest PIN needs Guests to be allowed."))
    if vmr.allow_guests and not vmr.pin:
        faults.append(("pin", "A Host PIN is needed when Guests are allowed."))
    if vmr.pin and vmr.guest_pin:
        if vmr.pin == vmr.guest_pin:
            faults.append(("__all__", "Host and Guest PINs must be different."))
        elif vmr.pin.endswith("#") != vmr.guest_pin.endswith("#"):
            faults.append(("__all__", "Either both PINs end in # or neither does."))
        elif len(vmr.pin) != len(vmr.guest_pin) and not vmr.pin.endswith("#"):
            faults.append(("__all__", "PINs of different length must end in #."))
    return tuple(faults)


class Directory:
    """The Management Node's table of VMRs and what has been published to each node.

    `on_learned` is told when a node hears of a change (or a deletion: None) of a VMR it knew.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._ids = count(1)
        self._alias_ids = count(1)
        self._versions = count(1)
        self._known: dict[str, dict[int, tuple[int, Vmr | None]]] = {node: {} for node in ground.knobs.nodes}
        self._dialable: dict[str, dict[str, Vmr]] = {node: {} for node in ground.knobs.nodes}
        self._under_way: Counter[tuple[str, int]] = Counter()
        self._by_name: dict[str, int] = {}
        self._by_alias: dict[str, int] = {}
        self.on_learned: Callable[[int, Vmr | None], None] = lambda _vmr_id, _content: None
        self._put_off: list[Callable[[], None]] | None = None
        self._by_alias_id: dict[int, int] = {}
        self.records: dict[int, Vmr] = {}
        self.deleted: dict[int, Vmr] = {}

    def create(self, draft: Vmr) -> Vmr:
        """Store a new VMR. Raises Refusal 400 for a name or alias in use and for PINs that do not go together."""
        self._check(draft, own_id=0)
        vmr = self._stored(replace(draft, id=next(self._ids), created_at=self._ground.clock.business))
        self._tell(What.VMR_CREATED, vmr)
        return vmr

    def change(self, vmr: Vmr) -> Vmr:
        """Store another content under the same id. Raises Refusal 404 and the refusals of `create`."""
        old = self.get(vmr.id)
        self._check(vmr, own_id=vmr.id)
        self._forget(old)
        stored = self._stored(vmr)
        self._tell(What.VMR_CHANGED, vmr)
        return stored

    def delete(self, vmr_id: int) -> None:
        """Remove a VMR; nodes go on answering for its aliases until they hear of it. Raises Refusal 404."""
        vmr = self.get(vmr_id)
        self._forget(vmr)
        del self.records[vmr_id]
        self.deleted[vmr_id] = vmr
        while len(self.deleted) > self._ground.knobs.ended_kept:
            del self.deleted[next(iter(self.deleted))]
        self._publish(vmr_id, None)
        self._tell(What.VMR_DELETED, vmr)

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """What is changed within is published when all of it was accepted; a Refusal undoes it. Not to be nested."""
        named = dict(self._by_name), dict(self._by_alias), dict(self._by_alias_id)
        before = dict(self.records), dict(self.deleted)
        self._put_off = []
        try:
            yield
        except Refusal:
            self.records, self.deleted = before
            self._by_name, self._by_alias, self._by_alias_id = named
            raise
        else:
            for act in self._put_off:
                act()
        finally:
            self._put_off = None

    def get(self, vmr_id: int) -> Vmr:
        """The record with this id. Raises Refusal 404."""
        try:
            return self.records[vmr_id]
        except KeyError:
            raise Refusal(404, "") from None

    def listed(self, name: str | None = None) -> list[Vmr]:
        """All records, oldest first; or the one with this name, if there is one."""
        if name is None:
            return list(self.records.values())
        return [self.records[vmr_id]] if (vmr_id := self._by_name.get(name)) is not None else []

    def with_alias(self, alias_id: int) -> Vmr:
        """The record to which the alias with this id belongs. Raises Refusal 404."""
        return self.get(self._by_alias_id.get(alias_id, 0))

    def dialable(self, node: str, alias: str) -> Vmr | None:
        """The VMR a node answers with for a dialled alias, as that node knows it now."""
        return self._dialable[node].get(plain_alias(alias))

    def is_dialable(self, node: str, vmr: Vmr) -> bool:
        """Whether every alias of this VMR answers at the node."""
        table = self._dialable[node]
        return bool(vmr.aliases) and all(
            (found := table.get(plain_alias(alias.alias))) is not None and found.id == vmr.id for alias in vmr.aliases
        )

    def _check(self, vmr: Vmr, own_id: int) -> None:
        faults = list(pin_faults(vmr, self._ground.knobs.min_pin_length))
        if not vmr.name or len(vmr.name) > 250:
            faults.append(("name", "A name of 1 to 250 characters is needed."))
        if self._by_name.get(vmr.name, own_id) != own_id:
            faults.append(("name", "A conference with this name already exists."))
        seen: set[str] = set()
        for alias in vmr.aliases:
            plain = plain_alias(alias.alias)
            if not plain or len(plain) > 250:
                faults.append(("aliases", "An alias of 1 to 250 characters is needed."))
            elif plain in seen or self._by_alias.get(plain, own_id) != own_id:
                faults.append(("aliases", "A conference alias with this alias already exists."))
            seen.add(plain)
        if faults:
            raise Refusal(400, FieldErrors("conference", tuple(faults)))

    def _stored(self, vmr: Vmr) -> Vmr:
        stored = replace(
            vmr,
            aliases=tuple(
                alias if alias.id else replace(alias, id=next(self._alias_ids), created_at=self._ground.clock.business)
                for alias in vmr.aliases
            ),
        )
        self.records[stored.id] = stored
        self._by_name[stored.name] = stored.id
        for alias in stored.aliases:
            self._by_alias[plain_alias(alias.alias)] = stored.id
            self._by_alias_id[alias.id] = stored.id
        self._publish(stored.id, stored)
        return stored

    def _forget(self, vmr: Vmr) -> None:
        self._by_name.pop(vmr.name, None)
        for alias in vmr.aliases:
            self._by_alias.pop(plain_alias(alias.alias), None)
            self._by_alias_id.pop(alias.id, None)

    def _tell(self, what: What, vmr: Vmr) -> None:
        self.when_accepted(lambda: self._ground.record(what, name=vmr.name, detail=str(vmr.id)))

    def when_accepted(self, act: Callable[[], None]) -> None:
        """Do this as soon as the change it follows from cannot be undone any more."""
        if self._put_off is None:
            act()
        else:
            self._put_off.append(act)

    def _publish(self, vmr_id: int, content: Vmr | None) -> None:
        self.when_accepted(lambda: self._send_out(vmr_id, content))

    def _send_out(self, vmr_id: int, content: Vmr | None) -> None:
        version = next(self._versions)
        knobs = self._ground.knobs
        for node in knobs.nodes:
            spread = 1 + knobs.replication_jitter * self._ground.rng.uniform(-1, 1)
            delay = knobs.replication_delay_s * spread
            self._under_way[node, vmr_id] += 1
            self._ground.clock.after_business(
                delay,
                lambda node=node: self._hear(node, vmr_id, version, content),  # type: ignore[misc]
            )

    def _hear(self, node: str, vmr_id: int, version: int, content: Vmr | None) -> None:
        self._learn(node, vmr_id, version, content)
        self._under_way[node, vmr_id] -= 1
        if not self._under_way[node, vmr_id]:
            del self._under_way[node, vmr_id]
            if self._known[node][vmr_id][1] is None:  # nothing can overtake its deletion any more
                del self._known[node][vmr_id]

    def _learn(self, node: str, vmr_id: int, version: int, content: Vmr | None) -> None:
        known, table = self._known[node], self._dialable[node]
        former_version, former = known.get(vmr_id, (0, None))
        if version < former_version:  # a later change overtook this one
            return
        known[vmr_id] = (version, content)
        if former is not None:
            for alias in former.aliases:
                plain = plain_alias(alias.alias)
                if plain in table and table[plain].id == vmr_id:
                    del table[plain]
        if content is not None:
            for alias in content.aliases:
                table[plain_alias(alias.alias)] = content
        if former is not None:
            self.on_learned(vmr_id, content)
