"""Looking at the world without touching it: connections, a mail server, a sign-in service, files, ports."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.mail.post_office import OURS, PASSWORD, PostOffice, free_port
from tests.mail.post_office import certificate as mail_certificate
from tests.pexip.serving import serving
from tests.test_private_ca import certificate
from tests.web import sign_in_service
from vmrd.check.clocks import kept_right
from vmrd.check.files import holds_secrets, is_locked, seen_credentials
from vmrd.check.listeners import seen_listeners
from vmrd.check.mailing import Outcome, seen_mail
from vmrd.check.neighbours import seen_sign_in
from vmrd.check.reach import Fault, Reached, reach
from vmrd.config_listen import ListenConfig
from vmrd.config_signin import OidcConfig
from vmrd.config_smtp import SmtpConfig
from vmrd.store.connection import Alone
from vmrd.store.file_system import file_system_of

WITHIN = 5.0


@asynccontextmanager
async def tls_server(folder: Path, ends: timedelta = timedelta(days=40)) -> AsyncIterator[tuple[str, Path]]:
    """Something that speaks TLS, and the file of who signed its certificate."""
    pem, private = certificate(folder, "server", ends=ends)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)

    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response()

    async with serving(handler, context) as base:
        yield base, pem


@pytest.mark.asyncio
async def test_a_certificate_that_is_trusted_tells_its_days_and_any_other_what_is_wrong_with_it(tmp_path: Path) -> None:
    async with tls_server(tmp_path) as (base, pem):
        trust = ssl.create_default_context(cafile=pem)
        assert await reach(base, trust, within=WITHIN) == Reached(39)
        assert await reach(base, ssl.create_default_context(), within=WITHIN) is Fault.UNTRUSTED
        assert await reach(base.replace("127.0.0.1", "localhost"), trust, within=WITHIN) is Fault.OTHER_NAME
        nobody = ssl.create_default_context()
        nobody.check_hostname, nobody.verify_mode = False, ssl.CERT_NONE
        assert await reach(base, nobody, within=WITHIN) == Reached(39)
        assert await reach(base, trust, within=WITHIN, only_public=True) is Fault.PRIVATE


@pytest.mark.asyncio
async def test_a_certificate_that_ended_yesterday_is_out_of_date(tmp_path: Path) -> None:
    async with tls_server(tmp_path, timedelta(days=-1)) as (base, pem):
        assert await reach(base, ssl.create_default_context(cafile=pem), within=WITHIN) is Fault.EXPIRED


@pytest.mark.asyncio
async def test_what_is_not_there_or_speaks_no_tls_is_told_apart() -> None:
    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response()

    trust = ssl.create_default_context()
    async with serving(handler) as base:
        assert await reach(base, trust, within=WITHIN) == Reached(None)
        assert await reach(base.replace("http:", "https:"), trust, within=WITHIN) is Fault.NO_TLS
    assert await reach(f"http://127.0.0.1:{free_port()}", trust, within=WITHIN) is Fault.SILENT
    assert await reach("https://a..example.org", trust, within=WITHIN) is Fault.NO_NAME


def smtp(port: int, **changes: Any) -> SmtpConfig:
    return SmtpConfig.model_validate({"host": "127.0.0.1", "port": port, "sender": OURS, **changes})


@pytest.mark.asyncio
async def test_the_mail_server_signs_us_in_and_is_sent_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, context = mail_certificate(tmp_path)
    office = PostOffice()
    how = {"tls_context": context, "require_starttls": True, "authenticator": office.authenticate}
    async with office.open(**how) as port:
        assert await seen_mail(smtp(port), WITHIN) is Outcome.UNTRUSTED
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        assert await seen_mail(smtp(port, user="vmrd", password=PASSWORD), WITHIN) is Outcome.TAKEN
        assert await seen_mail(smtp(port, user="vmrd", password="not-it"), WITHIN) is Outcome.REFUSED
        assert await seen_mail(smtp(port, tls="tls"), WITHIN) is Outcome.NO_TLS
    assert (office.came, office.got) == (0, [])


@pytest.mark.asyncio
async def test_a_mail_server_without_tls_or_without_an_answer_is_named() -> None:
    async with PostOffice().open() as port:
        assert await seen_mail(smtp(port), WITHIN) is Outcome.NO_TLS
        assert await seen_mail(smtp(port, tls="none"), WITHIN) is Outcome.TAKEN
    assert await seen_mail(smtp(free_port(), tls="none"), WITHIN) is Outcome.SILENT


@pytest.mark.asyncio
async def test_the_sign_in_service_has_to_name_itself_to_the_letter() -> None:
    async with sign_in_service.serving() as service:
        oidc = sign_in_service.configured(service)["oidc"]
        right = OidcConfig.model_validate(oidc)
        assert await seen_sign_in(right, WITHIN) is None
        assert await seen_sign_in(right.model_copy(update={"issuer": right.issuer + "/"}), WITHIN) == "another_issuer"
        assert await seen_sign_in(right.model_copy(update={"issuer": right.issuer + "x"}), WITHIN) == "discover_failed"


def test_the_file_system_is_that_of_the_nearest_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "2 1 0:50 / /var/lib/vmrd rw,relatime shared:7 - nfs4 server:/export rw\n"
        "3 1 0:51 / /var/lib/with\\040space rw - cifs //server/share rw\n"
        "4 1 0:52 / /var/lib/vmrd-other rw - xfs /dev/sdb rw\n"
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
    )
    kinds = [
        file_system_of(Path(path), mounts)
        for path in ("/var/lib/vmrd/vmrd.db", "/var/lib/with space/x.db", "/var/lib/vmrd-other/x.db", "/srv/x.db")
    ]
    assert kinds == ["nfs4", "cifs", "xfs", "ext4"]
    assert file_system_of(Path("/srv/x.db"), tmp_path / "none") is None
    assert file_system_of(tmp_path / "vmrd.db") is not None


def test_a_daemons_lock_is_seen_and_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "vmrd.db"
    lock = tmp_path / "vmrd.db.lock"
    assert is_locked(lock) is False
    with closing(Alone(path)):
        assert is_locked(lock) is True
    assert is_locked(lock) is False
    assert is_locked(lock, tmp_path / "no-such-list") is None


@pytest.mark.parametrize(
    ("values", "secret"),
    [
        ({"pexip": {"password": "x"}}, True),
        ({"senders": [{"system": "a", "secrets": ["x"]}]}, True),
        ({"store": {"path": "x", "key": "y"}}, True),
        ({"sign_in": {"sealed": {"password_hash": "x"}}}, True),
        ({"establishments": [{"rooms": [{"key": "MDI-1"}], "questions": [{"key": "a"}]}]}, False),
    ],
)
def test_a_file_with_a_secret_is_told_from_one_without(values: dict[str, Any], secret: bool) -> None:
    assert holds_secrets(values) is secret


def test_the_credentials_folder_may_be_missing_empty_or_gone(tmp_path: Path) -> None:
    assert seen_credentials(None) is None
    assert seen_credentials(str(tmp_path / "gone")) == ()
    (tmp_path / "store__key").write_text("x")
    (tmp_path / "store__key").chmod(0o440)
    assert [(each.path.name, each.mode) for each in seen_credentials(str(tmp_path)) or ()] == [("store__key", 0o440)]


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_port_is_taken_while_somebody_listens_on_it_whatever_it_was_bound_to(family: socket.AddressFamily) -> None:
    with socket.socket(family) as bound:
        try:
            bound.bind(("::" if family is socket.AF_INET6 else "127.0.0.1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
        port = bound.getsockname()[1]
        listen = ListenConfig(port=port, ops_host="192.0.2.1", ops_plain=True)
        assert [each.taken for each in seen_listeners(listen)] == [False, None]
        bound.listen()
        assert [(each.ours, each.taken) for each in seen_listeners(listen)] == [(True, True), (False, None)]


def test_a_machine_without_such_a_list_does_not_tell_who_listens(tmp_path: Path) -> None:
    assert {each.taken for each in seen_listeners(ListenConfig(), (tmp_path / "tcp",))} == {None}


def test_the_kernel_is_asked_whether_the_clock_is_kept_right() -> None:
    assert kept_right() in (True, False, None)
