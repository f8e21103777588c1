"""Signing in by a sign-in service: who gets in, as whom, and every way of getting in that must not work."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientResponse
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tests.web.house import PASSWORD, House, configuration, house
from tests.web.sign_in_service import CLIENT, REDIRECT, SECRET, Claims, Service, configured, key, query, serving
from vmrd.config import ConfigError
from vmrd.metrics import Metrics
from vmrd.oidc import attempts
from vmrd.store.secrets import attempts_key
from vmrd.web.caller import CSRF_HEADER
from vmrd.web.reception import make_reception

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def service() -> AsyncIterator[Service]:
    async with serving() as found:
        found.person["caseloads"] = ["MDI", "XXX"]
        yield found


@asynccontextmanager
async def house_of(service: Service, folder: Path, **changes: object) -> AsyncIterator[House]:
    async with house(folder, sign_in=configured(service, **changes)) as home:
        yield home


@pytest_asyncio.fixture
async def home(service: Service, tmp_path: Path) -> AsyncIterator[House]:
    async with house_of(service, tmp_path) as built:
        yield built


async def get(home: House, path: str, **headers: str) -> ClientResponse:
    return await home.client.get(path, allow_redirects=False, headers=headers)


async def left(home: House, path: str = "/sign-in/oidc") -> str:
    """The address of the service the browser is sent to."""
    answer = await get(home, path)
    assert answer.status == 303
    return answer.headers["Location"]


async def answered(home: House, path: str = "/sign-in/oidc") -> str:
    """The address the service sends the browser back to, on our own listener."""
    away = await left(home, path)
    async with home.client.session.get(away, allow_redirects=False) as answer:
        back = answer.headers["Location"]
    assert back.startswith(REDIRECT)
    return back.removeprefix("http://127.0.0.1:8080")


async def signed_in(home: House, path: str = "/sign-in/oidc") -> ClientResponse:
    return await get(home, await answered(home, path))


async def refused(home: House, callback: str) -> str:
    """The code of the reason why this answer let nobody in."""
    answer = await get(home, callback)
    assert answer.status == 303
    where = answer.headers["Location"]
    assert where.startswith("/sign-in?")
    assert (await home.client.get("/v1/me")).status == 401
    assert "Not done" in await (await home.client.get(where)).text()
    return query(where)["why"]


async def me(home: House) -> Claims:
    answer = await home.client.get("/v1/me")
    assert answer.status == 200
    found: Claims = await answer.json()
    return found


async def test_somebody_comes_in_with_the_name_role_and_establishments_of_their_token(
    home: House, service: Service
) -> None:
    answer = await signed_in(home)
    assert (answer.status, answer.headers["Location"]) == (303, "/sign-in/done")
    found = await me(home)
    assert (found["name"], found["role"], found["establishments"]) == ("KSHAH_GEN", "officer", ["MDI"])
    session = (await home.booked())["main"]
    pressed = await home.client.post(f"/v1/sessions/{session}/signalled", headers={CSRF_HEADER: found["csrf"]})
    assert pressed.status == 202
    assert service.redeemed[0]["authorization"].startswith("Basic ")
    assert await home.store.read(lambda rx: rx.officer("KSHAH_GEN")) is None, "nobody is made an account"


async def test_the_page_offers_the_service_and_no_password(home: House) -> None:
    page = await (await home.client.get("/sign-in?next=/sessions/abc")).text()
    assert 'href="/sign-in/oidc?next=/sessions/abc"' in page
    assert 'name="password"' not in page
    assert (await home.client.post("/sign-in", json={"name": "k.shah", "password": PASSWORD})).status == 404


async def test_whoever_was_led_to_sign_in_comes_back_to_their_screen(home: House) -> None:
    session = (await home.booked())["main"]
    led = (await get(home, f"/panel/sessions/{session}")).headers["Location"]
    assert led == f"/sign-in?next=/sessions/{session}"
    landed = (await signed_in(home, led.replace("/sign-in?", "/sign-in/oidc?"))).headers["Location"]
    page = await (await home.client.get(landed)).text()
    assert f'content="0; url=/panel/sessions/{session}"' in page
    assert (await home.client.get("/panel/sessions/" + session)).status == 200


async def test_no_next_leads_away_from_our_own_screens(home: House) -> None:
    landed = (await signed_in(home, "/sign-in/oidc?next=//evil.example.org/")).headers["Location"]
    assert landed == "/sign-in/done"
    for wrong in ("//evil.example.org", "https://evil.example.org", "/sessions/a/../../x", "/\\evil"):
        assert (
            'content="0; url=/panel/shift"'
            in await (await home.client.get("/sign-in/done", params={"next": wrong})).text()
        )


async def test_no_token_code_or_verifier_is_left_with_the_browser(
    home: House, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await signed_in(home)
    cookies = " ".join(answer.headers.getall("Set-Cookie"))
    known = [*service.redeemed[0].values(), *service.asked[0].values(), SECRET]
    secret = [each for each in known if len(each) > 20 and "://" not in each]
    kept = str({cookie.key: cookie.value for cookie in home.client.session.cookie_jar})
    body = await answer.text()
    printed = "".join(capsys.readouterr())
    assert len(secret) > 3
    assert [each for each in secret for place in (cookies, kept, body, printed) if each in place] == []
    assert "code=" not in answer.headers["Location"]
    assert {"HttpOnly", "SameSite=Strict"} <= set(answer.headers.getall("Set-Cookie")[0].split("; "))


def changed(**claims: object) -> Callable[[Claims], Claims]:
    def lie(true: Claims) -> Claims:
        return {name: value for name, value in {**true, **claims}.items() if value is not None}

    return lie


NOW = int(time.time())
LIES: dict[str, tuple[Callable[[Claims], Claims], str]] = {
    "a nonce of another attempt": (changed(nonce="guessed"), "proof"),
    "no nonce": (changed(nonce=None), "proof"),
    "for another client": (changed(aud="other"), "proof"),
    "for several, and the party is another": (changed(aud=[CLIENT, "other"], azp="other"), "proof"),
    "for several, and no party is named": (changed(aud=[CLIENT, "other"]), "proof"),
    "of another issuer": (changed(iss="https://evil.example.org/auth"), "proof"),
    "expired": (changed(exp=NOW - 120), "proof"),
    "never expires": (changed(exp=None), "proof"),
    "of tomorrow": (changed(iat=NOW + 86_400), "proof"),
    "not valid yet": (changed(nbf=NOW + 600), "proof"),
    "of nobody": (changed(sub=None), "proof"),
    "without a user name": (changed(user_name=None), "no-name"),
    "with a name of two lines": (changed(user_name="K\nShah"), "no-name"),
    "with a name that is no text": (changed(user_name={"a": 1}), "no-name"),
    "with the name of the emergency account": (changed(user_name="K (emergency account)"), "no-name"),
    "with no role": (changed(authorities=None), "no-role"),
    "with roles of other services only": (changed(authorities=["ROLE_GLOBAL_SEARCH", "officer"]), "no-role"),
    "with roles that are no list": (changed(authorities={"ROLE_VMRD_OFFICER": True}), "no-role"),
    "with no establishment": (changed(caseloads=[]), "no-establishment"),
    "with establishments that are not ours": (changed(caseloads=["XXX"]), "no-establishment"),
}


async def test_a_token_lets_nobody_in_that_is(home: House, service: Service) -> None:
    found = {}
    for name, (lie, _) in LIES.items():
        service.lie = lie
        found[name] = await refused(home, await answered(home))
    assert found == {name: why for name, (_, why) in LIES.items()}


def encoded(part: Claims) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def unsigned(claims: Claims) -> str:
    return f"{encoded({'alg': 'none'})}.{encoded(claims)}."


def public_key_as_password(claims: Claims) -> str:
    parts = ".".join(encoded(part) for part in ({"alg": "HS256", "kid": "k1"}, claims))
    mac = hmac.digest(key("k1").as_pem(private=False), parts.encode(), "sha256")
    return f"{parts}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def by_another_algorithm(claims: Claims) -> str:
    bare = RSAKey.import_key(key("k1").as_pem(private=True))
    return jwt.encode({"alg": "PS256", "kid": "k1"}, claims, bare, algorithms=["PS256"])


def exchanged(claims: Claims) -> str:
    header, _, signature = jwt.encode({"alg": "RS256", "kid": "k1"}, claims, key("k1")).split(".")
    return ".".join([header, unsigned({**claims, "sub": "u-2"}).split(".")[1], signature])


FORGERIES: dict[str, Callable[[Claims], str]] = {
    "unsigned": unsigned,
    "signed with the public key as a password": public_key_as_password,
    "signed by somebody else under the service's key id": lambda claims: jwt.encode(
        {"alg": "RS256", "kid": "k1"}, claims, key("of the attacker")
    ),
    "signed with a key the service does not publish": lambda claims: jwt.encode(
        {"alg": "RS256", "kid": "k9"}, claims, key("k9")
    ),
    "signed by an algorithm that is not allowed": by_another_algorithm,
    "of which the claims were exchanged": exchanged,
    "no token at all": lambda claims: "three.little.words",
}


async def test_a_token_lets_nobody_in_that_is_forged(
    home: House, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, forgery in FORGERIES.items():
        monkeypatch.setattr(service, "sign", forgery)
        assert (name, await refused(home, await answered(home))) == (name, "proof")


async def test_an_answer_is_taken_once(home: House) -> None:
    away = await left(home)
    jar = {cookie.key: cookie.value for cookie in home.client.session.cookie_jar}
    async with home.client.session.get(away, allow_redirects=False) as sent:
        callback = sent.headers["Location"].removeprefix("http://127.0.0.1:8080")
    cookie = f"vmrd-attempt={jar['vmrd-attempt']}"
    assert (await get(home, callback, Cookie=cookie)).headers["Location"] == "/sign-in/done"
    again = await get(home, callback, Cookie=cookie)
    assert query(again.headers["Location"])["why"] == "again"


async def test_an_answer_of_another_browser_is_not_taken(home: House) -> None:
    callback = await answered(home)
    home.client.session.cookie_jar.clear()
    assert await refused(home, callback) == "again"


async def test_a_code_is_not_taken_with_another_attempts_state(home: House) -> None:
    stolen = query(await answered(home))["code"]
    own = query(await left(home))["state"]
    callback = f"/sign-in/callback?code={stolen}&state={own}"
    assert await refused(home, callback + "&iss=" + home.deps.config.sign_in.oidc.issuer) == "proof"  # type: ignore[union-attr]


async def test_a_code_is_worth_nothing_without_the_verifier_of_the_browser_that_began(
    home: House, service: Service
) -> None:
    asked = query(await left(home))
    injected = service.code({**asked, "code_challenge": "of the attacker's own attempt"})
    callback = f"/sign-in/callback?code={injected}&state={asked['state']}&iss={service.issuer}"
    assert await refused(home, callback) == "proof"
    assert asked["code_challenge_method"] == "S256"


async def test_the_answer_of_another_service_is_not_redeemed(home: House, service: Service) -> None:
    callback = await answered(home)
    assert await refused(home, callback.split("&iss=")[0] + "&iss=https://evil.example.org") == "proof"
    callback = await answered(home)
    assert await refused(home, callback.split("&iss=")[0]) == "proof", "the service says it names itself"
    assert service.redeemed == []


async def test_a_service_that_does_not_name_itself_is_believed_by_its_token(service: Service, tmp_path: Path) -> None:
    service.document["authorization_response_iss_parameter_supported"] = None
    async with house_of(service, tmp_path) as home:
        callback = (await answered(home)).split("&iss=")[0]
        assert (await get(home, callback)).headers["Location"] == "/sign-in/done"


async def test_an_attempt_lasts_ten_minutes(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    callback = await answered(home)
    flow = home.deps.reception.flow
    assert flow is not None
    monkeypatch.setattr(flow._attempts, "_now", lambda: time.time() + attempts.LASTS + 2)
    assert await refused(home, callback) == "again"


async def test_a_service_that_says_no_is_said_so(home: House) -> None:
    state = query(await left(home))["state"]
    issuer = home.deps.config.sign_in.oidc.issuer  # type: ignore[union-attr]
    assert await refused(home, f"/sign-in/callback?error=access_denied&state={state}&iss={issuer}") == "declined"


async def test_a_service_that_is_down_keeps_nobody_signed_out_who_is_in(home: House, service: Service) -> None:
    assert (await signed_in(home)).status == 303
    service.down = True
    assert (await me(home))["name"] == "KSHAH_GEN"


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example.org/auth"},
        {"token_endpoint": "http://elsewhere.example.org/token"},
        {"jwks_uri": None},
        {"code_challenge_methods_supported": ["plain"]},
    ],
    ids=["another's", "in the clear", "half", "without PKCE"],
)
async def test_a_discovery_document_is_not_believed_that_is(
    home: House, service: Service, document: dict[str, Any]
) -> None:
    service.document.update(document)
    answer = await get(home, "/sign-in/oidc")
    assert query(answer.headers["Location"])["why"] == "away"


async def test_a_service_that_is_down_is_said_so_and_asked_again_the_next_time(home: House, service: Service) -> None:
    service.down = True
    assert query((await get(home, "/sign-in/oidc?next=/sessions/a")).headers["Location"]) == {
        "next": "/sessions/a",
        "why": "away",
    }
    service.down = False
    assert (await signed_in(home)).headers["Location"] == "/sign-in/done"


async def test_keys_are_kept_and_fetched_again_for_one_that_is_new(
    home: House, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    await signed_in(home)
    await signed_in(home)
    assert service.fetched.count("keys") == 1
    service.keys = ("k1", "k2")
    provider = home.deps.reception.flow._provider  # type: ignore[union-attr]
    assert await refused_after_sign_out(home) == "proof", "asked half a minute ago"
    monkeypatch.setattr(provider, "_monotonic", lambda: time.monotonic() + 31)
    assert (await signed_in(home)).headers["Location"] == "/sign-in/done"
    assert service.fetched.count("keys") == 2


async def refused_after_sign_out(home: House) -> str:
    home.client.session.cookie_jar.clear()
    return await refused(home, await answered(home))


async def test_the_strongest_of_several_roles_counts(home: House, service: Service) -> None:
    service.person["authorities"] = ["ROLE_VMRD_AUDITOR", "ROLE_VMRD_SUPERVISOR", "ROLE_VMRD_OFFICER"]
    await signed_in(home)
    assert (await me(home))["role"] == "supervisor"


async def test_claims_have_the_names_and_places_that_are_configured(service: Service, tmp_path: Path) -> None:
    service.person = {
        "preferred_username": "kim.shah",
        "realm_access": {"roles": ["video-duty"]},
        "groups": "north-wing south-wing",
        "aud": [CLIENT, "other"],
        "azp": CLIENT,
    }
    changes: dict[str, object] = {
        "name_claim": "preferred_username",
        "roles_claim": "realm_access.roles",
        "roles": {"video-duty": "supervisor"},
        "establishments_claim": "groups",
        "establishments": {"north-wing": ["HII"], "south-wing": ["BAI", "XXX"]},
    }
    async with house_of(service, tmp_path, **changes) as home:
        await signed_in(home)
        found = await me(home)
        assert (found["name"], found["role"], found["establishments"]) == ("kim.shah", "supervisor", ["BAI", "HII"])


async def test_roles_may_stand_in_the_access_token_of_the_same_person(service: Service, tmp_path: Path) -> None:
    person, service.person = service.person, {}
    of: Claims = {"sub": "u-1"}
    service.access = lambda claims: service.sign({**claims, **person, "aud": "an api", **of})
    async with house_of(service, tmp_path, claims_from="access_token") as home:
        await signed_in(home)
        assert (await me(home))["name"] == "KSHAH_GEN"
        of["sub"] = "u-2"
        assert await refused_after_sign_out(home) == "proof"
        service.access = lambda claims: "opaque"
        assert await refused_after_sign_out(home) == "proof"


@pytest.mark.parametrize("ours", [key("ours"), ECKey.generate_key("P-256")], ids=["RSA", "P-256"])
async def test_vmrd_proves_itself_by_a_key_where_it_has_no_secret(
    service: Service, tmp_path: Path, ours: RSAKey | ECKey
) -> None:
    pem = ours.as_pem(private=True).decode()
    async with house_of(service, tmp_path, client_secret=None, private_key=pem) as home:
        assert (await signed_in(home)).headers["Location"] == "/sign-in/done"
    said = service.redeemed[0]
    assert said["authorization"] == ""
    proof = jwt.decode(said["client_assertion"], ours, algorithms=["RS256", "ES256"])
    assert (proof.claims["iss"], proof.claims["aud"]) == (CLIENT, f"{service.issuer}/token")
    assert proof.header["kid"] == ours.thumbprint()


async def test_signing_out_signs_out_of_the_service_and_the_next_is_asked_who_they_are(
    home: House, service: Service
) -> None:
    await signed_in(home)
    token = {CSRF_HEADER: (await me(home))["csrf"]}
    out = await home.client.post("/sign-out", headers=token, allow_redirects=False)
    assert (out.status, out.headers["Location"]) == (303, "/sign-in/left")
    assert (await home.client.get("/v1/me")).status == 401
    assert 'content="0; url=/sign-out/away"' in await (await home.client.get("/sign-in/left")).text()
    away = (await get(home, "/sign-out/away")).headers["Location"]
    assert away.startswith(f"{service.issuer}/out?")
    assert query(away) == {"client_id": CLIENT, "post_logout_redirect_uri": "http://127.0.0.1:8080/sign-in"}
    asked = query(await left(home))
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")


async def test_whoever_takes_over_must_not_be_let_in_as_the_officer_before(home: House, service: Service) -> None:
    session = (await home.booked())["main"]
    await signed_in(home)
    form = {"csrf": (await me(home))["csrf"], "next": f"/sessions/{session}"}
    await home.client.post("/sign-out", data=form, allow_redirects=False)
    service.person["auth_time"] = int(time.time()) - 3_600
    assert await refused(home, await answered(home)) == "proof"
    service.person["auth_time"] = int(time.time())
    service.person["user_name"] = "PNAIR_GEN"
    assert (await signed_in(home)).headers["Location"] == f"/sign-in/done?next=/sessions/{session}"
    assert (await me(home))["name"] == "PNAIR_GEN"
    assert "prompt" not in query(await left(home)), "the hand-over is over"


async def test_the_service_is_left_by_its_own_address_where_it_has_one(service: Service, tmp_path: Path) -> None:
    async with house_of(service, tmp_path, sign_out_url="https://sign-in.example.org/auth/sign-out") as home:
        away = (await get(home, "/sign-out/away")).headers["Location"]
    assert away.startswith("https://sign-in.example.org/auth/sign-out?")
    assert query(away) == {"client_id": CLIENT, "redirect_uri": "http://127.0.0.1:8080/sign-in"}


async def test_a_service_without_a_way_out_leads_to_the_sign_in_page(home: House, service: Service) -> None:
    service.document["end_session_endpoint"] = None
    assert (await get(home, "/sign-out/away")).headers["Location"] == "/sign-in"


async def test_off_this_machine_every_cookie_of_the_journey_demands_tls(home: House) -> None:
    answer = await get(home, "/sign-in/oidc", Host="vmrd.example.org")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-vmrd-attempt=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


async def test_without_a_service_there_is_nowhere_to_go(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        for path in ("/sign-in/oidc", "/sign-in/callback?code=a&state=b", "/sign-out/away"):
            assert (await get(home, path)).status == 404
        answer = await home.client.post("/sign-in/emergency", data={"name": "K", "password": PASSWORD})
        assert answer.status == 404


GOOD: dict[str, Any] = {
    "issuer": "https://sign-in.example.org/auth",
    "client_id": CLIENT,
    "client_secret": SECRET,
    "redirect_url": "https://vmrd.example.org/sign-in/callback",
    "establishments_claim": "caseloads",
}
SLIPS: dict[str, tuple[dict[str, Any], str]] = {
    "in the clear": ({"issuer": "http://sign-in.example.org"}, "must be an https address"),
    "to nowhere of ours": ({"redirect_url": "https://vmrd.example.org/"}, "must end in /sign-in/callback"),
    "with a shared-key algorithm": ({"algorithms": ["HS256"]}, "algorithms"),
    "unsigned": ({"algorithms": ["none"]}, "algorithms"),
    "without proof of who it is": ({"client_secret": None}, "give client_secret or private_key"),
    "without openid": ({"scopes": ["read"]}, "must hold openid"),
    "for establishments by chance": ({"establishments_claim": None}, "establishments_claim: give it"),
    "with a role that is none": ({"roles": {"ADMIN": "governor"}}, "roles"),
}


async def test_a_configuration_is_refused_that_is(tmp_path: Path) -> None:
    for name, (change, says) in SLIPS.items():
        oidc = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
        with pytest.raises(ConfigError) as refused:
            configuration(tmp_path, sign_in={"mode": "oidc", "oidc": oidc})
        assert says in str(refused.value), name
        assert SECRET not in str(refused.value)


async def test_a_mode_without_its_table_is_refused(tmp_path: Path) -> None:
    for sign_in in ({"mode": "oidc"}, {"oidc": GOOD}, {"sealed": {"password_hash": "$argon2id$x"}}):
        with pytest.raises(ConfigError):
            configuration(tmp_path, sign_in=sign_in)
    with pytest.raises(ConfigError, match="PEM"):
        make_reception(
            configuration(
                tmp_path,
                sign_in={
                    "mode": "oidc",
                    "oidc": {**{k: v for k, v in GOOD.items() if k != "client_secret"}, "private_key": "no key"},
                },
            ),
            None,  # type: ignore[arg-type]
            Metrics(),
        )


async def test_a_sign_in_that_began_at_one_replica_is_finished_by_another() -> None:
    one, other = (attempts.Attempts(attempts_key(b"k" * 32)) for _ in range(2))
    attempt, cookie = one.begin("/panel", fresh=False)
    assert other.finish(cookie, attempt.state) == attempt
    assert other.finish(cookie, attempt.state) is None
    assert attempts.Attempts(attempts_key(b"x" * 32)).finish(cookie, attempt.state) is None
