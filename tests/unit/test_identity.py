"""Who is signed in, for how long, and in which conversation: attacks on it and their end."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from bot.adapters.memory import HeldClock, MemoryConversations, memory_services
from bot.core.conversations import renew_identity
from bot.core.errors import NotAllowed
from bot.core.services import Services
from bot.gateway.access import LEEWAY_S, read_identity
from bot.gateway.app import create_app
from bot.gateway.errors import Unauthorized
from bot.settings import Settings
from tests.support.builders import NOW, a_conversation, an_identity, start
from tests.support.problems import assert_problem

OLD, NEW = "old-key-of-thirty-two-bytes-or-more", "new-key-of-thirty-two-bytes-or-more"
CONVERSATIONS = "/api/v1/conversations"


def settings(**changes: Any) -> Settings:
    keys = {"app_2025": SecretStr(OLD), "app_2026": SecretStr(NEW)}
    return Settings(_env_file=None, **{"identity_keys": keys, **changes})


def token(secret: str = NEW, *, kid: Any = "app_2026", **claims: Any) -> str:
    told = {
        "scope": "user",
        "external_id": "ocean-17",
        "name": "Manon Thibodeau",
        "email": "m.thibodeau@clinique.example.com",
        "email_verified": True,
        "site_number": "4411",
        "roles": ["site_admin"],
        "exp": int(time.time()) + 300,
        **claims,
    }
    return forged({"alg": "HS256", "typ": "JWT", "kid": kid}, told, secret)


def forged(header: dict[str, Any], claims: dict[str, Any], secret: str) -> str:
    """A token made by hand: what no library would sign can be tried too."""
    parts = [_base64(json.dumps(part).encode()) for part in (header, claims)]
    signature = hmac.new(secret.encode(), ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, _base64(signature)])


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


# --- Keys ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("secret", "kid"), [(OLD, "app_2025"), (NEW, "app_2026")])
def test_while_keys_rotate_both_open_the_door(secret: str, kid: str) -> None:
    assert read_identity(token(secret, kid=kid), settings()).external_id == "ocean-17"


def test_a_key_that_was_taken_away_opens_nothing_more() -> None:
    only_new = settings(identity_keys={"app_2026": SecretStr(NEW)})
    with pytest.raises(Unauthorized, match="not known here"):
        read_identity(token(OLD, kid="app_2025"), only_new)


@pytest.mark.parametrize(
    ("secret", "kid"),
    [
        (OLD, "app_2026"),
        (NEW, "app_2025"),
        (NEW, None),
        (NEW, ["app_2026"]),
        (NEW, {"app_2026": 1}),
        (NEW, "../app_2026"),
        ("", "app_2026"),
    ],
)
def test_a_key_counts_under_its_own_name_alone(secret: str, kid: Any) -> None:
    with pytest.raises(Unauthorized):
        read_identity(token(secret, kid=kid), settings())


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", "HS512", "RS256", "hs256", None])
def test_the_header_does_not_choose_the_algorithm(algorithm: str | None) -> None:
    claims = jwt.decode(token(), options={"verify_signature": False})
    header = {"alg": algorithm, "typ": "JWT", "kid": "app_2026"}
    unsigned = ".".join([*(_base64(json.dumps(p).encode()) for p in (header, claims)), ""])
    for attempt in (unsigned, forged(header, claims, NEW)):
        with pytest.raises(Unauthorized):
            read_identity(attempt, settings())


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_not_taken_however_well_it_is_signed(algorithm: str) -> None:
    claims = jwt.decode(token(), options={"verify_signature": False})
    key = 64 * "k"
    chosen = settings(identity_keys={"app_2026": SecretStr(key)})
    assert read_identity(token(key), chosen).external_id == "ocean-17"
    with pytest.raises(Unauthorized):
        read_identity(jwt.encode(claims, key, algorithm, headers={"kid": "app_2026"}), chosen)


# --- Claims --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("late_by", "is_let_in"), [(LEEWAY_S - 5, True), (LEEWAY_S + 5, False)])
def test_a_token_may_be_late_by_what_clocks_differ(late_by: int, is_let_in: bool) -> None:
    late = token(exp=int(time.time()) - late_by)
    if is_let_in:
        assert read_identity(late, settings()).external_id == "ocean-17"
    else:
        with pytest.raises(Unauthorized):
            read_identity(late, settings())


@pytest.mark.parametrize(
    "exp", [10**30, float("inf"), float("nan"), "tomorrow", None, [], {}, True, -1]
)
def test_an_end_that_no_clock_shows_is_refused(exp: Any) -> None:
    with pytest.raises(Unauthorized):
        read_identity(token(exp=exp), settings())


@pytest.mark.parametrize(
    ("aud", "is_let_in"), [("ocean-helpdesk", True), ("another-app", False), (None, False)]
)
def test_where_an_audience_is_set_the_token_must_be_for_it(
    aud: str | None, is_let_in: bool
) -> None:
    chosen = settings(identity_audience="ocean-helpdesk")
    attempt = token(**({"aud": aud} if aud else {}))
    if is_let_in:
        assert read_identity(attempt, chosen).external_id == "ocean-17"
    else:
        with pytest.raises(Unauthorized):
            read_identity(attempt, chosen)


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_email_counts_only_once_it_was_verified(verified: Any) -> None:
    identity = read_identity(token(email_verified=verified), settings())
    assert (identity.email, identity.email_verified) == ("", False)
    assert read_identity(token(), settings()).email == "m.thibodeau@clinique.example.com"


@pytest.mark.parametrize("external_id", [{"id": "ocean-17"}, ["ocean-17"], True, None, "", "\x00"])
def test_whoever_has_no_id_is_nobody(external_id: Any) -> None:
    with pytest.raises(Unauthorized):
        read_identity(token(external_id=external_id), settings())


def test_an_id_longer_than_what_is_kept_is_refused_and_not_cut() -> None:
    # Cut, two visitors could become one.
    assert read_identity(token(external_id=80 * "x"), settings()).external_id == 80 * "x"
    with pytest.raises(Unauthorized):
        read_identity(token(external_id=81 * "x"), settings())


@pytest.mark.parametrize("scope", ["app", "", None, ["user"]])
def test_a_token_for_something_else_is_no_identity(scope: Any) -> None:
    with pytest.raises(Unauthorized):
        read_identity(token(scope=scope), settings())


# --- A token that ends in the middle -------------------------------------------------------------


def test_an_identity_ends_with_its_token() -> None:
    ends_at = int(NOW.timestamp()) + 60
    conversation = a_conversation(identity=an_identity(ends_at=ends_at))
    assert conversation.as_of(NOW + timedelta(seconds=59)).identity == conversation.identity
    assert conversation.as_of(NOW + timedelta(seconds=60)).identity is None


def test_a_fresh_token_of_the_same_person_goes_on() -> None:
    store = MemoryConversations()
    old = an_identity(ends_at=int(NOW.timestamp()))
    fresh = replace(old, ends_at=old.ends_at + 3600, site_number="5522", roles=())
    renewed = renew_identity(start(store, identity=old), fresh, store)
    assert renewed.identity == store.get(renewed.id).identity == fresh


@pytest.mark.parametrize("before", [an_identity(external_id="somebody-else"), None])
def test_nobody_goes_on_in_another_s_conversation(before: Any) -> None:
    store = MemoryConversations()
    conversation = start(store, identity=before)
    with pytest.raises(NotAllowed):
        renew_identity(conversation, an_identity(), store)
    assert store.get(conversation.id).identity == before


# --- Over HTTP -----------------------------------------------------------------------------------


@pytest.fixture
def services(clock: HeldClock) -> Services:
    return memory_services(clock)


@pytest.fixture
def http(services: Services) -> TestClient:
    return TestClient(create_app(services, settings(), owner="test", demo_visitors={}))


def begin(http: TestClient, **body: Any) -> str:
    started = http.post(CONVERSATIONS, json=body).json()
    http.headers["Authorization"] = f"Bearer {started['token']}"
    return f"{CONVERSATIONS}/{started['id']}"


def test_a_renewed_identity_is_told_with_its_end(http: TestClient, services: Services) -> None:
    path = begin(http, identity=token())
    end = int(time.time()) + 900
    answer = http.put(f"{path}/identity", json={"identity": token(exp=end)})
    assert answer.status_code == 200, answer.text
    assert answer.json()["external_id"] == "ocean-17"
    kept = services.conversations.get(path.rsplit("/", 1)[1]).identity
    assert kept is not None
    assert kept.ends_at == end + LEEWAY_S


@pytest.mark.parametrize(
    ("attempt", "status"),
    [
        (lambda: token(external_id="ocean-99"), 403),
        (lambda: token(exp=int(time.time()) - 60), 401),
        (lambda: token("another-key-of-thirty-two-bytes-or-more"), 401),
    ],
)
def test_another_person_or_a_forged_token_changes_nobody(
    http: TestClient, services: Services, attempt: Any, status: int
) -> None:
    path = begin(http, identity=token())
    before = services.conversations.get(path.rsplit("/", 1)[1]).identity
    assert_problem(http.put(f"{path}/identity", json={"identity": attempt()}), status)
    assert services.conversations.get(path.rsplit("/", 1)[1]).identity == before


def test_an_anonymous_conversation_takes_nobody_s_identity(http: TestClient) -> None:
    path = begin(http)
    assert_problem(http.put(f"{path}/identity", json={"identity": token()}), 403)


def test_without_the_conversation_s_token_no_identity_is_renewed(http: TestClient) -> None:
    path = begin(http, identity=token())
    http.headers["Authorization"] = "Bearer guessed"
    assert_problem(http.put(f"{path}/identity", json={"identity": token()}), 404)
