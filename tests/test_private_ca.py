"""Pexip's certificate is looked at: by the world's authorities, or by the one private CA that is configured, only."""

from __future__ import annotations

import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from tests.pexip.serving import post, self_signed, serving
from tests.settings import least, least_pexip
from vmrd.config import Config, ConfigError, from_values
from vmrd.daemon import trust_of
from vmrd.pexip.errors import Unreachable
from vmrd.pexip.http import PexipHttp

pytestmark = pytest.mark.asyncio


def certificate(folder: Path, name: str, **how: timedelta) -> tuple[Path, Path]:
    """A certificate that signed itself, and its key, as files."""
    pem, private = folder / f"{name}.pem", folder / f"{name}.key"
    signed, key = self_signed(name, **how)
    pem.write_bytes(signed)
    private.write_bytes(key)
    return pem, private


def configured(**pexip: object) -> Config:
    return from_values(least(pexip=least_pexip(**pexip)))


@pytest.mark.parametrize("trusted", ["ours", "another", None])
async def test_only_the_private_ca_that_is_configured_is_trusted(tmp_path: Path, trusted: str | None) -> None:
    ours, private = certificate(tmp_path, "ours")
    certificate(tmp_path, "another")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(ours, private)
    config = configured() if trusted is None else configured(ca_file=str(tmp_path / f"{trusted}.pem"))
    heard: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        heard.append(request.path)
        return web.Response()

    async with serving(handler, server) as base, PexipHttp(base, verify=trust_of(config)) as http:
        if trusted == "ours":
            assert (await post(http)).status == 200
        else:
            with pytest.raises(Unreachable):
                await post(http)
    assert len(heard) == (trusted == "ours")


async def test_certificates_are_looked_at_unless_it_is_said_otherwise() -> None:
    assert trust_of(configured()) is True
    assert trust_of(configured(verify_tls=False)) is False


async def test_a_ca_that_cannot_be_used_is_named_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("no certificate")
    for file in ("empty.pem", "none.pem"):
        with pytest.raises(ConfigError, match=r"pexip\.ca_file"):
            trust_of(configured(ca_file=str(tmp_path / file)))
    with pytest.raises(ConfigError, match="ca_file"):
        configured(ca_file=str(tmp_path / "empty.pem"), verify_tls=False)
