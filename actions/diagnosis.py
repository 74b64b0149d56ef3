"""Finds out why messages are charged, and says so with the evidence.

`bot/core/fee_diagnosis.py` judges; here its codes become sentences. An anonymous visitor learns
nothing of any account; whoever is signed in, nothing of another site.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from actions.answers import source_of
from actions.base import TalkAction, Turn
from actions.say import amount, day, listed, local_day, month
from actions.slots import Event
from bot.core import fee_diagnosis
from bot.core.conversations import Button, SourceLink, payload
from bot.core.errors import NotFound, Unavailable
from bot.core.fee_diagnosis import Diagnosis, Evidence, SenderLine

# Findings after which the visitor may mend something and come back.
_CAN_BE_MENDED = frozenset(
    {"not_linked", "linked_elsewhere", "link_unknown", "sender_not_licensed"}
)
_NEEDS_PERSON = frozenset(
    {"unverified", "directory_unavailable", "linked_elsewhere", "link_unknown", "not_linked"}
)
# Findings that say nothing of what was charged need no remark about refunds.
_CHARGED = frozenset({"not_linked", "linked_elsewhere", "link_unknown", "linked_after_charges"})
# Findings whose section says what to do now.
_EXPLAINED = frozenset({"unverified", "directory_unavailable", "link_unknown", "not_linked"})
_Reading = Diagnosis | Literal["unknown_account"]


class DiagnoseFees(TalkAction):
    """Says why the visitor's clinic pays per message."""

    def name(self) -> str:
        """See the base."""
        return "action_diagnose_fees"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        found = _diagnose(turn)
        if found == "unknown_account":
            identity = turn.conversation.identity
            site = identity.site_number if identity else ""
            text = turn.phrase("utter_fees_unknown_account", site=site)
            turn.say("diagnosis", text, "fees/directory_unavailable", (turn.person_button(),))
            return []
        headline = _headline(turn, found)
        parts = [headline, *_table(turn, found), *_evidence(turn, found)]
        if found.finding in _CHARGED:
            parts.append(turn.phrase("utter_fees_review_note"))
        sources: tuple[SourceLink, ...] = ()
        section = turn.services.search.section(found.section, turn.language)
        if section is not None:
            sources = (source_of(section.section),)
            if _shows_section(found):
                parts.append(f"**{section.section.heading}**\n\n{section.section.body}")
        turn.say(
            "diagnosis",
            "\n\n".join(parts),
            f"fees/{found.finding}",
            _buttons(turn, found),
            sources,
            _for_agents(turn, found, headline),
        )
        return []


def _diagnose(turn: Turn) -> _Reading:
    identity = turn.conversation.identity
    if identity is None:
        return fee_diagnosis.unverified()
    if identity.site_number is None:
        return "unknown_account"
    # Read twice at the most: a first failure is often a connection that had gone stale.
    for is_last in (False, True):
        try:
            snapshot = turn.services.accounts.snapshot(
                identity.external_id, identity.site_number, turn.now().date()
            )
        except NotFound:
            return "unknown_account"
        except Unavailable:
            if is_last:
                break
        else:
            return fee_diagnosis.diagnose(snapshot)
    return fee_diagnosis.directory_unavailable()


def _shows_section(found: Diagnosis) -> bool:
    """Whether the section's words are shown too: for whoever is linked they are refuted."""
    return found.finding in _EXPLAINED and found.also.linked_by is None


def _headline(turn: Turn, found: Diagnosis) -> str:
    facts = found.also
    language = turn.language
    values: dict[str, object] = {
        "emr_vendor": facts.emr_vendor or "",
        "months": _months(turn, found),
        "count": facts.colleague_count,
        "linked_on": _since(facts.linked_at, facts.linked_by, turn),
        "last_charge_on": day(facts.last_charge_on, language) if facts.last_charge_on else "",
        "site": turn.conversation.identity.site_number if turn.conversation.identity else "",
    }
    name = f"utter_fees_{found.finding}"
    match found.finding:
        case "no_message_charges" if not found.months:
            name = "utter_fees_no_invoices"
        case "link_unknown" if facts.linked_by:
            is_own = any(line.user_id == _visitor_id(turn) for line in found.lines)
            name = "utter_fees_linked_by" if is_own else "utter_fees_unattributed_only"
        case "linked_after_charges" if facts.unexplained_count:
            name = "utter_fees_linked_unexplained"
            values["count"] = facts.unexplained_count
        case "other_senders" if facts.is_site_admin:
            name = "utter_fees_other_senders_admin"
        case "linked_elsewhere":
            where = "site" if facts.elsewhere_site else "emr"
            name = (
                "utter_fees_linked_elsewhere" if where == "site" else "utter_fees_linked_other_emr"
            )
            values["elsewhere"] = turn.phrase(
                f"utter_fees_elsewhere_{where}",
                site_number=facts.elsewhere_site or "",
                emr_vendor=facts.elsewhere_emr or "",
                linked_on=_since(facts.elsewhere_linked_at, facts.elsewhere_linked_by, turn),
            )
    return turn.phrase(name, **values)


