"""The parts of the configuration that act at once on the world: the nodes, and the platform's timers and switches."""

import math
from collections.abc import Mapping

from pexip_mock.global_fields import GLOBAL, KNOBS
from pexip_mock.resource import ANY
from pexip_mock.site import Site
from pexip_mock.site_fields import WORKER_VM
from pexip_mock.stored import Record
from pexip_mock.wire import Json


class NodeKeeper:
    """`configuration/v1/worker_vm/`: a node may be moved to another location and put into maintenance."""

    resource = WORKER_VM

    def __init__(self, site: Site) -> None:
        self._site = site

    def rows(self, wanted: Mapping[str, str] = ANY) -> list[Json]:
        """Every node."""
        return [self._shown(row) for row in self._site.nodes.rows()]

    def row(self, key: str) -> Json:
        """One node. Raises Refusal 404."""
        return self._shown(self._site.nodes.row(key))

    def reach(self, row: Json, path: str) -> object:
        """A field of the node, or the name of its location."""
        return self._site.nodes.reach(row, path)

    def change(self, key: str, body: Json, *, whole: bool) -> None:
        """Change a node. Raises Refusal 404 and 400."""
        former = self.row(key)
        self._site.nodes.change(key, {"maintenance_mode": former["maintenance_mode"]} | body, whole=whole)
        wanted = self._site.nodes.row(key)["maintenance_mode"] is True
        if wanted is not former["maintenance_mode"]:
            world = self._site.world
            world.directory.when_accepted(lambda: world.set_maintenance(str(former["address"]), wanted))

    def _shown(self, row: Json) -> Json:
        return row | {"maintenance_mode": row["address"] in self._site.world.entrance.in_maintenance}


class GlobalKeeper:
    """`configuration/v1/global/`: one object. What is a knob of the mock holds for whatever begins from now on."""

    resource = GLOBAL

    def __init__(self, site: Site) -> None:
        self._site = site

    def rows(self, wanted: Mapping[str, str] = ANY) -> list[Json]:
        """The one object."""
        return [self._shown(row) for row in self._site.settings.rows()]

    def row(self, key: str) -> Json:
        """The one object. Raises Refusal 404."""
        return self._shown(self._site.settings.row(key))

    def reach(self, row: Json, path: str) -> object:
        """A field of it."""
        return row.get(path)

    def change(self, key: str, body: Json, *, whole: bool) -> None:
        """Set timers and switches. Raises Refusal 404 and 400."""
        settings, world = self._site.settings, self._site.world
        settings.change(key, body, whole=whole)
        record = settings.records[settings.id_of(key)]
        turned = {KNOBS[name]: record[name] for name in KNOBS if name in body}
        if turned:
            world.directory.when_accepted(lambda: self._turn(turned))

    def _turn(self, turned: Record) -> None:
        world = self._site.world
        world.knobs = world.knobs.changed(turned)

    def _shown(self, row: Json) -> Json:
        knobs = self._site.world.knobs
        return (
            row
            | {name: _whole(getattr(knobs, knob)) for name, knob in KNOBS.items()}
            | {"default_theme": self._site.themes.shown_at(row["default_theme"])}
        )


def _whole(value: object) -> object:
    """Seconds as the platform has them, whole; those of a fast mock are rounded up."""
    return math.ceil(value) if isinstance(value, float) else value
