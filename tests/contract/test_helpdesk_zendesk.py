"""Zendesk's own ways: keys, limits, odd answers, custom fields, long transcripts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from bot.adapters.helpdesk_http import retry_after_s
from bot.adapters.helpdesk_zendesk import LONGEST_COMMENT, ZendeskHelpdesk
from bot.adapters.memory import HeldClock
from bot.core.helpdesk import Absent, Comment, Created, Found, Later, Rejected, Sent, Unknown
from bot.core.tickets import helpdesk_body
from tests.support.builders import NOW, a_ticket
from tests.support.helpdesks import PHRASES, zendesk_at
from tests.support.openapi import Description
from tests.support.stack import free_ports
from tests.support.zendesk_server import AGENT, Fault, ZendeskServer

KEY = "OCN-7K3M-9QXT"


@pytest.fixture
def helpdesk(zendesk: ZendeskServer) -> ZendeskHelpdesk:
    return zendesk_at(zendesk.url)


@pytest.fixture
def payload(helpdesk: ZendeskHelpdesk) -> str:
    return helpdesk.prepare(helpdesk_body(a_ticket(reference=KEY)))


def fails_once(fault: Fault) -> Callable[[object], Fault]:
    """The fault for the next call, none afterwards."""
    left = [fault]
    return lambda _: left.pop() if left else "none"


# --- What is sent --------------------------------------------------------------------------------


def test_a_ticket_says_who_what_and_where_and_the_rest_is_in_tags_and_fields(
    helpdesk: ZendeskHelpdesk, zendesk: ZendeskServer, payload: str
) -> None:
    assert helpdesk.create(KEY, payload) == Created("1")
    ticket = zendesk.tickets[1]
    assert ticket["subject"] == f"Annulation – tablettes et kiosques – site 4411 ({KEY})"
    assert ticket["requester"] == {
        "name": "Manon Thibodeau",
        "email": "m.thibodeau@clinique.example.com",
    }
    assert ticket["tags"] == ["ocean_helpdesk", "cancellation", "lang_fr", "to_confirm"]
    assert ticket["custom_fields"] == [
        {"id": 360001, "value": KEY},
        {"id": 360002, "value": "4411"},
    ]
    assert ticket["comment"]["body"].splitlines() == [
        "Services : tablettes et kiosques",
        "Nom : Manon Thibodeau",
        "Courriel : m.thibodeau@clinique.example.com",
        "Numéro de site : 4411",
        "Raison : l’été, c’est fermé",
    ]


def test_what_the_requester_did_not_give_is_not_in_what_they_see(helpdesk: ZendeskHelpdesk) -> None:
    fields = {"products": ["studies"], "identity": "anonymous", "evidence": [{"row": 7}]}
    body = helpdesk_body(a_ticket(reference=KEY, language="en", fields=fields))
    sent = json.loads(helpdesk.prepare(body))["ticket"]
    assert sent["subject"] == f"Cancellation – studies – site 4411 ({KEY})"
    assert "anonymous" not in sent["comment"]["body"]
    assert "row" not in sent["comment"]["body"]


def test_a_request_without_an_email_has_no_requester(helpdesk: ZendeskHelpdesk) -> None:
    body = helpdesk_body(a_ticket(kind="support_request", requester_email="", site_number=""))
    sent = json.loads(helpdesk.prepare(body))["ticket"]
    assert "requester" not in sent
    assert "site" not in sent["subject"]


def test_an_oauth_token_is_sent_as_one(zendesk: ZendeskServer, payload: str) -> None:
    helpdesk = ZendeskHelpdesk(zendesk.url, None, AGENT[1], {}, PHRASES)
    assert helpdesk.create(KEY, payload) == Created("1")
    assert zendesk.received[-1].headers["authorization"] == f"Bearer {AGENT[1]}"


# --- Keys ----------------------------------------------------------------------------------------


def test_within_two_hours_the_same_request_is_known_by_its_key(
    helpdesk: ZendeskHelpdesk, zendesk: ZendeskServer, payload: str
) -> None:
    clock = HeldClock(NOW)
    zendesk.now = clock.now
    helpdesk.create(KEY, payload)
    clock.advance(timedelta(minutes=119))
    assert helpdesk.create(KEY, payload) == Found("1")
    first, again = (received.body for received in zendesk.received)
    assert first == again
    clock.advance(timedelta(minutes=1))
    # From here on only the look-up knows.
    assert helpdesk.create(KEY, payload) == Created("2")
    assert helpdesk.find(KEY) == Found("1", ("2",))


def test_a_key_used_with_another_body_is_looked_up_not_given_up(
    helpdesk: ZendeskHelpdesk, zendesk: ZendeskServer, payload: str
) -> None:
    helpdesk.create(KEY, payload)
    key = zendesk.received[-1].headers["idempotency-key"]
    assert key.startswith(KEY)
    answer = httpx.post(
        f"{zendesk.url}/api/v2/tickets",
        content=b'{"ticket": {"comment": {"body": "another"}}}',
        headers={"Idempotency-Key": key, "Content-Type": "application/json"},
        auth=(f"{AGENT[0]}/token", AGENT[1]),
        trust_env=False,
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "IdempotentRequestError")
    zendesk._keys[key] = (NOW + timedelta(days=9999), b"other bytes", zendesk._keys[key][2])
    assert isinstance(helpdesk.create(KEY, payload), Unknown)


def test_only_the_whole_external_id_counts(
    helpdesk: ZendeskHelpdesk, zendesk: ZendeskServer, payload: str
) -> None:
    helpdesk.create(KEY, payload)
    zendesk.by_reference = lambda _: list(zendesk.tickets.values())  # type: ignore[method-assign]
    assert helpdesk.find("OCN-4BCD-3FGH") == Absent()


# --- What goes wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "expected", "is_there"),
    [
        ("drop_before", Unknown, False),
        ("drop_after", Unknown, True),
        ("fail_before", Unknown, False),
        ("fail_after", Unknown, True),
        ("unreadable", Unknown, True),
        ("conflict", Unknown, False),
        ("busy", Later, False),
        ("unauthorized", Later, False),
        ("forbidden", Later, False),
        ("elsewhere", Later, False),
        ("invalid", Rejected, False),
    ],
)
def test_each_fault_has_its_own_outcome(
    helpdesk: ZendeskHelpdesk,
    zendesk: ZendeskServer,
    payload: str,
    fault: Fault,
    expected: type[Sent],
    is_there: bool,
) -> None:
    zendesk.fault = fails_once(fault)
    assert isinstance(helpdesk.create(KEY, payload), expected)
    assert bool(zendesk.tickets) == is_there
    assert isinstance(helpdesk.find(KEY), Found if is_there else Absent)


@pytest.mark.parametrize(
    "fault", ["drop_before", "fail_before", "busy", "unauthorized", "unreadable", "elsewhere"]
)
def test_a_look_up_that_fails_is_never_taken_for_absence(
    helpdesk: ZendeskHelpdesk, zendesk: ZendeskServer, fault: Fault
) -> None:
    zendesk.fault = fails_once(fault)
    assert isinstance(helpdesk.find(KEY), Unknown | Later)
    zendesk.fault = fails_once(fault)
    assert isinstance(helpdesk.find_comment("1", f"{KEY}/1"), Unknown | Later)


def test_a_helpdesk_that_cannot_be_reached_was_sent_nothing(payload: str) -> None:
    (port,) = free_ports(1)
    assert isinstance(zendesk_at(f"http://127.0.0.1:{port}").create(KEY, payload), Later)


def test_a_refusal_names_the_field_and_never_quotes_the_visitor(
    helpdesk: ZendeskHelpdesk, zendesk: ZendeskServer, payload: str
) -> None:
    zendesk.fault = fails_once("invalid")
    assert helpdesk.create(KEY, payload) == Rejected(
        "Zendesk refuses it (422: requester InvalidValue)."
    )


def test_patience_is_as_long_as_asked_for_in_seconds_or_by_a_date(
    helpdesk: ZendeskHelpdesk, zendesk: ZendeskServer, payload: str
) -> None:
    zendesk.fault = fails_once("busy")
    result = helpdesk.create(KEY, payload)
    assert isinstance(result, Later)
    assert result.seconds == 1.0

    def wait_s(value: str) -> float:
        return retry_after_s(httpx.Response(429, headers={"Retry-After": value}))

    assert 50 < wait_s(format_datetime(datetime.now(UTC) + timedelta(seconds=60))) <= 60
    assert [wait_s(odd) for odd in ("", "soon", "-5", "nan")] == [0, 0, 0, 0]


# --- Comments ------------------------------------------------------------------------------------


def test_a_transcript_is_private(
    helpdesk: ZendeskHelpdesk, zendesk: ZendeskServer, payload: str
) -> None:
    helpdesk.create(KEY, payload)
    helpdesk.comment("1", Comment(f"{KEY}/2", f"Conversation [{KEY}/2]"))
    assert [comment["public"] for comment in zendesk.comments[1]] == [True, False]


def test_a_long_transcript_goes_along_as_a_file_and_is_redacted_with_it(
    helpdesk: ZendeskHelpdesk, zendesk: ZendeskServer, payload: str
) -> None:
    helpdesk.create(KEY, payload)
    text = "é" * (LONGEST_COMMENT + 1)
    comment = Comment(f"{KEY}/2", f"{text} [{KEY}/2]")
    assert isinstance(helpdesk.comment("1", comment), Created)
    calls = [f"{one.method} {one.path}" for one in zendesk.received[-2:]]
    assert calls == ["POST /api/v2/uploads", "PUT /api/v2/tickets/1"]
    (file,) = zendesk.comments[1][-1]["attachments"]
    assert file["content"].decode() == comment.text
    assert isinstance(helpdesk.find_comment("1", comment.key), Found)

    helpdesk.redact("1", comment.key)
    assert file["content"] == b""
    assert zendesk.comments[1][-1]["body"] == "▇"


def test_a_lost_upload_is_made_again(
    helpdesk: ZendeskHelpdesk, zendesk: ZendeskServer, payload: str
) -> None:
    helpdesk.create(KEY, payload)
    comment = Comment(f"{KEY}/2", "x" * (LONGEST_COMMENT + 1))
    zendesk.fault = fails_once("drop_after")
    assert isinstance(helpdesk.comment("1", comment), Later)
    assert isinstance(helpdesk.comment("1", comment), Created)


def test_a_comment_is_found_on_a_later_page_without_following_a_link_elsewhere(
    helpdesk: ZendeskHelpdesk, zendesk: ZendeskServer, payload: str
) -> None:
    zendesk.page_size = 2
    helpdesk.create(KEY, payload)
    for number in range(2, 8):
        helpdesk.comment("1", Comment(f"{KEY}/{number}", f"[{KEY}/{number}]"))
    assert isinstance(helpdesk.find_comment("1", f"{KEY}/7"), Found)
    assert helpdesk.find_comment("1", f"{KEY}/8") == Absent()


def test_a_closed_or_deleted_ticket_takes_no_comment(
    helpdesk: ZendeskHelpdesk, zendesk: ZendeskServer, payload: str
) -> None:
    helpdesk.create(KEY, payload)
    zendesk.tickets[1]["status"] = "closed"
    for ticket in ("1", "99"):
        assert isinstance(helpdesk.comment(ticket, Comment(f"{KEY}/2", "x")), Rejected)


# --- What an operator must mend ------------------------------------------------------------------


def test_the_doctor_says_what_is_wrong_and_never_the_token(zendesk: ZendeskServer) -> None:
    wrong = zendesk_at(zendesk.url, token="hunter22").check()
    assert wrong is not None
    assert "credentials" in wrong
    assert "hunter22" not in wrong

    zendesk.role = "end-user"
    assert "'end-user'; allowed: agent, admin" in str(zendesk_at(zendesk.url).check())
    zendesk.role, zendesk.fields = "admin", [360001]
    assert "site_number" in str(zendesk_at(zendesk.url).check())


def test_the_description_is_asked_in_earnest(zendesk_description: Description | None) -> None:
    if zendesk_description is None:
        pytest.skip("ZENDESK_OPENAPI does not name Zendesk's OpenAPI files")
    json_type = {"content-type": "application/json"}
    faults_of = zendesk_description.faults_of
    assert faults_of("POST", "/api/v2/tickets", {}, json_type, b'{"ticket": {}}') == []
    assert faults_of("POST", "/api/v2/tickets", {}, {"content-type": "text/plain"}, b"x")
    assert faults_of("DELETE", "/api/v2/tickets", {}, {}, b"")
    assert faults_of("PUT", "/api/v2/tickets/one", {}, json_type, b"{}")
