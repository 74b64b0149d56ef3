"""The rules of the fee diagnosis: which finding, on what evidence, told to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.accounts import (
    AccountLink,
    AccountSnapshot,
    Invoice,
    LinkKnowledge,
    MessageCharge,
    MessagingLicence,
    OceanUser,
    Provenance,
    Site,
)
from bot.core.fee_diagnosis import diagnose, directory_unavailable, unverified
from bot.core.fee_findings import Diagnosis, Evidence, Finding, SenderLine

NOW = datetime(2024, 11, 20, 14, 0, tzinfo=UTC)
INVOICE = Invoice("I-10", "2024-10", Provenance("database", "account_invoices", NOW))
OLDER_INVOICE = Invoice("I-09", "2024-09", Provenance("database", "account_invoices", NOW))
SITE = Site("4417", "Clinique du Parc", "ocean", "Accuro", Provenance("database", "sites", NOW))


def a_user(id_: str) -> OceanUser:
    return OceanUser(id_, f"{id_}.login", f"Name of {id_}", f"{id_}@clinic.example.com")


VISITOR, COLLEAGUE, OTHER = a_user("visitor"), a_user("colleague"), a_user("other")


def a_charge(
    sender: OceanUser | None = VISITOR, on: str = "2024-10-08", cents: int = 45
) -> MessageCharge:
    sender_id = sender.external_id if sender else None
    invoice = INVOICE if on >= "2024-10" else OLDER_INVOICE
    return MessageCharge(invoice.number, sender_id, date.fromisoformat(on), cents, "CAD")


def a_link(
    user: OceanUser = VISITOR,
    *,
    site: str = SITE.number,
    emr: str = SITE.emr_vendor,
    at: datetime | None = datetime(2024, 11, 2, 15, tzinfo=UTC),
    seen: datetime = NOW,
) -> AccountLink:
    provenance = Provenance("database", "account_links", seen)
    return AccountLink(user.external_id, site, emr, f"EMR-{user.external_id}", at, provenance)


def looked_at(user: OceanUser = VISITOR, at: datetime = NOW) -> LinkKnowledge:
    provenance = Provenance("csv", "users.csv", at)
    return LinkKnowledge(user.external_id, SITE.number, provenance)


def a_licence(holder: OceanUser = VISITOR, *staff: OceanUser) -> MessagingLicence:
    return MessagingLicence(holder.external_id, tuple(user.external_id for user in staff))


def a_snapshot(
    *charges: MessageCharge,
    site: Site = SITE,
    admin: bool = False,
    licences: tuple[MessagingLicence, ...] = (a_licence(),),
    links: tuple[AccountLink, ...] = (),
    known: tuple[LinkKnowledge, ...] = (),
    invoices: tuple[Invoice, ...] = (INVOICE, OLDER_INVOICE),
) -> AccountSnapshot:
    return AccountSnapshot(
        site=site,
        user=VISITOR,
        is_site_admin=admin,
        users=(VISITOR, COLLEAGUE, OTHER),
        licences=licences,
        links=links,
        link_knowledge=known,
        invoices=invoices,
        charges=charges,
    )


def facts_of(diagnosis: Diagnosis) -> list[str]:
    return [evidence.fact for evidence in diagnosis.evidence]


def evidence_of(diagnosis: Diagnosis, fact: str) -> Evidence:
    (evidence,) = (found for found in diagnosis.evidence if found.fact == fact)
    return evidence


def line_of(diagnosis: Diagnosis, user: OceanUser | None) -> SenderLine:
    user_id = user.external_id if user else None
    (line,) = (found for found in diagnosis.lines if found.user_id == user_id)
    return line


# --- Which finding -------------------------------------------------------------------------------

BILLED_BY_VENDOR = replace(SITE, billed_by="emr_vendor")
ELSEWHERE = a_link(site="9120")

CASES: list[tuple[str, AccountSnapshot, Finding]] = [
    (
        "a site that its EMR vendor invoices, whatever else holds",
        a_snapshot(a_charge(), site=BILLED_BY_VENDOR, licences=(), known=(looked_at(),)),
        "billed_by_emr_vendor",
    ),
    ("invoices without message charges", a_snapshot(licences=()), "no_message_charges"),
    ("no invoices at all", a_snapshot(invoices=()), "no_message_charges"),
    (
        "a site without any licence",
        a_snapshot(a_charge(), licences=(), known=(looked_at(),)),
        "site_without_subscription",
    ),
    (
        "a site without any licence, where only a colleague sends",
        a_snapshot(a_charge(COLLEAGUE), licences=()),
        "site_without_subscription",
    ),
    (
        "a sender whom no licence covers, linked or not",
        a_snapshot(a_charge(), licences=(a_licence(COLLEAGUE),), links=(a_link(),)),
        "sender_not_licensed",
    ),
    (
        "a licence holder who was seen without a link",
        a_snapshot(a_charge(), known=(looked_at(),)),
        "not_linked",
    ),
    (
        "covered staff who were seen without a link",
        a_snapshot(a_charge(), licences=(a_licence(COLLEAGUE, VISITOR),), known=(looked_at(),)),
        "not_linked",
    ),
    (
        "seen without a link after some of the messages",
        a_snapshot(
            a_charge(on="2024-09-10"),
            a_charge(on="2024-10-10"),
            known=(looked_at(at=datetime(2024, 9, 20, tzinfo=UTC)),),
        ),
        "not_linked",
    ),
    (
        "seen without a link before every message, so perhaps linked since",
        a_snapshot(a_charge(), known=(looked_at(at=datetime(2024, 10, 1, tzinfo=UTC)),)),
        "link_unknown",
    ),
    (
        "seen without a link on the day of the first message, perhaps before it",
        a_snapshot(a_charge(), known=(looked_at(at=datetime(2024, 10, 8, 12, tzinfo=UTC)),)),
        "link_unknown",
    ),
    (
        "looked at twice, the second time after the messages",
        a_snapshot(
            a_charge(), known=(looked_at(at=datetime(2024, 10, 1, tzinfo=UTC)), looked_at())
        ),
        "not_linked",
    ),
    (
        "somebody looked for the visitor's link at another site only",
        a_snapshot(a_charge(), known=(replace(looked_at(), site_number="9120"),)),
        "link_unknown",
    ),
    (
        "a link at another site only",
        a_snapshot(a_charge(), links=(ELSEWHERE,), known=(looked_at(),)),
        "linked_elsewhere",
    ),
    (
        "a link to another EMR only",
        a_snapshot(a_charge(), links=(a_link(emr="Med Access"),)),
        "linked_elsewhere",
    ),
    ("nobody ever looked for a link", a_snapshot(a_charge()), "link_unknown"),
    (
        "somebody looked for a colleague's link only",
        a_snapshot(a_charge(), known=(looked_at(COLLEAGUE),)),
        "link_unknown",
    ),
    (
        "a link made after the messages",
        a_snapshot(a_charge(), links=(a_link(), ELSEWHERE), known=(looked_at(),)),
        "linked_after_charges",
    ),
    (
        "a link whose EMR is written in another case",
        a_snapshot(a_charge(), links=(a_link(emr="ACCURO"),)),
        "linked_after_charges",
    ),
    (
        "charges of colleagues only",
        a_snapshot(a_charge(COLLEAGUE), links=(a_link(),)),
        "other_senders",
    ),
    (
        "charges of colleagues only, for an admin without a licence",
        a_snapshot(a_charge(COLLEAGUE), admin=True, licences=(a_licence(COLLEAGUE),)),
        "other_senders",
    ),
    (
        "charges of colleagues and of the visitor, who is told about theirs",
        a_snapshot(a_charge(COLLEAGUE, cents=9_000), a_charge(), known=(looked_at(),)),
        "not_linked",
    ),
    (
        "messages that the invoice attributes to nobody",
        a_snapshot(a_charge(None), known=(looked_at(),)),
        "link_unknown",
    ),
]


@pytest.mark.parametrize(
    ("snapshot", "finding"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_the_first_finding_that_applies_is_the_headline(
    snapshot: AccountSnapshot, finding: Finding
) -> None:
    assert diagnose(snapshot).finding == finding


def test_every_finding_code_is_reached_by_a_case_above_or_needs_no_account() -> None:
    reached = {finding for _, _, finding in CASES}
    assert reached | {unverified().finding, directory_unavailable().finding} == set(
        get_args(Finding)
    )


@pytest.mark.parametrize("diagnosis", [unverified(), directory_unavailable()])
def test_without_an_account_the_diagnosis_holds_only_an_article(diagnosis: Diagnosis) -> None:
    assert diagnosis == Diagnosis(diagnosis.finding, diagnosis.section)


# --- Linked, and charged all the same ------------------------------------------------------------


def test_messages_sent_up_to_the_day_of_the_link_are_explained_by_it() -> None:
    link = a_link(at=datetime(2024, 10, 8, 12, tzinfo=UTC))
    diagnosis = diagnose(a_snapshot(a_charge(on="2024-10-07"), a_charge(), links=(link,)))
    assert diagnosis.also.unexplained_count == 0
    assert diagnosis.also.linked_at == link.linked_at
    assert diagnosis.also.last_charge_on == date(2024, 10, 8)


def test_messages_sent_after_the_link_are_counted_as_unexplained() -> None:
    link = a_link(at=datetime(2024, 10, 8, 12, tzinfo=UTC))
    charges = (a_charge(), a_charge(on="2024-10-09"), a_charge(on="2024-10-31"))
    diagnosis = diagnose(a_snapshot(*charges, links=(link,)))
    assert diagnosis.finding == "linked_after_charges"
    assert diagnosis.also.unexplained_count == 2
    assert line_of(diagnosis, VISITOR).unexplained_count == 2


def test_of_two_links_at_the_site_the_older_one_counts() -> None:
    links = (
        a_link(emr="accuro", at=datetime(2024, 11, 1, tzinfo=UTC)),
        a_link(at=datetime(2024, 9, 1, tzinfo=UTC)),
    )
    assert diagnose(a_snapshot(a_charge(), links=links)).also.unexplained_count == 1


def test_messages_of_an_unlicensed_sender_are_not_called_unexplained() -> None:
    link = a_link(at=datetime(2024, 1, 1, tzinfo=UTC))
    diagnosis = diagnose(a_snapshot(a_charge(), licences=(a_licence(COLLEAGUE),), links=(link,)))
    assert diagnosis.also.unexplained_count == 0


def test_a_link_of_unknown_date_explains_no_message_of_before_it_was_seen() -> None:
    diagnosis = diagnose(a_snapshot(a_charge(), links=(a_link(at=None),)))
    assert diagnosis.finding == "link_unknown"
    assert (diagnosis.also.linked_at, diagnosis.also.linked_by) == (None, NOW)
    assert evidence_of(diagnosis, "link_seen").params["linked_by"] == NOW.isoformat()
    assert "linked_at" not in evidence_of(diagnosis, "link_seen").params


def test_a_message_sent_after_a_link_of_unknown_date_was_seen_is_unexplained() -> None:
    link = a_link(at=None, seen=datetime(2024, 10, 7, 12, tzinfo=UTC))
    diagnosis = diagnose(a_snapshot(a_charge(on="2024-10-07"), a_charge(), links=(link,)))
    assert diagnosis.finding == "linked_after_charges"
    assert diagnosis.also.unexplained_count == 1


# --- Evidence ------------------------------------------------------------------------------------


def test_not_linked_rests_on_a_dated_look_at_the_links() -> None:
    diagnosis = diagnose(a_snapshot(a_charge(), known=(looked_at(),)))
    seen = evidence_of(diagnosis, "no_link_seen")
    assert (seen.source, seen.detail, seen.as_of) == ("csv", "users.csv", NOW)


def test_an_unknown_link_has_no_evidence_about_links() -> None:
    assert facts_of(diagnose(a_snapshot(a_charge()))) == ["charges", "licence"]


def test_charges_are_evidenced_invoice_by_invoice() -> None:
    diagnosis = diagnose(
        a_snapshot(a_charge(), a_charge(cents=50), a_charge(on="2024-09-02", cents=40))
    )
    october, september = (found for found in diagnosis.evidence if found.fact == "charges")
    assert october.params == {
        "month": "2024-10",
        "invoice": "I-10",
        "message_count": 2,
        "amount_cents": 95,
        "currency": "CAD",
    }
    assert (september.params["invoice"], september.params["amount_cents"]) == ("I-09", 40)


def test_no_charges_names_the_months_that_were_read() -> None:
    diagnosis = diagnose(a_snapshot())
    assert diagnosis.months == ("2024-10", "2024-09")
    assert facts_of(diagnosis) == ["no_charges", "no_charges"]


def test_no_invoices_is_told_apart_from_invoices_without_charges() -> None:
    assert facts_of(diagnose(a_snapshot(invoices=()))) == ["no_invoices"]


def test_a_site_that_its_vendor_invoices_is_evidenced_by_who_bills_it() -> None:
    diagnosis = diagnose(a_snapshot(site=BILLED_BY_VENDOR, invoices=()))
    assert evidence_of(diagnosis, "billed_by").params == {
        "issuer": "emr_vendor",
        "emr_vendor": "Accuro",
    }


def test_a_link_elsewhere_is_told_with_its_place_and_date() -> None:
    diagnosis = diagnose(a_snapshot(a_charge(), links=(ELSEWHERE,), known=(looked_at(),)))
    assert evidence_of(diagnosis, "link_seen").params == {
        "user_id": "visitor",
        "place": "other_site",
        "linked_at": "2024-11-02T15:00:00+00:00",
        "emr_vendor": "Accuro",
        "site_number": "9120",
    }
    assert diagnosis.also.elsewhere_site == "9120"
    assert diagnosis.also.elsewhere_linked_at == ELSEWHERE.linked_at


def test_of_two_links_elsewhere_the_newer_one_is_told() -> None:
    older = a_link(site="8001", at=datetime(2023, 1, 5, tzinfo=UTC))
    for links in ((older, ELSEWHERE), (ELSEWHERE, older)):
        assert diagnose(a_snapshot(a_charge(), links=links)).also.elsewhere_site == "9120"


def test_a_link_to_another_emr_here_names_the_emr_and_no_other_site() -> None:
    diagnosis = diagnose(a_snapshot(a_charge(), links=(a_link(emr="Med Access"),)))
    assert (diagnosis.also.elsewhere_site, diagnosis.also.elsewhere_emr) == (None, "Med Access")


# --- Who is told what ----------------------------------------------------------------------------

TEAM = a_snapshot(
    a_charge(cents=100),
    a_charge(COLLEAGUE, on="2024-09-03", cents=300),
    a_charge(COLLEAGUE, cents=300),
    a_charge(OTHER, cents=200),
    a_charge(None, cents=7),
    licences=(a_licence(VISITOR, COLLEAGUE),),
    links=(a_link(), a_link(COLLEAGUE, site="9120")),
)


def test_an_admin_gets_a_line_for_every_sender_dearest_first() -> None:
    diagnosis = diagnose(replace(TEAM, is_site_admin=True))
    assert [(line.name, line.finding, line.amount_cents) for line in diagnosis.lines] == [
        ("Name of colleague", "linked_elsewhere", 600),
        ("Name of other", "sender_not_licensed", 200),
        ("Name of visitor", "linked_after_charges", 100),
        ("", "link_unknown", 7),
    ]
    assert diagnosis.total_cents == 907
    assert not {"colleague_charges", "unattributed_charges"} & set(facts_of(diagnosis))
    line = line_of(diagnosis, COLLEAGUE)
    assert (line.message_count, line.first_on, line.last_on) == (
        2,
        date(2024, 9, 3),
        date(2024, 10, 8),
    )


def test_anybody_else_gets_their_own_line_and_a_count_of_colleagues() -> None:
    diagnosis = diagnose(TEAM)
    assert [line.user_id for line in diagnosis.lines] == ["visitor"]
    assert diagnosis.total_cents == 100
    assert (diagnosis.also.colleague_count, diagnosis.also.unattributed_count) == (2, 1)


def test_the_last_charge_is_the_visitors_own() -> None:
    later = (*TEAM.charges, a_charge(COLLEAGUE, on="2024-10-30"))
    diagnosis = diagnose(replace(TEAM, is_site_admin=True, charges=later))
    assert diagnosis.also.last_charge_on == date(2024, 10, 8)


def test_anybody_else_sees_that_colleagues_are_charged_by_their_number_alone() -> None:
    diagnosis = diagnose(a_snapshot(a_charge(COLLEAGUE), a_charge(OTHER)))
    assert diagnosis.lines == ()
    assert diagnosis.total_cents == 0
    assert evidence_of(diagnosis, "colleague_charges").params == {
        "month": "2024-10",
        "colleague_count": 2,
    }


def test_anybody_else_sees_unattributed_messages_by_their_number_alone() -> None:
    diagnosis = diagnose(a_snapshot(a_charge(None), a_charge(None)))
    assert facts_of(diagnosis) == ["unattributed_charges"]
    assert diagnosis.evidence[0].params == {"month": "2024-10", "message_count": 2}


def test_an_admin_is_not_told_where_else_a_colleague_works() -> None:
    diagnosis = diagnose(replace(TEAM, is_site_admin=True))
    assert "9120" not in repr(diagnosis)


def test_a_sender_of_whom_nothing_is_known_is_named_by_their_id() -> None:
    diagnosis = diagnose(a_snapshot(a_charge(a_user("left")), admin=True))
    assert diagnosis.lines[0].name == "left"


@pytest.mark.parametrize("charges", [(), (a_charge(COLLEAGUE),)])
def test_only_an_admin_is_sent_to_invoices_and_user_lists(
    charges: tuple[MessageCharge, ...],
) -> None:
    assert diagnose(a_snapshot(*charges)).section == "invoice-details#who-can-see"
    assert diagnose(a_snapshot(*charges, admin=True)).section in {
        "invoice-details#csv",
        "per-message-fees#check",
    }


# --- For any snapshot ----------------------------------------------------------------------------

# The ids, names and amounts of colleagues can be told from everything else in a repr.
COLLEAGUES = tuple(a_user(f"peer{letter}") for letter in "xyz")
EVERYBODY = (VISITOR, *COLLEAGUES)
DAYS = st.dates(date(2024, 9, 1), date(2024, 10, 31))
TIMES = st.integers(0, 120).map(lambda days: datetime(2024, 8, 1, tzinfo=UTC) + timedelta(days))


@st.composite
def snapshots(draw: st.DrawFn) -> AccountSnapshot:
    people = st.sampled_from(EVERYBODY)
    senders = st.sampled_from([*EVERYBODY, VISITOR, a_user("peergone"), None])
    sent = draw(st.lists(st.tuples(senders, DAYS), max_size=8))
    charges = [
        a_charge(
            sender, day.isoformat(), cents=45 if sender == VISITOR else 7_000_000 + 1_111 * nth
        )
        for nth, (sender, day) in enumerate(sent)
    ]
    return AccountSnapshot(
        site=replace(SITE, billed_by=draw(st.sampled_from(["ocean"] * 4 + ["emr_vendor"]))),
        user=VISITOR,
        is_site_admin=draw(st.booleans()),
        users=EVERYBODY,
        licences=tuple(
            a_licence(*covered)
            for covered in draw(st.lists(st.lists(people, min_size=1, max_size=4), max_size=3))
        ),
        links=tuple(
            a_link(user, site=site, emr=emr, at=at)
            for user, site, emr, at in draw(
                st.lists(
                    st.tuples(
                        people,
                        st.sampled_from([SITE.number, "9120"]),
                        st.sampled_from(["Accuro", "Med Access"]),
                        st.one_of(st.none(), TIMES),
                    ),
                    max_size=4,
                )
            )
        ),
        link_knowledge=tuple(
            looked_at(user, at) for user, at in draw(st.lists(st.tuples(people, TIMES), max_size=4))
        ),
        invoices=(INVOICE, OLDER_INVOICE),
        charges=tuple(charges),
    )


def findings_by_sender(diagnosis: Diagnosis) -> set[tuple[str | None, str]]:
    """Who is said to have which finding: the lines, and the headline as the visitor's."""
    lines = {(line.user_id, str(line.finding)) for line in diagnosis.lines}
    return lines | {(VISITOR.external_id, str(diagnosis.finding))}


