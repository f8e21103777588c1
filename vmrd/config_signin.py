"""The part of the configuration that says how people sign in; see `config` and docs/sign-in.md."""

from __future__ import annotations

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from vmrd.config_listen import Proxies
from vmrd.config_senders import Part

RoleName = Literal["officer", "supervisor", "booker", "ops", "auditor"]
Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Public-key signatures only: with a shared key whoever can check a token can also make one."""

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_HMPPS_ROLES: dict[str, RoleName] = {
    "ROLE_VMRD_OFFICER": "officer",
    "ROLE_VMRD_SUPERVISOR": "supervisor",
    "ROLE_VMRD_BOOKER": "booker",
    "ROLE_VMRD_OPS": "ops",
    "ROLE_VMRD_AUDITOR": "auditor",
}


class OidcConfig(Part):
    """A sign-in service: HMPPS Auth by default, or any other that speaks OpenID Connect.

    A claim's name may be a path with dots (`realm_access.roles`).
    """

    issuer: str = Field(
        description="As its discovery document and its tokens say it, to the letter",
        examples=["https://sign-in.example.org/auth/issuer"],
    )
    client_id: str = Field(min_length=1, description="Who we are there", examples=["vmrd"])
    client_secret: SecretStr | None = Field(default=None, min_length=1, description="Proves who we are")
    private_key: SecretStr | None = Field(
        default=None, description="PEM (RSA or P-256); proves who we are instead of the secret"
    )
    redirect_url: str = Field(
        description="This vmrd's own address and /sign-in/callback, as registered there",
        examples=["https://vmrd.example.org/sign-in/callback"],
    )
    label: str = Field(default="your work account", max_length=60, description="What the button signs in with")
    scopes: tuple[str, ...] = Field(default=("openid",), description="What is asked for; openid at least")
    algorithms: tuple[Algorithm, ...] = Field(
        default=("RS256",), min_length=1, description="Signatures that are believed; public-key ones only"
    )
    claims_from: Literal["id_token", "access_token"] = Field(
        default="id_token", description="Which token the claims are in"
    )
    name_claim: str = Field(
        default="user_name", description="Claim of the name; a claim may be a path: realm_access.roles"
    )
    roles_claim: str = Field(default="authorities", description="Claim of the roles")
    roles: dict[str, RoleName] = Field(default=_HMPPS_ROLES, min_length=1, description="Role there -> role here")
    establishments_claim: str | None = Field(
        default=None, description="Claim of the codes, or of what establishments makes codes of", examples=["caseloads"]
    )
    establishments: dict[str, tuple[str, ...]] = Field(
        default={}, description="Value of that claim -> codes", examples=[{"north-wing": ["MDI"]}]
    )
    all_establishments: bool = Field(
        default=False, description="Instead of the claim: whoever has a role sees every establishment"
    )
    sign_out_url: str | None = Field(
        default=None,
        description="Where its discovery names no end_session_endpoint",
        examples=["https://sign-in.example.org/auth/sign-out"],
    )
    clock_skew: int = Field(default=60, ge=0, le=300, description="Seconds its clock and ours may differ by")
    request_timeout: float = Field(default=5.0, gt=0, le=15, description="Seconds for one request")

    @field_validator("issuer", "redirect_url", "sign_out_url")
    @classmethod
    def _kept_from_the_network(cls, url: str | None) -> str | None:
        """Codes and tokens go there, so it is TLS unless it never leaves this machine."""
        if url is not None and not is_safe(url):
            raise ValueError("must be an https address, with no user in it")
        return url

    @field_validator("redirect_url")
    @classmethod
    def _our_callback(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.path != "/sign-in/callback" or parts.query or parts.fragment:
            raise ValueError("must end in /sign-in/callback")
        return url

    @field_validator("scopes")
    @classmethod
    def _openid(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in scopes:
            raise ValueError("must hold openid: without it there is no proof of who signed in")
        return scopes

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.client_secret is None) == (self.private_key is None):
            raise ValueError("client_secret: give client_secret or private_key, and not both")
        if (self.establishments_claim is None) != self.all_establishments:
            raise ValueError("establishments_claim: give it, or all_establishments = true where it is one prison's own")
        return self


class SealedConfig(Part):
    """The emergency account for when the sign-in service is down. `password_hash` is made by `vmrd officer seal`."""

    password_hash: SecretStr = Field(min_length=1, description="What `vmrd officer seal` printed")
    role: Literal["officer", "supervisor"] = Field(default="supervisor", description="What it may do")
    establishments: tuple[str, ...] = Field(default=(), description="Codes it sees; empty: all")

    @field_validator("password_hash")
    @classmethod
    def _hashed(cls, given: SecretStr) -> SecretStr:
        if not given.get_secret_value().strip().startswith("$argon2id$"):
            raise ValueError("must be what `vmrd officer seal` printed")
        return given


class SignInConfig(Part):
    """How people sign in: accounts of our own, or a sign-in service; docs/sign-in.md tells it all."""

    mode: Literal["local", "oidc"] = Field(
        default="local", description="local: accounts made by `vmrd officer add`; oidc: a sign-in service"
    )
    oidc: OidcConfig | None = Field(default=None, description="The sign-in service, with mode = oidc")
    sealed: SealedConfig | None = Field(
        default=None, description="The emergency account; alarmed on every panel while in use"
    )
    trusted_proxies: Proxies = Field(
        default=(),
        description="Whose X-Forwarded-For is believed beside listen.behind_proxy, to count failed tries by desk",
        examples=[["127.0.0.1/32"]],
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.mode == "oidc") != (self.oidc is not None):
            raise ValueError('mode: mode = "oidc" and the table [sign_in.oidc] belong together: give both, or neither')
        if self.sealed is not None and self.mode != "oidc":
            raise ValueError("sealed: is for when a sign-in service is down; local accounts need none, so leave it out")
        return self


def is_safe(url: str) -> bool:
    """Whether what is sent there cannot be read on the way."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    here = parts.scheme == "http" and host in _LOOPBACK
    return bool(host) and (parts.scheme == "https" or here) and parts.username is None
