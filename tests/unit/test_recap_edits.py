"""The "edit" beside each line of a recap says words that the request understands.

The widget makes them of the line's own label: see `edit` in widget/labels.js.
"""

from __future__ import annotations

import re

import pytest

from bot.core.heard import Heard
from bot.core.hearing import hear
from bot.core.language import Language
from tests.support.builders import a_draft
from tests.support.replies import a_recap

FIELDS = (
    "products",
    "requester_name",
    "requester_email",
    "site_number",
    "emr_vendor",
    "reason",
)
# What the classifier has been seen to make of such words.
INTENTS = ("inform", "deny", "faq", "request_cancellation", "out_of_scope", "nlu_fallback")


def wishes(language: Language) -> list[str]:
    """What the widget says for each line, from top to bottom."""
    names = re.findall(r"^- \*\*(.+?)\*\*", a_recap(language).text, re.MULTILINE)
    shown = [name if name in ("DMÉ", "EMR") else name.lower() for name in names]
    verb = "Modifier\N{NO-BREAK SPACE}: " if language == "fr" else "Change: "
    return [verb + name for name in shown]


@pytest.mark.parametrize("intent", INTENTS)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_line_of_a_recap_can_be_asked_for_anew(language: Language, intent: str) -> None:
    draft = a_draft()
    for wish, field in zip(wishes(language), FIELDS, strict=True):
        changed, outcome = hear(draft, Heard(wish, intent))
        assert outcome.result == "taken", wish
        assert not getattr(changed, field), wish
        others = [other for other in FIELDS if other != field]
        assert all(getattr(changed, o) == getattr(draft, o) for o in others), wish
