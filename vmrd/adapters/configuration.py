"""What an adapter is configured by. It imports nothing that imports `vmrd.config`, which is made of it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from vmrd.adapters.subscription import TOPIC

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class AdapterConfig(BaseModel):
    """A booking system of HMPPS's own that is asked for the booking its events name; see docs/integrations.md."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str = Field(description="Whose bookings they are: one of the senders", examples=["bvls"])
    base_url: str = Field(description="Where it is asked", examples=["https://book-a-video-link-api.example.org"])
    token_url: str = Field(
        description="Where the token for it comes from (client-credentials grant)",
        examples=["https://sign-in.example.org/auth/oauth/token"],
    )
    client_id: str = Field(min_length=1, description="Who we are there", examples=["vmrd"])
    client_secret: SecretStr = Field(min_length=1, description="Proves who we are there")
    secret: SecretStr = Field(
        min_length=16, description="What the forwarder of its events shows us (openssl rand -hex 32)"
    )
    former_secret: SecretStr | None = Field(
        default=None, min_length=16, description="Good too, while the secret is changed"
    )
    topic: str | None = Field(
        default=None,
        description="The SNS topic that calls vmrd by itself; its subscription is confirmed, and no other",
        examples=["arn:aws:sns:eu-west-2:000000000000:domain-events"],
    )
    request_timeout: float = Field(default=3.0, gt=0, le=10, description="Seconds for one request")

    @field_validator("topic")
    @classmethod
    def _a_topic(cls, topic: str | None) -> str | None:
        if topic is not None and not TOPIC.fullmatch(topic):
            raise ValueError("must be the ARN of an SNS topic")
        return topic

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
    """HMPPS's own booking systems. Named parts rather than a list, so that their secrets can come from credentials."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bvls: AdapterConfig | None = Field(default=None, description="Book a Video Link: courts and probation")
    official_visits: AdapterConfig | None = Field(default=None, description="Official Visits")

    def configured(self) -> Iterator[tuple[str, AdapterConfig]]:
        """Those that are there, by the name they are called at."""
        for name, adapter in (("bvls", self.bvls), ("official-visits", self.official_visits)):
            if adapter is not None:
                yield name, adapter
