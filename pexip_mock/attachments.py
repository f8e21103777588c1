"""What is attached to locations: a node posts to the sinks, and asks the policy server, of its own location only."""

from collections.abc import Mapping

from pexip_mock.live import Platform
from pexip_mock.policy import PolicyServer
from pexip_mock.sink_feeds import Sink
from pexip_mock.stored import Record

Records = Mapping[int, Record]


class Attachments:
    """Brings publishers and policy into line with what is configured."""

    def __init__(self, platform: Platform, policy: PolicyServer) -> None:
        self._platform = platform
        self._policy = policy

    def apply(self, locations: Records, sinks: Records, policies: Records) -> None:
        """The records were changed, or may have been: attach, detach, edit and restart what differs."""
        by_name = {str(location["name"]): location for location in locations.values()}
        world = self._platform.world
        of_node = {node: by_name[world.locations.of(node)] for node in world.knobs.nodes}
        self._policy.attached = {
            node: policies[number]
            for node, location in of_node.items()
            if (number := _id_in(location.get("policy_server"))) in policies
        }
        feeds = world.sinks
        wanted = {
            (sink_id, node): sink_of(sink_id, record)
            for sink_id, record in sinks.items()
            for node, location in of_node.items()
            if _lists(location.get("event_sinks"), sink_id)
        }
        for sink_id, node in feeds.feeds.keys() - wanted.keys():
            feeds.detach(sink_id, node)
        for (sink_id, node), sink in wanted.items():
            feed = feeds.feeds.get((sink_id, node))
            if feed is None:
                self._platform.on_new_feeds(feeds.attach(sink, [node]))
            elif feed.sink != sink:
                self._platform.on_new_feeds(feeds.edit(feed, sink))


def sink_of(sink_id: int, record: Record) -> Sink:
    """The sink a record describes."""
    events = record["events"] if isinstance(record["events"], list) else []
    return Sink(
        id=sink_id,
        name=str(record["name"]),
        url=str(record["url"]),
        user=str(record["username"]),
        password=str(record["password"]),
        version=1 if record["version"] == 1 else 2,
        bulk=record["bulk_support"] is True,
        only=_names(events) if record["filter_events"] is True else None,
        restart_date=str(record["restart_date"] or ""),
    )


def _names(events: list[object]) -> frozenset[str]:
    return frozenset(str(event.get("name")) for event in events if isinstance(event, dict))


def _lists(uris: object, sink_id: int) -> bool:
    return isinstance(uris, list) and any(_id_in(uri) == sink_id for uri in uris)


def _id_in(uri: object) -> int:
    """The id at the end of a URI; 0 where there is none."""
    tail = str(uri or "").rstrip("/").rpartition("/")[2]
    return int(tail) if tail.isdigit() else 0
