"""The agents' calls about themselves: signing in, sessions, passwords, others' accounts."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Path, Request, Response

from bot.core.agents import (
    SESSION_LENGTH,
    Account,
    AccountChange,
    Agent,
    AgentSession,
    check_change,
    check_password,
)
from bot.core.errors import Conflict, NotAllowed, NotFound
from bot.core.services import Services
from bot.gateway import access
from bot.gateway.access import (
    ChangingAgent,
    ReadingAgent,
    ServicesDep,
    SessionKey,
    SettingsDep,
    check_origin,
)
from bot.gateway.errors import responses
from bot.gateway.guard import caller
from bot.gateway.schemas.team import (
    AccountList,
    AccountOut,
    AgentList,
    AgentOut,
    AgentRef,
    ChangeAccount,
    ChangePassword,
    CreateAccount,
    SessionList,
    SessionOut,
    SignedIn,
    SignIn,
)
from bot.settings import Settings

router = APIRouter(prefix="/api/v1/agent", tags=["agent"], dependencies=[Depends(check_origin)])
Token = Annotated[str, Cookie(alias=access.COOKIE, include_in_schema=False)]


# --- Session -------------------------------------------------------------------------------------


@router.post("/session", responses=responses(401, 403, 429))
def sign_in(
    body: SignIn,
    services: ServicesDep,
    settings: SettingsDep,
    request: Request,
    response: Response,
) -> SignedIn:
    """Signs an agent in and sets the session cookie."""
    device = request.headers.get("user-agent", "")[:200] or None
    address = caller(request.scope)[:64]
    session, token = access.sign_in(body.email, body.password, address, services, device)
    response.set_cookie(
        access.COOKIE,
        token,
        max_age=int(SESSION_LENGTH.total_seconds()),
        path="/api/v1/agent",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return _signed_in(session, settings)


@router.get("/session", responses=responses(401))
def read_session(
    session: Annotated[AgentSession, Depends(access.agent_session)], settings: SettingsDep
) -> SignedIn:
    """Who is signed in, for a reload of the console."""
    return _signed_in(session, settings)


def _signed_in(session: AgentSession, settings: Settings) -> SignedIn:
    return SignedIn(
        agent=AgentOut.model_validate(session.agent),
        csrf_token=session.csrf_token,
        wait_goal_s=settings.wait_goal_min * 60,
    )


@router.delete("/session", status_code=204, responses=responses(401, 403))
def sign_out(
    _agent: ChangingAgent, services: ServicesDep, response: Response, token: Token = ""
) -> None:
    """Signs the agent out."""
    services.agents.end_session(access.digest(token))
    response.delete_cookie(access.COOKIE, path="/api/v1/agent")


@router.get("/sessions", responses=responses(401))
def list_sessions(agent: ReadingAgent, services: ServicesDep, own: SessionKey) -> SessionList:
    """One's own sessions, on whatever computers."""
    found = services.agents.sessions(agent.id, services.clock.now())
    return SessionList(
        sessions=[
            SessionOut(
                key=one.key,
                started_at=one.started_at,
                expires_at=one.expires_at,
                device=one.device,
                is_this=one.key == own,
            )
            for one in found
        ]
    )


@router.delete("/sessions", status_code=204, responses=responses(401, 403))
def end_other_sessions(agent: ChangingAgent, services: ServicesDep, token: Token = "") -> None:
    """Ends all sessions of one's own but this one."""
    services.agents.end_other_sessions(agent.id, but=access.digest(token))


@router.put("/password", status_code=204, responses=responses(401, 403))
def change_password(
    body: ChangePassword, agent: ChangingAgent, services: ServicesDep, token: Token = ""
) -> None:
    """Changes one's own password, and ends one's other sessions."""
    if not access.is_password_of(agent, body.current, services):
        raise NotAllowed("The current password is wrong.")
    check_password(body.new, agent)
    change = AccountChange(
        password_hash=access.hash_password(body.new), but_session=access.digest(token)
    )
    services.agents.change(agent.id, change)


# --- Colleagues ----------------------------------------------------------------------------------


@router.get("/agents", responses=responses(401))
def list_agents(_agent: ReadingAgent, services: ServicesDep) -> AgentList:
    """Colleagues to transfer a conversation to."""
    return AgentList(
        agents=[AgentRef.model_validate(agent) for agent in services.agents.all()], next=None
    )


def reading_lead(agent: ReadingAgent) -> Agent:
    """The agent, who is a lead: asked before the request's body is even looked at."""
    if agent.role != "lead":
        raise NotAllowed("Only a lead may see or change the accounts of agents.")
    return agent


def changing_lead(agent: ChangingAgent) -> Agent:
    """Of a request that changes something."""
    return reading_lead(agent)


@router.get("/accounts", responses=responses(401, 403), dependencies=[Depends(reading_lead)])
def list_accounts(services: ServicesDep) -> AccountList:
    """All agents, for leads."""
    return AccountList(accounts=[_account(one) for one in services.agents.accounts()])


@router.post(
    "/accounts",
    status_code=201,
    responses=responses(401, 403, 409),
    dependencies=[Depends(changing_lead)],
)
def create_account(body: CreateAccount, services: ServicesDep) -> AccountOut:
    """Adds an agent."""
    email = body.email.strip().lower()
    if any(one.agent.email == email for one in services.agents.accounts()):
        raise Conflict("There is an account with this email already. Change that one.")
    added = Agent(f"agt_{secrets.token_hex(6)}", email, body.name, body.role)
    check_password(body.password, added)
    services.agents.add(added, access.hash_password(body.password))
    return _account(_find(added.id, services))


@router.patch("/accounts/{agent_id}", responses=responses(401, 403, 404))
def change_account(
    agent_id: Annotated[str, Path(description="The agent's id.")],
    body: ChangeAccount,
    agent: Annotated[Agent, Depends(changing_lead)],
    services: ServicesDep,
) -> AccountOut:
    """Changes an agent's name, role, access or password."""
    change = AccountChange(body.name, body.role, body.is_disabled)
    check_change(change, agent_id, by=agent)
    if body.password is not None:
        check_password(body.password, _find(agent_id, services).agent)
        change = replace(change, password_hash=access.hash_password(body.password))
    return _account(services.agents.change(agent_id, change))


def _find(agent_id: str, services: Services) -> Account:
    found = next((one for one in services.agents.accounts() if one.agent.id == agent_id), None)
    if found is None:
        raise NotFound("No such agent.")
    return found


def _account(account: Account) -> AccountOut:
    return AccountOut(
        id=account.agent.id,
        email=account.agent.email,
        name=account.agent.name,
        role=account.agent.role,
        is_disabled=account.is_disabled,
        seen_at=account.seen_at,
    )
