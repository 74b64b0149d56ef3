"""Health, readiness, metrics; and the demo's ready-made people."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import ip_address
from operator import call

import jwt
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.core.errors import NotFound
from bot.gateway.access import ServicesDep, SettingsDep
from bot.gateway.errors import responses
from bot.gateway.metrics import registry
from bot.gateway.schemas.operations import (
    DemoAgent,
    DemoAgents,
    DemoIdentities,
    DemoIdentity,
    Health,
    Readiness,
)
from bot.settings import DEMO_AGENTS, Settings

router = APIRouter(tags=["operations"])
demo = APIRouter(prefix="/api/v1/demo", tags=["demo"])
IDENTITY_LIFE = timedelta(hours=12)


@router.get("/healthz")
def health() -> Health:
    """Says that the process lives."""
    return Health()


@router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness}})
def readiness(services: ServicesDep) -> JSONResponse:
    """Says whether database, dialogue engine and action server answer."""
    with ThreadPoolExecutor(len(services.probes)) as pool:
        answers = dict(zip(services.probes, pool.map(call, services.probes.values()), strict=True))
    is_ready = all(answers.values())
    found = Readiness(
        status="ready" if is_ready else "not_ready",
        checks={name: "ok" if is_good else "failed" for name, is_good in answers.items()},
    )
    return JSONResponse(found.model_dump(), status_code=200 if is_ready else 503)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **responses(404)},
)
def metrics(request: Request, settings: SettingsDep) -> Response:
    """Prometheus metrics, for loopback or with the token."""
    token = settings.metrics_token
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    has_token = token is not None and secrets.compare_digest(
        bearer.encode(), token.get_secret_value().encode()
    )
    if not (has_token or _is_loopback(request)):
        raise NotFound("Not Found")
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


@demo.get("/identities", responses=responses(404))
def demo_identities(
    request: Request, services: ServicesDep, settings: SettingsDep
) -> DemoIdentities:
    """Ready-signed visitors; none where nobody's signature is believed."""
    _require_demo(settings)
    expires_at = services.clock.now() + IDENTITY_LIFE
    told: dict[str, int | str] = {"exp": int(expires_at.timestamp())}
    if settings.identity_audience is not None:
        told["aud"] = settings.identity_audience
    # Any key that is believed will do: the demo's own, unless others were given in its place.
    kid, key = next(iter(settings.identity_keys.items()), (None, None))
    if key is None:
        return DemoIdentities(identities=[])
    return DemoIdentities(
        identities=[
            DemoIdentity(
                name=name,
                description=description,
                identity=jwt.encode(
                    {**claims, **told},
                    key.get_secret_value(),
                    algorithm="HS256",
                    headers={"kid": kid},
                ),
            )
            for name, (claims, description) in request.app.state.demo_visitors.items()
        ]
    )


@demo.get("/agents", responses=responses(404))
def demo_agents(settings: SettingsDep) -> DemoAgents:
    """Agents to sign in as."""
    _require_demo(settings)
    return DemoAgents(
        agents=[DemoAgent(email=a.email, password=a.password, name=a.name) for a in DEMO_AGENTS]
    )


def _require_demo(settings: Settings) -> None:
    if not settings.is_demo:
        raise NotFound("Not Found")


def _is_loopback(request: Request) -> bool:
    """Whether the caller itself is on this machine, and not a proxy that speaks for another."""
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    try:
        return ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        return False
