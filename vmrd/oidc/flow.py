"""Signing in by a sign-in service from its two ends: leaving for it, and coming back.

    begin ──► browser: cookie + address of the service ──► the person signs in there ──► finish(state, code, cookie)
                                                                                           │ code + verifier
                                                                     Person ◄── tokens ◄── provider.redeem

Of what comes back in the address nothing is believed: the state must be this browser's own (`attempts`), the issuer,
where it is named, ours (RFC 9207: another service's answer must not be redeemed here), and the code is worth nothing
without the verifier, which never left this browser's sealed cookie.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from vmrd import minting
from vmrd.config_signin import OidcConfig, is_safe
from vmrd.oidc import tokens
from vmrd.oidc.attempts import Attempt, Attempts
from vmrd.oidc.provider import Given, Provider
from vmrd.oidc.words import NotSignedIn, Person, Why

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_LASTS = 60


@dataclass(frozen=True, slots=True)
class Leaving:
    """Where the browser goes, and the cookie it takes along."""

    url: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Returned:
    """Who came back, and to which screen."""

    person: Person
    next: str


class Flow:
    """One per daemon."""

    def __init__(
        self,
        oidc: OidcConfig,
        provider: Provider,
        establishments: Collection[str],
        attempts_key: bytes,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`attempts_key`: 32 bytes, the same for all replicas. Raises `ValueError` for a private key that is none."""
        self.label = oidc.label
        self._oidc = oidc
        self._provider = provider
        self._establishments = frozenset(establishments)
        self._now = now
        self._attempts = Attempts(attempts_key, now)
        self._key = _private_key(oidc.private_key.get_secret_value()) if oidc.private_key is not None else None

    async def aclose(self) -> None:
        await self._provider.aclose()

    async def begin(self, next: str, *, fresh: bool) -> Leaving:
        """`fresh`: somebody else sat here before, so the service must ask. Raises `NotSignedIn`."""
        document = await self._provider.document()
        attempt, cookie = self._attempts.begin(next, fresh=fresh)
        asked = {
            "response_type": "code",
            "client_id": self._oidc.client_id,
            "redirect_uri": self._oidc.redirect_url,
            "scope": " ".join(self._oidc.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
            **({"prompt": "login", "max_age": "0"} if fresh else {}),
        }
        return Leaving(_with(document.authorization_endpoint, asked), cookie)

    async def finish(self, cookie: str | None, answer: Mapping[str, str]) -> Returned:
        """`answer`: what the service put into the address. Raises `NotSignedIn`."""
        attempt = self._attempts.finish(cookie, answer.get("state", ""))
        if attempt is None:
            raise NotSignedIn(Why.START_AGAIN, "state")
        document = await self._provider.document()
        said = answer.get("iss")
        if said != document.issuer and (said is not None or document.says_issuer_back):
            raise NotSignedIn(Why.NOT_PROVED, "iss_of_answer")
        if "error" in answer or not answer.get("code"):
            raise NotSignedIn(Why.DECLINED, "declined")
        given = await self._provider.redeem(await self._form(attempt, answer["code"]), self._secret())
        return Returned(await self._person(given, attempt), attempt.next)

    async def sign_out_url(self) -> str | None:
        """Where the service signs people out of itself; None where it does not say, or does not answer."""
        home = self._oidc.redirect_url.removesuffix("/callback")
        if self._oidc.sign_out_url is not None:  # HMPPS Auth has its own names for the two
            return _with(self._oidc.sign_out_url, {"client_id": self._oidc.client_id, "redirect_uri": home})
        try:
            endpoint = (await self._provider.document()).end_session_endpoint
        except NotSignedIn:
            return None
        if endpoint is None or not is_safe(endpoint):
            return None
        return _with(endpoint, {"client_id": self._oidc.client_id, "post_logout_redirect_uri": home})

    async def _form(self, attempt: Attempt, code: str) -> dict[str, str]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._oidc.redirect_url,
            "code_verifier": attempt.verifier,
        }
        if self._key is None:
            return form
        at = int(self._now())
        claims = {
            "iss": self._oidc.client_id,
            "sub": self._oidc.client_id,
            "aud": (await self._provider.document()).token_endpoint,
            "jti": minting.token(),
            "iat": at,
            "exp": at + _ASSERTION_LASTS,
        }
        header = {"alg": "ES256" if isinstance(self._key, ECKey) else "RS256", "kid": self._key.thumbprint()}
        assertion = jwt.encode(header, claims, self._key)
        extra = {"client_id": self._oidc.client_id, "client_assertion_type": _ASSERTION, "client_assertion": assertion}
        return {**form, **extra}

    def _secret(self) -> tuple[str, str] | None:
        secret = self._oidc.client_secret
        return (self._oidc.client_id, secret.get_secret_value()) if secret is not None else None

    async def _person(self, given: Given, attempt: Attempt) -> Person:
        try:
            return await self._read(given, attempt, again=False)
        except tokens.UnknownKey:
            pass
        try:
            return await self._read(given, attempt, again=True)
        except tokens.UnknownKey:
            pass
        raise NotSignedIn(Why.NOT_PROVED, "unknown_key")

    async def _read(self, given: Given, attempt: Attempt, *, again: bool) -> Person:
        keys, now = await self._provider.keys(again=again), int(self._now())
        claims = tokens.id_claims(given.id_token, keys, self._oidc, attempt, now)
        if self._oidc.claims_from == "access_token":
            claims = tokens.access_claims(given.access_token, keys, self._oidc, now, claims["sub"])
        return tokens.person(claims, self._oidc, self._establishments)


def _private_key(pem: str) -> RSAKey | ECKey:
    """Raises `ValueError`, without a word of the key."""
    for kind in (RSAKey, ECKey):
        try:
            key = kind.import_key(pem)
        except (JoseError, ValueError, TypeError):
            continue
        if key.is_private and not (isinstance(key, ECKey) and key.curve_name != "P-256"):
            return key
    raise ValueError("sign_in.oidc.private_key: must be a PEM private key, RSA or P-256")


def _with(url: str, query: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
