"""The JSON of the status API about the platform itself: nodes, locations, licences. Capacities are canned."""

from pexip_mock.status_fields import LICENSED, MANAGEMENT_VM, SYSTEM_LOCATION, WORKER_VM
from pexip_mock.stored import Record
from pexip_mock.wire import Json, moment
from pexip_mock.world import World

CALLS_PER_NODE = 40
PORT_LICENCES = 500
VMR_LICENCES = 100_000
CONTACT_EVERY_S = 60


def version_of(world: World) -> str:
    """The software version as the platform writes it."""
    return f"{world.knobs.version_id} ({world.knobs.pseudo_version})"


def node_json(world: World, index: int, configured: Record, booted_at: float) -> Json:
    """One Conferencing Node; nodes count from 1."""
    node = world.knobs.nodes[index - 1]
    calls = _calls(world, node)
    contact = moment(world.business - world.business % CONTACT_EVERY_S)
    return {
        "id": index,
        "configuration_id": index,
        "name": configured["name"],
        "system_location": world.locations.of(node),
        "node_type": configured["node_type"],
        "version": version_of(world),
        "deploy_status": "SUCCESS",
        "sync_status": "SYNCED",
        "upgrade_status": "IDLE",
        "maintenance_mode": node in world.entrance.in_maintenance,
        "maintenance_mode_reason": configured["maintenance_mode_reason"],
        "media_load": min(100, 100 * calls // CALLS_PER_NODE),
        "media_tokens_used": calls,
        "signaling_count": sum(1 for leg in world.floor.legs.values() if leg.node == node),
        **_capacity(1),
        "max_direct_participants": CALLS_PER_NODE,
        "cpu_capabilities": "AVX2",
        "cpu_count": 4,
        "cpu_model": "mock",
        "hypervisor": "mock",
        "total_ram": 4_194_304,
        "boot_time": moment(booted_at),
        "last_attempted_contact": contact,
        "last_updated": contact,
        "resource_uri": WORKER_VM.uri(index),
    }


def location_json(world: World, index: int, name: str) -> Json:
    """One location, with or without nodes in it."""
    nodes = [node for node in world.knobs.nodes if world.locations.of(node) == name]
    calls = sum(_calls(world, node) for node in nodes)
    return {
        "id": index,
        "name": name,
        "media_load": min(100.0, 100 * calls / (CALLS_PER_NODE * max(1, len(nodes)))),
        "media_tokens_used": calls,
        **_capacity(len(nodes)),
        "max_connections": f"CONFERENCING: {CALLS_PER_NODE * len(nodes)}",
        "resource_uri": SYSTEM_LOCATION.uri(index),
    }


def management_json(world: World) -> Json:
    """The Management Node."""
    contact = moment(world.business - world.business % CONTACT_EVERY_S)
    return {
        "id": 1,
        "configuration_id": 1,
        "name": "management",
        "version": version_of(world),
        "sync_status": "SYNCED",
        "upgrade_status": "IDLE",
        "primary": True,
        "last_attempted_contact": contact,
        "last_updated": contact,
        "resource_uri": MANAGEMENT_VM.uri(1),
    }


def licensing_json(world: World) -> Json:
    """Licences: every leg with media takes a port, every VMR one of its own."""
    used = {
        "port_count": sum(1 for leg in world.floor.legs.values() if leg.shown.has_media),
        "port_total": PORT_LICENCES,
        "system_count": 1,
        "system_total": 1,
        "vmr_count": len(world.directory.records),
        "vmr_total": VMR_LICENCES,
    }
    none = {f"{kind}_{what}": 0 for kind in LICENSED for what in ("count", "total")}
    return {**none, **used, "customlayouts_active": False}


def _calls(world: World, node: str) -> int:
    return sum(1 for leg in world.floor.legs.values() if leg.node == node and leg.shown.has_media)


def _capacity(nodes: int) -> Json:
    calls = CALLS_PER_NODE * nodes
    return {
        "max_audio_calls": calls * 4,
        "max_sd_calls": calls * 2,
        "max_hd_calls": calls,
        "max_full_hd_calls": calls // 2,
        "max_media_tokens": calls,
    }
