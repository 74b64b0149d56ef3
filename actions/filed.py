"""Says which requests this conversation has filed, by their references.

Used by every action that files a request, or that finds it filed before.
"""

from __future__ import annotations

from actions.base import Turn
from bot.core.conversations import Button
from bot.core.tickets import TicketFilter


def tell_filed(turn: Turn, *, only_untold: bool = False) -> bool:
    """Gives the reference of the request that this conversation has filed; whether there is one.

    With `only_untold`, only of one that a crash kept from being told.
    """
    told = [
        m.data["reference"] for m in turn.transcript if m.kind == "ticket" and "reference" in m.data
    ]
    filed = turn.services.tickets.find(TicketFilter(conversation_id=turn.conversation.id), limit=1)
    untold = [ticket.reference for ticket in filed if ticket.reference not in told]
    references = untold or ([] if only_untold else told[-1:])
    for reference in references:
        say_already_filed(turn, reference)
    return bool(references)


def last_told(turn: Turn) -> str | None:
    """The reference that this conversation spoke of last."""
    told = (m.data["reference"] for m in reversed(turn.transcript) if "reference" in m.data)
    return next(told, None)


def say_filed(turn: Turn, reference: str, text: str, buttons: tuple[Button, ...] = ()) -> None:
    """Says that a request has been filed just now."""
    turn.say("ticket", text, "ticket/filed", buttons, data={"reference": reference})


def say_already_filed(turn: Turn, reference: str, text: str | None = None) -> None:
    """Says that a request was filed before; `text` where there is more to say than that."""
    text = text or turn.phrase("utter_already_filed", reference=reference)
    turn.say("ticket", text, "ticket/already-filed", data={"reference": reference})
