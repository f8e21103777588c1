"""An email as it is sent: the message as text and as a page, and the meeting as a calendar entry.

Nobody is named in it, and its subject says prison and time alone: subjects are seen on locked screens and kept in logs
of servers that are not ours.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from vmrd.joining import Message
from vmrd.mail.invitation import invitation, method


def letter(message: Message, delivery: str, change: int, sender: str, to: str) -> EmailMessage:
    """`delivery`: the same for every try, so that a mailbox can tell a repeat. `change`: see `invitation`."""
    now = datetime.now(UTC)  # as with callbacks: when it was sent is no matter of business time
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{delivery}@{sender.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text())
    mail.add_alternative(_page().render(message=message), subtype="html")
    mail.add_attachment(
        invitation(message, change, sender, now),
        maintype="text",
        subtype="calendar",
        filename="meeting.ics",
        params={"method": method(message), "charset": "utf-8"},
    )
    return mail


@cache
def _page() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).get_template("letter.html")
