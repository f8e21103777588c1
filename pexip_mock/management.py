"""The configuration API of the Management Node over HTTP: VMRs, what calls into them, the site, the platform's timers.

Each resource is described once (`*_fields.py`); keepers hold its objects; `endpoints` does what all resources share. A
request that is refused, in whole or in part, has changed nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from pexip_mock import kept_fields
from pexip_mock.endpoints import Writing, reading, root
from pexip_mock.live import Platform
from pexip_mock.policy import PolicyServer
from pexip_mock.refusal import Refusal
from pexip_mock.resource import Changer, Keeper, Reader
from pexip_mock.site import Site
from pexip_mock.site_keepers import GlobalKeeper, NodeKeeper
from pexip_mock.vmr_keepers import AliasKeeper, VmrKeeper
from pexip_mock.wire import Json


class Configuration:
    """Handlers of configuration/v1; `site` is what they keep."""

    def __init__(self, platform: Platform, policy: PolicyServer) -> None:
        self._platform = platform
        self.site = Site(platform, policy)
        self._vmrs = VmrKeeper(self.site)

    def routes(self) -> list[web.RouteDef]:
        """All paths of configuration/v1 that the mock serves."""
        site = self.site
        kept: tuple[Keeper, ...] = (
            self._vmrs,
            AliasKeeper(site),
            site.calls,
            site.sinks,
            site.policies,
            site.locations,
            site.tables[kept_fields.END_USER.name],
            site.tables[kept_fields.DEVICE.name],
        )
        changed: tuple[Changer, ...] = (GlobalKeeper(site), NodeKeeper(site))
        read: tuple[Reader, ...] = (
            site.themes,
            site.tables[kept_fields.GATEWAY_ROUTING_RULE.name],
            site.tables[kept_fields.ROLE.name],
            site.tables[kept_fields.OAUTH2_CLIENT.name],
        )
        writing = Writing(self._atomically, lambda: self._platform.world.knobs.allow_list_delete)
        resources = tuple(keeper.resource for keeper in (*kept, *changed, *read))
        return [
            root("configuration/v1", "", resources),
            *(route for keeper in kept for route in writing.routes(keeper)),
            *(route for keeper in changed for route in writing.changing(keeper)),
            *(route for reader in read for route in reading(reader)),
        ]

    def attach_sink(self, body: Json) -> int:
        """Create an event sink and attach it to every location; its id."""
        return self.site.attach_sink(body)

    def attach_policy(self, body: Json) -> int:
        """Create a policy profile and attach it to every location; its id."""
        return self.site.attach_policy(body)

    @contextmanager
    def _atomically(self) -> Iterator[None]:
        """What is done within is done wholly, and acts, or is undone when a Refusal passes through."""
        undo = [table.savepoint() for table in self.site.tables.values()]
        try:
            with self._platform.world.directory.all_or_nothing():
                yield
                self.site.tidy()
                self._vmrs.place_calls()
        except Refusal:
            for restore in undo:
                restore()
            raise
        self.site.apply()
