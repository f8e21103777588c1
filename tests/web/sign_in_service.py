"""A sign-in service to sign in by, which can be made to lie: OpenID Connect as HMPPS Auth and others speak it."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

Claims = dict[str, Any]
CLIENT, SECRET = "vmrd", "the secret of vmrd at the service"
REDIRECT = "http://127.0.0.1:8080/sign-in/callback"


@cache
def key(kid: str) -> RSAKey:
    """Slow to make, so made once for all tests."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


@dataclass
class Service:
    """`person`: claims of whoever signs in. `lie` changes the claims of an ID token before `sign` signs it; `access`
    makes the access token of the true ones. `document`: changes to the discovery document. `keys`: what it publishes.
    `down`: it answers 503."""

    person: Claims = field(default_factory=lambda: {"user_name": "KSHAH_GEN", "authorities": ["ROLE_VMRD_OFFICER"]})
    lie: Callable[[Claims], Claims] = lambda claims: claims
    access: Callable[[Claims], str] = lambda claims: "opaque"
    document: Claims = field(default_factory=dict)
    keys: tuple[str, ...] = ("k1",)
    down: bool = False
    issuer: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    redeemed: list[dict[str, str]] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    signed_out: list[dict[str, str]] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def sign(self, claims: Claims) -> str:
        kid = self.keys[-1]
        return jwt.encode({"alg": "RS256", "kid": kid}, claims, key(kid))

    def claims(self, nonce: str) -> Claims:
        now = int(time.time())
        standard = {"iss": self.issuer, "aud": CLIENT, "sub": "u-1", "iat": now, "exp": now + 300, "nonce": nonce}
        return {**standard, **self.person}

    def code(self, asked: dict[str, str]) -> str:
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        return code

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/auth/.well-known/openid-configuration", self._discover)
        app.router.add_get("/auth/keys", self._keys)
        app.router.add_get("/auth/authorize", self._authorize)
        app.router.add_post("/auth/token", self._token)
        app.router.add_get("/auth/out", self._out)
        return app

    async def _discover(self, request: web.Request) -> web.Response:
        self._up("discover")
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/out",
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
        return web.json_response(
            {name: value for name, value in {**said, **self.document}.items() if value is not None}
        )

    async def _keys(self, request: web.Request) -> web.Response:
        self._up("keys")
        return web.json_response(KeySet([key(kid) for kid in self.keys]).as_dict(private=False))

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        self.asked.append(asked)
        answer = {"code": self.code(asked), "state": asked["state"], "iss": self.issuer}
        raise web.HTTPFound(f"{asked['redirect_uri']}?{urlencode(answer)}")

    async def _token(self, request: web.Request) -> web.Response:
        self._up("token")
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.redeemed.append({**form, "authorization": request.headers.get("Authorization", "")})
        asked = self._codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if asked is None or asked["code_challenge"] != challenge.decode().rstrip("="):
            return web.json_response({"error": "invalid_grant"}, status=400)
        claims = self.claims(asked["nonce"])
        token, access = self.sign(self.lie(claims)), self.access(claims)
        return web.json_response({"id_token": token, "access_token": access, "token_type": "Bearer"})

    async def _out(self, request: web.Request) -> web.Response:
        self.signed_out.append(dict(request.query))
        raise web.HTTPFound(request.query["post_logout_redirect_uri"])

    def _up(self, what: str) -> None:
        self.fetched.append(what)
        if self.down:
            raise web.HTTPServiceUnavailable


@asynccontextmanager
async def serving(host: str = "127.0.0.1") -> AsyncIterator[Service]:
    """A service that listens; `host`: another name makes it another site to a browser."""
    service = Service()
    async with TestServer(service.app(), host=host) as server:
        service.issuer = f"http://{host}:{server.port}/auth"
        yield service


def configured(service: Service, **changes: object) -> Claims:
    """The table `sign_in` that signs in by it."""
    oidc = {
        "issuer": service.issuer,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "redirect_url": REDIRECT,
        "establishments_claim": "caseloads",
        **changes,
    }
    return {"mode": "oidc", "oidc": {name: value for name, value in oidc.items() if value is not None}}


def query(url: str) -> dict[str, str]:
    """The query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
