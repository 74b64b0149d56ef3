"""The gate through which tickets are opened, and who may see them afterwards."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.adapters.memory import HeldClock
from bot.adapters.memory_tickets import MemoryTickets
from bot.core.cancellation import PRODUCTS, Draft
from bot.core.conversations import Conversation
from bot.core.errors import BadInput
from bot.core.tickets import (
    CHECKLIST,
    CHECKLISTS,
    LOOKUP_WINDOW,
    MAX_FAILED_IN_CONVERSATION,
    MAX_FAILED_OF_REFERENCE,
    AlreadyOpen,
    Change,
    HistoryEntry,
    NotOpen,
    Refused,
    Request,
    Ticket,
    TicketFilter,
    TicketOpened,
    TicketState,
    TooManyAttempts,
    add_note,
    find_for_visitor,
    helpdesk_body,
    is_requester,
    new_reference,
    open_cancellation,
    open_ticket,
    parse_change,
    request_key,
    withdraw,
)
from tests.support.builders import NOW, a_conversation, a_draft, a_ticket, an_identity

REFERENCE = re.compile(r"OCN-[0-9A-Z]{4}-[0-9A-Z]{4}")


@pytest.fixture
def store() -> MemoryTickets:
    return MemoryTickets()


def confirmed(**changes: object) -> Draft:
    draft = a_draft(**changes)
    return replace(draft, confirmed=draft.digest)


def file(
    draft: Draft | None,
    store: MemoryTickets,
    clock: HeldClock,
    conversation: Conversation | None = None,
) -> TicketOpened | AlreadyOpen | Refused:
    return open_cancellation(draft, conversation or a_conversation(), store, clock)


def count(store: MemoryTickets) -> int:
    return len(store.find(TicketFilter(), limit=50, cursor=0))


# --- The gate ------------------------------------------------------------------------------------


def test_a_confirmed_request_is_filed_with_all_that_it_holds(
    store: MemoryTickets, clock: HeldClock
) -> None:
    draft = confirmed(products=("patient_messages", "studies"), reason=None, reason_skipped=True)
    opened = file(draft, store, clock, a_conversation(language="en"))
    assert isinstance(opened, TicketOpened)
    ticket = store.get(opened.ticket.reference)
    assert (ticket.kind, ticket.state, ticket.language) == ("cancellation", "open", "en")
    assert (ticket.requester_name, ticket.site_number) == ("Manon Thibodeau", "4411")
    assert ticket.requester_email == "m.thibodeau@clinique.example.com"
    assert (ticket.conversation_id, ticket.created_at) == ("conversation-1", NOW)
    assert ticket.checklist == dict.fromkeys(CHECKLIST, False)
    fields = ticket.fields
    assert fields["products"] == ["patient_messages", "studies"]
    assert (fields["emr_vendor"], fields["reason"], fields["language"]) == ("Accuro", None, "en")
    assert fields["duties"] == ["call_emr_vendor", "self_service"]


@pytest.mark.parametrize("draft", [None, a_draft(), Draft()])
def test_nothing_is_filed_without_a_confirmation(
    store: MemoryTickets, clock: HeldClock, draft: Draft | None
) -> None:
    assert file(draft, store, clock) == Refused("not_confirmed")
    assert count(store) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"products": ("tablets_kiosks",)},
        {"requester_name": "Luc Roy"},
        {"requester_email": "luc@clinique.example.com"},
        {"site_number": "4412"},
        {"emr_vendor": "Juno"},
        {"reason": "autre chose"},
        {"reason": None},
    ],
)
def test_nothing_is_filed_that_differs_from_what_was_confirmed(
    store: MemoryTickets, clock: HeldClock, change: dict[str, object]
) -> None:
    changed = replace(confirmed(), **change)  # type: ignore[arg-type]
    assert file(changed, store, clock) == Refused("changed")
    assert count(store) == 0


def test_the_order_of_the_products_is_no_change(store: MemoryTickets, clock: HeldClock) -> None:
    draft = confirmed()
    turned = replace(draft, products=draft.products[::-1])
    assert isinstance(file(turned, store, clock), TicketOpened)


@pytest.mark.parametrize(
    "change",
    [
        {"products": ()},
        {"products": ("tablets_kiosks", "fax")},
        {"requester_name": None},
        {"requester_email": None},
        {"requester_email": "m.thibodeau"},
        {"requester_email": "a@b.ca, c@d.ca"},
        {"site_number": None},
        {"site_number": "12"},
        {"site_number": "1234567"},
        {"site_number": "44a1"},
        {"emr_vendor": None},
        {"products": ("cloud_connect",), "cloud_connect_understood": False},
    ],
)
def test_nothing_incomplete_or_invalid_is_filed_even_if_confirmed(
    store: MemoryTickets, clock: HeldClock, change: dict[str, object]
) -> None:
    assert file(confirmed(**change), store, clock) == Refused("incomplete")
    assert count(store) == 0


def test_cloud_connect_is_filed_once_its_caution_was_understood(
    store: MemoryTickets, clock: HeldClock
) -> None:
    draft = confirmed(products=("cloud_connect",), cloud_connect_understood=True)
    assert isinstance(file(draft, store, clock), TicketOpened)


def test_the_same_request_twice_is_one_ticket(store: MemoryTickets, clock: HeldClock) -> None:
    first = file(confirmed(), store, clock)
    second = file(confirmed(reason="une autre raison"), store, clock, a_conversation("c-2"))
    assert isinstance(first, TicketOpened)
    assert second == AlreadyOpen(first.ticket)
    assert count(store) == 1


@pytest.mark.parametrize("change", [{"site_number": "9120"}, {"products": ("studies",)}])
def test_another_site_or_other_products_are_another_request(
    store: MemoryTickets, clock: HeldClock, change: dict[str, object]
) -> None:
    file(confirmed(), store, clock)
    assert isinstance(file(confirmed(**change), store, clock), TicketOpened)
    assert count(store) == 2


def test_the_same_request_after_the_first_was_processed_is_new(
    store: MemoryTickets, clock: HeldClock
) -> None:
    first = file(confirmed(), store, clock)
    assert isinstance(first, TicketOpened)
    store.change(first.ticket.reference, Change("done"), who="Amélie", at=NOW)
    assert isinstance(file(confirmed(), store, clock), TicketOpened)


# --- Requests of other kinds ---------------------------------------------------------------------


def a_request(**changes: object) -> Request:
    request = Request(
        kind="billing_review",
        requester_name="Manon Thibodeau",
        requester_email="m.thibodeau@clinique.example.com",
        site_number="4411",
        fields={"invoice": "F-2026-02", "finding": "not_linked"},
        about=("F-2026-02",),
    )
    return replace(request, **changes)  # type: ignore[arg-type]


def open_it(
    request: Request, store: MemoryTickets, clock: HeldClock, confirmed: str | None
) -> TicketOpened | AlreadyOpen | Refused:
    return open_ticket(request, confirmed, a_conversation(), store, clock)


@pytest.mark.parametrize("kind", ["billing_review", "support_request"])
def test_a_confirmed_request_of_any_kind_is_filed_once(
    store: MemoryTickets, clock: HeldClock, kind: str
) -> None:
    request = a_request(kind=kind)
    first, second = (open_it(request, store, clock, request.digest) for _ in range(2))
    assert isinstance(first, TicketOpened)
    assert second == AlreadyOpen(first.ticket)
    assert first.ticket.fields == {**request.fields, "identity": "anonymous"}
    assert list(first.ticket.checklist) == list(CHECKLISTS[request.kind])
    assert first.ticket.to_confirm is (kind == "billing_review")
    assert count(store) == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"fields": {"invoice": "F-2026-01"}}, "changed"),
        ({"requester_email": "m@x"}, "incomplete"),
        ({"requester_email": ""}, "incomplete"),
        ({"requester_name": "  "}, "incomplete"),
        ({"site_number": ""}, "incomplete"),
        ({"site_number": "4411\n"}, "incomplete"),
    ],
)
def test_a_request_that_was_not_confirmed_as_it_is_or_is_not_whole_is_refused(
    store: MemoryTickets, clock: HeldClock, change: dict[str, object], why: str
) -> None:
    request = a_request(**change)
    confirmed = request.digest if why == "incomplete" else a_request().digest
    assert open_it(request, store, clock, confirmed) == Refused(why)  # type: ignore[arg-type]
    assert open_it(request, store, clock, None) == Refused("not_confirmed")
    assert count(store) == 0


def test_a_support_request_may_be_about_no_site(store: MemoryTickets, clock: HeldClock) -> None:
    request = a_request(kind="support_request", site_number="")
    assert isinstance(open_it(request, store, clock, request.digest), TicketOpened)


def test_the_key_of_a_request_is_of_a_set() -> None:
    assert request_key("cancellation", "4411", "a", "b") == request_key(
        "cancellation", "4411", "b", "a"
    )
    keys = {
        request_key("cancellation", "4411", "a"),
        request_key("cancellation", "441", "1", "a"),
        request_key("billing_review", "4411", "a"),
        request_key("cancellation", "4411", "b"),
    }
    assert len(keys) == 4


# --- Who asked -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("identity", "to_confirm", "line"),
    [
        (None, True, "anonymous"),
        (an_identity(), False, "signed_in:site_admin:same_site"),
        (an_identity(roles=("admin",)), False, "signed_in:site_admin:same_site"),
        (an_identity(roles=("user",)), True, "signed_in:user:same_site"),
        (an_identity(roles=()), True, "signed_in:user:same_site"),
        (an_identity(site_number="9120"), True, "signed_in:site_admin:other_site"),
        (an_identity(site_number=None), True, "signed_in:site_admin:other_site"),
    ],
)
def test_whoever_is_no_admin_of_the_site_files_a_request_to_be_confirmed(
    store: MemoryTickets, clock: HeldClock, identity: object, to_confirm: bool, line: str
) -> None:
    opened = file(confirmed(), store, clock, a_conversation(identity=identity))
    assert isinstance(opened, TicketOpened)
    assert opened.ticket.to_confirm is to_confirm
    assert opened.ticket.fields["identity"] == line
    expected = None if identity is None else "ocean-17"
    assert opened.ticket.requester_id == expected


# --- What the clinic has to do itself ------------------------------------------------------------


@pytest.mark.parametrize(
    ("products", "emr", "duties"),
    [
        (("patient_messages",), "Accuro", {"call_emr_vendor", "self_service"}),
        (("studies", "ereferral"), "Accuro", {"call_emr_vendor", "self_service"}),
        (("tablets_kiosks",), "Accuro", {"tell_emr_vendor", "self_service"}),
        (("ereferral",), "Accuro", {"tell_emr_vendor"}),
        (("ereferral",), "aucun", set()),
        (("studies",), "none", {"self_service"}),
        (
            ("cloud_connect",),
            "Accuro",
            {"tell_emr_vendor", "cloud_connect_caution", "self_service"},
        ),
        (PRODUCTS, "Accuro", {"call_emr_vendor", "cloud_connect_caution", "self_service"}),
    ],
)
def test_the_products_say_what_the_clinic_has_to_do(
    products: tuple[str, ...], emr: str, duties: set[str]
) -> None:
    assert set(a_draft(products=products, emr_vendor=emr).duties()) == duties


# --- References ----------------------------------------------------------------------------------


def test_a_reference_can_be_read_out_over_a_telephone() -> None:
    for _ in range(200):
        reference = new_reference()
        assert REFERENCE.fullmatch(reference)
        # Neither vowels, which make words, nor pairs that look or sound alike.
        assert not set(reference.removeprefix("OCN-")) & set("AEIOUY01258LSZ")


def test_references_do_not_repeat_and_favour_no_sign() -> None:
    references = [new_reference() for _ in range(4_000)]
    assert len(set(references)) == len(references)
    signs = Counter("".join(reference[4:].replace("-", "") for reference in references))
    assert len(signs) >= 20
    assert max(signs.values()) < 1.3 * min(signs.values())


# --- Who may see a ticket ------------------------------------------------------------------------


@pytest.fixture
def reference(store: MemoryTickets) -> str:
    return store.open(a_ticket(requester_id="ocean-17"), "{}", who="assistant").reference


def look_up(
    reference: str,
    email: str | None,
    store: MemoryTickets,
    clock: HeldClock,
    conversation: Conversation | None = None,
) -> Ticket | TooManyAttempts | None:
    return find_for_visitor(reference, email, conversation or a_conversation(), store, clock)


@pytest.mark.parametrize(
    "email", ["m.thibodeau@clinique.example.com", " M.Thibodeau@Clinique.Example.COM "]
)
def test_reference_and_email_together_show_a_ticket(
    store: MemoryTickets, clock: HeldClock, reference: str, email: str
) -> None:
    assert look_up(reference.lower(), email, store, clock) == store.get(reference)


def test_the_requester_sees_it_without_the_email(
    store: MemoryTickets, clock: HeldClock, reference: str
) -> None:
    signed_in = a_conversation(identity=an_identity())
    assert look_up(reference, None, store, clock, signed_in) == store.get(reference)


@pytest.mark.parametrize("email", [None, "", "   ", "autre@clinique.example.com", "é@x.ca"])
def test_a_reference_alone_shows_nothing(
    store: MemoryTickets, clock: HeldClock, reference: str, email: str | None
) -> None:
    stranger = a_conversation(identity=an_identity(external_id="ocean-99"))
    assert look_up(reference, email, store, clock) is None
    assert look_up(reference, email, store, clock, stranger) is None


def test_the_email_of_one_ticket_opens_no_other(
    store: MemoryTickets, clock: HeldClock, reference: str
) -> None:
    other = a_ticket(
        request_key="other", requester_email="luc@clinique.example.com", requester_id=None
    )
    store.open(other, "{}", who="assistant")
    assert look_up(reference, other.requester_email, store, clock) is None
    assert look_up("OCN-XXXX-XXXX", other.requester_email, store, clock) is None


def test_a_ticket_without_a_requester_id_is_nobody_s_by_identity(
    store: MemoryTickets, clock: HeldClock
) -> None:
    ticket = store.open(a_ticket(requester_id=None), "{}", who="assistant")
    signed_in = a_conversation(identity=an_identity())
    assert look_up(ticket.reference, None, store, clock, signed_in) is None


# --- Guessing ------------------------------------------------------------------------------------

RIGHT = "m.thibodeau@clinique.example.com"


@pytest.mark.parametrize(
    ("reference_tried", "talks", "limit"),
    [
        ("the ticket's", 1, MAX_FAILED_IN_CONVERSATION),
        ("others", 1, MAX_FAILED_IN_CONVERSATION),
        ("the ticket's", 99, MAX_FAILED_OF_REFERENCE),
    ],
)
def test_after_too_many_wrong_pairs_even_the_right_one_is_not_looked_at_for_a_while(
    store: MemoryTickets,
    clock: HeldClock,
    reference: str,
    reference_tried: str,
    talks: int,
    limit: int,
) -> None:
    for number in range(limit):
        conversation = a_conversation(f"c-{number % talks}")
        tried = reference if reference_tried == "the ticket's" else f"OCN-XXXX-XXX{number}"
        assert look_up(tried, f"guess{number}@x.ca", store, clock, conversation) is None
    again = a_conversation(f"c-{limit % talks}")
    assert look_up(reference, RIGHT, store, clock, again) == TooManyAttempts()
    clock.advance(LOOKUP_WINDOW + timedelta(seconds=1))
    assert look_up(reference, RIGHT, store, clock, again) == store.get(reference)


def test_a_right_pair_and_a_missing_email_count_as_no_attempt(
    store: MemoryTickets, clock: HeldClock, reference: str
) -> None:
    for _ in range(MAX_FAILED_OF_REFERENCE + 1):
        assert look_up(reference, None, store, clock) is None
        assert look_up(reference, RIGHT, store, clock) == store.get(reference)


def test_whoever_is_signed_in_as_the_requester_is_never_locked_out(
    store: MemoryTickets, clock: HeldClock, reference: str
) -> None:
    for number in range(MAX_FAILED_OF_REFERENCE):
        look_up(reference, "guess@x.ca", store, clock, a_conversation(f"c-{number}"))
    signed_in = a_conversation(identity=an_identity())
    assert look_up(reference, None, store, clock, signed_in) == store.get(reference)


# --- What the requester changes ------------------------------------------------------------------


def test_a_note_stands_in_the_history_once_and_under_the_requester(
    store: MemoryTickets, clock: HeldClock, reference: str
) -> None:
    for _ in range(2):
        add_note(store.get(reference), "Nous fermons le 30.", store, clock)
    assert store.history(reference)[1:] == [
        HistoryEntry(NOW, "requester", "note: Nous fermons le 30.")
    ]


def test_a_withdrawn_request_is_no_longer_open_and_the_same_may_be_filed_anew(
    store: MemoryTickets, clock: HeldClock
) -> None:
    first = file(confirmed(), store, clock)
    assert isinstance(first, TicketOpened)
    gone = withdraw(first.ticket, store, clock)
    assert isinstance(gone, Ticket)
    assert gone.state == "withdrawn"
    assert store.history(gone.reference)[-1] == HistoryEntry(
        NOW, "requester", "state: open -> withdrawn"
    )
    assert withdraw(first.ticket, store, clock) == NotOpen(gone)
    assert add_note(first.ticket, "Encore là?", store, clock) == NotOpen(gone)
    assert isinstance(file(confirmed(), store, clock), TicketOpened)


@pytest.mark.parametrize("state", ["done", "rejected"])
def test_what_has_ended_can_be_neither_withdrawn_nor_annotated(
    store: MemoryTickets, clock: HeldClock, reference: str, state: TicketState
) -> None:
    ended = store.change(reference, Change(state), who="Amélie", at=NOW)
    assert withdraw(ended, store, clock) == NotOpen(ended)
    assert add_note(ended, "Merci", store, clock) == NotOpen(ended)
    assert len(store.history(reference)) == 2


# --- What agents change and what the helpdesk gets -----------------------------------------------


def test_a_change_names_states_and_items_that_exist() -> None:
    assert parse_change("done", {"processed": True}) == Change("done", {"processed": True})
    assert parse_change(None, None) == Change(None, {})


@pytest.mark.parametrize(
    ("state", "checklist", "says"),
    [("finished", None, "finished"), ("", None, "open"), (None, {"refunded": True}, "refunded")],
)
def test_a_change_to_what_does_not_exist_is_refused_with_what_is_allowed(
    state: str | None, checklist: dict[str, bool] | None, says: str
) -> None:
    with pytest.raises(BadInput, match=says) as error:
        parse_change(state, checklist)
    assert "allowed" in str(error.value)


def test_a_reference_is_told_again_only_to_whoever_asked_first() -> None:
    ticket = a_ticket(requester_email="first@example.com", requester_id="user-1")
    first, other = (a_draft(requester_email=f"{who}@example.com") for who in ("First", "other"))
    signed_in = a_conversation(identity=an_identity(external_id="user-1"))
    assert is_requester(ticket, first, a_conversation())
    assert is_requester(ticket, other, signed_in)
    assert not is_requester(ticket, other, a_conversation())


def test_the_helpdesk_gets_the_same_bytes_for_the_same_ticket() -> None:
    ticket = a_ticket(reference="OCN-7K3M-9QXT")
    assert helpdesk_body(ticket) == helpdesk_body(a_ticket(reference="OCN-7K3M-9QXT"))
    body = json.loads(helpdesk_body(ticket))
    assert body["external_key"] == "OCN-7K3M-9QXT"
    assert body["requester"] == {
        "name": "Manon Thibodeau",
        "email": "m.thibodeau@clinique.example.com",
    }
    assert body["fields"]["reason"] == "l’été, c’est fermé"
    assert "l’été" in helpdesk_body(ticket)
