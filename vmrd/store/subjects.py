"""Finding one person in the personal texts, for whoever asks what is kept of them, and erasing them.

People have no number here. They are what was typed or shown: a name, a prisoner's number, a remark that names them. So
a person is asked for by such a text, and found wherever it stands as words of its own, however it is spaced, in
capitals or not. Erasing takes the whole text, a remark included, and the session's salt with it: without the salt
nobody can prove by trying names that somebody was there. What is kept of the others in the session stays readable.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from vmrd.store.rows import Connection


@dataclass(frozen=True, slots=True)
class Mention:
    """A personal text that names the person, and the reference by which facts know it."""

    session_id: str
    ref: str
    text: str


def mentions(connection: Connection, person: str) -> list[Mention]:
    """Every text of a session that names the person, by session. Raises `ValueError` for an empty name."""
    asked = _plain(person)
    if not asked:
        raise ValueError("nobody was named")
    named = re.compile(rf"(?<!\w){re.escape(asked)}(?!\w)")
    rows = connection.execute(
        "SELECT session_id, ref, text FROM personal WHERE session_id IN (SELECT id FROM session)"
        " ORDER BY session_id, ref"
    )
    return [Mention(*row) for row in rows if named.search(_plain(row[2]))]


def erase(connection: Connection, session_id: str, refs: Sequence[str]) -> int:
    """Delete these texts, the session's salt, and the digest its prisoner was claimed by; how many texts there were."""
    connection.execute("DELETE FROM salt WHERE session_id = ?", (session_id,))
    connection.execute("DELETE FROM claim WHERE session_id = ? AND kind = 'prisoner'", (session_id,))
    return sum(
        connection.execute("DELETE FROM personal WHERE session_id = ? AND ref = ?", (session_id, ref)).rowcount
        for ref in refs
    )


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
