"""External policy: a node asks a server of yours what to do with a call, within five seconds.

| answer | effect |
|---|---|
| 200, `status: success`, a valid service or properties | used |
| `action: reject` without them, or `result.reject` | refused: "not found" for a service, 403 for a participant |
| anything else: late, not 200, not JSON, one value wrong | rejected if `action` says so, else the own database |

A SIP, H.323 or telephone caller is judged before its PIN, a web caller after it.
"""

import json
from dataclasses import dataclass, replace

import aiohttp

from pexip_mock.entrance import NO_VERDICT, Verdict
from pexip_mock.live import Platform
from pexip_mock.people import TRAITS, Kind, Role
from pexip_mock.stored import Record
from pexip_mock.vmrs import Alias, Vmr, pin_faults
from pexip_mock.wire import Json, basic_header


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls what, as a node describes it to the policy server."""

    node: str
    alias: str
    name: str
    kind: Kind
    remote_alias: str
    remote_address: str
    call_tag: str


class PolicyServer:
    """Asks the policy server attached to the location of the node, if there is one. `attached` is by node."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._session: aiohttp.ClientSession | None = None
        self.attached: dict[str, Record] = {}

    async def open(self) -> None:
        """Get ready to ask."""
        self._session = aiohttp.ClientSession()

    async def close(self) -> None:
        """Ask no more."""
        if self._session is not None:
            await self._session.close()

    def asked(self) -> bool:
        """Whether there is anybody to ask."""
        return bool(self.attached)

    async def service(self, call: Call) -> Verdict:
        """What this alias is to be for this caller."""
        profile = self.attached.get(call.node)
        if profile is None or not profile.get("enable_service_lookup", True):
            return NO_VERDICT
        reply = await self._ask(profile, "service/configuration", self._parameters(call))
        if reply is None:
            return NO_VERDICT
        service = _service(reply.get("result"), call.alias, self._platform.world.knobs.min_pin_length)
        if reply.get("status") == "success" and service is not None:
            return Verdict(service=service)
        return Verdict(service_rejected=reply.get("action") == "reject")

    async def participant(self, call: Call, service: Verdict, vmr: Vmr, role: Role | None) -> Verdict:
        """What this caller is to be in that service, added to what was said of the service."""
        profile = self.attached.get(call.node)
        if profile is None or not profile.get("enable_participant_lookup", True):
            return service
        parameters = self._parameters(call) | {
            "participant_type": "api" if call.kind is Kind.API else "standard",
            "preauthenticated_role": role.value if role is not None else "",
            "bypass_lock": "False",
            "service_name": vmr.name,
            "service_tag": vmr.tag,
        }
        reply = await self._ask(profile, "participant/properties", parameters)
        result = reply.get("result") if reply is not None else None
        if reply is None or not isinstance(result, dict):
            return replace(service, participant_rejected=reply is not None and reply.get("action") == "reject")
        if reply.get("action") == "reject" or result.get("reject") is True:
            reason = result.get("reject_reason")
            return replace(service, participant_rejected=True, reject_reason=reason if isinstance(reason, str) else "")
        if reply.get("status") != "success":
            return service
        return _with_properties(service, result)

    def _parameters(self, call: Call) -> dict[str, str]:
        knobs = self._platform.world.knobs
        protocol = TRAITS[call.kind].protocol
        scheme = "sip:" if protocol in ("sip", "mssip") else ""
        return {
            "call_direction": "dial_in",
            "protocol": protocol,
            "local_alias": scheme + call.alias,
            "remote_alias": call.remote_alias,
            "remote_display_name": call.name,
            "remote_address": call.remote_address,
            "remote_port": "",
            "location": self._platform.world.locations.of(call.node),
            "node_ip": call.node,
            "version_id": knobs.version_id,
            "pseudo_version_id": knobs.pseudo_version,
            "registered": "False",
            "trigger": "web" if TRAITS[call.kind].web or call.kind is Kind.API else "invite",
            "vendor": TRAITS[call.kind].vendor,
            "call_tag": call.call_tag,
            "idp_uuid": "",
        }

    async def _ask(self, profile: Record, path: str, parameters: dict[str, str]) -> Json | None:
        assert self._session is not None
        headers = basic_header(str(profile.get("username", "")), str(profile.get("password", "")))
        url = f"{str(profile.get('url', '')).rstrip('/')}/policy/v1/{path}"
        timeout = aiohttp.ClientTimeout(total=self._platform.world.knobs.policy_timeout_s)
        try:
            async with self._session.get(
                url, params=parameters, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                if response.status != 200 or response.content_type != "application/json":
                    return None
                reply = json.loads(await response.read())
        except (TimeoutError, aiohttp.ClientError, ValueError):
            return None
        return reply if isinstance(reply, dict) else None


def _service(result: object, alias: str, min_pin_length: int) -> Vmr | None:
    """The service a reply describes; None when anything in it is wrong, for that voids all of it."""
    if not isinstance(result, dict):
        return None
    words = {key: result.get(key, "") for key in ("name", "service_type", "service_tag", "pin", "guest_pin")}
    flags = {key: result.get(key, default) for key, default in (("allow_guests", False), ("locked", False))}
    limit = result.get("participant_limit")
    if not all(isinstance(word, str) and len(word) <= 250 for word in words.values()):
        return None
    if not all(isinstance(flag, bool) for flag in flags.values()) or not (limit is None or isinstance(limit, int)):
        return None
    if not words["name"] or not words["service_type"] or "service_tag" not in result:
        return None
    vmr = Vmr(
        name=str(words["name"]),
        aliases=(Alias(alias),),
        service_type=str(words["service_type"]),
        tag=str(words["service_tag"]),
        allow_guests=bool(flags["allow_guests"]),
        pin=str(words["pin"]),
        guest_pin=str(words["guest_pin"]),
        mute_all_guests=result.get("mute_all_guests") is True,
        guests_can_present=result.get("guests_can_present") is not False,
        participant_limit=limit,
        locked_at_birth=bool(flags["locked"]),
    )
    return None if pin_faults(vmr, min_pin_length) else vmr


def _with_properties(verdict: Verdict, result: Json) -> Verdict:
    role, name, tag = result.get("preauthenticated_role"), result.get("remote_display_name"), result.get("call_tag")
    return replace(
        verdict,
        role=Role(role) if role in ("chair", "guest") else verdict.role,
        bypasses_lock=result.get("bypass_lock") is True,
        display_name=name if isinstance(name, str) and name else None,
        call_tag=tag if isinstance(tag, str) and tag else None,
    )
