"""How a node describes a call to a policy server: every parameter there is, empty where nothing is known.

Booleans are `True` and `False`, headers that a SIP caller sent are JSON lists, and an attribute of an identity provider
may come several times.
"""

import json
from dataclasses import dataclass, replace

from pexip_mock.knobs import Knobs
from pexip_mock.people import TRAITS, Kind, Leg, Person, Role, address_of
from pexip_mock.vmrs import Vmr

Query = list[tuple[str, str]]
CALLER_ADDRESS = "192.0.2.55"
SIP_WORDS = ("sip", "mssip")
TRIGGERS = ("options", "subscribe", "web_avatar_fetch", "lrq", "arq", "setup", "unspecified")
"""Why a node may ask although nobody calls."""
_TRIGGER_OF = {"sip": "invite", "mssip": "invite", "h323": "setup", "teams": "teams", "gms": "unspecified"}


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls what, as a node knows it.

    `participant_type` is `standard`, or `api` or `api_host` for a leg without media; `trigger` is set where nobody
    calls; `service` is the running VMR of a call from the platform to an endpoint; `source` is whom the defence against
    scanning for aliases counts, the remote address if not said.
    """

    node: str
    alias: str
    name: str
    kind: Kind
    remote_alias: str
    remote_address: str = CALLER_ADDRESS
    call_tag: str = ""
    participant_type: str = "standard"
    participant_uuid: str = ""
    trigger: str = ""
    service: Vmr | None = None
    idp_attributes: tuple[tuple[str, str], ...] = ()
    source: str = ""

    @property
    def is_web(self) -> bool:
        """Whether the PIN is asked for before the call is there."""
        return self.kind is Kind.API or TRAITS[self.kind].web

    @property
    def protocol(self) -> str:
        """In the words of policy: an app without media yet is `api`."""
        return "api" if self.participant_type != "standard" else TRAITS[self.kind].protocol

    def with_media(self) -> "Call":
        """The second question about a web caller, who is about to send media."""
        return replace(self, participant_type="standard", kind=Kind.BROWSER if self.kind is Kind.API else self.kind)


def call_of(person: Person, node: str, participant_uuid: str) -> Call:
    """Somebody dials: an app begins without media."""
    web = TRAITS[person.kind].web
    return Call(
        node,
        person.alias,
        person.name,
        person.kind,
        address_of(person),
        call_tag=person.call_tag,
        participant_type="api" if web else "standard",
        participant_uuid=participant_uuid,
        idp_attributes=person.idp_attributes,
        source=person.number or person.name,
    )


def call_to(leg: Leg) -> Call:
    """The platform calls an endpoint."""
    shown = leg.shown
    return Call(leg.node, shown.local_alias, shown.display_name, leg.kind, shown.uri, service=leg.conference.vmr)


def service_query(call: Call, knobs: Knobs, location: str) -> Query:
    """The question what an alias is to be."""
    asked = _common(call, knobs, location)
    if call.service is not None:
        vmr = call.service
        asked += [("service_name", vmr.name), ("unique_service_name", vmr.name), ("service_tag", vmr.tag)]
    return asked + [
        (word, "") for word in ("breakout_uuid", "display_count", "telehealth_request_id", "third_party_passcode")
    ]


def participant_query(call: Call, knobs: Knobs, location: str, vmr: Vmr, role: Role | None) -> Query:
    """The question what a caller is to be in that service; `role` is what a PIN gave, if it was asked for yet."""
    return [
        *_common(call, knobs, location),
        ("participant_type", call.participant_type),
        ("participant_uuid", call.participant_uuid),
        ("call_uuid", call.participant_uuid),
        ("preauthenticated_role", role.value if role is not None else ""),
        ("bypass_lock", "False"),
        ("service_name", vmr.name),
        ("unique_service_name", vmr.name),
        ("service_tag", vmr.tag),
        *(
            (word, "")
            for word in (
                "display_count",
                "receive_from_audio_mix",
                "send_to_audio_mixes_mix_name",
                "send_to_audio_mixes_prominent",
            )
        ),
        *((f"idp_attribute_{name}", value) for name, value in call.idp_attributes),
    ]


def _common(call: Call, knobs: Knobs, location: str) -> Query:
    traits = TRAITS[call.kind]
    direction = "dial_in" if call.service is None else "dial_out"
    scheme = "sip:" if call.protocol in SIP_WORDS else ""
    asked = [
        ("call_direction", "non_dial" if call.trigger else direction),
        ("protocol", call.protocol),
        ("local_alias", scheme + call.alias),
        ("remote_alias", call.remote_alias),
        ("remote_display_name", call.name),
        ("remote_address", call.remote_address),
        ("remote_port", "5061" if scheme else ""),
        ("location", location),
        ("node_ip", call.node),
        ("version_id", knobs.version_id),
        ("pseudo_version_id", knobs.pseudo_version),
        ("registered", "False"),
        ("trigger", call.trigger or _trigger(call)),
        ("vendor", traits.vendor),
        ("bandwidth", str(traits.bandwidth) if traits.bandwidth else ""),
        ("encryption", "Off" if call.kind is Kind.PHONE else "On"),
        ("call_tag", call.call_tag),
        *((word, "") for word in ("idp_uuid", "teams_tenant_id", "previous_service_name")),
        ("has_authenticated_display_name", str(bool(call.idp_attributes))),
        ("supports_direct_media", "False"),
    ]
    if call.kind is Kind.PHONE and not call.trigger:
        asked.append(("p_Asserted-Identity", json.dumps([f"<{call.remote_alias}>"])))
    if call.kind is Kind.SKYPE and not call.trigger:
        asked.append(("ms-subnet", json.dumps(["203.0.113.0"])))
    return asked


def _trigger(call: Call) -> str:
    return "web" if call.is_web else _TRIGGER_OF.get(call.protocol, "unspecified")