any_snapshot = given(snapshots())
few_examples = settings(max_examples=150, deadline=None)


@few_examples
@any_snapshot
def test_there_is_always_one_finding_and_it_has_evidence(snapshot: AccountSnapshot) -> None:
    diagnosis = diagnose(snapshot)
    assert diagnosis.finding in set(get_args(Finding)) - {"unverified", "directory_unavailable"}
    assert diagnosis.evidence
    assert diagnosis.finding in {line.finding for line in diagnosis.lines} or not any(
        charge.sender_id == VISITOR.external_id for charge in snapshot.charges
    )


@few_examples
@any_snapshot
def test_nobody_is_called_not_linked_unless_somebody_looked(snapshot: AccountSnapshot) -> None:
    diagnosis = diagnose(snapshot)
    looked_for = {knowledge.user_id for knowledge in snapshot.link_knowledge}
    evidenced = {e.params["user_id"] for e in diagnosis.evidence if e.fact == "no_link_seen"}
    accused = {user for user, finding in findings_by_sender(diagnosis) if finding == "not_linked"}
    assert accused <= looked_for & evidenced


@few_examples
@any_snapshot
def test_whoever_is_linked_never_gets_the_remedy(snapshot: AccountSnapshot) -> None:
    diagnosis = diagnose(snapshot)
    linked = {link.user_id for link in snapshot.links}
    assert not {(user, "not_linked") for user in linked} & findings_by_sender(diagnosis)
    if VISITOR.external_id in linked:
        assert diagnosis.section not in {"per-message-fees#remedy", "per-message-fees#cause"}


