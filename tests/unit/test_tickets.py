"""The gate through which tickets are opened, and who may see them afterwards."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from bot.adapters.memory import HeldClock
from bot.adapters.memory_tickets import MemoryTickets
from bot.core.cancellation import PRODUCTS, SELF_SERVICE, SOLD_BOTH_WAYS, Draft, Notice, Scope
from bot.core.conversations import Conversation
from bot.core.errors import BadInput
from bot.core.filing import (
    AlreadyOpen,
    Refused,
    Request,
    TicketOpened,
    is_requester,
    open_cancellation,
    open_ticket,
)
from bot.core.language import LANGUAGES, Language
from bot.core.requester import (
    LOOKUP_WINDOW,
    MAX_FAILED_IN_CONVERSATION,
    MAX_FAILED_OF_REFERENCE,
    NotOpen,
    TooManyAttempts,
    add_note,
    find_for_visitor,
    withdraw,
)
from bot.core.tickets import (
    CHECKLIST,
    CHECKLISTS,
    Change,
    HistoryEntry,
    Ticket,
    TicketFilter,
    TicketKind,
    TicketState,
    helpdesk_body,
    new_reference,
    parse_change,
    request_key,
)
from bot.core.wording import NO_EMR
from knowledge_base.__main__ import ARTICLES
from knowledge_base.article import load_articles
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
    return len(store.find(TicketFilter(), limit=50))


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
    assert fields["duties"] == ["call_emr_vendor", "self_service", "same_licence"]


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


# --- Requests that overlap -----------------------------------------------------------------------

TWO = ("tablets_kiosks", "patient_reminders")


def test_a_request_within_an_open_one_points_to_it_and_files_nothing(
    store: MemoryTickets, clock: HeldClock
) -> None:
    first = file(confirmed(products=(*TWO, "website_forms")), store, clock)
    assert isinstance(first, TicketOpened)
    assert file(confirmed(products=TWO), store, clock) == AlreadyOpen(first.ticket)
    assert count(store) == 1


@pytest.mark.parametrize("products", [(*TWO, "website_forms"), ("patient_reminders", "studies")])
def test_a_request_for_more_is_filed_and_names_the_one_it_overlaps(
    store: MemoryTickets, clock: HeldClock, products: tuple[str, ...]
) -> None:
    first = file(confirmed(products=TWO), store, clock)
    other_site = file(confirmed(products=TWO, site_number="9120"), store, clock)
    assert isinstance(first, TicketOpened)
    assert isinstance(other_site, TicketOpened)
    more = file(confirmed(products=products), store, clock)
    assert isinstance(more, TicketOpened)
    assert more.overlapping == (first.ticket,)
    assert more.ticket.fields["overlaps"] == [first.ticket.reference]


def test_what_has_ended_is_overlapped_by_nothing(store: MemoryTickets, clock: HeldClock) -> None:
    first = file(confirmed(products=(*TWO, "studies")), store, clock)
    assert isinstance(first, TicketOpened)
    withdraw(first.ticket, store, clock, told="withdrawn")
    again = file(confirmed(products=TWO), store, clock)
    assert isinstance(again, TicketOpened)
    assert again.overlapping == ()


def test_somebody_else_who_asks_for_the_same_is_noted_once_in_the_first(
    store: MemoryTickets, clock: HeldClock
) -> None:
    first = file(confirmed(), store, clock)
    assert isinstance(first, TicketOpened)
    for _ in range(2):
        other = confirmed(requester_name="Luc Roy", requester_email="luc@clinique.example.com")
        assert file(other, store, clock) == AlreadyOpen(first.ticket)
    said = [entry.what for entry in store.history(first.ticket.reference)]
    assert said == ["opened", "note: also asked for by Luc Roy <luc@clinique.example.com>"]


# --- What the clinic has to do itself ------------------------------------------------------------

CALL, TELL, CAUTION, OWN, SAME = (
    "call_emr_vendor",
    "tell_emr_vendor",
    "cloud_connect_caution",
    "self_service",
    "same_licence",
)
# What the articles say of each product and scope (cancel-per-product, cancel-services): who stops
# it, and whether the EMR vendor is to be phoned or told.
MATRIX: dict[tuple[str, str | None], set[str]] = {
    ("tablets_kiosks", None): {TELL, OWN},
    ("patient_messages", None): {CALL, OWN, SAME},
    ("patient_messages", "licence"): {TELL, OWN, SAME},
    ("patient_messages", "site_wide"): {CALL},
    ("patient_reminders", None): {TELL, OWN, SAME},
    ("website_forms", None): {TELL, OWN},
    ("online_booking", None): {TELL, OWN},
    ("studies", None): {CALL, OWN},
    ("studies", "licence"): {TELL, OWN},
    ("studies", "site_wide"): {CALL},
    ("cloud_connect", None): {TELL, CAUTION, OWN},
    ("ereferral", None): {TELL},
}


def of_scope(product: str, scope: str | None) -> dict[str, str]:
    return {product: scope} if scope else {}


def test_the_matrix_speaks_of_every_product_and_scope() -> None:
    scopes = [None, *get_args(Scope)]
    sold_both_ways = {(product, scope) for product in SOLD_BOTH_WAYS for scope in scopes}
    assert set(MATRIX) == {(product, None) for product in PRODUCTS} | sold_both_ways


@pytest.mark.parametrize(("product", "scope"), MATRIX)
def test_the_product_and_its_scope_say_what_the_clinic_has_to_do(
    product: str, scope: str | None
) -> None:
    draft = a_draft(products=(product,), scopes=of_scope(product, scope))
    assert set(draft.duties()) == MATRIX[product, scope]
    # Without an EMR there is no vendor to phone or to tell.
    for none in NO_EMR:
        assert set(replace(draft, emr_vendor=none).duties()) == MATRIX[product, scope] - {
            CALL,
            TELL,
        }


def test_whoever_gives_up_messages_and_reminders_alike_needs_no_warning() -> None:
    both = a_draft(products=("patient_messages", "patient_reminders"), scopes={})
    assert SAME not in both.duties()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_article_lists_the_same_products_as_the_clinic_s_own_to_stop(
    language: Language,
) -> None:
    (article,) = [
        article
        for article in load_articles(ARTICLES, "")
        if (article.slug, article.language) == ("cancel-per-product", language)
    ]
    (section,) = [part for part in article.sections if part.anchor == "by-product"]
    own, formal = re.split(r"(?=[^\n]*site-wide-subscriptions)", section.body, maxsplit=1)
    for key in SELF_SERVICE.values():
        assert links_to(own, key), key
    assert links_to(formal, "cancel-services#formal-request")
    assert {*PRODUCTS} - {*SELF_SERVICE} == {"ereferral"}


def links_to(text: str, key: str) -> bool:
    slug, anchor = key.split("#")
    return re.search(rf"{slug}[^)\s]*#{anchor}\b", text) is not None


@pytest.mark.parametrize("products", [("patient_messages", "tablets_kiosks"), PRODUCTS])
def test_one_call_to_the_vendor_stands_for_telling_it(products: tuple[str, ...]) -> None:
    duties = a_draft(products=products).duties()
    assert CALL in duties
    assert TELL not in duties
    assert len(duties) == len({*duties})


def test_nothing_is_filed_whose_duties_were_not_all_shown(
    store: MemoryTickets, clock: HeldClock
) -> None:
    draft = confirmed(products=("cloud_connect", "studies"), cloud_connect_understood=True)
    for number in range(len(draft.notices)):
        less = replace(draft, notices=draft.notices[:number])
        assert file(less, store, clock) == Refused("duties_not_shown")
    assert count(store) == 0


def test_a_ticket_keeps_which_duties_were_shown_and_accepted_when_and_in_which_words(
    store: MemoryTickets, clock: HeldClock
) -> None:
    draft = confirmed(products=("cloud_connect",), cloud_connect_understood=True)
    shown, accepted = "2026-03-10T14:00:00+00:00", "2026-03-10T14:01:00+00:00"
    draft = replace(
        draft,
        notices=(
            Notice(CAUTION, "fr", "Attention :", shown, accepted),
            Notice(CALL, "fr", "Téléphonez.", shown),
            Notice(TELL, "en", "Tell them.", shown),
            Notice(OWN, "en", "Stop it.", shown),
        ),
    )
    opened = file(draft, store, clock)
    assert isinstance(opened, TicketOpened)
    now = NOW.isoformat()
    # The call was shown for a product that is no longer in the request.
    assert opened.ticket.fields["duties_shown"] == [
        {"duty": duty, "language": language, "text": text, "shown_at": shown, "accepted_at": at}
        for duty, language, text, at in (
            (CAUTION, "fr", "Attention :", accepted),
            (TELL, "en", "Tell them.", now),
            (OWN, "en", "Stop it.", now),
        )
    ]


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
        add_note(store.get(reference), "Nous fermons le 30.", store, clock, told="a note")
    assert store.history(reference)[1:] == [
        HistoryEntry(NOW, "requester", "note: Nous fermons le 30.")
    ]


def test_the_helpdesk_is_told_of_a_note_once_and_of_a_withdrawal(
    store: MemoryTickets, clock: HeldClock, reference: str
) -> None:
    for _ in range(2):
        add_note(store.get(reference), "Nous fermons le 30.", store, clock, told="a note")
        withdraw(store.get(reference), store, clock, told="withdrawn")
    told = [row.body for row in store.deliveries(reference) if row.kind == "comment"]
    assert told == ["a note", "withdrawn"]


def test_a_withdrawn_request_is_no_longer_open_and_the_same_may_be_filed_anew(
    store: MemoryTickets, clock: HeldClock
) -> None:
    first = file(confirmed(), store, clock)
    assert isinstance(first, TicketOpened)
    gone = withdraw(first.ticket, store, clock, told="withdrawn")
    assert isinstance(gone, Ticket)
    assert gone.state == "withdrawn"
    assert store.history(gone.reference)[-1] == HistoryEntry(
        NOW, "requester", "state: open -> withdrawn"
    )
    assert withdraw(first.ticket, store, clock, told="withdrawn") == NotOpen(gone)
    assert add_note(first.ticket, "Encore là?", store, clock, told="a note") == NotOpen(gone)
    assert isinstance(file(confirmed(), store, clock), TicketOpened)


@pytest.mark.parametrize("state", ["done", "rejected"])
def test_what_has_ended_can_be_neither_withdrawn_nor_annotated(
    store: MemoryTickets, clock: HeldClock, reference: str, state: TicketState
) -> None:
    ended = store.change(reference, Change(state), who="Amélie", at=NOW)
    assert withdraw(ended, store, clock, told="withdrawn") == NotOpen(ended)
    assert add_note(ended, "Merci", store, clock, told="a note") == NotOpen(ended)
    assert len(store.history(reference)) == 2


# --- What agents change and what the helpdesk gets -----------------------------------------------


def test_a_change_names_states_and_items_that_exist() -> None:
    ticked = {"processed": True}
    assert parse_change("cancellation", "done", ticked) == Change("done", ticked)
    assert parse_change("support_request", None, None) == Change(None, {})


@pytest.mark.parametrize(
    ("state", "checklist", "says"),
    [("finished", None, "finished"), ("", None, "open"), (None, {"refunded": True}, "refunded")],
)
def test_a_change_to_what_does_not_exist_is_refused_with_what_is_allowed(
    state: str | None, checklist: dict[str, bool] | None, says: str
) -> None:
    with pytest.raises(BadInput, match=says) as error:
        parse_change("cancellation", state, checklist)
    assert "allowed" in str(error.value)


@pytest.mark.parametrize("kind", ["cancellation", "billing_review", "support_request"])
def test_each_kind_of_ticket_has_the_items_of_its_own_check_list(kind: TicketKind) -> None:
    for item in CHECKLIST:
        if item in CHECKLISTS[kind]:
            assert parse_change(kind, None, {item: True}).checklist == {item: True}
        else:
            with pytest.raises(BadInput, match=f"allowed: {', '.join(CHECKLISTS[kind])}\\."):
                parse_change(kind, None, {item: True})


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
