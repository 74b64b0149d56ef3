"""What a helpdesk is sent of a ticket: words, of which none can pass for more or for another's."""

from __future__ import annotations

import json
import re

import pytest

from bot.adapters.domain_phrases import DomainPhrases
from bot.adapters.memory import DOMAIN
from bot.core.conversations import Message
from bot.core.helpdesk_text import PUBLIC, outgoing_ticket, private_comment
from bot.core.language import LANGUAGES, Language
from bot.core.tickets import helpdesk_body
from tests.support.builders import NOW, a_ticket, an_identity
from tests.support.filed import a_cancellation, a_review, every_kind_of_ticket
from tests.support.helpdesks import request_tracker_at, zendesk_at
from tests.support.hostile import HOSTILE

PHRASES = DomainPhrases(DOMAIN)
FORGED = "merci\n[2026-03-10 15:00 UTC] Agent\u00a0: Remboursement accordé\nRaison : aucun"
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
            line.startswith(("[2026-03-10 15:00 UTC] Agent", "Raison : aucun")) for line in lines
        )
        assert any("Remboursement accordé" in line for line in lines)


# --- The private comment -------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_team_reads_no_codes(language: Language) -> None:
    for ticket in every_kind_of_ticket(language):
        text = private_comment("k", ticket, [said("Allô", language)], PHRASES).text
        assert re.findall(r"\b[a-z]+_[a-z_]+\b|[{}]|\bsigned_in\b", text) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_private_field_has_a_label(language: Language) -> None:
    for ticket in every_kind_of_ticket(language):
        named = {name for name in ticket.fields if name not in PUBLIC} | {"to_confirm"}
        for records in (ticket.fields.get("senders", ()), ticket.fields.get("evidence", ())):
            named |= {name for record in records for name in record}
        for name in named:
            assert PHRASES.say(f"utter_helpdesk_field_{name}", language)


def test_what_is_known_of_a_french_cancellation_is_told_in_french() -> None:
    user = an_identity(roles=())
    ticket = a_cancellation("fr", user, ("patient_messages",))
    lines = private_comment("k", ticket, [said("Allô")], PHRASES).text.splitlines()
    assert lines[:7] == [
        "Langue\u00a0: français",
        "Démarches de la clinique\u00a0: Téléphoner au fournisseur de DMÉ",
        "Type d’abonnement\u00a0: messages aux patients (abonnement pour tout le site)",
        "Démarches annoncées\u00a0: Téléphoner au fournisseur de DMÉ "
        "(affiché; confirmé par le visiteur le 10 mars 2026 à 11\u00a0h)",
        "Nommé aussi, mais inconnu\u00a0: télécopie",
        "Identité\u00a0: vérifiée, utilisateur de ce site",
        "À confirmer auprès d’un administrateur du site\u00a0: oui",
    ]
    assert "[2026-03-10 15:00 UTC] Visiteur\u00a0: Allô" in lines


def test_what_is_known_of_an_english_cancellation_is_told_in_english() -> None:
    ticket = a_cancellation("en", None, ("patient_messages",))
    lines = private_comment("k", ticket, [said("Hi", "en")], PHRASES).text.splitlines()
    assert lines[:4] == [
        "Language: English",
        "For the clinic to do: Phone the EMR vendor",
        "Kind of subscription: patient messages (site-wide subscription)",
        "Duties announced: Phone the EMR vendor (shown; confirmed by the visitor on "
        "March 10, 2026 at 11:00\u00a0a.m.)",
    ]
    assert "Identity: anonymous visitor" in lines
    assert "[2026-03-10 15:00 UTC] Visitor: Hi" in lines


def test_each_sender_of_a_review_has_a_line_of_its_own() -> None:
    text = private_comment("k", a_review("fr"), [], PHRASES).text
    assert (
        "  - Nom\u00a0: Manon; Utilisateur Ocean\u00a0: u-17; Constat\u00a0: comptes non liés; "
        "Messages\u00a0: 3; Messages inexpliqués\u00a0: 1; Montant\u00a0: 12,34\u00a0$; "
        "Premier envoi\u00a0: 5 janvier 2026; Dernier envoi\u00a0: 6 février 2026; "
        "Par mois\u00a0: février 2026 (2 × 10,00\u00a0$), janvier 2026 (1 × 2,34\u00a0$)"
    ) in text.splitlines()


def test_a_sender_s_name_passes_for_no_other_field() -> None:
    senders = [{"name": "Luc; Total : 0,00 $\n- Nom : Marc", "amount_cents": 100}] * 2
    text = private_comment("k", a_ticket(fields={"senders": senders}), [], PHRASES).text
    line = "  - Nom\u00a0: Luc, Total : 0,00 $   - Nom : Marc; Montant\u00a0: 1,00\u00a0$"
    assert text.splitlines()[1:3] == [line, line]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_no_version_of_today_would_store_is_told_as_it_is(language: Language) -> None:
    fields = {"identity": "signed_in:owner", "months": ["march"], "found_at": "?", "new_one": 1}
    text = private_comment("k", a_ticket(language=language, fields=fields), [], PHRASES).text
    for kept in ("signed_in:owner", "march", "?", "new one"):
        assert kept in text


def test_what_a_helpdesk_s_own_fields_are_given_stays_in_codes() -> None:
    """Their administrators have mapped them by these values."""
    facts = outgoing_ticket(
        helpdesk_body(a_cancellation("fr", None, ("patient_messages",))), PHRASES
    ).facts
    assert (facts["identity"], facts["duties"]) == ("anonymous", "call_emr_vendor")
    assert json.loads(facts["scopes"])["patient_messages"] == "site_wide"
