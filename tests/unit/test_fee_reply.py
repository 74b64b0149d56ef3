"""What is told of a diagnosis, in both languages: to whom which words, and of whom never any."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.memory import memory_services
from bot.adapters.system_clock import SystemClock
from bot.core.accounts import AccountSnapshot
from bot.core.conversations import Identity, Message, Reply
from bot.core.fee_details import tell_detail, tell_no_invoice
from bot.core.fee_diagnosis import diagnose, directory_unavailable
from bot.core.fee_findings import Diagnosis
from bot.core.fee_questions import Aspect, only_months
from bot.core.fee_record import Record, last_record
from bot.core.fee_reply import Telling, tell_diagnosis, tell_signed_out, tell_unknown_account
from bot.core.language import LANGUAGES, Language
from tests.unit.test_fee_diagnosis import (
    COLLEAGUE,
    NOW,
    OTHER,
    SITE,
    TEAM,
    VISITOR,
    a_charge,
    a_licence,
    a_link,
    a_snapshot,
    looked_at,
    snapshots,
)

SERVICES = memory_services(SystemClock())
ASPECTS: Sequence[Aspect] = get_args(Aspect)
QUESTIONS = (
    "qui d'autre?",
    "et pour Name of peerx?",
    "what about Dr. Peery",
    "combien depuis septembre",
    "depuis quand?",
)


def signed_in(*roles: str) -> Identity:
    return Identity(VISITOR.external_id, VISITOR.name, VISITOR.email, True, SITE.number, roles)


def telling(language: Language = "fr", *roles: str, now: datetime = NOW) -> Telling:
    return Telling(SERVICES.phrases, SERVICES.search, language, signed_in(*roles), now)


def told(reply: Reply, id_: int = 1) -> Message:
    """The reply as it comes back from the store: its data are JSON."""
    data = json.loads(json.dumps(reply.data))
    return Message(
        id=id_,
        conversation_id="c",
        author="bot",
        kind=reply.kind,
        topic=reply.topic,
        text=reply.text,
        language="fr",
        buttons=reply.buttons,
        sources=reply.sources,
        data=data,
        created_at=NOW,
    )


def record_of(found: Diagnosis, *roles: str) -> Record:
    identity = signed_in(*roles)
    record = last_record([told(tell_diagnosis(found, telling("fr", *roles)))], identity)
    assert record is not None
    return record


def admin(snapshot: AccountSnapshot) -> Diagnosis:
    return diagnose(replace(snapshot, is_site_admin=True))


# --- For any snapshot ----------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(snapshots(), st.sampled_from(LANGUAGES), st.sampled_from(QUESTIONS))
def test_whoever_is_no_admin_reads_nothing_of_a_colleague(
    snapshot: AccountSnapshot, language: Language, question: str
) -> None:
    """Every trace of a colleague holds "peer", every amount of theirs is above a million cents."""
    found = diagnose(replace(snapshot, is_site_admin=False))
    to = telling(language)
    first = tell_diagnosis(found, to)
    record = last_record([told(first)], to.visitor)
    assert record is not None
    replies = [first, *(tell_detail(record, a, question, ("2024-09",), to) for a in ASPECTS)]
    for reply in replies:
        everything = json.dumps(asdict(reply), ensure_ascii=False)
        assert "peer" not in everything
        assert not [
            charge
            for charge in snapshot.charges
            if f"{charge.amount_cents}" in everything and charge.sender_id != VISITOR.external_id
        ]


@settings(max_examples=60, deadline=None)
@given(snapshots())
def test_a_record_comes_back_as_it_was_kept(snapshot: AccountSnapshot) -> None:
    found = diagnose(snapshot)
    roles = ("site_admin",) if snapshot.is_site_admin else ()
    assert record_of(found, *roles).diagnosis == found


@settings(max_examples=60, deadline=None)
@given(snapshots(), st.lists(st.sampled_from(["2024-10", "2024-09"]), min_size=1, unique=True))
def test_one_month_alone_adds_up_to_its_invoice(
    snapshot: AccountSnapshot, months: list[str]
) -> None:
    narrowed = only_months(replace(snapshot, is_site_admin=True), months)
    found = diagnose(narrowed)
    assert set(found.months) <= set(months)
    whole = admin(snapshot)
    of_months = [
        part.amount_cents for line in whole.lines for part in line.by_month if part.month in months
    ]
    if snapshot.site.billed_by == "ocean":
        assert found.total_cents == sum(of_months)


@settings(max_examples=60, deadline=None)
@given(snapshots())
def test_the_months_of_a_line_add_up_to_it(snapshot: AccountSnapshot) -> None:
    for line in admin(snapshot).lines:
        assert sum(part.amount_cents for part in line.by_month) == line.amount_cents
        assert sum(part.message_count for part in line.by_month) == line.message_count


def test_a_record_with_what_is_no_longer_kept_is_still_read() -> None:
    message = told(tell_diagnosis(diagnose(TEAM), telling()))
    kept = message.data["record"]["diagnosis"]
    kept["also"]["first_charge_on"] = "2024-10-08"
    kept["lines"][0]["currency"] = "CAD"
    record = last_record([message], signed_in())
    assert record is not None
    assert record.diagnosis == diagnose(TEAM)


# --- Whose record it is --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reader",
    [
        None,
        replace(signed_in(), external_id="somebody-else"),
        replace(signed_in("site_admin"), site_number="9120"),
    ],
)
def test_a_record_opens_to_nobody_else_and_at_no_other_site(reader: Identity | None) -> None:
    message = told(tell_diagnosis(diagnose(TEAM), telling()))
    assert last_record([message], reader) is None


def test_who_is_no_admin_any_more_is_told_no_more_of_colleagues() -> None:
    message = told(tell_diagnosis(admin(TEAM), telling("fr", "site_admin")))
    record = last_record([message], signed_in())
    assert record is not None
    assert [line.user_id for line in record.diagnosis.lines] == ["visitor"]
    assert COLLEAGUE.name not in tell_detail(record, "who", "", (), telling()).text


def test_an_admin_by_the_directory_alone_is_told_of_nobody_else() -> None:
    found = diagnose(replace(TEAM, is_site_admin=True), is_admin_by_sign_in=False)
    assert [line.user_id for line in found.lines] == ["visitor"]
    assert not found.also.is_site_admin


def test_agents_see_the_finding_that_the_visitor_is_told() -> None:
    after_link = a_charge(COLLEAGUE, on="2024-10-08")
    linked = a_link(COLLEAGUE, at=datetime(2024, 10, 1, 15, tzinfo=UTC))
    licences = (a_licence(VISITOR, COLLEAGUE),)
    found = admin(a_snapshot(after_link, links=(linked,), licences=licences))
    reply = tell_diagnosis(found, telling("en", "site_admin"))
    assert "| Name of colleague | 1 | $0.45 | to be examined by a person;" in reply.text
    assert reply.data["lines"] == ["Name of colleague: 1 × to be examined by a person, $0.45"]


# --- What is asked -------------------------------------------------------------------------------


def test_an_admin_sees_every_sender_with_finding_and_remedy() -> None:
    text = tell_diagnosis(admin(TEAM), telling("en", "site_admin")).text
    assert "| Name of colleague | 2 | $6.00 | linked elsewhere; link the EMR account" in text
    assert "| sender not stated | 1 | $0.07 |" in text


def test_a_named_sender_is_told_with_evidence_of_theirs_alone() -> None:
    record = record_of(admin(TEAM), "site_admin")
    text = tell_detail(record, "who", "et pour other?", (), telling("fr", "site_admin")).text
    assert OTHER.name in text
    assert COLLEAGUE.name not in text
    assert "aucune licence" in text


def test_a_name_without_charges_is_not_taken_for_everybody() -> None:
    record = record_of(admin(TEAM), "site_admin")
    text = tell_detail(record, "who", "et pour Dre Untel?", (), telling("fr", "site_admin")).text
    assert text.startswith("Je ne vois aucuns frais à ce nom")


def test_an_admin_may_ask_for_their_own_part() -> None:
    record = record_of(admin(TEAM), "site_admin")
    reply = tell_detail(record, "amount", "how much for me", (), telling("en", "site_admin"))
    assert "(Name of visitor): **1**, for **$1.00**" in reply.text


@pytest.mark.parametrize(("months", "amount"), [(("2024-09",), "$3.00"), ((), "$9.07")])
def test_how_much_is_told_for_the_months_asked_for(months: Sequence[str], amount: str) -> None:
    record = record_of(admin(TEAM), "site_admin")
    reply = tell_detail(record, "amount", "how much", months, telling("en", "site_admin"))
    assert f"for **{amount}**" in reply.text


def test_who_is_told_for_the_months_asked_for_alone() -> None:
    record = record_of(admin(TEAM), "site_admin")
    to = telling("en", "site_admin")
    text = tell_detail(record, "who", "who sent them in September", ("2024-09",), to).text
    assert "| Name of colleague | 1 | $3.00 |" in text
    assert "(September 2024): $3.00" in text
    assert OTHER.name not in text
    other = tell_detail(record, "who", "and other in September?", ("2024-09",), to).text
    assert OTHER.name not in other
    since = tell_detail(record, "since", "since when", ("2024-09",), to).text
    assert "September 3, 2024" in since
    assert "September and October 2024" in since
    assert OTHER.name not in since


def test_of_colleagues_there_is_one_number_for_all_months() -> None:
    record = record_of(diagnose(TEAM))
    text = tell_detail(record, "who", "who in September", ("2024-09",), telling("en")).text
    assert "(September and October 2024): 2" in text


@pytest.mark.parametrize("aspect", ASPECTS)
def test_of_a_month_that_was_not_read_no_charges_are_no_answer(aspect: Aspect) -> None:
    record = replace(record_of(admin(TEAM), "site_admin"), from_files=True)
    to = telling("en", "site_admin")
    reply = tell_detail(record, aspect, "in January 2025", ("2025-01",), to)
    assert reply == tell_no_invoice(record, ("2025-01",), to)


def test_since_when_tells_first_and_last_and_the_link() -> None:
    record = record_of(diagnose(TEAM))
    text = tell_detail(record, "since", "depuis quand?", (), telling()).text
    assert "le **8 octobre 2024**" in text
    assert "liés depuis le 2 novembre 2024" in text


def test_a_month_without_an_invoice_leaves_what_was_found_before() -> None:
    record = record_of(diagnose(TEAM))
    reply = tell_no_invoice(record, ["2024-01"], telling())
    assert "janvier 2024" in reply.text
    assert last_record([told(reply)], signed_in()) == record


# --- Another look --------------------------------------------------------------------------------


def test_another_look_tells_what_has_changed() -> None:
    before = record_of(diagnose(a_snapshot(a_charge(), known=(looked_at(),))))
    after = diagnose(a_snapshot(a_charge(), links=(a_link(),), known=(looked_at(),)))
    reply = tell_diagnosis(after, telling("en"), since=before)
    assert "your account: accounts not linked → **linked after these messages**" in reply.text


def test_another_look_that_finds_the_same_says_so_and_of_when_the_data_are() -> None:
    found = diagnose(a_snapshot(a_charge(), known=(looked_at(),)))
    later = datetime(2024, 11, 20, 20, 30, tzinfo=UTC)
    reply = tell_diagnosis(found, telling("fr", now=later), since=record_of(found))
    text = reply.text.replace("\u00a0", " ")
    assert text.startswith("Rien n’a changé depuis ma vérification de 9 h.")
    assert "lues à 9 h :" in text


def test_another_look_at_other_months_is_told_in_full() -> None:
    snapshot = a_snapshot(a_charge(on="2024-09-03"), a_charge(), a_charge(), known=(looked_at(),))
    before = record_of(diagnose(only_months(snapshot, ["2024-09"])))
    reply = tell_diagnosis(diagnose(snapshot), telling("en"), since=before)
    assert "has changed" not in reply.text
    assert "(September and October 2024): **3**" in reply.text


def test_a_first_look_at_the_whole_site_is_no_change_of_colleagues() -> None:
    before = record_of(diagnose(TEAM))
    reply = tell_diagnosis(admin(TEAM), telling("en", "site_admin"), since=before)
    assert "has changed" not in reply.text
    assert "| Name of colleague | 2 | $6.00 |" in reply.text


def test_further_messages_of_nobody_are_told_as_such() -> None:
    before, after = (
        admin(a_snapshot(*[a_charge(None)] * count, links=(a_link(),))) for count in (1, 40)
    )
    record = record_of(before, "site_admin")
    text = tell_diagnosis(after, telling("en", "site_admin"), since=record).text
    assert "- sender not stated: link unknown; further messages charged: 39" in text


def test_where_nothing_can_be_read_nothing_is_said_to_have_changed() -> None:
    before = record_of(diagnose(a_snapshot(a_charge(), known=(looked_at(),))))
    text = tell_diagnosis(directory_unavailable(), telling("en"), since=before).text
    assert text.startswith("Sorry, I can’t read")


def test_months_of_one_year_are_named_with_it_once() -> None:
    assert telling("fr").months(["2024-10", "2024-08", "2024-09"]) == (
        "août, septembre et octobre 2024"
    )
    assert telling("en").months(["2025-01", "2024-12"]) == "December 2024 and January 2025"


def test_a_name_is_told_as_it_is_and_breaks_no_table() -> None:
    odd = replace(VISITOR, name="A|B\n<img src=x> *C*")
    snapshot = replace(TEAM, users=(odd, COLLEAGUE, OTHER), user=odd, is_site_admin=True)
    text = tell_diagnosis(diagnose(snapshot), telling("fr", "site_admin")).text
    assert "A\\|B \\<img src=x\\> \\*C\\*" in text


# --- What agents see of it -----------------------------------------------------------------------


def test_agents_see_each_sender_as_the_language_writes_it() -> None:
    found = admin(a_snapshot(*[a_charge(cents=100)] * 12))
    lines = {
        language: tell_diagnosis(found, telling(language, "site_admin")).data["lines"]
        for language in LANGUAGES
    }
    assert [line.split("\u00a0: ")[0] for line in lines["fr"]] == [VISITOR.name]
    assert lines["fr"][0].startswith(f"{VISITOR.name}\u00a0: 12 × ")
    assert lines["en"][0].startswith(f"{VISITOR.name}: 12 × ")


def test_agents_see_that_messages_of_the_visitor_are_left_unexplained() -> None:
    links = (a_link(at=datetime(2024, 10, 1, 15, tzinfo=UTC)),)
    found = diagnose(a_snapshot(a_charge(on="2024-10-08"), links=links))
    data = tell_diagnosis(found, telling()).data
    assert (data["finding"], data["told_as"]) == ("linked_after_charges", "unexplained")


def test_agents_see_the_kind_of_a_source_apart_from_where_exactly_it_was() -> None:
    evidence = tell_diagnosis(admin(TEAM), telling("fr", "site_admin")).data["evidence"]
    assert {one["source"] for one in evidence} == {"database"}
    assert all(one["detail"] for one in evidence)


@pytest.mark.parametrize("language", LANGUAGES)
def test_agents_see_why_no_account_was_looked_at(language: Language) -> None:
    to = telling(language)
    for reply, finding in (
        (tell_unknown_account(to), "directory_unavailable"),
        (tell_signed_out(to, has_been=True), "unverified"),
        (tell_signed_out(to, has_been=False), "unverified"),
    ):
        assert reply.topic == f"fees/{finding}"
        assert (reply.data["finding"], reply.data["told_as"]) == (finding, finding)
        assert reply.data["headline"] == reply.text
        assert reply.data.keys() == tell_diagnosis(directory_unavailable(), to).data.keys()
