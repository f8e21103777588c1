"""The header's few links, to the screens that are about no one meeting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vmrd.web.caller import Caller, Role
from vmrd.web.panel.speech import gettext, later

_EVERYBODY = (("", later("Today")), ("/shift", later("Start of shift")), ("/summary", later("Summary")))
_SUPERVISORS: Sequence[tuple[str, str]] = ()
"""What a supervisor has besides; path below `/panel` and words."""


@dataclass(frozen=True, slots=True)
class Place:
    path: str
    words: str
    here: bool


def places(caller: Caller, path: str) -> tuple[Place, ...]:
    """The links of this caller on the screen at `path`."""
    links = (*_EVERYBODY, *(_SUPERVISORS if caller.role is Role.SUPERVISOR else ()))
    at = path.partition("?")[0]
    return tuple(Place(link, gettext(words), at == link) for link, words in links)
