"""The only doors: who is calling, and whether that person may reach the thing.

Visitors open a conversation with its token; a wrong token and a wrong id are not told apart.
Identity tokens follow Zendesk messaging (HS256, header `kid`, claim `scope: "user"`). Agents come
with a session cookie, and a second token for every change (OWASP, synchronizer token pattern).
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

import jwt
import structlog
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error
from fastapi import Depends, Header, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from bot.core.agents import (
    FAILURES_OF_ADDRESS,
    FAILURES_OF_EMAIL,
    FAILURES_WITHIN,
    KEY_CHARS,
    SESSION_LENGTH,
    Agent,
    AgentSession,
)
from bot.core.audit import Entry
from bot.core.conversations import Conversation, Identity
from bot.core.errors import NotAllowed, NotFound
from bot.core.services import Services
from bot.gateway.errors import TooMany, Unauthorized
from bot.gateway.limits import Limits
from bot.gateway.schemas.wire import OfConversation
from bot.settings import Settings

COOKIE = "helpdesk_agent"
LEEWAY_S = 10
_MAX_CLAIM_CHARS = 200
_MAX_ID_CHARS = 80
_hasher = PasswordHasher()
# Verified against when no such agent exists, so that both cases take the same time.
_NOBODY = _hasher.hash(secrets.token_hex(16))
_bearer = HTTPBearer(auto_error=False, description="The token of one conversation.")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="An agent's session.")


# What waits for nothing is `async`: anything else takes a turn in the pool of threads.
async def services_of(request: Request) -> Services:
    """The services of the app."""
    found: Services = request.app.state.services
    return found


async def settings_of(request: Request) -> Settings:
    """The settings of the app."""
    found: Settings = request.app.state.settings
    return found


async def limits_of(request: Request) -> Limits:
    """The limits of the app."""
    found: Limits = request.app.state.limits
    return found


LimitsDep = Annotated[Limits, Depends(limits_of)]
ServicesDep = Annotated[Services, Depends(services_of)]
SettingsDep = Annotated[Settings, Depends(settings_of)]


def digest(token: str) -> str:
    """What is stored of a token: its SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def visitor_conversation(
    conversation_id: OfConversation,
    services: ServicesDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Conversation:
    """The conversation, if the caller has its token."""
    given = digest(credentials.credentials if credentials else "")
    expected = services.conversations.token_hash(conversation_id)
    if not secrets.compare_digest(given, expected):
        raise NotFound("No such conversation.")
    return services.conversations.get(conversation_id)


async def logged_conversation(
    conversation: Annotated[Conversation, Depends(visitor_conversation)],
) -> Conversation:
    """The same; from here on the request's log lines name it. What a thread binds it forgets."""
    structlog.contextvars.bind_contextvars(conversation_id=conversation.id)
    return conversation


VisitorConversation = Annotated[Conversation, Depends(logged_conversation)]


def read_identity(token: str, settings: Settings) -> Identity:
    """The visitor that the vendor's site vouches for.

    Raises:
        Unauthorized: Bad signature, unknown key, expired, another algorithm, or a claim amiss.
    """
    try:
        kid = jwt.get_unverified_header(token).get("kid")
        key = settings.identity_keys.get(kid) if isinstance(kid, str) else None
        if key is None:
            raise Unauthorized("The identity is signed with a key that is not known here.")
        claims = jwt.decode(
            token,
            key.get_secret_value(),
            algorithms=["HS256"],
            audience=settings.identity_audience,
            leeway=LEEWAY_S,
            options={
                "require": ["exp", "external_id"],
                "verify_aud": settings.identity_audience is not None,
            },
        )
        ends_at = int(claims["exp"]) + LEEWAY_S
        datetime.fromtimestamp(ends_at, UTC)
    # An `exp` too large for any clock is no error of the library's.
    except (jwt.PyJWTError, ValueError, OverflowError, TypeError, OSError) as error:
        raise Unauthorized(
            f"The identity cannot be trusted ({type(error).__name__}). Sign in again."
        ) from None
    if claims.get("scope") != "user":
        raise Unauthorized('The identity must carry the claim scope "user".')
    external_id = _claim(claims, "external_id")
    if not external_id:
        # Tickets are shown by this id: two visitors without one would see each other's.
        raise Unauthorized('The claim "external_id" of the identity is empty.')
    if len(external_id) > _MAX_ID_CHARS:
        raise Unauthorized(f'The claim "external_id" is longer than {_MAX_ID_CHARS} characters.')
    roles = claims.get("roles") or ()
    roles = roles.split(",") if isinstance(roles, str) else roles
    if not isinstance(roles, list | tuple):
        raise Unauthorized('The claim "roles" of the identity must be a list.')
    is_verified = claims.get("email_verified") is True
    return Identity(
        external_id=external_id,
        name=_claim(claims, "name"),
        email=_claim(claims, "email") if is_verified else "",
        email_verified=is_verified,
        site_number=_claim(claims, "site_number") or None,
        roles=tuple(str(role).strip()[:40] for role in roles if str(role).strip())[:10],
        ends_at=ends_at,
    )


def _claim(claims: dict[str, object], name: str) -> str:
    """A claim as text; whatever is neither text nor a whole number says nothing."""
    value = claims.get(name)
    is_plain = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value).replace("\x00", "").strip()[:_MAX_CLAIM_CHARS] if is_plain else ""


