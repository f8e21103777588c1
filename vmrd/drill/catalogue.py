"""Every drill, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from vmrd.drill import configuration, events, load, machine, management, outward, people, platform, shadow
from vmrd.drill.drill import Drill

_PARTS = (platform, events, management, machine, load, configuration, people, outward, shadow)
DRILLS: Mapping[str, Drill] = MappingProxyType({drill.name: drill for part in _PARTS for drill in part.DRILLS})
