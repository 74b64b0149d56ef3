"""The message that tells a diagnosis: its codes and facts become sentences of domain.yml.

Called by the fee actions and by the route that takes files, so that both tell the same in the same
words. What is told was sifted by `fee_diagnosis.py`; nothing is added to it here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from bot.core.conversations import Button, Identity, Reply, SourceLink
from bot.core.fee_findings import Diagnosis, Evidence, Finding, SenderLine
from bot.core.fee_questions import Change, changes, is_unchanged
from bot.core.fee_record import Record
from bot.core.formats import amount, day, listed, local_day, local_time, month, plain
from bot.core.language import Language
from bot.core.payloads import payload
from bot.core.service_replies import person_button

if TYPE_CHECKING:
    from bot.core.ports.dialogue import Phrases
    from bot.core.ports.search import SectionSearch

# Findings after which the visitor may mend something and come back.
_CAN_BE_MENDED = frozenset(
    {"not_linked", "linked_elsewhere", "link_unknown", "sender_not_licensed"}
)
_NEEDS_PERSON = frozenset(
    {"unverified", "directory_unavailable", "linked_elsewhere", "link_unknown", "not_linked"}
)
# Findings whose section says what to do now.
_EXPLAINED = frozenset({"unverified", "directory_unavailable", "link_unknown", "not_linked"})
# What is told of others, a number a month: the fact and the name of its number.
_COUNTED_BY_MONTH = {
    "colleague_charges": "colleague_count",
    "unattributed_charges": "message_count",
}
# Where no account was read, so that there is nothing to come back to.
_NOTHING_READ = frozenset({"unverified", "directory_unavailable"})
# Where two exported files may say more than the directory does.
_FILES_MAY_HELP = frozenset({"directory_unavailable", "link_unknown"})


@dataclass(frozen=True, slots=True)
class Telling:
    """To whom something is told, and what it takes: sentences, articles, a language.

    `visitor` is None for somebody who is not signed in, or not any more.
    """

    phrases: Phrases
    search: SectionSearch
    language: Language
    visitor: Identity | None
    now: datetime

    def phrase(self, name: str, **values: object) -> str:
        """A sentence of domain.yml in the visitor's language."""
        return self.phrases.say(name, self.language, **values)

    def button(self, name: str, intent: str, **entities: str) -> Button:
        """A button that stands for an intent."""
        return Button(self.phrase(f"utter_button_{name}"), payload(intent, **entities))

    @property
    def is_admin(self) -> bool:
        """Whether the sign-in says that this is a site admin."""
        return self.visitor is not None and self.visitor.is_site_admin

    def is_visitor(self, user_id: object) -> bool:
        """Whether this is the visitor's own account."""
        return self.visitor is not None and self.visitor.external_id == user_id

    def months(self, months: Iterable[str]) -> str:
        """Months as a list in a sentence, oldest first: "août, septembre et octobre 2026"."""
        ordered = sorted(months)
        written = [month(one, self.language) for one in ordered]
        for nth, (one, following) in enumerate(pairwise(ordered)):
            if one[:4] == following[:4]:
                written[nth] = written[nth].rsplit(" ", 1)[0]
        return listed(written, self.language)


def tell_diagnosis(
    found: Diagnosis,
    to: Telling,
    *,
    since: Record | None = None,
    lead: Sequence[str] = (),
    asked: Sequence[str] = (),
    from_files: bool = False,
) -> Reply:
    """The whole diagnosis.

    `since` is what was told before, when this is another look; `lead` are paragraphs that come
    first; `asked` are the months that alone were asked for.
    """
    headline = tell_headline(found, to, asked)
    # What could not be read cannot be compared.
    before = None if found.finding in _NOTHING_READ else since
    parts = [*lead, *(what_changed(before, found, to) if before else []), headline]
    # What is as it was need not be read again.
    is_news = before is None or not is_unchanged(before.diagnosis, found)
    if is_news:
        parts += [*charges(found, found.lines, to), *evidence_list(found, found.evidence, to)]
    sources: tuple[SourceLink, ...] = ()
    section = to.search.section(found.section, to.language)
    if section is not None:
        sources = (SourceLink.of(section.section),)
        if is_news and _shows_section(found):
            parts.append(f"**{section.section.heading}**\n\n{section.section.body}")
    return Reply(
        "diagnosis",
        "\n\n".join(parts),
        f"fees/{found.finding}",
        _buttons(found, to, from_files),
        sources,
        _data(found, to, headline, from_files),
    )


def tell_unknown_account(to: Telling) -> Reply:
    """Signed in, but not among the users of the site that the sign-in names."""
    site = to.visitor.site_number if to.visitor else None
    name = "utter_fees_unknown_account" if site else "utter_fees_no_site"
    text = to.phrase(name, **({"site": site} if site else {}))
    files = (to.button("files", "send_fee_files"),) if to.is_admin and site else ()
    return _without_account("directory_unavailable", text, files, to)


def tell_signed_out(to: Telling, *, has_been: bool) -> Reply:
    """Nothing of an account is told to somebody who is not signed in, or not any more."""
    again = (to.button("check_again", "check_again"),) if has_been else ()
    name = "utter_fees_signed_out" if has_been else "utter_fees_sign_in"
    return _without_account("unverified", to.phrase(name), again, to)


