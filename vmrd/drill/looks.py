"""What officers see while something is broken, as checks: each answers with what is not so, or with None."""

from __future__ import annotations

from vmrd.drill.drill import Look
from vmrd.drill.house import House
from vmrd.web.sentences import ALERTS


def says(code: str) -> tuple[str, Look]:
    """The screen shows the sentence of this alert."""

    async def look(house: House) -> str | None:
        codes = {alert["code"] for alert in (await house.view())["alerts"]}
        return None if code in codes else f"the screen shows {', '.join(sorted(codes)) or 'no alert'}"

    sentence = ALERTS[code].partition(". ")[0].format(who="somebody", by="by whom", what="something", about="some")
    return f"Officers read: {sentence}", look


def cleared(code: str) -> tuple[str, Look]:
    """The screen shows this alert no more."""

    async def look(house: House) -> str | None:
        codes = {alert["code"] for alert in (await house.view())["alerts"]}
        return f"the screen still shows {code}" if code in codes else None

    return f"The alarm ({code}) is gone from the screen", look


def is_dark_because(what: str) -> tuple[str, Look]:
    """The light is dark for this reason: `blind` or `breach`."""

    async def look(house: House) -> str | None:
        because = (await house.view())["darkBecause"]
        return None if because == what else f"the screen says {because}"

    return f"Officers see {what.upper()}, with its own colour and words", look


def offers(*actions: str) -> tuple[str, Look]:
    """These presses are still there."""

    async def look(house: House) -> str | None:
        missing = sorted(set(actions) - set((await house.view())["allowed"]))
        return f"not offered: {', '.join(missing)}" if missing else None

    return f"Still offered: {', '.join(actions)}", look


async def _not_live(house: House) -> str | None:
    return "the panel is live" if house.panel.live else None


async def _said_nothing_private(house: House) -> str | None:
    loud = [line for line in house.keeper.said if "Traceback" in line]
    return "the log holds a traceback" if loud else None


NOT_LIVE = ("Officers see NOT LIVE over the whole panel", _not_live)
NO_TRACEBACK = ("The log says why in plain lines, without a traceback", _said_nothing_private)


def log_says(*words: str) -> tuple[str, Look]:
    """A line of the log holds all of these words."""

    async def look(house: House) -> str | None:
        found = any(all(word in line for word in words) for line in house.keeper.said)
        return None if found else f"no line of the log holds {' and '.join(words)}"

    return f"The log says: {' … '.join(words)}", look


def counts(metric: str, **labels: str) -> tuple[str, Look]:
    """The counter has grown."""

    async def look(house: House) -> str | None:
        return None if house.recording.grew(metric, **labels) > 0 else f"{metric} has not grown"

    return f"It is counted ({metric})", look


def fell_silent(metric: str, at_most: float = 0) -> tuple[str, Look]:
    """The gauge of an alert is back where it does not ring."""

    async def look(house: House) -> str | None:
        value = house.recording.latest(metric)
        return f"{metric} is {value}" if value is not None and value > at_most else None

    return f"The alert's metric is quiet again ({metric})", look
