"""Identities that nobody signed, or not for this: none opens a conversation, whatever its trick."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.errors import HelpdeskError
from bot.gateway.access import read_identity
from bot.settings import DEMO_KEY_ID, Settings
from tests.support.problems import assert_problem
from tests.support.stack import RunningStack

KEY = Settings().identity_keys[DEMO_KEY_ID].get_secret_value()
CLAIMS = {"scope": "user", "external_id": "demo-roy", "exp": 4_000_000_000}


def signed(
    claims: dict[str, Any] = CLAIMS, key: str = KEY, algorithm: str = "HS256", **header: Any
) -> str:
    return jwt.encode(claims, key, algorithm, headers={"kid": DEMO_KEY_ID, **header})


def by_hand(header: dict[str, Any], claims: dict[str, Any], signature: str = "") -> str:
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in (header, claims)
    ]
    return ".".join([*parts, signature])


HEADERS_OF_TOKENS = st.dictionaries(
    st.sampled_from(["alg", "kid", "typ", "b64", "crit"]), st.none() | st.text()
)
FORGED = {
    "alg none": by_hand({"alg": "none", "kid": DEMO_KEY_ID}, CLAIMS),
    "alg NONE": by_hand({"alg": "NoNe", "kid": DEMO_KEY_ID}, CLAIMS),
    "no alg": by_hand({"kid": DEMO_KEY_ID}, CLAIMS),
    "no signature": signed().rpartition(".")[0] + ".",
    "another key": signed(key="k" * 40),
    "an empty key": by_hand({"alg": "HS256", "kid": DEMO_KEY_ID}, CLAIMS, "AAAA"),
    "HS512": signed(algorithm="HS512"),
    "no kid": jwt.encode(CLAIMS, KEY, "HS256"),
    "kid of nobody": signed(kid="app_other"),
    "kid with a path": signed(kid="../../../../dev/null"),
    "kid with SQL": signed(kid="x' UNION SELECT 'k"),
    "a key of its own": signed(jwk={"kty": "oct", "k": "a2V5"}, key="key" * 12),
    "a key elsewhere": signed(jku="https://evil.example/jwks.json", key="key" * 12),
    "expired": signed({**CLAIMS, "exp": 1}),
    "no exp": signed({k: v for k, v in CLAIMS.items() if k != "exp"}),
    "not yet valid": signed({**CLAIMS, "nbf": 3_999_999_999}),
    "scope of an app": signed({**CLAIMS, "scope": "app"}),
    "no external_id": signed({k: v for k, v in CLAIMS.items() if k != "external_id"}),
    "external_id of spaces": signed({**CLAIMS, "external_id": "   "}),
    "roles as an object": signed({**CLAIMS, "roles": {"admin": True}}),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_identity_opens_no_conversation(stack: RunningStack, name: str) -> None:
    answer = httpx.post(
        f"{stack.url}/api/v1/conversations", json={"identity": FORGED[name]}, trust_env=False
    )
    assert_problem(answer, 401)
    assert KEY not in answer.text


def test_the_claims_of_a_good_identity_cannot_be_exchanged(stack: RunningStack) -> None:
    header, _, signature = signed().split(".")
    claims = base64.urlsafe_b64encode(json.dumps({**CLAIMS, "roles": ["site_admin"]}).encode())
    forged = f"{header}.{claims.rstrip(b'=').decode()}.{signature}"
    answer = httpx.post(
        f"{stack.url}/api/v1/conversations", json={"identity": forged}, trust_env=False
    )
    assert_problem(answer, 401)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.one_of(
        st.text(),
        st.binary().map(lambda b: ".".join([base64.urlsafe_b64encode(b).decode()] * 3)),
        HEADERS_OF_TOKENS.map(lambda header: by_hand(header, dict(CLAIMS), "c2ln")),
    )
)
def test_whatever_is_given_as_identity_is_refused_and_nothing_breaks(token: str) -> None:
    with pytest.raises(HelpdeskError):
        read_identity(token, Settings())


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["external_id", "name", "email", "site_number", "roles", "email_verified"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=5,
        ),
    )
)
def test_signed_claims_of_any_shape_give_an_identity_or_a_refusal(claims: dict[str, Any]) -> None:
    try:
        found = read_identity(signed({**CLAIMS, **claims}), Settings())
    except HelpdeskError:
        return
    assert 0 < len(found.external_id) <= 80
    assert all(isinstance(role, str) for role in found.roles)
