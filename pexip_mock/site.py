"""The site as configured: locations, what is attached to them, the nodes in them, and the rest of the tables.

An event sink or a policy profile works at a node only while it is attached to that node's location.
"""

from pexip_mock import kept_fields, site_fields
from pexip_mock.attachments import Attachments
from pexip_mock.global_fields import GLOBAL
from pexip_mock.live import Platform
from pexip_mock.policy import PolicyServer
from pexip_mock.resource import Resource
from pexip_mock.stored import Display, Record, Table
from pexip_mock.vmr_fields import AUTOMATIC_PARTICIPANT, CONFERENCE
from pexip_mock.wire import Json
from pexip_mock.world import World

DOMAIN = "nodes.example.org"
DEPLOYMENT_UUID = "00000000-0000-4000-8000-000000000002"
THEME_UUID = "00000000-0000-4000-8000-000000000001"


class Site:
    """Every table of the configuration but the VMRs', and what of it acts."""

    def __init__(self, platform: Platform, policy: PolicyServer) -> None:
        self._platform = platform
        self._attachments = Attachments(platform, policy)
        self.tables: dict[str, Table] = {}
        knobs = platform.world.knobs
        self.sinks = self._table(site_fields.EVENT_SINK)
        self.policies = self._table(site_fields.POLICY_SERVER)
        names = knobs.locations()
        locations: list[Record] = [{"name": name} for name in names]
        self.locations = self._table(site_fields.SYSTEM_LOCATION, *locations, display=self._with_its_sinks)
        self.nodes = self._table(
            site_fields.WORKER_VM,
            *(
                _node(index, node, self.locations.resource.uri(names.index(knobs.location_of(node)) + 1))
                for index, node in enumerate(knobs.nodes, start=1)
            ),
        )
        self.calls = self._table(AUTOMATIC_PARTICIPANT)
        self.themes = self._table(kept_fields.IVR_THEME, _theme(), display=self._with_its_users)
        self.settings = self._table(
            GLOBAL, {"default_theme": self.themes.resource.uri(1), "deployment_uuid": DEPLOYMENT_UUID}
        )
        self._table(kept_fields.ROLE, {"name": "Read-write", "permissions": []})
        for resource in (
            kept_fields.END_USER,
            kept_fields.DEVICE,
            kept_fields.GATEWAY_ROUTING_RULE,
            kept_fields.OAUTH2_CLIENT,
        ):
            self._table(resource)

    @property
    def world(self) -> World:
        """The world as of now."""
        return self._platform.world

    def find(self, resource: str, uri: object) -> Record | None:
        """The record of this resource under this URI; None also for a resource the mock does not have."""
        if resource != CONFERENCE.name:
            table = self.tables.get(resource)
            return table.by_uri(uri) if table is not None else None
        key = CONFERENCE.key_in(uri) if isinstance(uri, str) else None
        vmr = self.world.directory.records.get(int(key)) if key is not None and key.isdigit() else None
        return {"name": vmr.name} if vmr is not None else None

    def exists(self, resource: str, uri: str) -> bool:
        """Whether this resource has an object under this URI."""
        return self.find(resource, uri) is not None

    def location_name(self, uri: object) -> str:
        """The name of the location under this URI, or nothing."""
        record = self.locations.by_uri(uri)
        return str(record["name"]) if record is not None else ""

    def attach_sink(self, body: Json) -> int:
        """Create an event sink and attach it to every location; its id."""
        sink_id = self.sinks.create(body)
        for location_id, location in list(self.locations.records.items()):
            sinks = location["event_sinks"]
            assert isinstance(sinks, list)
            attached = [*sinks, self.sinks.resource.uri(sink_id)]
            self.locations.change(str(location_id), {"event_sinks": attached}, whole=False)
        self.apply()
        return sink_id

    def attach_policy(self, body: Json) -> int:
        """Create a policy profile and attach it to every location; its id."""
        policy_id = self.policies.create(body)
        for location_id in list(self.locations.records):
            attached: Json = {"policy_server": self.policies.resource.uri(policy_id)}
            self.locations.change(str(location_id), attached, whole=False)
        self.apply()
        return policy_id

    def tidy(self) -> None:
        """Let go of what was deleted. Raises Refusal 400 where it is still needed."""
        for table in self.tables.values():
            table.tidy()

    def apply(self) -> None:
        """Let the nodes do as they are now configured."""
        world = self.world
        for node_id, node in enumerate(world.knobs.nodes, start=1):
            location = self.location_name(self.nodes.records[node_id]["system_location"])
            world.locations.place(node, location)
        self._attachments.apply(self.locations.records, self.sinks.records, self.policies.records)

    def _table(self, resource: Resource, *first: Record, display: Display | None = None) -> Table:
        table = Table(resource, self.find, lambda: self.world.business, first, display)
        self.tables[resource.name] = table
        return table

    def _with_its_sinks(self, row: Json) -> Json:
        sinks = row["event_sinks"]
        if not self.world.knobs.location_embeds_sinks or not isinstance(sinks, list):
            return row
        return row | {"event_sinks": [self.sinks.shown_at(uri) for uri in sinks]}

    def _with_its_users(self, row: Json) -> Json:
        vmrs = self.world.directory.records.values()
        users = [CONFERENCE.uri(vmr.id) for vmr in vmrs if dict(vmr.others).get("ivr_theme") == row["resource_uri"]]
        return row | {"conference": users, "gateway_routing_rule": []}


def _node(index: int, address: str, location: str) -> Record:
    return {
        "name": f"node-{index}",
        "hostname": f"node-{index}",
        "domain": DOMAIN,
        "address": address,
        "netmask": "255.255.255.0",
        "gateway": f"{address.rpartition('.')[0]}.1",
        "system_location": location,
        "node_type": "CONFERENCING",
        "deployment_type": "MANUAL-VM",
        "vm_cpu_count": 4,
        "vm_system_memory": 4096,
        "static_routes": [],
    }


def _theme() -> Record:
    return {"name": "Default theme", "uuid": THEME_UUID, "custom_layouts": "", "pinning_configs": ""}
