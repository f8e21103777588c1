"""What an adapter is configured by. It imports nothing of ours, because `vmrd.config` is made of it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class AdapterConfig(BaseModel):
    """A booking system that is asked for its bookings. `system`: the sender they belong to, with its establishments and
    callbacks. `secret`: what the forwarder of its events shows us; `former_secret` is good too while it is changed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str
    base_url: str
    token_url: str
    client_id: str = Field(min_length=1)
    client_secret: SecretStr = Field(min_length=1)
    secret: SecretStr = Field(min_length=16)
    former_secret: SecretStr | None = Field(default=None, min_length=16)
    request_timeout: float = Field(default=3.0, gt=0, le=10, description="Seconds for one request")

    @field_validator("base_url", "token_url")
    @classmethod
    def _kept_from_the_network(cls, url: str) -> str:
        """Secrets and tokens go there, so it is TLS unless it never leaves this machine."""
        parts = urlsplit(url)
        here = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if not parts.hostname or not (parts.scheme == "https" or here):
            raise ValueError("must be an https address")
        return url


class AdaptersConfig(BaseModel):
    """Named parts rather than a list, so that their secrets can come from credentials (`adapters__bvls__secret`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bvls: AdapterConfig | None = None
    official_visits: AdapterConfig | None = None

    def configured(self) -> Iterator[tuple[str, AdapterConfig]]:
        """Those that are there, by the name they are called at."""
        for name, adapter in (("bvls", self.bvls), ("official-visits", self.official_visits)):
            if adapter is not None:
                yield name, adapter
