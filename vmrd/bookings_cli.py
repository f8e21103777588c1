"""`vmrd bookings`: send one event, or a list of bookings kept by hand, as a booking system does.

The signing key comes from VMRD_BOOKING_SECRET, and the one callbacks are checked with from VMRD_CALLBACK_SECRET where
that is another. Exit codes are those of `console`: 0 all taken, 1 something was not, 2 usage, 4 nobody answers.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vmrd.console import FAILED, UNREACHABLE, USAGE, fail

if TYPE_CHECKING:
    from vmrd.importing import Row, RowFault
    from vmrd.sender import Answer

app = typer.Typer(no_args_is_help=True, help="What booking systems send.")

Url = Annotated[str, typer.Option(help="Booking events URL of vmrd")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs")]
DEFAULT_URL = "http://127.0.0.1:8080/v1/bookings/events"


@app.command("send")
def send_event(
    file: Path,
    url: Url = DEFAULT_URL,
    listen: Annotated[
        int | None, typer.Option(help="Port on this machine at which to hear callbacks; vmrd must know it")
    ] = None,
    seconds: Annotated[float, typer.Option(help="How long to listen after the answer", min=0, max=86_400)] = 60.0,
    as_json: AsJson = False,
) -> None:
    """Sign a booking event, send it, and print vmrd's id of the request, the answer, and callbacks as they come."""
    secret, body = _secret(), _text(file)
    try:
        answer = asyncio.run(_send(url, secret, body, listen, seconds, as_json))
    except OSError:
        fail(f"cannot listen on port {listen}", USAGE)
    if answer is None:
        fail("vmrd does not answer there", UNREACHABLE)
    if answer.status >= 300:
        raise typer.Exit(FAILED)


async def _send(url: str, secret: str, body: bytes, listen: int | None, seconds: float, as_json: bool) -> Answer | None:
    """The answer, printed; None when nobody answers."""
    from vmrd.sender import Unanswered, listening, pretty, send

    async def sent() -> Answer | None:
        try:
            answer = await send(url, secret, body)
        except Unanswered:
            return None
        lines = [f"request {answer.request}"] if answer.request else []
        typer.echo(answer.body if as_json else "\n".join([str(answer.status), *lines, pretty(answer.body)]))
        return answer

    def hear(said: str) -> None:
        typer.echo(said if as_json else f"callback\n{pretty(said)}")

    def refused() -> None:
        typer.echo("a callback with a wrong signature was refused", err=True)

    if listen is None:
        return await sent()
    callbacks = os.environ.get("VMRD_CALLBACK_SECRET") or secret
    async with listening(listen, callbacks, hear, refused):
        answer = await sent()
        if answer is not None:
            await asyncio.sleep(seconds)
        return answer


@dataclass(slots=True)
class _Report:
    """What is printed of an import."""

    rows: list[dict[str, object]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    refused: int = 0

    def answered(self, row: Row, answer: Answer) -> None:
        try:
            said = json.loads(answer.body)
        except ValueError:
            said = {}
        taken = answer.status < 300
        self.refused += not taken
        word = said.get("result", "taken") if taken else said.get("detail", "was not taken")
        self.rows.append({"row": row.number, "booking": row.booking, "status": answer.status, "answer": said})
        self.lines.append(f"row {row.number}  {row.booking}  {answer.status} {word}")
        self.lines += [f"    {error.get('pointer')}: {error.get('detail')}" for error in said.get("errors", [])]


@app.command("import")
def import_list(
    file: Path,
    url: Url = DEFAULT_URL,
    each: Annotated[bool, typer.Option("--each", help="Send the well-formed rows even if others are not")] = False,
    as_json: AsJson = False,
) -> None:
    """Send a list of bookings: CSV, or a JSON list (columns in docs/integrations.md). Safe to run again."""
    from vmrd.importing import listed
    from vmrd.tables import NoTable

    secret = _secret()
    try:
        found = listed(_content(file), int(time.time() * 1_000))
    except NoTable as fault:
        fail(f"{file}: {fault}", USAGE)
    report = _Report()
    answers = bool(found.rows) and (each or not found.faults)
    reached = asyncio.run(_import(url, secret, found.rows, report)) if answers else True
    _print(found.faults, report, as_json)
    if not reached:
        fail("vmrd does not answer there; run it again to send the rest", UNREACHABLE)
    if found.faults or report.refused:
        raise typer.Exit(FAILED)


async def _import(url: str, secret: str, rows: tuple[Row, ...], report: _Report) -> bool:
    """Send the rows in their order; whether vmrd answered to the end."""
    from vmrd.sender import Unanswered, send

    for row in rows:
        try:
            report.answered(row, await send(url, secret, row.body, message=row.message))
        except Unanswered:
            return False
    return True


def _print(faults: tuple[RowFault, ...], report: _Report, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"faults": [asdict(fault) for fault in faults], "rows": report.rows}))
        return
    for fault in faults:
        typer.echo(f"row {fault.row}, {fault.column}: {fault.sentence}", err=True)
    if faults and not report.rows:
        typer.echo("nothing was sent; mend these rows, or send the others with --each", err=True)
    for line in report.lines:
        typer.echo(line)


def _secret() -> str:
    from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

    secret = os.environ.get("VMRD_BOOKING_SECRET")
    if not secret:
        fail("set VMRD_BOOKING_SECRET to the sender's signing key", USAGE)
    try:
        Webhook(secret)
    except (EmptyWebhookSecretError, ValueError):
        fail("VMRD_BOOKING_SECRET is not Base64 (whsec_…)", USAGE)
    return secret


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as bad:
        fail(f"cannot read {file}: {bad.strerror}", USAGE)


def _text(file: Path) -> bytes:
    """The file's bytes, which are UTF-8: what is signed is text."""
    content = _content(file)
    try:
        content.decode()
    except UnicodeDecodeError:
        fail(f"{file} is not UTF-8", USAGE)
    return content
