"""Why a clinic pays per message: judges an `AccountSnapshot` and says on what evidence.

Called by the fee check, which makes sentences of the codes and facts given here. Two rules are
kept throughout: an account is called "not linked" only where somebody looked and saw no link, and
what colleagues did (their names, amounts, ids) is told to site admins alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from bot.core.accounts import AccountLink, AccountSnapshot, MessageCharge, Provenance
from bot.core.fee_findings import (
    CURRENCY,
    Diagnosis,
    Evidence,
    Fact,
    Finding,
    MonthOfCharges,
    Particulars,
    Place,
    SenderLine,
)

# The section of the knowledge base that goes with each finding. The remedy (link the accounts)
# stands beside `not_linked` alone: for whoever is linked it has been refuted.
SECTIONS: Mapping[Finding, str] = {
    "unverified": "per-message-fees#cause",
    "directory_unavailable": "per-message-fees#check",
    "billed_by_emr_vendor": "emr-vendor-billing#who-bills-you",
    "no_message_charges": "invoice-details#csv",
    "site_without_subscription": "licence-who-needs#who-needs",
    "sender_not_licensed": "licence-who-needs#support-staff",
    "not_linked": "per-message-fees#remedy",
    "linked_elsewhere": "link-emr-account#verify",
    "link_unknown": "per-message-fees#check",
    "linked_after_charges": "link-emr-account#verify",
    "other_senders": "per-message-fees#check",
}
# Where the section above is of use to a site admin only.
SECTIONS_OF_NON_ADMINS: Mapping[Finding, str] = {
    "no_message_charges": "invoice-details#who-can-see",
    "other_senders": "invoice-details#who-can-see",
}


def unverified() -> Diagnosis:
    """For a visitor who is not signed in: no account data at all."""
    return Diagnosis("unverified", SECTIONS["unverified"])


def directory_unavailable() -> Diagnosis:
    """For a signed-in visitor whose account cannot be read."""
    return Diagnosis("directory_unavailable", SECTIONS["directory_unavailable"])


def diagnose(snapshot: AccountSnapshot, *, is_admin_by_sign_in: bool = True) -> Diagnosis:
    """The diagnosis for the signed-in visitor whose snapshot this is.

    Only who is a site admin by the directory and by the sign-in is told of others: either may
    lag behind the other.

    The headline comes from the site, then from the visitor's own charges, then from others':

    - Somebody whose own messages are charged is told about those first, whatever colleagues
      send. Without any, the charges are the colleagues' (`other_senders`), licensed or not.
    - Where all charges are attributed to nobody, it is not known whose link to look at
      (`link_unknown`): neither the visitor nor a colleague is accused.
    - Absence of a link is evidence only for messages sent before somebody looked; if all were
      sent later, nobody knows (`link_unknown`).
    - A link that is seen, but not since when, explains no message of before it was seen
      (`link_unknown`): the message may have been sent before the link or after it.
    - Covered, linked, and charged for messages of days after the link: no finding explains that,
      and the article's cause is refuted. It stays with `linked_after_charges`, whose premise (the
      link was seen) holds, and these messages are counted in `unexplained_count`. "Covered from
      now on" is true only if that count is zero; else a person has to look.
    """
    if not is_admin_by_sign_in:
        snapshot = replace(snapshot, is_site_admin=False)
    visitor = snapshot.user.external_id
    by_sender = _by_sender(snapshot.charges)
    # What may be told is sifted here, once; lines and evidence of charges see no more than this.
    visible: _BySender = by_sender
    if not snapshot.is_site_admin:
        visible = {visitor: by_sender[visitor]} if visitor in by_sender else {}
    lines = _lines(snapshot, visible)
    finding = _headline(snapshot, by_sender)
    section = SECTIONS[finding]
    if not snapshot.is_site_admin:
        section = SECTIONS_OF_NON_ADMINS.get(finding, section)
    return Diagnosis(
        finding=finding,
        section=section,
        lines=lines,
        evidence=tuple(_gather_evidence(snapshot, finding, visible)),
        months=snapshot.months,
        total_cents=sum(line.amount_cents for line in lines),
        currency=snapshot.charges[0].currency if snapshot.charges else CURRENCY,
        also=_particulars(snapshot, by_sender, lines),
    )


# --- Findings ------------------------------------------------------------------------------------

_BySender = Mapping[str | None, Sequence[MessageCharge]]


def _by_sender(charges: Iterable[MessageCharge]) -> dict[str | None, list[MessageCharge]]:
    grouped: dict[str | None, list[MessageCharge]] = defaultdict(list)
    for charge in charges:
        grouped[charge.sender_id].append(charge)
    # A plain one: looking somebody up must not make a sender of them.
    return dict(grouped)


def _headline(snapshot: AccountSnapshot, by_sender: _BySender) -> Finding:
    visitor = snapshot.user.external_id
    if visitor in by_sender or _site_finding(snapshot) is not None:
        return _finding_of(snapshot, visitor, by_sender.get(visitor, ()))
    return "other_senders" if _colleague_count(snapshot, by_sender) else "link_unknown"


def _finding_of(
    snapshot: AccountSnapshot, sender_id: str | None, charges: Sequence[MessageCharge]
) -> Finding:
    """Why this sender's messages are charged; what holds for the whole site comes first."""
    site_finding = _site_finding(snapshot)
    if site_finding is not None:
        return site_finding
    if sender_id is None:
        return "link_unknown"
    if _covered_as(snapshot, sender_id) is None:
        return "sender_not_licensed"
    here = _link_here(snapshot, sender_id)
    if here is not None:
        is_told = here.linked_at or _unexplained_count(snapshot, sender_id, charges)
        return "linked_after_charges" if is_told else "link_unknown"
    if _link_elsewhere(snapshot, sender_id) is not None:
        return "linked_elsewhere"
    looked = _absence_seen(snapshot, sender_id)
    if looked is not None and _day(looked.as_of) > min(charge.sent_on for charge in charges):
        return "not_linked"
    return "link_unknown"


