"""The mail server: connected to, signed in to, and left again. No email is sent and no recipient named."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum

import aiosmtplib

from vmrd.check.lines import Line, fail, ok, warn
from vmrd.config_smtp import SmtpConfig

_NAME = "mail server"


class Outcome(StrEnum):
    """How far it went."""

    TAKEN = "taken"
    SILENT = "silent"
    UNTRUSTED = "untrusted"
    NO_TLS = "no-tls"
    REFUSED = "refused"


async def seen_mail(smtp: SmtpConfig, within: float) -> Outcome:
    """Say hello, turn to TLS, sign in, and say goodbye."""
    client = aiosmtplib.SMTP(
        hostname=smtp.host,
        port=smtp.port,
        local_hostname=smtp.domain,
        use_tls=smtp.tls == "tls",
        start_tls=smtp.tls == "starttls",
        timeout=within,
    )
    try:
        async with asyncio.timeout(within):
            await client.connect()
            if smtp.user is not None and smtp.password is not None:
                await client.login(smtp.user, smtp.password.get_secret_value())
            with suppress(aiosmtplib.SMTPException):
                await client.quit()
            return Outcome.TAKEN
    except (aiosmtplib.SMTPException, OSError) as failed:  # its words may hold what we said
        return _outcome(failed)
    finally:
        client.close()


def _outcome(failed: Exception) -> Outcome:
    if _is_about(failed, ssl.SSLCertVerificationError):
        return Outcome.UNTRUSTED
    if _is_about(failed, ssl.SSLError) or "STARTTLS" in str(failed):
        return Outcome.NO_TLS
    if isinstance(failed, aiosmtplib.SMTPAuthenticationError | aiosmtplib.SMTPNotSupported):
        return Outcome.REFUSED
    return Outcome.REFUSED if isinstance(failed, aiosmtplib.SMTPResponseException) else Outcome.SILENT


def _is_about(failed: BaseException | None, kind: type[Exception]) -> bool:
    while failed is not None:
        if isinstance(failed, kind):
            return True
        failed = failed.__cause__ or failed.__context__
    return False


def judge_mail(smtp: SmtpConfig | None, outcome: Outcome | None) -> Iterator[Line]:
    """`outcome`: None where there is no server to ask."""
    if smtp is None or outcome is None:
        yield ok(_NAME, "none is configured: vmrd writes no email")
        return
    match outcome:
        case Outcome.TAKEN if smtp.tls == "none":
            yield warn(_NAME, f"{smtp.host} takes us, in clear", 'use tls = "starttls" unless it is on this machine')
        case Outcome.TAKEN:
            signed = "and signs us in" if smtp.user is not None else "without a sign-in"
            yield ok(_NAME, f"{smtp.host} takes us over TLS {signed}; no email was sent")
        case Outcome.SILENT:
            yield fail(_NAME, f"{smtp.host} port {smtp.port} does not answer", "see smtp.host, smtp.port and firewalls")
        case Outcome.UNTRUSTED:
            yield fail(
                _NAME,
                f"{smtp.host} has a certificate of nobody this machine trusts, or for another name",
                "use the name its certificate is for, or add its authority to this machine",
            )
        case Outcome.NO_TLS:
            yield fail(_NAME, f"{smtp.host} does not speak TLS as smtp.tls says", 'try "starttls" (587) or "tls" (465)')
        case Outcome.REFUSED:
            yield fail(_NAME, f"{smtp.host} refuses us", "see smtp.user and the credential smtp__password")
