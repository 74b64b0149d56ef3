"""What the assistant says of each kind, in both languages: the sentences of domain.yml, filled in.

For tests of how it shows; whether it is said at the right moment is tested elsewhere.
"""

from __future__ import annotations

from bot.adapters.domain_phrases import DomainPhrases
from bot.adapters.memory import DOMAIN
from bot.core.conversations import Button, Reply, SourceLink
from bot.core.language import Language
from bot.core.payloads import ASK_PERSON, payload

PHRASES = DomainPhrases(DOMAIN)
REFERENCE = "OCN-7K3M-9QXT"
_STEPS: dict[Language, str] = {
    "fr": "**Passer de Plus à la licence de base**\n\n"
    "Un administrateur de site s’en charge.\n\n"
    "1. Dans le Portail Ocean, cliquez sur **Menu**, puis sur **Admin**.\n"
    "2. Ouvrez **Gestion des licences**.\n"
    "3. Cliquez sur **Supprimer** pour l’horaire visé.\n\n"
    "> Laissez tel quel le tableau **Rappels aux patients**.\n\n"
    "Pensez à [aviser votre fournisseur de DMÉ](/articles/fr/cancel-services#emr-vendor).",
    "en": "**Move from Plus to the basic licence**\n\n"
    "A site admin takes care of it.\n\n"
    "1. In the Ocean Portal, click **Menu**, then **Admin**.\n"
    "2. Open **Licence Management**.\n"
    "3. Click **Remove** for the schedule.\n\n"
    "> Leave the **Patient Reminders** table as it is.\n\n"
    "Remember to [tell your EMR vendor](/articles/en/cancel-services#emr-vendor).",
}
_ROWS: dict[Language, tuple[str, ...]] = {
    "fr": (
        "| Dre Solène Charbonneau-Desrosiers | 1 204 | 541,80 $ | compte lié, frais antérieurs |",
        "| Karim Benhaddou | 38 | 17,10 $ | compte non lié au DMÉ |",
    ),
    "en": (
        "| Dr. Solène Charbonneau-Desrosiers | 1,204 | $541.80 | linked, earlier charges |",
        "| Karim Benhaddou | 38 | $17.10 | account not linked to the EMR |",
    ),
}
_EVIDENCE: dict[Language, tuple[str, ...]] = {
    "fr": (
        "facture de février 2026 : 1 242 messages",
        "compte de Karim Benhaddou : aucun lien vu",
    ),
    "en": (
        "invoice of February 2026: 1,242 messages",
        "Karim Benhaddou’s account: no link seen",
    ),
}
_READ: dict[Language, dict[str, str]] = {
    "fr": {"source": "base de données des comptes", "as_of": "9 mars 2026"},
    "en": {"source": "account database", "as_of": "March 9, 2026"},
}


def an_article_answer(language: Language) -> Reply:
    """A section with steps and a caution, its source, and a related topic."""
    related = "Retirer une licence" if language == "fr" else "Remove a licence"
    return Reply(
        "answer",
        _STEPS[language],
        "faq/licence-remove",
        (
            Button(PHRASES.say("utter_button_cancel", language), payload("request_cancellation")),
            Button(related, payload("choose_section", section="licence-remove#remove")),
        ),
        (a_source(language),),
    )


def a_source(language: Language) -> SourceLink:
    """Where that answer comes from."""
    title = "Retirer une licence" if language == "fr" else "Remove a licence"
    url = f"/articles/{language}/licence-remove#downgrade"
    return SourceLink("licence-remove", "downgrade", title, url, language, "0123456789abcdef")


def a_recap(language: Language, reason: str = "trop cher") -> Reply:
    """A request to be confirmed."""
    text = PHRASES.say(
        "utter_recap",
        language,
        products="tablettes et kiosques" if language == "fr" else "tablets and kiosks",
        requester_name="Manon Thibodeau",
        requester_email="m.thibodeau@clinique.example.com",
        site_number="44170",
        emr_vendor="Accuro",
        reason=reason,
        unknown="",
        duties=PHRASES.say("utter_duty_call_emr_vendor", language, emr_vendor="Accuro"),
    )
    buttons = (
        Button(PHRASES.say("utter_button_file", language), payload("confirm_draft", draft="d1")),
        Button(PHRASES.say("utter_button_change", language), payload("deny")),
        Button(PHRASES.say("utter_button_stop", language), payload("stop")),
    )
    return Reply("recap", text, "cancellation/confirm", buttons)


def a_filed_ticket(language: Language) -> Reply:
    """The request is filed."""
    text = PHRASES.say(
        "utter_filed", language, reference=REFERENCE, email="m.thibodeau@clinique.example.com"
    )
    return Reply("ticket", text, "ticket/filed", data={"reference": REFERENCE})


def a_diagnosis(language: Language) -> Reply:
    """Senders with charges, and what that is based on."""
    rows = [PHRASES.say("utter_fees_table_head", language), "|---|---:|---:|---|"]
    parts = [
        PHRASES.say("utter_fees_other_senders_admin", language, count=2),
        "\n".join([*rows, *_ROWS[language]]),
        PHRASES.say("utter_fees_evidence", language, **_READ[language])
        + "\n\n"
        + "\n".join(f"- {line}" for line in _EVIDENCE[language]),
    ]
    person = Button(PHRASES.say("utter_button_person", language), ASK_PERSON)
    source = a_source(language)
    return Reply("diagnosis", "\n\n".join(parts), "fees/other_senders", (person,), (source,))


def a_request_for_files(language: Language) -> Reply:
    """The bot asks for the exports."""
    text = "Déposez vos exportations." if language == "fr" else "Drop your exports here."
    return Reply("form", text, "fees/files")


def a_handoff(language: Language) -> Reply:
    """The visitor waits for a person."""
    return Reply("handoff", PHRASES.say("utter_queued", language), "handoff/queued")


def everything(language: Language) -> list[Reply]:
    """One of each kind, for looking at."""
    return [
        an_article_answer(language),
        Reply("clarify", PHRASES.say("utter_clarify", language), "clarify"),
        a_diagnosis(language),
        a_request_for_files(language),
        a_recap(language),
        a_filed_ticket(language),
        Reply("abstain", PHRASES.say("utter_abstain", language), "abstain"),
        Reply("notice", PHRASES.say("utter_masked", language), "privacy/masked"),
        a_handoff(language),
        Reply("error", PHRASES.say("utter_trouble", language), "service/trouble"),
    ]
