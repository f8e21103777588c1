"""`vmrd directory`: make entries of the directory file from a published contact table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="The directory of establishments.")


@app.callback()
def group() -> None:
    """Keeps `import` a command of its own: typer would make the only one the group itself."""


@app.command("import")
def import_table(
    table: Annotated[
        Path, typer.Argument(help="CSV: code, name, contact_email, other_contact, category, vcc_site_2020")
    ],
) -> None:
    """Print the table as entries of the directory file; what looks odd in it is named on standard error."""
    from vmrd.directory.entries import entry_of, written
    from vmrd.directory.published import rows

    try:
        found = list(rows(table.read_text(encoding="utf-8").splitlines()))
    except (OSError, ValueError) as fault:
        typer.echo(f"vmrd: {table}: {fault}", err=True)
        raise typer.Exit(1) from None
    for row in found:
        typer.echo(written(entry_of(row.code, row.name, row.category, row.vcc, row.contacts, row.remarks)))
        for remark in row.remarks:
            typer.echo(f"{row.code} {row.name}: {remark}", err=True)