def _site_finding(snapshot: AccountSnapshot) -> Finding | None:
    if snapshot.site.billed_by == "emr_vendor":
        return "billed_by_emr_vendor"
    if not snapshot.charges:
        return "no_message_charges"
    if not snapshot.licences:
        return "site_without_subscription"
    return None


def _covered_as(snapshot: AccountSnapshot, user_id: str) -> str | None:
    if any(user_id == licence.holder_id for licence in snapshot.licences):
        return "holder"
    if any(user_id in licence.covered_ids for licence in snapshot.licences):
        return "staff"
    return None


def _place(snapshot: AccountSnapshot, link: AccountLink) -> Place:
    if link.site_number != snapshot.site.number:
        return "other_site"
    same_emr = link.emr_vendor.casefold() == snapshot.site.emr_vendor.casefold()
    return "here" if same_emr else "other_emr"


def _link_here(snapshot: AccountSnapshot, user_id: str) -> AccountLink | None:
    links = [link for link in _links_of(snapshot, user_id) if _place(snapshot, link) == "here"]
    return min(links, key=lambda link: link.linked_by, default=None)


def _link_elsewhere(snapshot: AccountSnapshot, user_id: str) -> AccountLink | None:
    """The newest of the links that are not the one needed here."""
    links = [link for link in _links_of(snapshot, user_id) if _place(snapshot, link) != "here"]
    return max(links, key=lambda link: link.linked_by, default=None)


def _links_of(snapshot: AccountSnapshot, user_id: str) -> list[AccountLink]:
    return [link for link in snapshot.links if link.user_id == user_id]


def _absence_seen(snapshot: AccountSnapshot, user_id: str) -> Provenance | None:
    """When this user's links at this site were last looked at, if ever."""
    site_number = snapshot.site.number
    seen = [
        knowledge.provenance
        for knowledge in snapshot.link_knowledge
        if knowledge.user_id == user_id and knowledge.site_number == site_number
    ]
    return max(seen, key=lambda provenance: provenance.as_of, default=None)


def _day(at: datetime) -> date:
    """The day in UTC, which no Canadian clock is ahead of: late in the evening, the day after."""
    return at.astimezone(UTC).date()


def _colleague_count(snapshot: AccountSnapshot, senders: Iterable[str | None]) -> int:
    return len(set(senders) - {None, snapshot.user.external_id})


# --- Lines and facts -----------------------------------------------------------------------------


def _lines(snapshot: AccountSnapshot, by_sender: _BySender) -> tuple[SenderLine, ...]:
    names = {user.external_id: user.name for user in snapshot.users}
    lines = []
    for sender_id, charges in by_sender.items():
        finding = _finding_of(snapshot, sender_id, charges)
        lines.append(
            SenderLine(
                user_id=sender_id,
                name=names.get(sender_id, sender_id) if sender_id is not None else "",
                finding=finding,
                message_count=len(charges),
                unexplained_count=_unexplained_count(snapshot, sender_id, charges)
                if finding == "linked_after_charges"
                else 0,
                amount_cents=sum(charge.amount_cents for charge in charges),
                first_on=min(charge.sent_on for charge in charges),
                last_on=max(charge.sent_on for charge in charges),
                by_month=_by_month(snapshot, charges),
            )
        )
    return tuple(sorted(lines, key=lambda line: (-line.amount_cents, line.name)))


def _by_month(
    snapshot: AccountSnapshot, charges: Sequence[MessageCharge]
) -> tuple[MonthOfCharges, ...]:
    month_of = {invoice.number: invoice.month for invoice in snapshot.invoices}
    cents: dict[str, list[int]] = {}
    for charge in charges:
        cents.setdefault(month_of[charge.invoice_number], []).append(charge.amount_cents)
    return tuple(
        MonthOfCharges(month, len(cents[month]), sum(cents[month]))
        for month in sorted(cents, reverse=True)
    )


