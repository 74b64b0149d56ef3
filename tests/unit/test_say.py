"""How amounts, dates and lists are written, and how a reply travels through Rasa."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from actions.say import to_payload
from bot.adapters import rasa_http
from bot.core.conversations import Button, Reply, SourceLink
from bot.core.formats import NBSP, amount, day, listed, local_day, month
from bot.core.language import Language


@pytest.mark.parametrize(
    ("cents", "french", "english"),
    [
        (0, f"0,00{NBSP}$", "$0.00"),
        (5, f"0,05{NBSP}$", "$0.05"),
        (1_250, f"12,50{NBSP}$", "$12.50"),
        (123_456, f"1{NBSP}234,56{NBSP}$", "$1,234.56"),
        (123_456_789, f"1{NBSP}234{NBSP}567,89{NBSP}$", "$1,234,567.89"),
        (-450, f"-4,50{NBSP}$", "-$4.50"),
        (-5, f"-0,05{NBSP}$", "-$0.05"),
    ],
)
def test_an_amount_is_written_as_the_language_writes_it(
    cents: int, french: str, english: str
) -> None:
    assert amount(cents, "fr") == french
    assert amount(cents, "en") == english


@pytest.mark.parametrize(
    ("value", "french", "english"),
    [
        (date(2026, 3, 1), "1er mars 2026", "March 1, 2026"),
        (date(2026, 8, 21), "21 août 2026", "August 21, 2026"),
        (date(2026, 12, 31), "31 décembre 2026", "December 31, 2026"),
    ],
)
def test_a_day_is_written_in_words(value: date, french: str, english: str) -> None:
    assert day(value, "fr") == french
    assert day(value, "en") == english


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 3, 10, 3, 30, tzinfo=UTC), "March 9, 2026"),
        (datetime(2026, 3, 10, 15, 0, tzinfo=UTC), "March 10, 2026"),
        (datetime(2026, 7, 1, 3, 59, tzinfo=UTC), "June 30, 2026"),
        (datetime(2026, 7, 1, 4, 0, tzinfo=UTC), "July 1, 2026"),
        (datetime(2026, 1, 1, 4, 59, tzinfo=UTC), "December 31, 2025"),
    ],
)
def test_the_day_of_a_moment_is_the_clinics_own(moment: datetime, expected: str) -> None:
    assert local_day(moment, "en") == expected


def test_every_month_has_its_name() -> None:
    french = [month(f"2026-{number:02d}", "fr").split()[0] for number in range(1, 13)]
    english = [month(f"2026-{number:02d}", "en").split()[0] for number in range(1, 13)]
    assert (french[1], french[7], french[11]) == ("février", "août", "décembre")
    assert (english[0], english[11]) == ("January", "December")
    assert len(set(french)) == len(set(english)) == 12


@pytest.mark.parametrize(
    ("items", "language", "expected"),
    [
        ([], "fr", ""),
        (["a"], "fr", "a"),
        (["a", "b"], "fr", "a et b"),
        (["a", "b", "c"], "fr", "a, b et c"),
        (["a", "b", "c"], "en", "a, b and c"),
    ],
)
def test_a_list_reads_as_a_sentence(items: list[str], language: Language, expected: str) -> None:
    assert listed(items, language) == expected


def test_a_list_may_end_with_another_word() -> None:
    assert listed(["a", "b"], "fr", "ou") == "a ou b"


def test_a_list_may_come_from_anything_that_is_gone_through_once() -> None:
    assert listed((letter for letter in "abc"), "en") == "a, b and c"


def test_a_reply_comes_out_of_rasa_as_it_went_in() -> None:
    reply = Reply(
        "diagnosis",
        "**Voici** « la cause »",
        "fees/not_linked",
        (Button("Oui", '/confirm_draft{"draft": "0123"}'),),
        (SourceLink("per-message-fees", "cause", "Titre", "https://x.example/#c", "fr", "abcd"),),
        {"lines": [{"name": "Zoé", "messages": 3}], "as_of": "2026-03-10T15:00:00+00:00"},
    )
    travelled = json.loads(json.dumps({"custom": to_payload(reply)}))
    assert rasa_http._reply(travelled) == reply


def test_a_plain_sentence_of_the_domain_is_small_talk() -> None:
    assert rasa_http._reply({"text": "Bonjour!"}) == Reply("smalltalk", "Bonjour!")
