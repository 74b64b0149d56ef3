"""What every store of figures promises."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core import handoff
from bot.core.conversations import Reply
from bot.core.handoff import Ownership
from bot.core.insights import Begun, Shown, Stay, Totals, Unanswered
from bot.core.ports.conversations import Conversations
from bot.core.ports.figures import Figures
from tests.support.builders import NOW, an_answer, exchange, start
from tests.support.stores import Stores

MINUTE = timedelta(minutes=1)
ABSTAIN = Reply("abstain", "Je ne sais pas.", "abstain")


@pytest.fixture
def talks(stores: Stores) -> Conversations:
    return stores.conversations


@pytest.fixture
def figures(stores: Stores) -> Figures:
    return stores.figures


def hand_off(talks: Conversations, id: str) -> None:
    talks.change_owner(id, handoff.ask_person(Ownership.of(talks.get(id)), NOW, "asked"), at=NOW)


def test_facts_tell_all_that_happened_since(talks: Conversations, figures: Figures) -> None:
    start(talks, "old", created_at=NOW - timedelta(days=9))
    used = start(talks, "used")
    exchange(talks, used, "Un?", an_answer(topic="faq/invoice-details"))
    (shown,) = (m for m in talks.messages("used") if m.author == "bot")
    talks.add_feedback("used", shown.id, helpful=False, comment=None, at=NOW)
    exchange(talks, used, "Deux?", ABSTAIN)
    asked = handoff.ask_person(Ownership.of(talks.get("used")), NOW + MINUTE, "abstained")
    talks.change_owner("used", asked, at=NOW + MINUTE)
    claimed = handoff.claim(Ownership.of(talks.get("used")), "marc")
    talks.change_owner("used", claimed, at=NOW + 3 * MINUTE)
    found = figures.facts(NOW - MINUTE)
    assert list(found.conversations) == [Begun(NOW, is_used=True, was_handed_off=True)]
    assert list(found.answers) == [Shown(NOW, "invoice-details", helpful=False)]
    assert list(found.abstentions) == [NOW]
    assert list(found.stays) == [Stay("abstained", NOW + MINUTE, NOW + 3 * MINUTE)]


def test_a_question_without_an_answer_is_listed_once_newest_first(
    talks: Conversations, figures: Figures
) -> None:
    kept = start(talks, "c")
    for text in ("Qui a gagné?", "Quelle heure est-il?", "qui a gagné?", "Mes factures?"):
        exchange(talks, kept, text, an_answer() if text == "Mes factures?" else ABSTAIN)
    found = figures.unanswered(NOW - MINUTE, limit=10)
    assert [one.text for one in found] == ["qui a gagné?", "Quelle heure est-il?"]
    assert figures.unanswered(NOW + MINUTE, limit=10) == []
    assert len(figures.unanswered(NOW - MINUTE, limit=1)) == 1


def test_totals_count_all_that_is_kept(talks: Conversations, figures: Figures) -> None:
    _unused, helped, handed = (start(talks, id_) for id_ in ("unused", "helped", "handed"))
    for slug in ("past-invoices", "past-invoices", "invoice-details"):
        exchange(talks, helped, "Où sont mes factures?", an_answer(topic=f"faq/{slug}"))
    exchange(talks, handed, "Quelle est la capitale?", ABSTAIN)
    hand_off(talks, "handed")
    assert figures.totals() == Totals(
        conversations=3,
        contained=1,
        handed_off=1,
        abstained=1,
        helpful=0,
        not_helpful=0,
        top_articles=[("past-invoices", 2), ("invoice-details", 1)],
        unanswered=[Unanswered("Quelle est la capitale?", "fr", NOW)],
    )


def test_a_conversation_that_a_person_gave_back_still_counts_as_handed_off(
    talks: Conversations, figures: Figures
) -> None:
    kept = start(talks, "c")
    exchange(talks, kept, "Bonjour")
    hand_off(talks, "c")
    held = talks.change_owner("c", handoff.claim(Ownership.of(talks.get("c")), "marc"), at=NOW)
    talks.change_owner("c", handoff.back_to_bot(Ownership.of(held), by="marc"), at=NOW)
    assert (figures.totals().handed_off, figures.totals().contained) == (1, 0)
