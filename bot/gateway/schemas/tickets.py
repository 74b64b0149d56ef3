"""Tickets, their history, and their way to the helpdesk (`console.py`)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from bot.gateway.schemas.wire import (
    Body,
    Moment,
    Next,
    Out,
    Reference,
    TicketKindCode,
    TicketStateCode,
    example,
)


class TicketRef(Out):
    """A ticket by its reference."""

    reference: Reference
    kind: TicketKindCode
    state: TicketStateCode


class DeliveryOut(Out):
    """Where the ticket, or something that belongs to it, is on its way to the helpdesk."""

    kind: Literal["ticket", "transcript", "comment", "redaction"] = Field(
        description="What is on its way."
    )
    state: Literal["pending", "in_flight", "delivered", "unknown", "rejected", "dead"] = Field(
        description="`rejected` and `dead` wait for a person; the others are seen to."
    )
    next_at: Moment = Field(description="Not attempted before then.")
    attempts: int = Field(description="How often it has been sent.")
    last_error: str | None = Field(description="Why the last attempt failed.")
    external_id: str | None = Field(description="The helpdesk's own number.")


class TicketOut(Out):
    """A ticket."""

    reference: Reference
    kind: TicketKindCode
    state: TicketStateCode
    requester_name: str = Field(description="Who asks.")
    requester_email: str = Field(description="Where the requester can be written to.")
    site_number: str = Field(description="The site that it is about.", examples=["44170"])
    language: str = Field(description="`fr` or `en`: to answer in.")
    fields: dict[str, Any] = Field(description="What is asked for, by the kind of ticket.")
    checklist: dict[str, bool] = Field(description="What the team has done.")
    to_confirm: bool = Field(description="Whether a site admin must still agree.")
    conversation_id: str | None = Field(description="Null once the conversation is erased.")
    created_at: Moment
    updated_at: Moment
    delivery: DeliveryOut | None = Field(description="Its way to the helpdesk.")


class HistoryOut(Out):
    """One line of a ticket's history."""

    at: Moment
    who: str = Field(description="An agent's name, `assistant`, or `requester`.")
    what: str = Field(description="What happened.", examples=["state: open -> in_progress"])


class TicketDetail(TicketOut):
    """A ticket with its history."""

    history: list[HistoryOut] = Field(description="Oldest first.")
    deliveries: list[DeliveryOut] = Field(
        description="All that goes to the helpdesk for it, oldest first."
    )


class TicketList(Out):
    """Tickets, newest first."""

    tickets: list[TicketOut] = Field(description="Newest first.")
    next: Next


class ChangeTicket(Body):
    """What an agent changes of a ticket."""

    model_config = example(state="in_progress", checklist={"account_reviewed": True})

    state: TicketStateCode | None = Field(None, description="Left as it is if not given.")
    checklist: dict[str, bool] | None = Field(None, description="The items that change.")