def _unexplained_count(
    snapshot: AccountSnapshot, sender_id: str | None, charges: Sequence[MessageCharge]
) -> int:
    link = _link_here(snapshot, sender_id) if sender_id is not None else None
    if link is None:
        return 0
    # A message of the day of the link may have gone out before it: invoices give no hour.
    return sum(charge.sent_on > _day(link.linked_by) for charge in charges)


def _particulars(
    snapshot: AccountSnapshot, by_sender: _BySender, lines: Sequence[SenderLine]
) -> Particulars:
    visitor = snapshot.user.external_id
    here, elsewhere = _link_here(snapshot, visitor), _link_elsewhere(snapshot, visitor)
    own = [line for line in lines if line.user_id == visitor]
    dated = own or lines
    return Particulars(
        is_site_admin=snapshot.is_site_admin,
        emr_vendor=snapshot.site.emr_vendor,
        linked_at=here.linked_at if here else None,
        linked_by=here.linked_by if here else None,
        elsewhere_site=elsewhere.site_number
        if elsewhere and elsewhere.site_number != snapshot.site.number
        else None,
        elsewhere_emr=elsewhere.emr_vendor if elsewhere else None,
        elsewhere_linked_at=elsewhere.linked_at if elsewhere else None,
        elsewhere_linked_by=elsewhere.linked_by if elsewhere else None,
        last_charge_on=max((line.last_on for line in dated), default=None),
        unexplained_count=sum(line.unexplained_count for line in own),
        unattributed_count=len(by_sender.get(None, ())),
        colleague_count=_colleague_count(snapshot, by_sender),
    )


# --- Evidence ------------------------------------------------------------------------------------


def _gather_evidence(
    snapshot: AccountSnapshot, finding: Finding, visible: _BySender
) -> Iterable[Evidence]:
    site = snapshot.site
    if finding == "billed_by_emr_vendor":
        yield _evidence(
            "billed_by", site.provenance, issuer=site.billed_by, emr_vendor=site.emr_vendor
        )
    elif finding == "no_message_charges":
        yield from _evidence_of_no_charges(snapshot)
    elif finding == "site_without_subscription":
        yield _evidence("no_site_licence", site.provenance)
    yield from _evidence_of_charges(snapshot, visible)
    if _site_finding(snapshot) is None:
        for sender_id in visible:
            if sender_id is not None:
                yield from _evidence_of_account(snapshot, sender_id)


def _evidence_of_no_charges(snapshot: AccountSnapshot) -> Iterable[Evidence]:
    if not snapshot.invoices:
        yield _evidence("no_invoices", snapshot.site.provenance)
    for invoice in snapshot.invoices:
        yield _evidence(
            "no_charges", invoice.provenance, month=invoice.month, invoice=invoice.number
        )


def _evidence_of_charges(snapshot: AccountSnapshot, visible: _BySender) -> Iterable[Evidence]:
    """What was charged of what is visible; of the rest, for want of more, how many."""
    for invoice in snapshot.invoices:
        items = [charge for charge in snapshot.charges if charge.invoice_number == invoice.number]
        shown = [charge for charge in items if charge.sender_id in visible]
        if shown:
            yield _evidence(
                "charges",
                invoice.provenance,
                month=invoice.month,
                invoice=invoice.number,
                message_count=len(shown),
                amount_cents=sum(charge.amount_cents for charge in shown),
                currency=shown[0].currency,
            )
        if snapshot.is_site_admin:
            continue
        colleagues = _colleague_count(snapshot, (charge.sender_id for charge in items))
        if colleagues:
            yield _evidence(
                "colleague_charges",
                invoice.provenance,
                month=invoice.month,
                colleague_count=colleagues,
            )
        unattributed = sum(charge.sender_id is None for charge in items)
        if unattributed:
            yield _evidence(
                "unattributed_charges",
                invoice.provenance,
                month=invoice.month,
                message_count=unattributed,
            )


def _evidence_of_account(snapshot: AccountSnapshot, user_id: str) -> Iterable[Evidence]:
    covered_as = _covered_as(snapshot, user_id)
    if covered_as is None:
        yield _evidence("no_licence", snapshot.site.provenance, user_id=user_id)
    else:
        yield _evidence("licence", snapshot.site.provenance, user_id=user_id, covered_as=covered_as)
    looked = _absence_seen(snapshot, user_id)
    if looked is not None and _link_here(snapshot, user_id) is None:
        yield _evidence("no_link_seen", looked, user_id=user_id)
    for link in _links_of(snapshot, user_id):
        place = _place(snapshot, link)
        since = "linked_at" if link.linked_at else "linked_by"
        params = {"user_id": user_id, "place": place, since: link.linked_by.isoformat()}
        if place != "other_site":
            params |= {"emr_vendor": link.emr_vendor, "emr_username": link.emr_username}
        elif user_id == snapshot.user.external_id:
            params |= {"emr_vendor": link.emr_vendor, "site_number": link.site_number}
        yield _evidence("link_seen", link.provenance, **params)


def _evidence(fact: Fact, provenance: Provenance, **params: str | int) -> Evidence:
    return Evidence(fact, params, provenance.source, provenance.detail, provenance.as_of)
