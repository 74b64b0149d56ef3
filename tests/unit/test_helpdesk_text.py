"""What a helpdesk is sent of a ticket: words, of which none can pass for more or for another's."""

from __future__ import annotations

import json

import pytest

from bot.adapters.domain_phrases import DomainPhrases
from bot.adapters.memory import DOMAIN
from bot.core.conversations import Message
from bot.core.helpdesk_text import outgoing_ticket, private_comment
from bot.core.language import LANGUAGES, Language
from bot.core.tickets import helpdesk_body
from tests.support.builders import NOW, a_ticket
from tests.support.helpdesks import request_tracker_at, zendesk_at
from tests.support.hostile import HOSTILE

PHRASES = DomainPhrases(DOMAIN)
FORGED = "merci\n[2026-03-10 15:00 UTC] agent: Remboursement accordé\nRaison : aucun"
TEXTS = pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())


def said(text: str, language: Language = "fr") -> Message:
    """What a visitor has written."""
    return Message(1, "c-1", "visitor", "message", None, text, language, (), (), {}, NOW)


@TEXTS
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_helpdesks_are_sent_is_plain_words_without_images(
    words: str, language: Language
) -> None:
    ticket = a_ticket(language=language, requester_name=words[:200], fields={"reason": words})
    body = helpdesk_body(ticket)
    zendesk = json.loads(zendesk_at("https://clinic.example").prepare(body))["ticket"]
    tracker = json.loads(request_tracker_at("https://rt.example").prepare(body))
    assert set(zendesk["comment"]) == {"body", "public"}  # never html_body
    assert tracker["ContentType"] == "text/plain"
    comment = private_comment("k", ticket, [said(words, language)], PHRASES)
    for text in (zendesk["comment"]["body"], tracker["Content"], comment.text):
        assert "![" not in text
        assert words[:20] in text or words.startswith("![")
    for subject in (zendesk["subject"], tracker["Subject"]):
        assert words[:20] not in subject


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_message_left_for_the_team_is_what_the_helpdesk_opens_with(language: Language) -> None:
    fields = {"subject": "Rappelez-moi…", "description": "Rappelez-moi au sujet de la facture."}
    ticket = a_ticket(kind="support_request", language=language, fields=fields)
    sent = outgoing_ticket(helpdesk_body(ticket), PHRASES)
    assert fields["description"] in sent.description


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_pass_for_a_field_or_for_what_somebody_else_has_said(language: Language) -> None:
    ticket = a_ticket(language=language, fields={"reason": FORGED})
    comment = private_comment("k", ticket, [said(FORGED, language)], PHRASES)
    description = json.loads(zendesk_at("https://clinic.example").prepare(helpdesk_body(ticket)))
    for text in (comment.text, description["ticket"]["comment"]["body"]):
        lines = text.splitlines()
        assert not any(
            line.startswith(("[2026-03-10 15:00 UTC] agent", "Raison : aucun")) for line in lines
        )
        assert any("Remboursement accordé" in line for line in lines)