def _table(turn: Turn, found: Diagnosis) -> list[str]:
    """The senders with charges as a table, and what they cost in all."""
    if not found.lines:
        return []
    rows = [turn.phrase("utter_fees_table_head"), "|---|---:|---:|---|"]
    rows += [
        f"| {_cell(_name(turn, line))} | {line.message_count} "
        f"| {amount(line.amount_cents, turn.language)} | {_short_finding(turn, line)} |"
        for line in found.lines
    ]
    total = turn.phrase(
        "utter_fees_total",
        amount=amount(found.total_cents, turn.language),
        months=_months(turn, found),
    )
    return ["\n".join(rows), total]


def _evidence(turn: Turn, found: Diagnosis) -> list[str]:
    if not found.evidence:
        return []
    lines = [f"- {_evidence_line(turn, found, evidence)}" for evidence in found.evidence]
    return [turn.phrase("utter_fees_evidence") + "\n\n" + "\n".join(lines)]


def _evidence_line(turn: Turn, found: Diagnosis, evidence: Evidence) -> str:
    return turn.phrase(
        "utter_evidence_as_of",
        fact=_fact(turn, found, evidence),
        source=turn.phrase(f"utter_source_{evidence.source}"),
        as_of=local_day(evidence.as_of, turn.language),
    )


def _fact(turn: Turn, found: Diagnosis, evidence: Evidence) -> str:
    values: dict[str, object] = dict(evidence.params)
    if "month" in values:
        values["month"] = month(str(values["month"]), turn.language)
    if "amount_cents" in values:
        values["amount"] = amount(int(str(values["amount_cents"])), turn.language)
    if evidence.fact == "link_seen":
        at, by = (_moment(values.get(name)) for name in ("linked_at", "linked_by"))
        values["linked_on"] = _since(at, by, turn)
    if "user_id" in values:
        values["who"] = _who(turn, found, str(values["user_id"]))
    return turn.phrase(f"utter_fact_{evidence.fact}", **values)


def _who(turn: Turn, found: Diagnosis, user_id: str) -> str:
    if user_id == _visitor_id(turn):
        return turn.phrase("utter_fees_you")
    names = {line.user_id: line.name for line in found.lines}
    return names.get(user_id) or turn.phrase("utter_fees_colleague")


def _name(turn: Turn, line: SenderLine) -> str:
    return line.name or turn.phrase("utter_fees_unattributed")


def _short_finding(turn: Turn, line: SenderLine) -> str:
    code = "unexplained" if line.unexplained_count else line.finding
    return turn.phrase(f"utter_finding_{code}")


def _months(turn: Turn, found: Diagnosis) -> str:
    return listed([month(value, turn.language) for value in reversed(found.months)], turn.language)


def _visitor_id(turn: Turn) -> str | None:
    identity = turn.conversation.identity
    return identity.external_id if identity else None


def _since(at: datetime | None, by: datetime | None, turn: Turn) -> str:
    """The day of a link: the one it was made on, else the one by which it was there."""
    if at is None and by is not None:
        return turn.phrase("utter_fees_at_the_latest", day=local_day(by, turn.language))
    return local_day(at, turn.language) if at else ""


def _moment(value: object) -> datetime | None:
    return datetime.fromisoformat(str(value)) if value else None


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _buttons(turn: Turn, found: Diagnosis) -> tuple[Button, ...]:
    buttons = []
    if _shows_section(found):
        buttons.append(
            Button(
                turn.phrase("utter_button_how_to_link"),
                payload("choose_section", section="link-emr-account#how-to"),
            )
        )
    if found.finding in _CAN_BE_MENDED:
        buttons.append(Button(turn.phrase("utter_button_check_again"), payload("check_again")))
    if found.finding in _NEEDS_PERSON or found.also.unexplained_count:
        buttons.append(turn.person_button())
    return tuple(buttons)


def _for_agents(turn: Turn, found: Diagnosis, headline: str) -> dict[str, Any]:
    return {
        "finding": found.finding,
        "headline": headline,
        "lines": [
            f"{_name(turn, line)}: {line.message_count} × {_short_finding(turn, line)}, "
            f"{amount(line.amount_cents, turn.language)}"
            for line in found.lines
        ],
        "evidence": [
            {
                "fact": _fact(turn, found, evidence),
                "source": f"{evidence.source}: {evidence.detail}",
                "as_of": evidence.as_of.isoformat(),
            }
            for evidence in found.evidence
        ],
    }