@few_examples
@any_snapshot
def test_the_lines_of_an_admin_add_up_to_the_invoices(snapshot: AccountSnapshot) -> None:
    diagnosis = diagnose(replace(snapshot, is_site_admin=True))
    total = sum(charge.amount_cents for charge in snapshot.charges)
    on_invoices = sum(
        int(found.params["amount_cents"]) for found in diagnosis.evidence if found.fact == "charges"
    )
    assert sum(line.amount_cents for line in diagnosis.lines) == total
    assert diagnosis.total_cents == total == on_invoices


@few_examples
@any_snapshot
def test_nothing_about_a_colleague_reaches_anybody_but_an_admin(snapshot: AccountSnapshot) -> None:
    diagnosis = diagnose(replace(snapshot, is_site_admin=False))
    own = [charge for charge in snapshot.charges if charge.sender_id == VISITOR.external_id]
    # Every trace of a colleague (id, name, login, email) holds "peer", and every amount of theirs,
    # alone or in a sum, is above a million cents.
    text = repr(diagnosis)
    assert "peer" not in text
    assert diagnosis.total_cents == sum(charge.amount_cents for charge in own)
    amounts = [line.amount_cents for line in diagnosis.lines]
    amounts += [int(e.params["amount_cents"]) for e in diagnosis.evidence if e.fact == "charges"]
    assert all(amount < 1_000_000 for amount in amounts)
    assert all(
        str(charge.amount_cents) not in text for charge in snapshot.charges if charge not in own
    )