def current_session(
    services: ServicesDep, token: Annotated[str | None, Depends(_cookie)]
) -> AgentSession:
    """The session of the signed-in agent."""
    session = services.agents.session(digest(token), services.clock.now()) if token else None
    if session is None:
        raise Unauthorized("Sign in first.")
    return session


async def agent_session(
    session: Annotated[AgentSession, Depends(current_session)],
) -> AgentSession:
    """The same; from here on the request's log lines name the agent."""
    structlog.contextvars.bind_contextvars(agent_id=session.agent.id)
    return session


async def session_key(token: Annotated[str | None, Depends(_cookie)]) -> str:
    """What names the caller's session in its agent's list."""
    return digest(token or "")[:KEY_CHARS]


SessionKey = Annotated[str, Depends(session_key)]


def signed_in_agent(
    session: Annotated[AgentSession, Depends(agent_session)],
    request: Request,
    services: ServicesDep,
) -> Agent:
    """The signed-in agent, for calls that only read."""
    _record(request, session.agent, services)
    return session.agent


def changing_agent(
    session: Annotated[AgentSession, Depends(agent_session)],
    request: Request,
    services: ServicesDep,
    x_csrf_token: Annotated[str, Header(description="The csrf_token of the session.")] = "",
) -> Agent:
    """The signed-in agent, for calls that change something."""
    if not secrets.compare_digest(x_csrf_token.encode(), session.csrf_token.encode()):
        raise NotAllowed("The X-CSRF-Token header is missing or wrong. Sign in again.")
    _record(request, session.agent, services)
    return session.agent


def _record(request: Request, agent: Agent, services: Services) -> None:
    """Writes what an agent asks for into the audit log, before it is done: no trace, no access."""
    given = request.path_params
    subject = str(given.get("conversation_id") or given.get("reference") or "")[:80]
    searched = request.query_params.get("q")
    services.audit.add(
        Entry(
            services.clock.now(),
            agent.id,
            f"{request.method} {request.scope['route'].path}",
            subject,
            # The log is for ever, and a search may name anybody: its digest tells who was sought
            # to those who know the name already.
            {"q_sha256": digest(searched.strip().lower())[:16]} if searched else {},
        )
    )


ReadingAgent = Annotated[Agent, Depends(signed_in_agent)]
ChangingAgent = Annotated[Agent, Depends(changing_agent)]


def sign_in(
    email: str, password: str, address: str, services: Services, device: str | None = None
) -> tuple[AgentSession, str]:
    """A new session and the token of its cookie.

    Whoever fails too often from an address waits, with the right password too. Others may still
    sign in to the same account: nobody locks a colleague out.

    Raises:
        Unauthorized: Email or password is wrong; which one is not told.
        TooMany: This address has failed too often, with this email or with any.
    """
    now = services.clock.now()
    email_hash = digest(email.strip().lower())
    of_email, of_address = services.agents.failed_sign_ins(
        email_hash, address, now - FAILURES_WITHIN
    )
    if of_email >= FAILURES_OF_EMAIL or of_address >= FAILURES_OF_ADDRESS:
        wait_s = int(FAILURES_WITHIN.total_seconds())
        raise TooMany(f"Too many wrong sign-ins. Try again in {wait_s} s.", wait_s)
    found = services.agents.by_email(email)
    agent, password_hash = found or (None, _NOBODY)
    if not _is_right(password_hash, password) or agent is None:
        services.agents.add_failed_sign_in(email_hash, address, now)
        services.audit.add(Entry(now, "nobody", "sign-in refused", email_hash[:16]))
        raise Unauthorized("Email or password is wrong.")
    token = secrets.token_urlsafe(32)
    session = AgentSession(
        agent,
        secrets.token_urlsafe(24),
        expires_at=now + SESSION_LENGTH,
        started_at=now,
        device=device,
    )
    services.agents.start_session(session, digest(token))
    services.audit.add(Entry(services.clock.now(), agent.id, "sign-in"))
    return session, token


def is_password_of(agent: Agent, password: str, services: Services) -> bool:
    """Whether this is the agent's password now."""
    found = services.agents.by_email(agent.email)
    return found is not None and _is_right(found[1], password)


def _is_right(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except Argon2Error:
        return False


def hash_password(password: str) -> str:
    """What is stored of a password."""
    return _hasher.hash(password)


async def check_origin(request: Request, settings: SettingsDep) -> None:
    """Refuses a call from a page of another origin that is not on the list."""
    origin = request.headers.get("origin")
    if origin is None or origin in settings.allowed_origins:
        return
    if urlsplit(origin).netloc != request.headers.get("host"):
        raise NotAllowed(
            "Calls from this origin are not allowed. Add it to HELPDESK_ALLOWED_ORIGINS."
        )
