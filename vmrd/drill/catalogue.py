"""Every drill, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from vmrd.drill import machine, management, outward, people, platform
from vmrd.drill.drill import Drill

DRILLS: Mapping[str, Drill] = MappingProxyType(
    {drill.name: drill for part in (platform, management, machine, people, outward) for drill in part.DRILLS}
)
