"""What somebody reads of a page, and what they can press there."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_UNSEEN = frozenset({"script", "style", "title", "head", "noscript"})
_VOID = frozenset({"meta", "link", "input", "br", "img", "hr"})


@dataclass
class _Reader(HTMLParser):
    texts: list[str] = field(default_factory=list)
    presses: list[list[str]] = field(default_factory=list)
    _open: list[tuple[str, bool, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        given = dict(attrs)
        button = "govuk-button" in (given.get("class") or "").split() and tag in ("a", "button")
        pressed = button and "disabled" not in given
        if pressed:
            self.presses.append([])
        self._open.append((tag, tag in _UNSEEN or "hidden" in given, pressed))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if any(unseen for _, unseen, _ in self._open):
            return
        self.texts.append(data)
        if any(pressed for _, _, pressed in self._open):
            self.presses[-1].append(data)


@dataclass(frozen=True, slots=True)
class Read:
    """`text` and `presses` with single spaces; what is greyed out is not in `presses`."""

    text: str
    presses: tuple[str, ...]


def read(html: str) -> Read:
    """A page as it stands where no script runs."""
    reader = _Reader()
    reader.feed(html)
    return Read(_plain(reader.texts), tuple(_plain(each) for each in reader.presses))


def _plain(texts: list[str]) -> str:
    return " ".join("".join(texts).split())