def _without_account(
    finding: Finding, text: str, buttons: tuple[Button, ...], to: Telling
) -> Reply:
    """A diagnosis without an account: agents see that there was nothing to look at."""
    return Reply(
        "diagnosis",
        text,
        f"fees/{finding}",
        (*buttons, person_button(to.language, to.phrases)),
        data={
            "finding": finding,
            "told_as": finding,
            "headline": text,
            "lines": [],
            "evidence": [],
        },
    )


def what_changed(since: Record, found: Diagnosis, to: Telling) -> list[str]:
    """What is different since the last look, or that nothing is and of when the data are.

    Nothing is said where the two cannot be compared, as with the charges of other months.
    """
    told_at = moment(since.found_at, to)
    different = changes(since.diagnosis, found, since.user_id)
    if different:
        lines = [f"- {_change(change, to)}" for change in different]
        return [to.phrase("utter_fees_changed", told_at=told_at), "\n".join(lines)]
    if not is_unchanged(since.diagnosis, found):
        return []
    text = to.phrase("utter_fees_unchanged", told_at=told_at)
    if found.evidence and _may_be_mended(found):
        as_of = max(evidence.as_of for evidence in found.evidence)
        text += " " + to.phrase("utter_fees_data_as_of", as_of=moment(as_of, to))
    return [text]


def charges(found: Diagnosis, lines: Sequence[SenderLine], to: Telling) -> list[str]:
    """These senders and what they cost: a table for a site admin, a sentence for anybody else."""
    if not lines:
        return []
    total = amount(sum(line.amount_cents for line in lines), to.language)
    months = to.months(found.months)
    if not found.also.is_site_admin:
        count = sum(line.message_count for line in lines)
        return [to.phrase("utter_fees_own_total", months=months, count=count, amount=total)]
    rows = [to.phrase("utter_fees_table_head"), "|---|---:|---:|---|"]
    rows += [
        f"| {name_of(line, to)} | {line.message_count} "
        f"| {amount(line.amount_cents, to.language)} | {_finding_and_remedy(line, to)} |"
        for line in lines
    ]
    return ["\n".join(rows), to.phrase("utter_fees_total", amount=total, months=months)]


def evidence_list(found: Diagnosis, evidence: Iterable[Evidence], to: Telling) -> list[str]:
    """What the diagnosis rests on: a list for each source and day, an account in one line."""
    by_source: dict[tuple[str, str], list[Evidence]] = {}
    for one in evidence:
        key = (one.source, local_day(one.as_of, to.language))
        by_source.setdefault(key, []).append(one)
    return [
        to.phrase("utter_fees_evidence", source=to.phrase(f"utter_source_{source}"), as_of=as_of)
        + "\n\n"
        + "\n".join(f"- {line}" for line in _evidence_lines(found, group, to))
        for (source, as_of), group in by_source.items()
    ]


def _evidence_lines(found: Diagnosis, group: Iterable[Evidence], to: Telling) -> Iterable[str]:
    counts: dict[tuple[str, str | int], list[str]] = {}
    rest = []
    for one in group:
        if one.fact in _COUNTED_BY_MONTH:
            # Months with the same number are told together.
            number = one.params[_COUNTED_BY_MONTH[one.fact]]
            counts.setdefault((one.fact, number), []).append(str(one.params["month"]))
        else:
            rest.append(one)
    for (fact, number), months in counts.items():
        counted = {_COUNTED_BY_MONTH[fact]: number}
        yield to.phrase(f"utter_fact_{fact}", month=to.months(months), **counted)
    for user_id, of_one in groupby(rest, key=lambda one: one.params.get("user_id")):
        facts = [_fact(one, to) for one in of_one]
        if user_id is None:
            yield from facts
        else:
            who = _who(found, user_id, to)
            yield to.phrase("utter_fees_of", who=who, facts="; ".join(facts))


def name_of(line: SenderLine, to: Telling) -> str:
    """The sender as told in a table or a sentence."""
    return plain(line.name) if line.name else to.phrase("utter_fees_unattributed")


def link_day(at: datetime | None, by: datetime | None, to: Telling) -> str:
    """The day of a link: the one it was made on, else the one by which it was there."""
    if at is None and by is not None:
        return to.phrase("utter_fees_at_the_latest", day=local_day(by, to.language))
    return local_day(at, to.language) if at else ""


def moment(at: datetime, to: Telling) -> str:
    """A moment: the time alone if it is of today."""
    on, today = local_day(at, to.language), local_day(to.now, to.language)
    time = local_time(at, to.language)
    return time if on == today else to.phrase("utter_day_and_time", day=on, time=time)


# --- Parts ---------------------------------------------------------------------------------------


