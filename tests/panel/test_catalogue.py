"""The panel's words: every one of them in the translators' file, and none of the vendor's."""

from __future__ import annotations

import re

from babel.messages.pofile import read_po
from jinja2 import Environment

from tools.words import CATALOGUE, PANEL, gathered
from vmrd.web.sentences import ALERTS, FAULT_TEXT

SAID_AS_IT_IS = {"vmrd", "This screen is in English: not all of its words are there in Welsh yet."}
"""A name; and what says in English, too, that the Welsh is missing."""


def uncatalogued(template: str) -> list[str]:
    """Words between tags that no translator will ever see."""
    template = re.sub(r"\{% trans .*?\{% endtrans %\}", "", template, flags=re.DOTALL)
    lexed = Environment(extensions=["jinja2.ext.do"]).lex(template)
    bare = " ".join(text for _, kind, text in lexed if kind == "data")
    texts = (text.strip(" –\n") for text in re.split(r"<[^<>]*>", bare))
    word = re.compile(r"(?:^|\s)[A-Za-z]{2,}(?:[\s.,:!?]|$)")
    return [text for text in texts if word.search(text) and text not in SAID_AS_IT_IS]


def test_the_translators_file_holds_what_the_screens_say() -> None:
    assert CATALOGUE.read_text("utf-8") == gathered(), "make words"


def test_no_word_is_the_vendors_or_a_machines() -> None:
    said = "\n".join(re.findall(r'^(?:msgid|msgid_plural|").*', CATALOGUE.read_text("utf-8"), re.MULTILINE))
    assert "Nobody is knocking" in said
    assert re.findall(r"\b(?:chair|participant|conference|api|leg|null|undefined)s?\b", said, re.IGNORECASE) == []


def test_no_sentence_is_longer_than_25_words() -> None:
    """What GOV.UK asks of every sentence; the alerts' come with the views."""
    with CATALOGUE.open("rb") as file:
        screens = [
            each for message in read_po(file) for each in ([message.id] if isinstance(message.id, str) else message.id)
        ]
    alerts = [*ALERTS.values(), FAULT_TEXT]
    assert len(screens) > 400
    sentences = [each for text in (*screens, *alerts) for each in re.split(r"(?<=[.?!:])\s", text)]
    assert [each for each in sentences if len(each.split()) > 25] == []


def test_no_template_says_anything_past_the_catalogue() -> None:
    found = {path.name: uncatalogued(path.read_text("utf-8")) for path in (PANEL / "templates").glob("*.html")}
    assert "layout.html" in found
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_what_is_said_past_the_catalogue_is_found() -> None:
    assert uncatalogued("<p>{{ _('Known') }}</p><p>Not known {{ name }}</p>") == ["Not known"]
