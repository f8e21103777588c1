"""An outside witness of the journal: its head, noted where nobody who has this machine can change it.

Whoever holds the seal key can write the whole journal anew, and an older copy of the file is valid in itself. Neither
gives back the head that was seen outside. So the head (how many seals and facts, and the last seal) goes to the log
once an hour, and with it wherever logs are sent, and to a webhook where one is configured, signed as callbacks are. It
says nothing of anybody. `vmrd journal verify --heads FILE` holds the journal against what was seen.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

import orjson
import structlog
from standardwebhooks.webhooks import Webhook

from vmrd.clock import Clock, as_datetime, as_text, wall
from vmrd.config import Config
from vmrd.config_retention import WitnessConfig
from vmrd.notify import Poster
from vmrd.store.base import Store
from vmrd.store.chain import SealHead

log = structlog.get_logger(__name__)

EVENT = "journal.head"


@dataclass(frozen=True, slots=True)
class Confidant:
    """Who outside is told. `secrets`: the newest first; it is signed with each of them."""

    url: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Witness:
    """`run` is a task of the daemon. `every`: seconds between two heads."""

    store: Store
    clock: Clock
    post: Poster
    every: float
    confidant: Confidant | None

    async def run(self) -> None:
        while True:
            await self.tell()
            await asyncio.sleep(self.every)

    async def tell(self) -> None:
        """Note the head as it is. That nobody answers is in the log, and the next head says all this one did."""
        told = as_told(await self.store.read(lambda rx: rx.seal_head()))
        log.info("journal_head", **told)
        if self.confidant is not None:
            at = as_text(self.clock.now())
            await self._post(self.confidant, orjson.dumps({"event": EVENT, "at": at, **told}), f"head-{told['seals']}")

    async def _post(self, confidant: Confidant, body: bytes, message: str) -> None:
        now = as_datetime(wall(self.clock).now())  # the receiver compares it with its own clock
        headers = {
            "content-type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(
                Webhook(secret).sign(message, now, body.decode()) for secret in confidant.secrets
            ),
        }
        try:
            reply = await self.post(confidant.url, body, headers)
        except OSError as failed:
            log.warning("witness_not_told", error=type(failed).__name__)
            return
        if reply.status // 100 != 2:
            log.warning("witness_not_told", status=reply.status)


def as_told(head: SealHead) -> dict[str, int | str]:
    """The head in the words of log, webhook and command line."""
    return {"seals": head.seals, "rows": head.rows, "last": head.last.hex()}


def heads(lines: Iterable[str]) -> list[SealHead]:
    """Every head among these lines: of the log as it was sent on, of what the webhook received, or as it was printed.
    The rest is passed over, for a log says many other things."""
    found = (_head(line) for line in lines)
    return [head for head in found if head is not None]


def as_printed(head: SealHead) -> str:
    """The head as `vmrd journal head` prints it; `heads` takes that too."""
    return f"{head.seals} seals, {head.rows} facts, last seal {head.last.hex()}"


_PRINTED = re.compile(r"\b(\d+) seals, (\d+) facts, last seal ([0-9a-f]{64})\b")


def _head(line: str) -> SealHead | None:
    if printed := _PRINTED.search(line):
        return SealHead(int(printed[1]), int(printed[2]), bytes.fromhex(printed[3]))
    begin = line.find("{")  # a log collector may put a time or a host before
    try:
        said = json.loads(line[begin:]) if begin >= 0 else None
    except ValueError:
        return None
    match said:
        case {"seals": int(seals), "rows": int(rows), "last": str(last)}:
            try:
                return SealHead(seals, rows, bytes.fromhex(last))
            except ValueError:
                return None
        case _:
            return None


def confidant(url: str | None, secrets: Iterable[str]) -> Confidant | None:
    """Who is told, where anybody is."""
    return None if url is None else Confidant(url, tuple(secrets))


def witness_of(config: Config, store: Store, clock: Clock, poster: Poster) -> Witness:
    """The witness as it is configured. A shadow tells nobody outside."""
    told = WitnessConfig(every=config.witness.every) if config.shadow.enabled else config.witness
    secrets = (each.get_secret_value() for each in told.secrets)
    return Witness(store, clock, poster, told.every, confidant(told.url, secrets))