def tell_headline(found: Diagnosis, to: Telling, asked: Sequence[str] = ()) -> str:
    """The finding in a few sentences."""
    facts = found.also
    site = to.visitor.site_number if to.visitor else None
    values: dict[str, object] = {
        "emr_vendor": facts.emr_vendor or to.phrase("utter_fees_emr"),
        "months": to.months(found.months or asked),
        "count": facts.colleague_count,
        "linked_on": link_day(facts.linked_at, facts.linked_by, to),
        "last_charge_on": day(facts.last_charge_on, to.language) if facts.last_charge_on else "",
        "site": site or "",
    }
    name = f"utter_fees_{found.finding}"
    match found.finding:
        case "no_message_charges" if not found.months:
            name = "utter_fees_no_invoice_of" if asked else "utter_fees_no_invoices"
        case "link_unknown" if facts.linked_by:
            is_own = any(to.is_visitor(line.user_id) for line in found.lines)
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
            values["elsewhere"] = to.phrase(
                f"utter_fees_elsewhere_{where}",
                site_number=facts.elsewhere_site or "",
                emr_vendor=facts.elsewhere_emr or "",
                linked_on=link_day(facts.elsewhere_linked_at, facts.elsewhere_linked_by, to),
            )
    return to.phrase(name, **values)


def _may_be_mended(found: Diagnosis) -> bool:
    return bool(_CAN_BE_MENDED & {found.finding, *(line.finding for line in found.lines)})


def _shows_section(found: Diagnosis) -> bool:
    """Whether the section's words are shown too: for whoever is linked they are refuted."""
    return found.finding in _EXPLAINED and found.also.linked_by is None


def _finding_and_remedy(line: SenderLine, to: Telling) -> str:
    remedy = "unattributed" if line.user_id is None else line.told_as
    return f"{to.phrase(f'utter_finding_{line.told_as}')}; {to.phrase(f'utter_remedy_{remedy}')}"


def _fact(evidence: Evidence, to: Telling) -> str:
    values: dict[str, object] = dict(evidence.params)
    name = f"utter_fact_{evidence.fact}"
    if "month" in values:
        values["month"] = month(str(values["month"]), to.language)
    if "amount_cents" in values:
        values["amount"] = amount(int(str(values["amount_cents"])), to.language)
    if evidence.fact == "link_seen":
        at, by = (_moment_of(values.get(name)) for name in ("linked_at", "linked_by"))
        values["linked_on"] = link_day(at, by, to)
        name += "" if values["place"] == "here" else f"_{values['place']}"
    return to.phrase(name, **values)


def _who(found: Diagnosis, user_id: object, to: Telling) -> str:
    if to.is_visitor(user_id):
        return to.phrase("utter_fees_you")
    names = [line.name for line in found.lines if line.user_id == user_id]
    return plain(names[0]) if names else to.phrase("utter_fees_colleague")


def _change(change: Change, to: Telling) -> str:
    if change.line is None:
        who = to.phrase("utter_fees_whole")
    elif to.is_visitor(change.line.user_id):
        who = to.phrase("utter_fees_you")
    else:
        who = name_of(change.line, to)
    before, after = (
        to.phrase(f"utter_finding_{code}") if code else to.phrase("utter_finding_none")
        for code in (change.before, change.after)
    )
    what = f"{before} → **{after}**" if before != after else after
    if change.more_messages:
        what += "; " + to.phrase("utter_fees_more_messages", count=change.more_messages)
    return to.phrase("utter_fees_of", who=who, facts=what)


def _moment_of(value: object) -> datetime | None:
    return datetime.fromisoformat(str(value)) if value else None


def _buttons(found: Diagnosis, to: Telling, from_files: bool) -> tuple[Button, ...]:
    buttons = []
    if _shows_section(found):
        buttons.append(
            to.button("how_to_link", "choose_section", section="link-emr-account#how-to")
        )
    if _may_be_mended(found) and not from_files:
        buttons.append(to.button("check_again", "check_again"))
    if found.finding in _FILES_MAY_HELP and to.is_admin and not from_files:
        buttons.append(to.button("files", "send_fee_files"))
    if found.lines:
        buttons.append(to.button("review", "ask_refund"))
    if found.finding in _NEEDS_PERSON or found.also.unexplained_count:
        buttons.append(person_button(to.language, to.phrases))
    return tuple(buttons)


def _data(found: Diagnosis, to: Telling, headline: str, from_files: bool) -> dict[str, Any]:
    """What agents see, and for a signed-in visitor the record to come back to."""
    shown = {
        "finding": found.finding,
        "told_as": found.told_as,
        "headline": headline,
        "lines": [
            to.phrase(
                "utter_fees_of",
                who=line.name or to.phrase("utter_fees_unattributed"),
                facts=f"{line.message_count} × {to.phrase(f'utter_finding_{line.told_as}')}, "
                f"{amount(line.amount_cents, to.language)}",
            )
            for line in found.lines
        ],
        "evidence": [
            {
                "fact": "".join(_evidence_lines(found, [one], to)),
                "source": one.source,
                "detail": one.detail,
                "as_of": one.as_of.isoformat(),
            }
            for one in found.evidence
        ],
    }
    visitor = to.visitor
    if visitor is None or visitor.site_number is None or found.finding in _NOTHING_READ:
        return shown
    return Record(found, visitor.external_id, visitor.site_number, to.now, from_files, shown).data()
