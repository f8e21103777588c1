"""Which location each node stands in. Sinks and policy are attached to locations, and calls are placed from them."""

from pexip_mock.knobs import Knobs


class Locations:
    """Nodes stand where the knobs put them until they are placed elsewhere."""

    def __init__(self, knobs: Knobs) -> None:
        self._names = {node: knobs.location_of(node) for node in knobs.nodes}

    def place(self, node: str, location: str) -> None:
        """A node stands here from now on."""
        self._names[node] = location

    def of(self, node: str) -> str:
        """The name of the location a node stands in."""
        return self._names[node]

    def node_in(self, location: str) -> str | None:
        """The first node in this location; None when none stands there."""
        return next((node for node, name in self._names.items() if name == location), None)
