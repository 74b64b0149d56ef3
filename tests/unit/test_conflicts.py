"""Facts that two articles tell differently."""

from __future__ import annotations

from dataclasses import replace

import pytest

from knowledge_base.article import Language, Section
from knowledge_base.conflicts import conflicts
from tests.support.builders import a_section


def told(key: str, body: str, language: Language = "en") -> Section:
    return replace(a_section(key), body=body, language=language)


@pytest.mark.parametrize(
    ("here", "there", "about"),
    [
        ("Open **Site Account**.", "Open **Site Acount**.", "**Site Account**"),
        (
            "Write to https://ocean.tip/support.",
            "See https://ocean.tips/support for help.",
            "ocean.tip ",
        ),
        ("Write to ocean.tip/support.", "See ocean.tips/support for help.", "ocean.tip "),
        (
            "The invitation expires after 30 days.",
            "An invitation expires after 15 days.",
            "30 here and 15 there (day)",
        ),
        (
            "The licence costs $25 per provider.",
            "A licence costs $27.50 per provider.",
            "25 here and 27.50 there (dollar)",
        ),
        (
            "A licence covers up to 3 support staff.",
            "Each licence covers up to 5 support staff.",
            "3 here and 5 there (person)",
        ),
    ],
)
def test_two_articles_that_do_not_agree_are_named_with_what_they_say(
    here: str, there: str, about: str
) -> None:
    (found,) = conflicts([told("users#invite", here), told("help#contact", there)])
    assert {found.one.key, found.other.key} == {"users#invite", "help#contact"}
    assert about in found.about


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("Open **Site Account**.", "Open **Site Features**."),
        ("Tick **Reminder**.", "Open **Reminders**."),
        ("See https://ocean.tips/support.", "Sign in at https://cloudconnect.example.com."),
        ("The invitation expires after 30 days.", "Support answers within 2 days as a rule."),
        ("The invitation expires after 30 days.", "The invitation expires after 30 days."),
        ("Wait 30 minutes for the invitation.", "Wait 30 days for the invitation."),
    ],
)
def test_what_differs_with_good_reason_is_no_conflict(here: str, there: str) -> None:
    assert conflicts([told("users#invite", here), told("help#contact", there)]) == []


def test_sections_of_one_article_may_differ() -> None:
    sections = [told("tablets#for-good", "Choose **De-register**.")]
    sections += [told("tablets#for-a-while", "Choose **Deregister**.")]
    assert conflicts(sections) == []


def test_languages_are_not_compared_with_each_other() -> None:
    french = told("users#invite", "Ouvrez **Site Acount**.", language="fr")
    assert conflicts([french, told("help#contact", "Open **Site Account**.")]) == []
