"""What is told when a visitor asks on about a diagnosis: who, how much, since when.

Called by the fee actions. Everything comes from the record of what was diagnosed, which holds for
somebody who is no site admin their own messages alone: colleagues are a number then, whoever is
named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from bot.core.conversations import Reply
from bot.core.fee_findings import Diagnosis, SenderLine
from bot.core.fee_questions import Aspect, names_somebody, senders_named, speaks_of_self
from bot.core.fee_record import Record
from bot.core.fee_reply import (
    Telling,
    charges,
    evidence_list,
    link_day,
    moment,
    name_of,
    tell_headline,
)
from bot.core.formats import amount, day, listed, month

# A list in a message; the table has all of them.
_MOST_LISTED = 12


def tell_detail(
    record: Record, aspect: Aspect, text: str, months: Sequence[str], to: Telling
) -> Reply:
    """The answer to a question about the record: of `months` alone, where any are named."""
    asked = _of_months(record.diagnosis, months) if months else record.diagnosis
    if months and not asked.months:
        return tell_no_invoice(record, months, to)
    return _reply(record, _parts(record.diagnosis, asked, aspect, text, to), to)


def tell_no_invoice(record: Record, asked: Sequence[str], to: Telling) -> Reply:
    """There is no invoice of the months asked for; what was found before still holds."""
    parts = [to.phrase("utter_fees_no_invoice_of", months=to.months(asked))]
    if record.diagnosis.months:
        read = to.months(record.diagnosis.months)
        parts.append(to.phrase("utter_fees_period_read", months=read))
    return _reply(record, parts, to)


def _reply(record: Record, parts: Sequence[str], to: Telling) -> Reply:
    found = record.diagnosis
    buttons = (to.button("review", "ask_refund"),) if found.lines else ()
    topic = f"fees/{found.finding}"
    return Reply("diagnosis", "\n\n".join(parts), topic, buttons, data=record.data())


def _of_months(found: Diagnosis, months: Sequence[str]) -> Diagnosis:
    """What was found of these months: what each sender has of them, by a line's `by_month`.

    Findings stay, and so do the first and the last day of each sender: of a month none is known.
    """
    lines = []
    for line in found.lines:
        parts = tuple(part for part in line.by_month if part.month in months)
        if parts:
            count = sum(part.message_count for part in parts)
            cents = sum(part.amount_cents for part in parts)
            lines.append(replace(line, message_count=count, amount_cents=cents, by_month=parts))
    return replace(
        found,
        lines=tuple(sorted(lines, key=lambda line: (-line.amount_cents, line.name))),
        months=tuple(one for one in found.months if one in months),
        total_cents=sum(line.amount_cents for line in lines),
    )


def _parts(whole: Diagnosis, found: Diagnosis, aspect: Aspect, text: str, to: Telling) -> list[str]:
    """`found` is what the `whole` has of the months that were asked for."""
    if not found.months:
        # Nothing was invoiced here: to ask how much or who does not change that.
        return [tell_headline(found, to)]
    is_admin = found.also.is_site_admin
    chosen = senders_named(text, found.lines) if is_admin else ()
    if names_somebody(text) and not chosen:
        read = to.months(found.months)
        return (
            [to.phrase("utter_fees_nobody_named", months=read)]
            if is_admin
            else [_colleagues(whole, to)]
        )
    if is_admin and not chosen and speaks_of_self(text):
        chosen = tuple(line for line in found.lines if to.is_visitor(line.user_id))
        if not chosen:
            return [to.phrase("utter_fees_none_of_yours", months=to.months(found.months))]
    match aspect:
        case "who":
            return _who(found, chosen, to) if is_admin else [_colleagues(whole, to)]
        case "amount":
            return _how_much(found, chosen, to)
        case "since":
            return _since_when(found, chosen, whole.months, to)


def _colleagues(found: Diagnosis, to: Telling) -> str:
    """All that anybody but a site admin learns of others: a number for all months together."""
    return to.phrase(
        "utter_fees_own_only",
        months=to.months(found.months),
        count=found.also.colleague_count,
    )


def _who(found: Diagnosis, chosen: Sequence[SenderLine], to: Telling) -> list[str]:
    if not found.lines:
        return [to.phrase("utter_fees_no_sender", months=to.months(found.months))]
    if not chosen:
        head = to.phrase("utter_fees_senders", count=len(found.lines))
        return [head, *charges(found, found.lines, to)]
    of_them = {line.user_id for line in chosen}
    evidence = [one for one in found.evidence if one.params.get("user_id") in of_them]
    head = to.phrase("utter_fees_seen_of", names=_names(chosen, to))
    return [head, *charges(found, chosen, to), *evidence_list(found, evidence, to)]


def _how_much(found: Diagnosis, chosen: Sequence[SenderLine], to: Telling) -> list[str]:
    lines = chosen or found.lines
    if not lines:
        name = "no_sender" if found.also.is_site_admin else "nothing_of_yours"
        return [to.phrase(f"utter_fees_{name}", months=to.months(found.months))]
    rows, messages, cents = [], 0, 0
    for one in found.months:
        of_month = [part for line in lines for part in line.by_month if part.month == one]
        count = sum(part.message_count for part in of_month)
        sum_cents = sum(part.amount_cents for part in of_month)
        rows.append(f"| {month(one, to.language)} | {count} | {amount(sum_cents, to.language)} |")
        messages, cents = messages + count, cents + sum_cents
    whose = _names(chosen, to) if chosen else to.phrase(_whose(found))
    head = to.phrase(
        "utter_fees_how_much", whose=whose, count=messages, amount=amount(cents, to.language)
    )
    table = [to.phrase("utter_fees_months_head"), "|---|---:|---:|", *rows]
    return [head, "\n".join(table)]


def _since_when(
    found: Diagnosis, chosen: Sequence[SenderLine], read: Sequence[str], to: Telling
) -> list[str]:
    """Since when those have sent something that did so in these months; `read` are all months."""
    lines = chosen or found.lines
    if not lines:
        name = "no_sender" if found.also.is_site_admin else "nothing_of_yours"
        return [to.phrase(f"utter_fees_{name}", months=to.months(found.months))]
    first, last = min(line.first_on for line in lines), max(line.last_on for line in lines)
    whose = _names(chosen, to) if chosen else to.phrase(_whose(found))
    parts = [_period("utter_fees_since", whose, first, last, to)]
    if len(lines) > 1:
        parts.append(
            "\n".join(
                "- "
                + _period("utter_fees_period", name_of(line, to), line.first_on, line.last_on, to)
                for line in lines[:_MOST_LISTED]
            )
        )
    if found.also.linked_by and not chosen:
        linked_on = link_day(found.also.linked_at, found.also.linked_by, to)
        parts.append(to.phrase("utter_fees_you_linked", linked_on=linked_on))
    as_of = max((one.as_of for one in found.evidence), default=None)
    closing = to.phrase("utter_fees_period_read", months=to.months(read))
    if as_of is not None:
        closing += " " + to.phrase("utter_fees_data_as_of", as_of=moment(as_of, to))
    return [*parts, closing]


def _period(name: str, whose: str, first: date, last: date, to: Telling) -> str:
    return to.phrase(name, whose=whose, first=day(first, to.language), last=day(last, to.language))


def _whose(found: Diagnosis) -> str:
    return "utter_fees_whole_site" if found.also.is_site_admin else "utter_fees_in_your_name"


def _names(lines: Sequence[SenderLine], to: Telling) -> str:
    return listed([name_of(line, to) for line in lines], to.language)
