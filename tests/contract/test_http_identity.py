"""Who a visitor is: only a token that the vendor's site has signed is believed."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.settings import DEMO_KEY_ID
from tests.support.problems import assert_problem
from tests.support.stack import AgentClient, RunningStack, Visitor

CLAIMS: dict[str, Any] = {
    "scope": "user",
    "external_id": "demo-beausejour",
    "name": "Nathalie Beauséjour",
    "email": "n.beausejour@erables.example.com",
    "email_verified": True,
    "site_number": "44170",
    "roles": ["site_admin"],
}


@pytest.fixture
def secret(stack: RunningStack) -> str:
    """The key that the running assistant knows as `DEMO_KEY_ID`."""
    return stack.settings.identity_keys[DEMO_KEY_ID].get_secret_value()


def signed(
    secret: str, *, algorithm: str = "HS256", kid: str | None = DEMO_KEY_ID, **claims: Any
) -> str:
    """An identity with some claims of one's own; a claim that is None is left out."""
    told = {"exp": int(time.time()) + 300, **CLAIMS, **claims}
    return jwt.encode(
        {name: value for name, value in told.items() if value is not None},
        secret,
        algorithm=algorithm,
        headers={"kid": kid} if kid else None,
    )


def unsigned() -> str:
    """A token with `alg: none`, as RFC 8725 warns of."""
    header = {"alg": "none", "typ": "JWT", "kid": DEMO_KEY_ID}
    parts = [header, {"exp": int(time.time()) + 300, **CLAIMS}]
    return ".".join([*(_base64(json.dumps(part).encode()) for part in parts), ""])


def signed_by_rsa() -> str:
    """A token of another family of algorithms, under the name of a key that is known."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return signed(pem.decode(), algorithm="RS256")


def retold(secret: str) -> str:
    """A good token whose claims were changed after it was signed."""
    header, _, signature = signed(secret).split(".")
    other = _base64(json.dumps({"exp": int(time.time()) + 300, **CLAIMS, "name": "X"}).encode())
    return f"{header}.{other}.{signature}"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


FORGERIES: dict[str, Callable[[str], str]] = {
    "signed with another key": lambda _: signed("another-secret-of-32-bytes-or-more"),
    "changed after signing": retold,
    "of an unknown key": lambda secret: signed(secret, kid="app_unknown"),
    "of no named key": lambda secret: signed(secret, kid=None),
    "expired": lambda secret: signed(secret, exp=int(time.time()) - 60),
    "that never expires": lambda secret: signed(secret, exp=None),
    "not signed at all": lambda _: unsigned(),
    "signed with RSA": lambda _: signed_by_rsa(),
    "of another HMAC": lambda secret: signed(secret * 2, algorithm="HS512"),
    "of another scope": lambda secret: signed(secret, scope="app"),
    "without a scope": lambda secret: signed(secret, scope=None),
    "of nobody": lambda secret: signed(secret, external_id=None),
    "not valid yet": lambda secret: signed(secret, nbf=int(time.time()) + 300),
    "with roles that are no list": lambda secret: signed(secret, roles=5),
    "that is no token": lambda _: "rubbish",
    "that is empty": lambda _: "",
    "that is blank": lambda _: " ",
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES.keys())
def test_an_identity_that_cannot_be_trusted_opens_no_conversation(
    stack: RunningStack, agent: AgentClient, secret: str, forgery: Callable[[str], str]
) -> None:
    before = agent.get("/insights")["conversations"]
    answer = httpx.post(
        f"{stack.url}/api/v1/conversations", json={"identity": forgery(secret)}, trust_env=False
    )
    assert_problem(answer, 401)
    assert secret not in answer.text
    assert agent.get("/insights")["conversations"] == before


def test_a_signed_identity_is_what_agents_see(
    stack: RunningStack, agent: AgentClient, secret: str
) -> None:
    visitor = Visitor(stack.url, identity=signed(secret))
    assert agent.conversation(visitor.id)["identity"] == {
        "name": "Nathalie Beauséjour",
        "email": "n.beausejour@erables.example.com",
        "external_id": "demo-beausejour",
        "site_number": "44170",
        "roles": ["site_admin"],
        "verified": True,
    }


def test_a_visitor_without_an_identity_has_none(
    visit: Callable[..., Visitor], agent: AgentClient
) -> None:
    visitor = visit()
    visitor.say("Je m’appelle Nathalie Beauséjour, du site 44170")
    assert agent.conversation(visitor.id)["identity"] is None


def test_an_email_that_was_not_verified_is_not_taken_over_into_a_request(
    stack: RunningStack, agent: AgentClient, secret: str
) -> None:
    visitor = Visitor(stack.url, identity=signed(secret, email_verified=False))
    visitor.press("Faire une demande d’annulation")
    slots = agent.conversation(visitor.id)["slots"]
    assert slots == {"requester_name": "Nathalie Beauséjour", "site_number": "44170"}
