"""VMRs and their aliases as the management API reads and writes them: the world's records in the vendor's JSON.

An alias belongs to one VMR and lives in its record; the participants a VMR calls live in a table of their own, which
says for each whose they are. Lists given in a body replace what was there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pexip_mock.calls import AutomaticCall, DialRequest
from pexip_mock.fields import Unfit
from pexip_mock.people import KeepAlive, Role
from pexip_mock.refusal import FieldErrors, Refusal
from pexip_mock.resource import ANY, not_found
from pexip_mock.shaped import Shaped
from pexip_mock.site import Site
from pexip_mock.stored import Record
from pexip_mock.vmr_fields import CONFERENCE, CONFERENCE_ALIAS
from pexip_mock.vmrs import Alias, Setting, Vmr
from pexip_mock.wire import Json, moment

# the settings of a VMR that the world acts on; it carries the others along
ACTED_ON = (
    *("name", "service_type", "description", "tag", "allow_guests", "pin", "guest_pin", "mute_all_guests"),
    *("guests_can_present", "participant_limit", "enable_chat"),
)


class VmrKeeper:
    """`configuration/v1/conference/`."""

    resource = CONFERENCE

    def __init__(self, site: Site) -> None:
        self._site = site

    def rows(self, wanted: Mapping[str, str] = ANY) -> Sequence[Json]:
        """Every VMR, or the one of the name that is wanted."""
        return Shaped(self._site.world.directory.listed(wanted.get("name")), self._shown)

    def row(self, key: str) -> Json:
        """One VMR. Raises Refusal 404."""
        return self._shown(self._vmr(key))

    def reach(self, row: Json, path: str) -> object:
        """A field of the VMR, the texts of its aliases, or the name of its theme."""
        match path:
            case "aliases__alias":
                aliases = row["aliases"]
                return [alias["alias"] for alias in aliases] if isinstance(aliases, list) else []
            case "ivr_theme__name":
                theme = row["ivr_theme"]
                return theme["name"] if isinstance(theme, dict) else None
            case _:
                return row.get(path)

    def create(self, body: Json) -> int:
        """A new VMR; dialable once replicated. Raises Refusal 400."""
        vmr_id = self._site.world.create_vmr(self._described(body, None, Vmr(name="")))
        self._assign_calls(vmr_id, body)
        return vmr_id

    def change(self, key: str, body: Json, *, whole: bool) -> None:
        """Change a VMR. Raises Refusal 404 and 400."""
        former = self._vmr(key)
        base = Vmr(name="", id=former.id, created_at=former.created_at) if whole else former
        known = replace(base, aliases=former.aliases)
        vmr = self._described(body, None if whole else _record_of(former), known)
        if whole and body.get("aliases") is None:
            vmr = replace(vmr, aliases=())
        self._site.world.change_vmr(vmr)
        calls = body.get("automatic_participants")
        self._assign_calls(former.id, {"automatic_participants": calls or []} if whole else body)

    def delete(self, key: str) -> None:
        """Delete a VMR; nobody is called into it any more. Raises Refusal 404."""
        vmr = self._vmr(key)
        self._assign_calls(vmr.id, {"automatic_participants": []})
        self._site.world.delete_vmr(vmr.id)

    def place_calls(self) -> None:
        """Give every VMR the calls it is to make, as its automatic participants now say."""
        world, site = self._site.world, self._site
        wanted: dict[str, list[AutomaticCall]] = {}
        for call_id, record in site.calls.records.items():
            call = _automatic_call(call_id, record, site.location_name(record["system_location"]))
            for uri in _uris(record, "conference"):
                wanted.setdefault(uri, []).append(call)
        for vmr in list(world.directory.records.values()):
            calls = tuple(wanted.get(CONFERENCE.uri(vmr.id), ())) if wanted else ()
            if calls != vmr.automatic:
                world.change_vmr(replace(vmr, automatic=calls))

    def _vmr(self, key: str) -> Vmr:
        if not (key.isascii() and key.isdigit()):
            raise not_found()
        return self._site.world.directory.get(int(key))

    def _shown(self, vmr: Vmr) -> Json:
        uri, site = CONFERENCE.uri(vmr.id), self._site
        known = {
            "id": vmr.id,
            "resource_uri": uri,
            **_record_of(vmr),
            "aliases": [_alias_json(alias, order, vmr) for order, alias in enumerate(vmr.aliases, start=1)],
            "automatic_participants": [
                site.calls.shown(call_id)
                for call_id, record in site.calls.records.items()
                if uri in _uris(record, "conference")
            ],
            "creation_time": moment(vmr.created_at),
            "scheduled_conferences": [],
            "scheduled_conferences_count": 0,
        }
        known["ivr_theme"] = site.themes.shown_at(known["ivr_theme"])
        if site.locations.by_uri(known["system_location"]) is None:
            known["system_location"] = None
        return {field.name: known[field.name] for field in CONFERENCE.fields}

    def _described(self, body: Json, base: Json | None, known: Vmr) -> Vmr:
        """The VMR a body describes; `known` lends what a body cannot say. Raises Refusal 400."""
        record = CONFERENCE.cleaned(body, base, self._site.exists)
        if record["breakout_rooms"] and record["direct_media"] != "never":
            raise CONFERENCE.refusal(("__all__", "Direct media and breakout rooms exclude each other."))
        settings = {name: record.pop(name) for name in ACTED_ON}
        return replace(
            known,
            **settings,  # type: ignore[arg-type]  # each was fitted to the field of the same name
            aliases=self._aliases(body["aliases"], known) if body.get("aliases") is not None else known.aliases,
            others=tuple((name, _setting(value)) for name, value in record.items()),
        )

    def _aliases(self, given: object, known: Vmr) -> tuple[Alias, ...]:
        own = {alias.id: alias for alias in known.aliases}
        by_text = {alias.alias: alias for alias in known.aliases}
        found: list[Alias] = []
        for item in given if isinstance(given, list) else [None]:
            uri = item.get("resource_uri") if isinstance(item, dict) else item
            key = CONFERENCE_ALIAS.key_in(uri) if isinstance(uri, str) else None
            former = own.get(int(key)) if key is not None and key.isdigit() else None
            if isinstance(item, dict):
                former = former or by_text.get(str(item.get("alias")))
                found.append(_alias_from(item, former or Alias("")))
            elif former is not None:
                found.append(former)
            else:
                raise CONFERENCE.refusal(("aliases", f"Could not find the alias '{str(item)[:200]}' of this VMR."))
        return tuple(found)

    def _assign_calls(self, vmr_id: int, body: Json) -> None:
        """Make these automatic participants, and no others, call into this VMR. Raises Refusal 400."""
        if body.get("automatic_participants") is None:
            return
        given, calls, uri = body["automatic_participants"], self._site.calls, CONFERENCE.uri(vmr_id)
        if not isinstance(given, list):
            raise CONFERENCE.refusal(("automatic_participants", "Enter a list of URIs."))
        wanted = set()
        for item in given:
            named = item.get("resource_uri") if isinstance(item, dict) else item
            if isinstance(item, dict) and named is None:
                wanted.add(calls.create(item | {"conference": [uri]}))
            elif isinstance(named, str) and calls.by_uri(named) is not None:
                wanted.add(calls.id_of(named.rstrip("/").rpartition("/")[2]))
            else:
                raise CONFERENCE.refusal(("automatic_participants", f"Could not find '{str(named)[:200]}'."))
        for call_id, record in list(calls.records.items()):
            others = [one for one in _uris(record, "conference") if one != uri]
            calls.change(str(call_id), {"conference": [*others, *([uri] if call_id in wanted else [])]}, whole=False)


class AliasKeeper:
    """`configuration/v1/conference_alias/`."""

    resource = CONFERENCE_ALIAS

    def __init__(self, site: Site) -> None:
        self._site = site

    def rows(self, wanted: Mapping[str, str] = ANY) -> Sequence[Json]:
        """Every alias."""
        owned = [
            (alias, order, vmr)
            for vmr in self._site.world.directory.listed()
            for order, alias in enumerate(vmr.aliases, start=1)
        ]
        return Shaped(owned, lambda one: _alias_json(*one))

    def row(self, key: str) -> Json:
        """One alias. Raises Refusal 404."""
        vmr, alias = self._alias(key)
        return _alias_json(alias, vmr.aliases.index(alias) + 1, vmr)

    def reach(self, row: Json, path: str) -> object:
        """A field of the alias, or the name of its VMR."""
        return self._owner(row["conference"]).name if path == "conference__name" else row.get(path)

    def create(self, body: Json) -> int:
        """One more alias for a VMR. Raises Refusal 400."""
        record = CONFERENCE_ALIAS.cleaned(body, None, self._site.exists)
        vmr = self._owner(record["conference"])
        self._keep(vmr, (*vmr.aliases, Alias(str(record["alias"]), str(record["description"]))))
        return self._owner(record["conference"]).aliases[-1].id

    def change(self, key: str, body: Json, *, whole: bool) -> None:
        """Change an alias; another `conference` moves it there. Raises Refusal 404 and 400."""
        former, alias = self._alias(key)
        shown = _alias_json(alias, 0, former)
        record = CONFERENCE_ALIAS.cleaned(body, None if whole else shown, self._site.exists)
        changed = replace(alias, alias=str(record["alias"]), description=str(record["description"]))
        vmr = self._owner(record["conference"])
        if vmr.id == former.id:
            self._keep(vmr, tuple(changed if one.id == alias.id else one for one in vmr.aliases))
        else:
            self._keep(former, tuple(one for one in former.aliases if one.id != alias.id))
            self._keep(vmr, (*vmr.aliases, changed))

    def delete(self, key: str) -> None:
        """Take an alias from its VMR. Raises Refusal 404."""
        vmr, gone = self._alias(key)
        self._keep(vmr, tuple(alias for alias in vmr.aliases if alias.id != gone.id))

    def _keep(self, vmr: Vmr, aliases: tuple[Alias, ...]) -> None:
        try:
            self._site.world.change_vmr(replace(vmr, aliases=aliases))
        except Refusal as refusal:
            if isinstance(refusal.result, FieldErrors):
                raise CONFERENCE_ALIAS.refusal(
                    *(("alias", sentence) for _, sentence in refusal.result.faults)
                ) from None
            raise

    def _owner(self, uri: object) -> Vmr:
        key = CONFERENCE.key_in(str(uri))
        assert key is not None
        return self._site.world.directory.get(int(key))

    def _alias(self, key: str) -> tuple[Vmr, Alias]:
        if not (key.isascii() and key.isdigit()):
            raise not_found()
        vmr = self._site.world.directory.with_alias(int(key))
        return vmr, next(alias for alias in vmr.aliases if alias.id == int(key))


def _record_of(vmr: Vmr) -> Json:
    return CONFERENCE.blank() | dict(vmr.others) | {name: getattr(vmr, name) for name in ACTED_ON}


def _alias_json(alias: Alias, order: int, vmr: Vmr) -> Json:
    return {
        "id": alias.id,
        "resource_uri": CONFERENCE_ALIAS.uri(alias.id),
        "alias": alias.alias,
        "conference": CONFERENCE.uri(vmr.id),
        "description": alias.description,
        "creation_time": moment(alias.created_at),
        "view_order": order,
    }


def _alias_from(item: Json, former: Alias) -> Alias:
    """An alias given inline. Raises Refusal 400 under the field that held it."""
    shown = {"alias": former.alias, "description": former.description} | item
    texts = []
    for part in ("alias", "description"):
        field = CONFERENCE_ALIAS.field(part)
        assert field is not None
        try:
            texts.append(str(field.fitted(shown[part], lambda _resource, _uri: False)))
        except Unfit as fault:
            raise CONFERENCE.refusal(("aliases", str(fault))) from None
    return replace(former, alias=texts[0], description=texts[1])


def _automatic_call(call_id: int, record: Record, location: str) -> AutomaticCall:
    request = DialRequest(
        destination=str(record["alias"]),
        protocol=str(record["protocol"]),
        role=Role(str(record["role"])),
        remote_display_name=str(record["remote_display_name"]),
        streaming=record["streaming"] is True,
        keep_alive=KeepAlive(str(record["keep_conference_alive"])),
        audio_only=record["call_type"] == "audio",
    )
    return AutomaticCall(call_id, request, location)


def _uris(record: Record, name: str) -> list[str]:
    value = record[name]
    return [str(uri) for uri in value] if isinstance(value, list) else []


def _setting(value: object) -> Setting:
    assert value is None or isinstance(value, str | int | float)
    return value
