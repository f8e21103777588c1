"""Handing an email to the mail server: one server, one try, a bounded time.

What the server says beside its code is dropped: it repeats the address, and neither log nor error may hold that.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from email.message import EmailMessage

import aiosmtplib

from vmrd.config_smtp import SmtpConfig

_WITHIN = 20.0
"""Seconds for the whole of it, signing in included; shorter than a command stays the dispatcher's."""


class Undeliverable(OSError):
    """The server took no email. `code`: its answer, None where there was none. `final`: it never will take this one."""

    def __init__(self, code: int | None, *, final: bool = False) -> None:
        super().__init__("the mail server did not take it")
        self.code = code
        self.final = final


@dataclass(frozen=True, slots=True)
class MailServer:
    """As configured. Certificates are checked against the machine's authorities, or those `SSL_CERT_FILE` names."""

    config: SmtpConfig
    within: float = _WITHIN

    async def __call__(self, message: EmailMessage, to: str) -> None:
        """Send. Raises `Undeliverable`, without anything of the server's words or the address."""
        try:
            async with asyncio.timeout(self.within):
                await self._send(message, to)
            return
        except aiosmtplib.SMTPRecipientsRefused as refused:
            code = refused.recipients[0].code
            failed = Undeliverable(code, final=_is_final(code))
        except aiosmtplib.SMTPDataError as refused:
            failed = Undeliverable(refused.code, final=_is_final(refused.code))
        except aiosmtplib.SMTPResponseException as refused:
            failed = Undeliverable(refused.code)  # of us, not of this email: somebody can put it right within the day
        except (aiosmtplib.SMTPException, OSError):
            failed = Undeliverable(None)
        raise failed

    async def _send(self, message: EmailMessage, to: str) -> None:
        config = self.config
        await aiosmtplib.send(
            message,
            sender=config.sender,
            recipients=[to],
            hostname=config.host,
            port=config.port,
            local_hostname=config.domain,
            username=config.user,
            password=config.password.get_secret_value() if config.password is not None else None,
            use_tls=config.tls == "tls",
            start_tls=config.tls == "starttls",
            timeout=self.within,
        )


def _is_final(code: int) -> bool:
    return code // 100 == 5
