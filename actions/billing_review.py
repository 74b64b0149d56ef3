"""Answers the wish for money back: promises nothing, offers a review, and files it once."""

from __future__ import annotations

from actions.base import TalkAction, Turn
from actions.filed import say_already_filed, say_filed
from actions.slots import Event
from bot.core.billing_review import digest, may_be_reviewed, open_review, review_filed
from bot.core.conversations import Button
from bot.core.fee_reply import tell_signed_out
from bot.core.filing import AlreadyOpen, Refused, TicketOpened
from bot.core.formats import amount, listed, plain
from bot.core.payloads import payload

_OFFER = "billing_review/confirm"


class OfferBillingReview(TalkAction):
    """Says that no refund can be promised, and shows the review that could be asked for."""

    def name(self) -> str:
        """See the base."""
        return "action_offer_billing_review"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        offer(turn)
        return []


class FileBillingReview(TalkAction):
    """Files the review that was shown; called twice, it files once."""

    def name(self) -> str:
        """See the base."""
        return "action_file_billing_review"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        agreed = turn.heard.all_of("review")
        file(turn, agreed[0] if agreed else "")
        return []


def answers_offer(turn: Turn) -> bool:
    """Takes a typed yes or no for an answer to the review just offered; whether it was one."""
    # Nobody agrees to an offer that came after what they wrote.
    seen = [m for m in turn.just_said if not turn.message_id or m.id < turn.message_id]
    offered = next((m for m in seen if m.topic == _OFFER), None)
    if offered is None or turn.intent not in ("affirm", "deny", "stop"):
        return False
    if turn.intent == "affirm":
        file(turn, str(offered.data.get("review", "")))
    else:
        turn.say("notice", turn.phrase("utter_review_dropped"), "billing_review/dropped")
    return True


def offer(turn: Turn) -> None:
    """Shows what would be sent to the billing team, if there is something to send."""
    record, identity = turn.fee_record, turn.conversation.identity
    if turn.is_signed_out:
        turn.replies.append(tell_signed_out(turn.telling, has_been=True))
        return
    if record is None or identity is None or not may_be_reviewed(record, identity):
        _promise_nothing(turn)
        return
    filed = review_filed(record, turn.services.tickets)
    if filed is not None:
        say_already_filed(turn, filed.reference)
        return
    found = record.diagnosis
    text = turn.phrase(
        "utter_review_offer",
        site_number=record.site_number,
        requester_name=plain(identity.name),
        requester_email=plain(identity.email),
        months=turn.telling.months(found.months),
        count=sum(line.message_count for line in found.lines),
        amount=amount(found.total_cents, turn.language),
        senders=_senders(turn, [line.name for line in found.lines if line.name]),
        finding=turn.phrase(f"utter_finding_{found.told_as}"),
    )
    agreed = digest(record)
    buttons = (
        Button(turn.phrase("utter_button_file"), payload("file_billing_review", review=agreed)),
        turn.person_button(),
    )
    turn.say("recap", text, _OFFER, buttons, data={"review": agreed})


def file(turn: Turn, agreed: str) -> None:
    """Files what was agreed to, or shows anew what has changed since."""
    services = turn.services
    filed = open_review(
        turn.fee_record, agreed, turn.conversation, services.tickets, services.clock
    )
    match filed:
        case TicketOpened(ticket=ticket):
            text = turn.phrase(
                "utter_review_filed", reference=ticket.reference, email=ticket.requester_email
            )
            if ticket.to_confirm:
                text += " " + turn.phrase("utter_filed_to_confirm")
            say_filed(turn, ticket.reference, text)
        case AlreadyOpen(ticket=ticket):
            say_already_filed(turn, ticket.reference)
        case Refused():
            offer(turn)


def _promise_nothing(turn: Turn) -> None:
    """Where nothing was found that could be reviewed: no article speaks of refunds either."""
    check = Button(turn.phrase("utter_button_fees"), payload("ask_fee_check"))
    text = turn.phrase("utter_refund_unknown")
    turn.say("abstain", text, "abstain", (check, turn.person_button()))


def _senders(turn: Turn, names: list[str]) -> str:
    most = 5
    shown = [plain(name) for name in names[:most]]
    if len(names) > most:
        shown.append(turn.phrase("utter_and_others", count=len(names) - most))
    return listed(shown, turn.language) or turn.phrase("utter_fees_unattributed")
