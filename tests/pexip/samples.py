"""Payloads in the shape of Pexip's surfaces, with made-up people and numbers kept for drama."""

from typing import Any

import httpx
import respx

from vmrd.pexip.http import PexipHttp, Report, unreported
from vmrd.pexip.vmr import VmrSpec

BASE = "https://mgmt.example.org"
NODE_A = "https://node-a.example.org"
NODE_B = "https://node-b.example.org"
ALIAS = "qwkzt@vc.example.org"
ALIAS_PATH = "qwkzt%40vc.example.org"
NAME = "vmrd-4711"

JsonObject = dict[str, Any]


def router() -> respx.MockRouter:
    return respx.MockRouter(assert_all_called=False)


def transport(mock: respx.MockRouter) -> httpx.MockTransport:
    return httpx.MockTransport(mock.async_handler)


def upstream(mock: respx.MockRouter, *, base: str = BASE, report: Report = unreported, **more: Any) -> PexipHttp:
    return PexipHttp(base, transport=transport(mock), report=report, **more)


def envelope(result: Any, status: str = "success") -> JsonObject:
    return {"status": status, "result": result}


def page(rows: list[JsonObject], following: str | None = None) -> JsonObject:
    meta = {"limit": 20, "offset": 0, "next": following, "previous": None, "total_count": len(rows)}
    return {"meta": meta, "objects": rows}


def client_person(**changes: Any) -> JsonObject:
    """A solicitor in a browser, inside with camera on, as the client API lists her."""
    return {
        "uuid": "5e1c0000-0000-4000-a000-000000000001",
        "api_url": "/participants/5e1c0000-0000-4000-a000-000000000001",
        "display_name": "Ms A. Sample",
        "overlay_text": "Ms A. Sample",
        "uri": "Ms A. Sample",
        "local_alias": ALIAS,
        "protocol": "webrtc",
        "role": "guest",
        "service_type": "conference",
        "call_direction": "in",
        "start_time": 1795252504.51,
        "has_media": True,
        "is_audio_only_call": "NO",
        "is_video_call": "YES",
        "is_muted": "NO",
        "is_client_muted": False,
        "is_video_muted": False,
        "is_presenting": "NO",
        "is_streaming_conference": False,
        "is_external": False,
        "encryption": "On",
        "buzz_time": 0,
        "spotlight": 0,
        "call_tag": "",
        "vendor": "Mozilla/5.0 Firefox/130.0",
        "receive_from_video_mix": {"mix_name": "main", "timestamp": 1795252504.51},
        **changes,
    }


def status_person(**changes: Any) -> JsonObject:
    """A telephone caller at the lobby, as the status API lists him."""
    return {
        "id": "7f0c0000-0000-4000-a000-000000000001",
        "call_uuid": "7f0c0000-0000-4000-a000-000000000001",
        "conference": NAME,
        "display_name": "+441632960123",
        "participant_alias": "sip:+441632960123@sbc.example.org",
        "source_alias": "sip:+441632960123@sbc.example.org",
        "destination_alias": ALIAS,
        "role": "unknown",
        "service_type": "waiting_room",
        "protocol": "SIP",
        "call_direction": "in",
        "connect_time": "2026-11-21T09:15:04.512345",
        "has_media": True,
        "bandwidth": 64,
        "rx_bandwidth": 64,
        "tx_bandwidth": 64,
        "encryption": "Off",
        "is_presenting": False,
        "is_streaming": False,
        "call_tag": "",
        "vendor": "Sample SBC",
        **changes,
    }


def sink_person(**changes: Any) -> JsonObject:
    """The same caller as an event sink tells of him."""
    told = status_person()
    told["uuid"] = told.pop("id")
    return {**told, "related_uuids": [], "service_tag": "vmrd:4711", **changes}


def sink_event(event: str, data: Any, *, seq: int = 42, version: int = 2, time: float = 1795252510.01) -> JsonObject:
    return {"node": "10.10.0.11", "seq": seq, "version": version, "time": time, "event": event, "data": data}


def conference_state(**changes: Any) -> JsonObject:
    return {"locked": False, "guests_muted": False, "started": True, "chat_enabled": False, **changes}


def token_result(**changes: Any) -> JsonObject:
    return {
        "token": "a1b2c3d4",
        "expires": "120",
        "participant_uuid": "0b6d0000-0000-4000-a000-00000000000c",
        "role": "HOST",
        "display_name": "Prison control",
        "current_service_type": "conference",
        "service_type": "conference",
        "conference_name": NAME,
        "version": {"version_id": "38", "pseudo_version": "82000.0.0"},
        "chat_enabled": False,
        **changes,
    }


PIN_CHALLENGE = envelope({"pin": "required", "guest_pin": "required", "version": {"version_id": "38"}})
NOT_FOUND = envelope("Neither conference nor gateway found", "failed")


def spec(**changes: Any) -> VmrSpec:
    wanted: JsonObject = {
        "name": NAME,
        "aliases": ("qwkzt", ALIAS),
        "tag": "vmrd:4711:1",
        "host_pin": "482913",
        "guest_pin": "771204",
        "description": "booked",
        "participant_limit": 20,
        **changes,
    }
    return VmrSpec(**wanted)


def vmr_row(wanted: VmrSpec, **changes: Any) -> JsonObject:
    """The record as Pexip shows it after `wanted` was created."""
    aliases = [{"id": n, "alias": alias, "description": ""} for n, alias in enumerate(wanted.aliases, 1)]
    uri = "/api/admin/configuration/v1/conference/54/"
    return {**wanted.body(), "id": 54, "resource_uri": uri, "automatic_participants": [], "aliases": aliases, **changes}
