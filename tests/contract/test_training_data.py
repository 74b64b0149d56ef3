"""What the classifier learns from: enough of everything, and nothing that it is tested on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from knowledge_base.article import load_articles
from models.encoder_training.material import is_french
from tests.bench.leakage import leaks, messages_apart, training_messages

ARTICLES = Path(__file__).parents[2] / "knowledge_base" / "articles"
# A few short messages are taken for the other language: sixty and forty were written.
FRENCH, ENGLISH = 55, 36
OUT_OF_SCOPE = 400


@pytest.fixture(scope="module")
def messages() -> list[tuple[str, str]]:
    return training_messages()


def test_every_section_and_flow_has_many_messages_in_both_languages(
    messages: list[tuple[str, str]],
) -> None:
    sections = {
        f"faq/{section.slug}.{section.anchor}"
        for article in load_articles(ARTICLES, "")
        for section in article.sections
    }
    counts = Counter((label, is_french(text)) for text, label in messages)
    labels = sections | {label for _, label in messages}
    few = [
        label
        for label in sorted(labels)
        if counts[label, True] < FRENCH or counts[label, False] < ENGLISH
    ]
    assert few == []


def test_what_is_out_of_scope_is_shown_in_all_its_width(messages: list[tuple[str, str]]) -> None:
    assert sum(label == "out_of_scope" for _, label in messages) >= OUT_OF_SCOPE


def test_no_message_is_trained_on_twice(messages: list[tuple[str, str]]) -> None:
    counts = Counter(text.casefold() for text, _ in messages)
    assert [text for text, count in counts.items() if count > 1] == []


def test_nothing_that_is_measured_or_calibrated_with_was_trained_on(
    messages: list[tuple[str, str]],
) -> None:
    assert [(found.one, found.other) for found in leaks(messages, messages_apart())] == []
