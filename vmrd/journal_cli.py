"""`vmrd journal`: is it as it was written, what does it say, and what did a witness outside see of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vmrd.console import DEFAULT_CONFIG, FAILED, USAGE, AsJson, ConfigFile, configured, fail, say, stored
from vmrd.lifecycle.rules import HOUR
from vmrd.store.refusal import RefusalRow

if TYPE_CHECKING:
    from vmrd.store.chain import SealHead

app = typer.Typer(no_args_is_help=True, help="The audit trail.")


@app.command("verify")
def journal_verify(
    config: ConfigFile = DEFAULT_CONFIG,
    heads: Annotated[
        Path | None, typer.Option(help="Heads seen outside: lines of the log, of the webhook, or of journal head")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every fact against its chain and its seal, and the journal against heads that were seen outside."""
    from vmrd.daemon import store_keys
    from vmrd.store.opening import verify

    chosen = configured(config)
    witnessed = _witnessed(heads) if heads is not None else []

    faults = stored(lambda: verify(chosen.store.place, store_keys(chosen).seal, witnessed))
    say(
        as_json,
        {
            "accepted": not faults,
            "heads": len(witnessed),
            "faults": [{"where": fault.where, "what": fault.what} for fault in faults],
        },
        [f"{fault.where}: {fault.what}" for fault in faults] or ["the journal is as it was written"],
    )
    if faults:
        raise typer.Exit(FAILED)


def _witnessed(file: Path) -> list[SealHead]:
    from vmrd.witness import heads

    try:
        found = heads(file.read_text("utf-8", "replace").splitlines())
    except OSError as unread:
        fail(f"--heads: {unread.strerror}", USAGE)
    return found or fail("--heads: no line of that file is a head; nothing was compared", USAGE)


@app.command("head")
def journal_head(config: ConfigFile = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Print the journal's head, to be noted elsewhere; `verify --heads` takes it."""
    from vmrd.daemon import store_keys
    from vmrd.store.opening import open_for_reading
    from vmrd.witness import as_printed, as_told

    chosen = configured(config)

    def look() -> SealHead:
        with open_for_reading(chosen.store.place, store_keys(chosen)) as rx:
            return rx.seal_head()

    head = stored(look)
    say(as_json, as_told(head), [as_printed(head)])


@app.command("export")
def journal_export(session: str, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Print one session's facts, a JSON object a line."""
    from vmrd.clock import as_text
    from vmrd.daemon import store_keys
    from vmrd.store.opening import open_for_reading

    chosen = configured(config)

    def look() -> list[str]:
        with open_for_reading(chosen.store.place, store_keys(chosen)) as rx:
            return [
                json.dumps(
                    {
                        "session": row.session_id,
                        "seq": row.seq,
                        "at": as_text(row.at),
                        "fact": row.type,
                        "body": json.loads(row.body),
                        "hash": row.hash.hex(),
                    }
                )
                for row in rx.journal(session)
            ]

    lines = stored(look)
    if not lines:
        fail("there is no such session", FAILED)
    for line in lines:
        typer.echo(line)


@app.command("refusals")
def journal_refusals(
    days: Annotated[int, typer.Option(min=1, help="The last so many days")] = 90,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many")] = 1_000,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """What booking systems sent that they may not send: who, of what type, for which establishment, how often."""
    from vmrd.daemon import clock_of, store_keys
    from vmrd.store.opening import open_for_reading
    from vmrd.web.refusals import line, view

    chosen = configured(config)

    def look() -> list[RefusalRow]:
        with open_for_reading(chosen.store.place, store_keys(chosen)) as rx:
            return rx.refusals(clock_of(chosen).now() - days * 24 * HOUR, limit)

    found = [view(row) for row in stored(look)]
    say(
        as_json,
        {"refusals": [each.model_dump(mode="json") for each in found]},
        [line(each) for each in found] or ["none"],
    )


@app.command("audit")
def journal_audit(
    config: ConfigFile = DEFAULT_CONFIG,
    limit: Annotated[int, typer.Option(help="At most so many, the newest first")] = 100,
    as_json: AsJson = False,
) -> None:
    """What happened to accounts and sign-ins: who came in and by what, who was put out, which seal was broken."""
    from vmrd.clock import as_text
    from vmrd.daemon import store_keys
    from vmrd.store.base import AuditEntry
    from vmrd.store.opening import open_for_reading

    chosen = configured(config)

    def look() -> list[AuditEntry]:
        with open_for_reading(chosen.store.place, store_keys(chosen)) as rx:
            return rx.audit(limit)

    entries = stored(look)
    say(
        as_json,
        {"entries": [{"at": as_text(e.at), "what": e.kind, "who": e.who, **e.detail} for e in entries]},
        [f"{as_text(e.at)}  {e.kind}  {e.who}  {' '.join(f'{k}={v}' for k, v in e.detail.items())}" for e in entries],
    )
