"""A vmrd in shadow with a fault: one of its parts tries to put somebody out of a meeting.

As delivered nothing in a shadow tries to send, so there is no failure that would make `VmrdShadowRefused` ring. Here
everything is as delivered but for one call too many, by the parts and through the transport that vmrd itself uses.

Run by its drill: `python -m vmrd.drill.faulty PARTICIPANT --config FILE`.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

from vmrd.config import load
from vmrd.logging import configure
from vmrd.pexip.watch_only import CommandRefused
from vmrd.serve import running


async def _work(config: Path, participant: str) -> None:
    chosen = load(config)
    configure(chosen.log_level)
    async with running(chosen) as vmrd:
        with suppress(CommandRefused):
            await vmrd.daemon.management.disconnect(participant)
        await vmrd.work


if __name__ == "__main__":
    asyncio.run(_work(Path(sys.argv[3]), sys.argv[1]))
