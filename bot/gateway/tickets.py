"""The agents' calls about tickets: what was filed, how far it is, and whether it has arrived."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query

from bot.core.errors import Conflict
from bot.core.services import Services
from bot.core.tickets import DeliveryState, Ticket, TicketFilter, parse_change, place_of
from bot.gateway.access import ChangingAgent, ReadingAgent, ServicesDep, check_origin
from bot.gateway.errors import responses
from bot.gateway.schemas.tickets import ChangeTicket, TicketDetail, TicketList, TicketOut
from bot.gateway.schemas.wire import (
    ROWS,
    Cursor,
    Limit,
    Nothing,
    OfTicket,
    Words,
    empty_means,
    read_cursor,
    write_cursor,
)
from bot.gateway.stream import CONSOLE

router = APIRouter(
    prefix="/api/v1/agent/tickets", tags=["agent"], dependencies=[Depends(check_origin)]
)


@router.get("", responses=responses(401))
def list_tickets(
    _agent: ReadingAgent,
    services: ServicesDep,
    kind: Annotated[
        Literal["cancellation", "billing_review", "support_request"] | None,
        Query(description="What kind of request it is."),
        empty_means(None),
    ] = None,
    state: Annotated[
        Literal["open", "in_progress", "done", "rejected", "withdrawn"] | None,
        Query(description="Where the team stands with it."),
        empty_means(None),
    ] = None,
    q: Words = None,
    delivery: Annotated[
        DeliveryState | None,
        Query(description="How far something of it is on its way to the helpdesk."),
        empty_means(None),
    ] = None,
    limit: Limit = ROWS,
    cursor: Cursor = None,
) -> TicketList:
    """Tickets, newest first; `delivery=dead` and `=rejected` are those that wait for a person."""
    wanted = TicketFilter(kind=kind, state=state, q=q, delivery=delivery)
    found = services.tickets.find(wanted, limit=limit + 1, after=read_cursor(cursor))
    return TicketList(
        tickets=[TicketOut(**_known(ticket, services)) for ticket in found[:limit]],
        next=write_cursor(place_of(found[limit - 1])) if len(found) > limit else None,
    )


@router.get("/{reference}", responses=responses(401, 404))
def read_ticket(reference: OfTicket, _agent: ReadingAgent, services: ServicesDep) -> TicketDetail:
    """A ticket with its history."""
    return _ticket(reference, services)


@router.patch("/{reference}", responses=responses(401, 403, 404, 409))
def change_ticket(
    reference: OfTicket, body: ChangeTicket, agent: ChangingAgent, services: ServicesDep
) -> TicketDetail:
    """Changes state or check-list."""
    kind = services.tickets.get(reference).kind
    change = parse_change(kind, body.state, body.checklist)
    services.tickets.change(reference, change, who=agent.name, at=services.clock.now())
    services.events.publish(CONSOLE)
    return _ticket(reference, services)


@router.post("/{reference}/retry-delivery", responses=responses(401, 403, 404, 409))
def retry_delivery(
    reference: OfTicket, agent: ChangingAgent, services: ServicesDep, _body: Nothing | None = None
) -> TicketDetail:
    """Sends again what of the ticket the helpdesk has not got; nothing arrives twice."""
    if not services.tickets.retry(reference, who=agent.name, at=services.clock.now()):
        raise Conflict("There is nothing to send again: all of it is delivered or under way.")
    return _ticket(reference, services)


def _ticket(reference: str, services: Services) -> TicketDetail:
    ticket = services.tickets.get(reference)
    return TicketDetail(
        **_known(ticket, services),
        history=services.tickets.history(ticket.reference),
        deliveries=services.tickets.deliveries(ticket.reference),
    )


def _known(ticket: Ticket, services: Services) -> dict[str, Any]:
    return {**asdict(ticket), "delivery": services.tickets.delivery(ticket.reference)}
