"""Whether a token is the service's, for us, for this attempt and of now; and who it says somebody is.

Pure but for joserfc: the time and the keys are arguments. The token says which key and algorithm it was signed with;
only public-key algorithms of the configured list are believed, so neither `none` nor a public key used as a password
(HS256) gets anywhere. Roles and establishments that are not on our lists count for nothing. Somebody with no
establishment is refused here, because to the rest of vmrd no establishment means all of them.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import ClaimsOption

from vmrd.config_signin import OidcConfig
from vmrd.oidc.attempts import Attempt
from vmrd.oidc.words import NotSignedIn, Person, Why

Claims = Mapping[str, object]
_STRONGEST_FIRST = ("supervisor", "officer", "booker", "auditor", "ops")
_LONGEST_NAME = 120


class UnknownKey(Exception):
    """It is signed with a key that is not among these."""


def id_claims(token: str, keys: KeySet, oidc: OidcConfig, attempt: Attempt, now: int) -> Claims:
    """What a proved ID token says. Raises `NotSignedIn`, and `UnknownKey` where other keys may do."""
    claims = _signed(token, keys, oidc, now, audience=oidc.client_id)
    others = claims["aud"] if isinstance(claims["aud"], list) else []
    party = claims.get("azp", oidc.client_id if len(others) < 2 else None)
    if party != oidc.client_id:
        raise NotSignedIn(Why.NOT_PROVED, "azp")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), attempt.nonce.encode()):
        raise NotSignedIn(Why.NOT_PROVED, "nonce")
    asked_at = claims.get("auth_time")
    if attempt.fresh and isinstance(asked_at, int) and asked_at < attempt.begun_at - oidc.clock_skew:
        raise NotSignedIn(Why.NOT_PROVED, "not_asked_again")  # the officer before, let in without a password
    return claims


def access_claims(token: str, keys: KeySet, oidc: OidcConfig, now: int, subject: object) -> Claims:
    """What the access token says of the same person. Raises as `id_claims`."""
    claims = _signed(token, keys, oidc, now, audience=None)
    if claims.get("sub") != subject:
        raise NotSignedIn(Why.NOT_PROVED, "sub")
    return claims


def person(claims: Claims, oidc: OidcConfig, establishments: Collection[str]) -> Person:
    """Who this is to vmrd. `establishments`: the codes vmrd knows. Raises `NotSignedIn`."""
    name = _claim(claims, oidc.name_claim)
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or not name.isprintable() or not name.strip():
        raise NotSignedIn(Why.NO_NAME, "no_name")
    roles = {oidc.roles[each] for each in _texts(_claim(claims, oidc.roles_claim)) if each in oidc.roles}
    role = next((each for each in _STRONGEST_FIRST if each in roles), None)
    if role is None:
        raise NotSignedIn(Why.NO_ROLE, "no_role")
    if oidc.establishments_claim is None:
        return Person(name.strip(), role, ())
    said = _texts(_claim(claims, oidc.establishments_claim))
    codes = {code for each in said for code in oidc.establishments.get(each, (each,)) if code in establishments}
    if not codes:
        raise NotSignedIn(Why.NO_ESTABLISHMENT, "no_establishment")
    return Person(name.strip(), role, tuple(sorted(codes)))


def _signed(token: str, keys: KeySet, oidc: OidcConfig, now: int, audience: str | None) -> Claims:
    wanted: ClaimsOption = {"essential": True, "value": audience} if audience is not None else {}
    registry = jwt.JWTClaimsRegistry(
        now=now,
        leeway=oidc.clock_skew,
        iss={"essential": True, "value": oidc.issuer},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        aud=wanted,
    )
    what = ""
    try:
        claims = jwt.decode(token, keys, algorithms=list(oidc.algorithms)).claims
        registry.validate(claims)
        return claims
    except InvalidKeyIdError:
        what = "unknown_key"
    except JoseError as bad:
        what = getattr(bad, "claim", None) or bad.error
    except (ValueError, TypeError):
        what = "unreadable"
    if what == "unknown_key":  # raised here, so that nothing of the token's goes along
        raise UnknownKey
    raise NotSignedIn(Why.NOT_PROVED, what)


def _claim(claims: Claims, name: str) -> object:
    """A claim by its name, or by the path the name may be."""
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _texts(claim: object) -> list[str]:
    """The texts of a claim that is a list, or one text with blanks between (as `scope` is)."""
    given = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
    return [each for each in given if isinstance(each, str)]
