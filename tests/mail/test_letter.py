"""An email as it is made: whatever the address and the prison's name look like, it stays one email to one person."""

from __future__ import annotations

import email
import email.policy
import html
import re
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lifecycle.story import Story, plan
from tests.mail.post_office import OURS, entry_of, page_of, text_of
from vmrd.directory.entries import Entry
from vmrd.joining import message
from vmrd.lifecycle.desk import confirmable
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.words import Letter, SegmentKind
from vmrd.mail.letter import letter

LINK, URI = "https://join.example.org/m/abc@meet.example.org", "abc@meet.example.org"


def made(
    kind: Letter = Letter.CONFIRMED, name: str = "HMP Example", to: str = "c@gov.uk", **changes: object
) -> EmailMessage:
    """As a mailbox reads it."""
    session = Story().when(plan(booker=1, **changes)).session
    said = message(kind, session, Entry(code="MDI", name=name), Rules(), LINK, URI)
    sent = letter(said, "s1-2", 0, OURS, to).as_bytes(policy=email.policy.SMTP)
    read = email.message_from_bytes(sent, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


local = st.text(st.sampled_from("abcXYZ019!#$%&'*+/=?^_`{|}~.-"), min_size=1, max_size=64)
labels = st.lists(st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True), max_size=4)


@given(st.builds(lambda name, below: f"{name}@{'.'.join([*below, 'gov.uk'])}", local, labels))
def test_every_address_that_can_confirm_a_booking_can_be_written_to(address: str) -> None:
    assert confirmable(address)
    mail = made(to=address)
    assert str(mail["To"]) == address
    assert [name for name in mail.keys() if name in ("Cc", "Bcc", "Reply-To")] == []  # noqa: SIM118
    assert entry_of(mail)[1]["SEQUENCE"] == 0


@pytest.mark.parametrize("kind", Letter)
def test_a_prisons_name_adds_no_header_and_no_markup(kind: Letter) -> None:
    mail = made(kind, name="HMP <b>Example</b>\r\nBcc: somebody@example.org")
    assert mail["Bcc"] is None
    assert "<b>" not in page_of(mail)
    assert "&lt;b&gt;" in page_of(mail)
    assert "\n" not in mail["Subject"]


@pytest.mark.parametrize("kind", Letter)
def test_text_page_and_calendar_say_the_same(kind: Letter) -> None:
    mail = made(kind)
    _, entry = entry_of(mail)
    lines = [line for line in text_of(mail).splitlines() if line and not line.isupper()]
    assert str(entry["DESCRIPTION"]).split() == text_of(mail).split()
    page = html.unescape(re.sub("<[^>]+>", "", page_of(mail)))
    assert [line for line in lines if line not in page] == []
    for part in (text_of(mail), page_of(mail), str(entry["DESCRIPTION"])):
        assert (LINK in part) is (kind is not Letter.CANCELLED)


@pytest.mark.parametrize(
    ("segment", "said"),
    [
        (SegmentKind.PRE, "video meeting before the hearing, "),
        (SegmentKind.MAIN, "video meeting, "),
        (SegmentKind.POST, "video meeting after the hearing, "),
    ],
)
def test_the_parts_of_a_hearing_are_told_apart(segment: SegmentKind, said: str) -> None:
    mail = made(segment=segment)
    assert said in mail["Subject"]
    assert said.strip(" ,") in str(entry_of(mail)[1]["SUMMARY"]).lower()
