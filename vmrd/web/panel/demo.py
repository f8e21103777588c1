"""What a rehearsal may add to every screen: its own buttons. The panel knows nothing of what they do.

    app[DEMO] = DemoControls(markup, act)

`markup` is put below every screen of a signed-in officer. Its forms post to `/panel/demo/<name>` with the hidden field
`csrf`; `act` is then called with the name and the form's other fields, and answers a sentence when it was not done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from markupsafe import Markup

from vmrd.web.caller import Caller

Act = Callable[[str, Mapping[str, str]], Awaitable[str | None]]


@dataclass(frozen=True, slots=True)
class DemoControls:
    """`markup(caller)`: trusted HTML, without script or style of its own: the page's policy forbids both inline."""

    markup: Callable[[Caller], Markup]
    act: Act


DEMO: web.AppKey[DemoControls] = web.AppKey("panel-demo", DemoControls)


@dataclass(frozen=True, slots=True)
class DemoShown:
    """The banner: how many times as fast the clock runs, and the rehearsal's own controls."""

    speed: str
    controls: Markup
