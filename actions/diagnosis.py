"""Finds out why messages are charged, and tells it.

`bot/core/fee_diagnosis.py` judges, `bot/core/fee_reply.py` makes sentences of it. An anonymous
visitor learns nothing of any account; whoever is signed in, nothing of another site.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal, get_args

from actions.base import TalkAction, Turn
from actions.slots import Event
from bot.core import fee_diagnosis
from bot.core.conversations import Identity
from bot.core.errors import NotFound, Unavailable
from bot.core.fee_details import tell_detail, tell_no_invoice
from bot.core.fee_findings import Diagnosis
from bot.core.fee_questions import (
    Aspect,
    invoice_months_named,
    months_named,
    only_months,
    site_named,
)
from bot.core.fee_record import Record
from bot.core.fee_reply import tell_diagnosis, tell_signed_out, tell_unknown_account

_Reading = Diagnosis | Literal["unknown_account"]


class DiagnoseFees(TalkAction):
    """Says why the visitor's clinic pays per message; asked again, also what has changed."""

    def name(self) -> str:
        """See the base."""
        return "action_diagnose_fees"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        if turn.is_signed_out:
            turn.replies.append(tell_signed_out(turn.telling, has_been=True))
            return []
        record = turn.fee_record
        if turn.intent == "check_again" and record and record.from_files:
            ask_files(turn)
            return []
        asked = () if _is_button(turn) else invoice_months_named(turn.text, turn.now().date())
        _tell(turn, asked, record if turn.intent == "check_again" else None)
        return []


class AskFeeFiles(TalkAction):
    """Says which two files a site admin may drop into the chat, and where to get them."""

    def name(self) -> str:
        """See the base."""
        return "action_ask_fee_files"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        if turn.is_signed_out:
            turn.replies.append(tell_signed_out(turn.telling, has_been=True))
        else:
            ask_files(turn)
        return []


def ask_files(turn: Turn) -> None:
    """Asks for the files, of whoever may see what they hold."""
    identity = turn.conversation.identity
    if identity is None or not identity.is_site_admin or identity.site_number is None:
        turn.say("notice", turn.phrase("utter_files_admins_only"), "fees/files-refused")
    else:
        turn.say("form", turn.phrase("utter_ask_files", site=identity.site_number), "fees/files")


def tell_more(turn: Turn, record: Record) -> None:
    """Answers a question about the fee check told before: who else, how much, since when."""
    read = record.diagnosis.months
    months = months_named(turn.text, read, turn.now().date())
    if record.from_files or set(months) <= set(read):
        turn.replies.append(tell_detail(record, _aspect(turn), turn.text, months, turn.telling))
        return
    found = _diagnose(turn, turn.conversation.identity, months)
    if _has_no_invoice(found):
        turn.replies.append(tell_no_invoice(record, months, turn.telling))
    else:
        _tell_found(turn, found, months, None)


def tell_anew(turn: Turn) -> None:
    """Makes another fee check, where the one before left nothing that this visitor may be told."""
    if turn.conversation.identity is None:
        turn.replies.append(tell_signed_out(turn.telling, has_been=turn.is_signed_out))
    else:
        _tell(turn, months_named(turn.text, (), turn.now().date()), None)


def _tell(turn: Turn, asked: Sequence[str], since: Record | None) -> None:
    _tell_found(turn, _diagnose(turn, turn.conversation.identity, asked), asked, since)


def _tell_found(turn: Turn, found: _Reading, asked: Sequence[str], since: Record | None) -> None:
    if found == "unknown_account":
        turn.replies.append(tell_unknown_account(turn.telling))
        return
    identity = turn.conversation.identity
    other = None if _is_button(turn) or identity is None else site_named(turn.text)
    lead = []
    if identity is not None and other not in (None, identity.site_number):
        lead.append(turn.phrase("utter_fees_other_site", other=other, site=identity.site_number))
    turn.replies.append(tell_diagnosis(found, turn.telling, since=since, lead=lead, asked=asked))


def _diagnose(turn: Turn, identity: Identity | None, asked: Sequence[str]) -> _Reading:
    if identity is None:
        return fee_diagnosis.unverified()
    if identity.site_number is None:
        return "unknown_account"
    until = _end_of(max(asked)) if asked else turn.now().date()
    # Read twice at the most: a first failure is often a connection that had gone stale.
    for is_last in (False, True):
        try:
            snapshot = turn.services.accounts.snapshot(
                identity.external_id, identity.site_number, until
            )
        except NotFound:
            return "unknown_account"
        except Unavailable:
            if is_last:
                break
        else:
            return fee_diagnosis.diagnose(
                only_months(snapshot, asked) if asked else snapshot,
                is_admin_by_sign_in=identity.is_site_admin,
            )
    return fee_diagnosis.directory_unavailable()


def _has_no_invoice(found: _Reading) -> bool:
    """Whether it was looked for invoices, and there are none."""
    if found == "unknown_account":
        return False
    return found.finding == "no_message_charges" and not found.months


def _end_of(month: str) -> date:
    first = date.fromisoformat(f"{month}-01")
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _aspect(turn: Turn) -> Aspect:
    """What the classifier's likeliest label of the intent asks for."""
    labels = [item["name"] for item in turn.tracker.latest_message.get("label_ranking") or ()]
    aspects = [label.split("/")[1] for label in labels if label.startswith("fee_detail/")]
    return next((one for one in get_args(Aspect) if one in aspects[:1]), "who")


def _is_button(turn: Turn) -> bool:
    return turn.text.startswith("/")
