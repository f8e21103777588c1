"""Handing an email to a server: only to one that proves who it is, and with nothing of its answer kept but the code."""

from __future__ import annotations

import asyncio
import traceback
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.mail.post_office import CLERK, OURS, PASSWORD, PostOffice, certificate, free_port
from vmrd.config_smtp import SmtpConfig
from vmrd.mail.smtp import MailServer, Undeliverable

pytestmark = pytest.mark.asyncio


def server(port: int, within: float = 10.0, **changes: Any) -> MailServer:
    values = {"host": "127.0.0.1", "port": port, "sender": OURS, "user": "vmrd", "password": PASSWORD, **changes}
    return MailServer(SmtpConfig.model_validate(values), within)


def mail() -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = OURS, CLERK, "Confirmed"
    made.set_content("Be there.")
    return made


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A server's context whose certificate this machine has been told to trust."""
    path, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return context


async def test_it_signs_in_and_sends_once_the_connection_is_encrypted(trusted: Any) -> None:
    office = PostOffice()
    how = {"tls_context": trusted, "require_starttls": True, "authenticator": office.authenticate}
    async with office.open(**how) as port:
        await server(port)(mail(), CLERK)
    assert [each["To"] for each in office.got] == [CLERK]
    assert office.signed_in == [PASSWORD]


async def test_a_server_nobody_vouches_for_is_given_neither_password_nor_email(tmp_path: Path) -> None:
    _, context = certificate(tmp_path)
    office = PostOffice()
    async with office.open(tls_context=context, authenticator=office.authenticate) as port:
        with pytest.raises(Undeliverable) as failed:
            await server(port)(mail(), CLERK)
    assert (failed.value.code, failed.value.final) == (None, False)
    assert (office.got, office.signed_in, office.came) == ([], [], 0)


async def test_a_server_that_offers_no_encryption_is_given_neither_password_nor_email() -> None:
    office = PostOffice()
    async with office.open(authenticator=office.authenticate, auth_require_tls=False) as port:
        with pytest.raises(Undeliverable):
            await server(port)(mail(), CLERK)
    assert (office.got, office.signed_in, office.came) == ([], [], 0)


async def test_a_password_that_is_refused_is_tried_again_and_not_blamed_on_the_email(trusted: Any) -> None:
    office = PostOffice()
    async with office.open(tls_context=trusted, authenticator=office.authenticate) as port:
        with pytest.raises(Undeliverable) as failed:
            await server(port, password="another")(mail(), CLERK)
    assert (failed.value.code, failed.value.final) == (535, False)
    assert office.got == []


@pytest.mark.parametrize(("answer", "code", "final"), [("450 later", 450, False), ("550 never", 550, True)])
async def test_what_is_refused_is_told_by_its_code_alone(answer: str, code: int, final: bool) -> None:
    office = PostOffice(refusals=[f"{answer} <{CLERK}> canary"])
    async with office.open() as port:
        with pytest.raises(Undeliverable) as failed:
            await server(port, tls="none", user=None, password=None)(mail(), CLERK)
    assert (failed.value.code, failed.value.final) == (code, final)
    told = "".join(traceback.format_exception(failed.value))
    assert CLERK not in told
    assert "canary" not in told


async def test_a_server_that_says_nothing_or_is_not_there_is_no_answer() -> None:
    async def hears(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(hears, "127.0.0.1", 0) as silent:
        for port in (silent.sockets[0].getsockname()[1], free_port()):
            with pytest.raises(Undeliverable) as failed:
                await server(port, within=0.2, tls="none", user=None, password=None)(mail(), CLERK)
            assert failed.value.code is None
