"""What is Request Tracker's own, seen on a real one."""

from __future__ import annotations

import httpx
import pytest

from bot.adapters.helpdesk_request_tracker import RequestTrackerHelpdesk
from bot.core.helpdesk import Comment, Created, Found, Later
from bot.core.tickets import helpdesk_body, new_reference
from tests.support.builders import a_ticket
from tests.support.helpdesks import PHRASES, request_tracker_at
from tests.support.request_tracker import KEY_FIELD, PASSWORD, QUEUE, USER, RequestTracker


@pytest.fixture
def helpdesk(rt: RequestTracker) -> RequestTrackerHelpdesk:
    return request_tracker_at(rt.url)


def other(
    rt: RequestTracker, queue: str = QUEUE, field: str | None = None
) -> RequestTrackerHelpdesk:
    return RequestTrackerHelpdesk(rt.url, USER, PASSWORD, queue, field, PHRASES)


def change(rt: RequestTracker, ticket: str, **fields: object) -> None:
    answer = httpx.put(
        f"{rt.url}/REST/2.0/ticket/{ticket}", json=fields, auth=(USER, PASSWORD), trust_env=False
    )
    assert answer.status_code == 200, answer.text


def test_a_ticket_is_found_though_its_subject_was_rewritten(
    helpdesk: RequestTrackerHelpdesk, rt: RequestTracker
) -> None:
    key = new_reference()
    created = helpdesk.create(key, helpdesk.prepare(helpdesk_body(a_ticket(reference=key))))
    assert isinstance(created, Created)
    change(rt, created.id, Subject="Mme Thibodeau")
    assert helpdesk.find(key) == Found(created.id)


def test_without_a_custom_field_the_subject_is_enough(rt: RequestTracker) -> None:
    helpdesk, key = other(rt), new_reference()
    created = helpdesk.create(key, helpdesk.prepare(helpdesk_body(a_ticket(reference=key))))
    assert isinstance(created, Created)
    assert helpdesk.find(key) == Found(created.id)


def test_a_transcript_is_a_comment_and_a_public_one_is_correspondence(
    helpdesk: RequestTrackerHelpdesk, rt: RequestTracker
) -> None:
    key = new_reference()
    created = helpdesk.create(key, helpdesk.prepare(helpdesk_body(a_ticket(reference=key))))
    assert isinstance(created, Created)
    helpdesk.comment(created.id, Comment(f"{key}/2", "Pour l’équipe"))
    helpdesk.comment(created.id, Comment(f"{key}/3", "Pour tous", is_public=True))
    history = httpx.get(
        f"{rt.url}/REST/2.0/ticket/{created.id}/history?fields=Type",
        auth=(USER, PASSWORD),
        trust_env=False,
    ).json()
    types = [item["Type"] for item in history["items"]]
    assert [kind for kind in types if kind in ("Comment", "Correspond")] == [
        "Comment",
        "Correspond",
    ]


def test_what_an_operator_must_mend_is_said_without_the_password(rt: RequestTracker) -> None:
    wrong = request_tracker_at(rt.url, token="hunter22")
    assert isinstance(wrong.find("OCN-7K3M-9QXT"), Later)
    assert "hunter22" not in str(wrong.check())
    assert "credentials" in str(wrong.check())
    assert "no queue 'Billing'" in str(other(rt, queue="Billing").check())
    assert "no custom field 'Our key'" in str(other(rt, field="Our key").check())
    assert other(rt, field=KEY_FIELD).check() is None


def test_a_queue_that_refuses_is_the_operators_matter_not_the_tickets(rt: RequestTracker) -> None:
    helpdesk, key = other(rt, queue="Billing"), new_reference()
    payload = helpdesk.prepare(helpdesk_body(a_ticket(reference=key)))
    assert isinstance(helpdesk.create(key, payload), Later)
