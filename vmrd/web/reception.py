"""All that decides who gets in, put together once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmrd.config import Config, ConfigError
from vmrd.metrics import Metrics
from vmrd.store.account import Voucher
from vmrd.store.base import Store, Tx
from vmrd.store.secrets import attempts_key
from vmrd.web.handover import Handovers
from vmrd.web.lockout import Lockout
from vmrd.web.passwords import Passwords
from vmrd.web.revocations import Revocations

if TYPE_CHECKING:
    from vmrd.oidc.flow import Flow


@dataclass(frozen=True, slots=True)
class Reception:
    """`flow` is None where people sign in with accounts of our own."""

    passwords: Passwords
    lockout: Lockout
    handovers: Handovers
    revocations: Revocations
    flow: Flow | None

    async def shut_former_ways(self, config: Config, store: Store) -> None:
        """End the sign-ins of a way that the configuration no longer has: whoever changed it meant to shut that."""
        way = Voucher.OIDC if self.flow is not None else None
        ways = {way, Voucher.SEALED} if config.sign_in.sealed is not None else {way}

        def step(tx: Tx) -> None:
            for each in tx.sign_ins():
                if (each.vouched.by if each.vouched is not None else None) not in ways:
                    tx.drop_sign_in(each.cookie_hash)

        await store.write([], step)

    async def aclose(self) -> None:
        if self.flow is not None:
            await self.flow.aclose()


def make_reception(config: Config, store: Store, metrics: Metrics) -> Reception:
    """Raises `ConfigError` for a private key that is none."""
    return Reception(Passwords(), Lockout(), Handovers(), Revocations(store, metrics), _flow(config, metrics))


def _flow(config: Config, metrics: Metrics) -> Flow | None:
    oidc = config.sign_in.oidc
    if oidc is None:
        return None
    from vmrd.oidc.flow import Flow  # its keys and tokens are slow to load, and not everybody has a sign-in service
    from vmrd.oidc.provider import Provider

    master = bytes.fromhex(config.store.key.get_secret_value().strip())
    provider = Provider(oidc.issuer, timeout=oidc.request_timeout, report=metrics.sign_in_service)
    try:
        return Flow(oidc, provider, [each.code for each in config.establishments], attempts_key(master))
    except ValueError as bad:
        raise ConfigError(str(bad)) from None
