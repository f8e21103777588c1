"""Gather the panel's words into the translators' file:  make words

English stands in the source, where it is used. This keeps what is translated already, adds what is new without a
translation, and drops what no screen says any more. Nothing is guessed from words that are nearly the same.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from vmrd.web.panel.speech import LOCALE, WELSH

PANEL = LOCALE.parent
CATALOGUE = LOCALE / "cy.po"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "later": None}
OPTIONS = {"templates/**.html": {"extensions": "jinja2.ext.do", "trim_blocks": "true", "silent": "false"}}
HEAD = """\
# The panel's words in Welsh. What has no translation yet is said in English, and its whole screen with it.
# To be read by a Welsh speaker who knows prisons before it is relied on.
msgid ""
msgstr ""
"Language: cy\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n==3 ? 3 : n==6 ? 4 : 5;\\n"

"""


def gathered() -> str:
    """What the translators' file should be, with what it holds already."""
    said = Catalog()
    for name, _, words, _, context in extract_from_dir(PANEL, METHODS, OPTIONS, KEYWORDS):
        said.add(words, locations=[(Path(name).as_posix(), 0)], context=context)
    with CATALOGUE.open("rb") as file:
        welsh = read_po(file, locale=WELSH)
    welsh.update(said, no_fuzzy_matching=True)
    written = io.BytesIO()
    write_po(written, welsh, width=100, omit_header=True, ignore_obsolete=True, include_lineno=False)
    return HEAD + written.getvalue().decode()


if __name__ == "__main__":
    CATALOGUE.write_text(gathered(), "utf-8")
