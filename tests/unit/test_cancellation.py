"""The request being collected: what is asked next, what it is worth, what makes it another one."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.cancellation import PRODUCTS, Draft, Step
from tests.support.builders import a_draft

FULL = a_draft()
DRAFTS = st.builds(
    Draft,
    products=st.lists(st.sampled_from(PRODUCTS), unique=True).map(tuple),
    requester_name=st.none() | st.text(min_size=1, max_size=20),
    requester_email=st.none() | st.emails(),
    site_number=st.none() | st.from_regex(r"\d{3,6}", fullmatch=True),
    emr_vendor=st.none() | st.text(min_size=1, max_size=20),
    reason=st.none() | st.text(min_size=1, max_size=40),
    reason_skipped=st.booleans(),
    cloud_connect_understood=st.booleans(),
)


# --- What is asked next --------------------------------------------------------------------------


def test_the_questions_come_in_their_order_and_none_is_asked_for_what_is_known() -> None:
    answers: list[tuple[Step, dict[str, Any]]] = [
        ("products", {"products": ("cloud_connect",)}),
        ("requester_name", {"requester_name": "Luc Roy"}),
        ("requester_email", {"requester_email": "luc@clinique.example.com"}),
        ("site_number", {"site_number": "4411"}),
        ("emr_vendor", {"emr_vendor": "Juno"}),
        ("cloud_connect", {"cloud_connect_understood": True}),
        ("reason", {"reason": "trop cher"}),
    ]
    draft = Draft()
    for step, answer in answers:
        assert draft.next_step() == step
        draft = replace(draft, **answer)
    assert draft.next_step() == "confirm"


def test_only_cloud_connect_brings_its_caution() -> None:
    assert replace(FULL, products=("studies",)).next_step() == "confirm"
    assert replace(FULL, products=("studies", "cloud_connect")).next_step() == "cloud_connect"


def test_a_reason_may_be_skipped() -> None:
    assert replace(FULL, reason=None).next_step() == "reason"
    assert replace(FULL, reason=None, reason_skipped=True).next_step() == "confirm"


# --- The digest ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"products": ("tablets_kiosks",)},
        {"requester_name": "Luc Roy"},
        {"requester_email": "luc@clinique.example.com"},
        {"site_number": "4412"},
        {"emr_vendor": "Juno"},
        {"reason": "autre"},
        {"reason": None},
    ],
)
def test_whatever_the_recap_shows_changes_the_digest(change: dict[str, Any]) -> None:
    assert replace(FULL, **change).digest != FULL.digest


def test_what_the_recap_does_not_show_leaves_the_digest_alone() -> None:
    later = replace(FULL, misses=2, remark="utter_noted", heard_message=9, asked=None)
    assert later.digest == FULL.digest
    assert replace(FULL, products=FULL.products[::-1]).digest == FULL.digest


def test_fields_do_not_run_into_each_other() -> None:
    one = Draft(requester_name="a", requester_email="b")
    other = Draft(requester_name="ab")
    assert one.digest != other.digest
    assert Draft(requester_name="a").digest != Draft(requester_email="a").digest


@given(DRAFTS, DRAFTS)
def test_two_requests_have_one_digest_only_if_they_show_the_same(one: Draft, other: Draft) -> None:
    shown = ("requester_name", "requester_email", "site_number", "emr_vendor", "reason")
    is_same = set(one.products) == set(other.products) and all(
        getattr(one, name) == getattr(other, name) for name in shown
    )
    assert (one.digest == other.digest) is is_same


# --- What it is worth ----------------------------------------------------------------------------


def test_a_full_request_has_no_faults() -> None:
    assert FULL.faults() == []


def test_an_empty_one_lacks_everything_but_a_reason_and_a_caution() -> None:
    assert Draft().faults() == [
        "products",
        "requester_name",
        "requester_email",
        "site_number",
        "emr_vendor",
    ]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"products": ("fax",)}, "products"),
        ({"requester_email": "m.roy@clinique"}, "requester_email"),
        ({"requester_email": "m roy@clinique.ca"}, "requester_email"),
        ({"requester_email": "m.roy@clinique.ca\nBcc: x@y.ca"}, "requester_email"),
        ({"requester_email": "Roy <m.roy@clinique.ca>"}, "requester_email"),
        ({"site_number": "44"}, "site_number"),
        ({"site_number": "4411\n"}, "site_number"),
        ({"site_number": "٤٤١١"}, "site_number"),
        ({"products": ("cloud_connect",)}, "cloud_connect"),
    ],
)
def test_a_fault_is_found_whatever_let_it_in(change: dict[str, Any], fault: Step) -> None:
    assert replace(FULL, **change).faults() == [fault]


# --- Keeping it ----------------------------------------------------------------------------------


@given(DRAFTS)
def test_a_request_comes_out_of_the_database_as_it_went_in(draft: Draft) -> None:
    stored = json.loads(json.dumps(draft.to_json()))
    assert Draft.from_json(stored) == draft


def test_everything_of_a_request_is_kept() -> None:
    assert set(FULL.to_json()) == {field.name for field in fields(Draft)}
