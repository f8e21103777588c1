"""A file of rows as people keep them: CSV as spreadsheets save it, or a JSON list of objects.

Every cell is a text without spaces around it; an empty one says nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

import orjson

LIMIT = 5 * 1024 * 1024
MOST_ROWS = 5_000


class NoTable(Exception):
    """The file is no table; the text says why and holds nothing of it."""


def rows_of(content: bytes, key: str) -> list[tuple[int, Mapping[str, str]]]:
    """Each row by column, with its number: the header of a CSV is row 1, items of a JSON list count from 1.

    `key`: the column a header cannot be without. Raises `NoTable`.
    """
    if len(content) > LIMIT:
        raise NoTable("the file is too large")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = None
    if text is None:
        raise NoTable("the file is not UTF-8; save it as CSV UTF-8")
    rows = list(_from_json(text) if text.lstrip()[:1] in ("[", "{") else _from_csv(text, key))
    if not rows:
        raise NoTable("the file has no rows")
    if len(rows) > MOST_ROWS:
        raise NoTable(f"the file has more than {MOST_ROWS} rows")
    return rows


def _from_csv(text: str, key: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Each row with its number; rows of empty cells are passed over. Raises `NoTable`."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if key not in header or len(set(header)) != len(header):
            raise NoTable(f"the first row names the columns, {key} among them and none twice")
        for number, cells in enumerate(reader, start=2):
            if any(cell.strip() for cell in cells):
                yield number, _named(header, [cell.strip() for cell in cells])
    except csv.Error:
        pass
    else:
        return
    raise NoTable("the file is not readable CSV")


def _named(header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """Cells by column. One beyond the last, as an unquoted comma makes it, is in a column there is not."""
    named = dict(zip(header, cells, strict=False))
    return named | {"beyond the last column": ""} if len(cells) > len(header) else named


def _from_json(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        items = orjson.loads(text)
    except orjson.JSONDecodeError:
        items = None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise NoTable("the file is not a JSON list of objects")
    for number, item in enumerate(items, start=1):
        if any(isinstance(value, list | dict) for value in item.values()):
            raise NoTable(f"item {number} has a member that is neither text nor number")
        yield number, {name: _cell(value) for name, value in item.items()}


def _cell(value: object) -> str:
    """A JSON value as a cell would hold it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip()
