"""What a visitor wants of a ticket: what is asked for, what is heard, what a yes agrees to."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.core.errands import (
    MAX_MISSES,
    PURPOSES,
    Errand,
    ErrandStep,
    asks_for_reference,
    begin,
    goes_on,
    hear,
    to_request,
)
from bot.core.heard import Heard
from tests.support.hearing import pressed, typed

REFERENCE = "OCN-7K3M-9QXT"
EMAIL = "m.roy@clinique.example.com"
NOTE = Errand("note", REFERENCE, EMAIL, is_known=True, asked="text")
WITHDRAWAL = Errand("withdraw", REFERENCE, EMAIL, is_known=True, asked="confirm")
MESSAGE = Errand(
    "support", None, EMAIL, "Manon Roy", "Le lien ne s’ouvre pas depuis hier.", asked="confirm"
)


@pytest.mark.parametrize("intent", sorted(PURPOSES))
def test_an_errand_begins_with_what_its_first_message_holds(intent: str) -> None:
    errand = begin(typed(f"pour {REFERENCE.lower()}, {EMAIL}", intent), None)
    assert errand == Errand(PURPOSES[intent], REFERENCE, EMAIL)


@pytest.mark.parametrize(
    ("errand", "step"),
    [
        (Errand("status"), "reference"),
        (Errand("status", REFERENCE), "email"),
        (Errand("status", REFERENCE, EMAIL), "email"),
        (Errand("status", REFERENCE, EMAIL, is_known=True), "settled"),
        (Errand("note", REFERENCE, EMAIL, is_known=True), "text"),
        (replace(NOTE, text="Merci de nous rappeler."), "settled"),
        (WITHDRAWAL, "confirm"),
        (replace(WITHDRAWAL, confirmed=WITHDRAWAL.digest), "settled"),
        (replace(WITHDRAWAL, confirmed="0" * 16), "confirm"),
        (Errand("support"), "text"),
        (Errand("support", text="Bonjour"), "name"),
        (Errand("support", text="Bonjour", name="Manon Roy"), "email"),
        (MESSAGE, "confirm"),
    ],
)
def test_what_is_missing_is_asked_for_in_its_order(errand: Errand, step: ErrandStep) -> None:
    assert errand.next_step() == step


def test_a_ticket_shown_once_in_a_conversation_opens_again_by_its_button() -> None:
    shown = Errand("status", REFERENCE, EMAIL, is_known=True)
    errand = begin(pressed("withdraw_ticket", ticket_reference=REFERENCE), shown)
    assert errand == replace(shown, purpose="withdraw")


def test_a_ticket_just_shown_is_the_one_meant_by_a_note_but_not_by_a_new_question() -> None:
    shown = Errand("status", REFERENCE, EMAIL, is_known=True)
    assert begin(typed("je veux ajouter une note", "add_ticket_note"), shown).is_known
    assert begin(typed("où en sont mes demandes", "ask_ticket_status"), shown) == Errand("status")


def test_a_question_asked_anew_keeps_what_was_said() -> None:
    asked = Errand("status", REFERENCE, asked="email")
    again = begin(typed(f"le suivi svp, {EMAIL}", "ask_ticket_status"), asked)
    assert (again.reference, again.email) == (REFERENCE, EMAIL)


@pytest.mark.parametrize("intent", ["inform", "ask_ticket_status"])
def test_an_email_that_is_said_before_the_reference_is_not_asked_for_again(intent: str) -> None:
    begun = begin(typed(f"statut de ma demande, {EMAIL}", "ask_ticket_status"), None)
    heard = typed(f"c'est {REFERENCE}", intent)
    asked = replace(begun, asked="reference")
    after = begin(heard, asked) if intent in PURPOSES else hear(asked, heard)[0]
    assert (after.reference, after.email) == (REFERENCE, EMAIL)


def test_name_and_email_may_come_together() -> None:
    errand = Errand("support", text="Bonjour", asked="name")
    after, _ = hear(errand, typed(f"Manon Roy, {EMAIL}", "inform"))
    assert (after.name, after.email) == ("Manon Roy", EMAIL)
    assert after.next_step() == "confirm"


def test_a_name_that_reads_like_other_words_is_taken_where_the_finder_of_names_knows_it() -> None:
    errand = Errand("support", text="Bonjour", asked="name")
    after, verdict = hear(errand, typed("c'est He Wei", name="He Wei"))
    assert (after.name, verdict) == ("He Wei", "taken")


def test_the_email_of_one_ticket_is_not_taken_for_another() -> None:
    shown = Errand("status", REFERENCE, EMAIL, is_known=True)
    other = begin(pressed("withdraw_ticket", ticket_reference="OCN-4444-4444"), shown)
    assert (other.email, other.is_known) == (None, False)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Nous fermons le 30 juin, pas le 15.", "inform"),
        ("est-ce que ce sera fait avant vendredi?", "ask_ticket_status"),
        ("arrêtez surtout la facturation avant la fin du mois", "stop"),
        ("appelez plutôt Line au 819 555-1234", "out_of_scope"),
        ("Rappelez-nous au sujet de l’annulation des kiosques.", "request_cancellation"),
        ("Je voudrais qu’une personne m’explique la facture de mars.", "ask_person"),
    ],
)
def test_whatever_is_written_is_the_note(text: str, intent: str) -> None:
    errand, verdict = hear(NOTE, typed(text, intent))
    assert (errand.text, verdict) == (text, "taken")


@pytest.mark.parametrize("errand", [NOTE, Errand("support", asked="text")])
@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("non", "deny"),
        ("Non merci.", "deny"),
        ("rien finalement", "deny"),
        ("Finalement, non", "inform"),
        ("non, c’est beau", "thank"),
        ("merci", "thank"),
        ("rien d’autre", "faq"),
        ("No, thank you!", "thank"),
        ("nothing", "out_of_scope"),
        ("never mind", "inform"),
    ],
)
def test_that_there_is_nothing_to_add_is_no_note(errand: Errand, text: str, intent: str) -> None:
    assert hear(errand, typed(text, intent)) == (errand, "stopped")


@pytest.mark.parametrize("errand", [NOTE, Errand("support", asked="text")])
@pytest.mark.parametrize("text", ["oui", "Oui!", "oui, svp", "ok", "yes", "Yes, please.", "sure"])
def test_a_bare_yes_is_no_note_and_brings_the_question_again(errand: Errand, text: str) -> None:
    assert hear(errand, typed(text, "affirm")) == (replace(errand, misses=1), "missed")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("non urgent", "deny"),
        ("oui, rappelez-nous", "affirm"),
        ("merci de rappeler", "thank"),
        ("no rush", "deny"),
        ("rien avant lundi", "deny"),
        ("Non, pas avant le 30 juin finalement", "deny"),
        ("rappelez plus tard", "inform"),
        ("thanks, call Line instead", "thank"),
        ("yes we close in June", "affirm"),
    ],
)
def test_a_note_may_begin_with_a_yes_a_no_or_thanks(text: str, intent: str) -> None:
    assert hear(NOTE, typed(text, intent)) == (replace(NOTE, text=text), "taken")


@pytest.mark.parametrize("errand", [NOTE, WITHDRAWAL, MESSAGE, Errand("status", asked="email")])
@pytest.mark.parametrize("text", ["laisse faire", "never mind", "stop"])
def test_an_errand_can_be_given_up_at_any_time(errand: Errand, text: str) -> None:
    assert hear(errand, typed(text, "stop"))[1] == "stopped"
    assert hear(errand, pressed("stop"))[1] == "stopped"


@pytest.mark.parametrize("errand", [NOTE, WITHDRAWAL, MESSAGE, Errand("status", asked="email")])
def test_a_person_can_be_asked_for_at_any_time(errand: Errand) -> None:
    assert hear(errand, typed("je veux parler à quelqu'un", "ask_person"))[1] == "elsewhere"


# --- What resembles the wish for another errand --------------------------------------------------

ASKED_NOTE = Errand("note", text="appelez après 15 h", asked="reference")
ASKED_EMAIL = Errand("withdraw", REFERENCE, asked="email")


@pytest.mark.parametrize(
    ("errand", "text", "intent"),
    [
        (ASKED_NOTE, REFERENCE, "ask_ticket_status"),
        (ASKED_NOTE, "ocn 7k3m 9qxt", "ask_ticket_status"),
        (ASKED_NOTE, f"{REFERENCE}.", "withdraw_ticket"),
        (ASKED_NOTE, f"ma référence est {REFERENCE}", "ask_ticket_status"),
        (ASKED_NOTE, f"it's {REFERENCE}, {EMAIL}", "ask_ticket_status"),
        (ASKED_NOTE, f"numéro {REFERENCE} reçu par courriel", "ask_ticket_status"),
        (replace(ASKED_NOTE, purpose="withdraw", text=None), REFERENCE, "ask_ticket_status"),
        (replace(ASKED_EMAIL, reference="OCN-4444-4444"), REFERENCE, "ask_ticket_status"),
        (ASKED_EMAIL, EMAIL, "ask_ticket_status"),
        (ASKED_EMAIL, f"c'est {EMAIL}", "ask_ticket_status"),
        (ASKED_EMAIL, EMAIL, "add_ticket_note"),
    ],
)
def test_what_was_asked_for_goes_on_with_the_errand(errand: Errand, text: str, intent: str) -> None:
    heard = typed(text, intent)
    assert goes_on(errand, heard)
    after, verdict = hear(errand, heard)
    assert (after.purpose, after.text, verdict) == (errand.purpose, errand.text, "taken")
    assert after.reference == REFERENCE


@pytest.mark.parametrize(
    ("errand", "heard"),
    [
        (ASKED_NOTE, typed(f"où en est {REFERENCE}?", "ask_ticket_status")),
        (ASKED_NOTE, typed(f"where is {REFERENCE} at", "ask_ticket_status")),
        (ASKED_NOTE, typed(f"retirez {REFERENCE}", "withdraw_ticket")),
        (ASKED_NOTE, typed("le suivi de ma demande", "ask_ticket_status")),
        (ASKED_NOTE, pressed("ask_ticket_status", ticket_reference=REFERENCE)),
        (ASKED_EMAIL, typed("add a note to OCN-4444-4444", "add_ticket_note")),
        (ASKED_EMAIL, pressed("withdraw_ticket", ticket_reference="OCN-4444-4444")),
        (Errand("support", text="Bonjour", asked="email"), typed(REFERENCE, "ask_ticket_status")),
        (WITHDRAWAL, typed("oui, retirez OCN-4444-4444", "withdraw_ticket")),
        (WITHDRAWAL, typed("ajoutez plutôt une note", "add_ticket_note")),
        (WITHDRAWAL, pressed("withdraw_ticket", ticket_reference=REFERENCE)),
        (MESSAGE, typed("où en est ma demande?", "ask_ticket_status")),
        (NOTE, pressed("withdraw_ticket", ticket_reference=REFERENCE)),
        (replace(NOTE, asked=None), typed(REFERENCE, "ask_ticket_status")),
    ],
)
def test_another_wish_begins_another_errand(errand: Errand, heard: Heard) -> None:
    assert not goes_on(errand, heard)


@pytest.mark.parametrize(
    ("errand", "text", "intent"),
    [
        (WITHDRAWAL, "Oui, retirez ma demande", "withdraw_ticket"),
        (WITHDRAWAL, f"oui, retirez {REFERENCE}", "withdraw_ticket"),
        (WITHDRAWAL, "ouais, enlevez ma demande svp", "withdraw_ticket"),
        (WITHDRAWAL, "yes, take back my request", "withdraw_ticket"),
        (MESSAGE, "oui, envoyez mon message à l'équipe", "leave_request"),
        (MESSAGE, "ok envoyez ma demande", "leave_request"),
        (MESSAGE, "yes, send my message to the team", "leave_request"),
    ],
)
def test_a_yes_in_the_words_of_the_wish_is_a_yes(errand: Errand, text: str, intent: str) -> None:
    heard = typed(text, intent)
    assert goes_on(errand, heard)
    assert hear(errand, heard)[0].next_step() == "settled"


def test_the_wish_said_again_without_a_yes_agrees_to_nothing_and_is_counted() -> None:
    heard = typed("je veux retirer ma demande", "withdraw_ticket")
    assert goes_on(WITHDRAWAL, heard)
    assert hear(WITHDRAWAL, heard) == (replace(WITHDRAWAL, misses=1), "missed")


@pytest.mark.parametrize("errand", [WITHDRAWAL, MESSAGE])
@pytest.mark.parametrize("text", ["oui", "yes please"])
def test_a_yes_agrees_to_what_was_shown(errand: Errand, text: str) -> None:
    said, _ = hear(errand, typed(text, "affirm"))
    pressed_, _ = hear(errand, pressed("confirm_draft", draft=errand.digest))
    assert said == pressed_
    assert said.next_step() == "settled"


@pytest.mark.parametrize("errand", [WITHDRAWAL, MESSAGE])
def test_the_button_of_something_older_agrees_to_nothing(errand: Errand) -> None:
    after, _ = hear(errand, pressed("confirm_draft", draft="0123456789abcdef"))
    assert after == errand
    not_yet = replace(errand, asked="email")
    assert hear(not_yet, pressed("confirm_draft", draft=errand.digest))[0].confirmed is None


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("oui, retirez ma demande", "withdraw_ticket"),
        ("oui annulez-la", "stop"),
        ("Oui, annulez ma demande", "stop"),
        ("yes, cancel it", "stop"),
        ("oui, je ne veux pas la garder", "deny"),
        ("oui, on veut plus la garder", "inform"),
        ("oui, je ne veux plus de cette demande", "withdraw_ticket"),
        ("yes, I don’t want to keep it", "deny"),
        ("yes, withdraw my request", "withdraw_ticket"),
        ("d’accord, supprimez-la", "request_cancellation"),
    ],
)
def test_a_yes_is_one_whatever_the_words_after_it_resemble(text: str, intent: str) -> None:
    after, verdict = hear(WITHDRAWAL, typed(text, intent))
    assert (after.next_step(), verdict) == ("settled", "taken")


@pytest.mark.parametrize(
    ("errand", "text", "intent"),
    [
        (WITHDRAWAL, "ok, oubliez ça", "stop"),
        (WITHDRAWAL, "ok laissez faire", "stop"),
        (WITHDRAWAL, "okay, never mind", "stop"),
        (WITHDRAWAL, "annuler", "stop"),
        (WITHDRAWAL, "ok, on la laisse", "deny"),
        (WITHDRAWAL, "oui, gardez-la", "deny"),
        (WITHDRAWAL, "yes, keep it", "affirm"),
        (WITHDRAWAL, "oui, je ne veux plus la retirer", "affirm"),
        (WITHDRAWAL, "je ne veux pas la retirer", "deny"),
        (MESSAGE, "ok annulez", "stop"),
        (MESSAGE, "oui, annulez mon message", "stop"),
        (MESSAGE, "ok, don't send it", "stop"),
    ],
)
def test_a_yes_to_the_contrary_is_none(errand: Errand, text: str, intent: str) -> None:
    assert hear(errand, typed(text, intent)) == (errand, "stopped")


@pytest.mark.parametrize("text", ["non", "no", "non, gardez-la"])
def test_a_no_leaves_everything_as_it_is(text: str) -> None:
    assert hear(WITHDRAWAL, typed(text, "deny"))[1] == "stopped"


def test_an_email_corrected_at_the_end_must_be_confirmed_anew() -> None:
    after, _ = hear(MESSAGE, typed("mon courriel est plutôt m@clinique.example.com", "inform"))
    assert (after.email, after.confirmed) == ("m@clinique.example.com", None)
    assert after.digest != MESSAGE.digest
    assert after.next_step() == "confirm"


def test_answers_that_are_none_bring_a_way_out() -> None:
    errand, results = Errand("support", text="Bonjour", name="M. Roy", asked="email"), []
    for text in ("m.roy@", "chez clinique", "zzz"):
        errand, verdict = hear(errand, typed(text, "inform"))
        results.append(verdict)
    assert results == ["missed"] * (MAX_MISSES - 1) + ["way_out"]


def test_a_question_while_a_reference_is_asked_for_is_answered_and_no_reference() -> None:
    errand = Errand("status", asked="reference")
    heard = typed("où sont mes anciennes factures?", "faq")
    assert hear(errand, heard)[1] == "elsewhere"


@pytest.mark.parametrize("text", ["oui je veux parler à quelqu'un", "yes get me a person please"])
def test_a_yes_to_a_person_confirms_nothing(text: str) -> None:
    errand = Errand("withdraw", REFERENCE, is_known=True, asked="confirm")
    assert hear(errand, typed(text, "ask_person")) == (errand, "elsewhere")


@pytest.mark.parametrize("intent", ["out_of_scope", "nlu_fallback", "inform"])
@pytest.mark.parametrize("text", ["appelez-nous après 15 h 30 svp", "call us after 3:30 pm please"])
def test_the_note_itself_may_come_before_the_reference(text: str, intent: str) -> None:
    after, verdict = hear(Errand("note", asked="reference"), typed(text, intent))
    assert (after.text, after.next_step(), verdict) == (text, "reference", "taken")
    known = Errand("note", text="première note", asked="reference")
    assert hear(known, typed(text, intent)) == (known, "elsewhere")


def test_a_request_holds_what_was_written_and_a_short_subject() -> None:
    request = to_request(replace(MESSAGE, text="a" * 200), "4411")
    assert request.is_valid
    assert (request.kind, request.site_number) == ("support_request", "4411")
    assert request.fields["description"] == "a" * 200
    assert len(request.fields["subject"]) == 80


def test_two_messages_of_one_person_are_two_requests_and_one_twice_is_one() -> None:
    one, other = to_request(MESSAGE, None), to_request(replace(MESSAGE, text="Autre chose."), None)
    assert one.about == to_request(MESSAGE, None).about != other.about


def test_an_errand_comes_out_of_the_database_as_it_went_in() -> None:
    for errand in (NOTE, WITHDRAWAL, MESSAGE):
        assert Errand.from_json(json.loads(json.dumps(errand.to_json()))) == errand


@pytest.mark.parametrize(
    "text",
    ["c'est quoi le numéro de ma demande?", "what's my request number", "ma référence svp"],
)
def test_the_wish_for_a_reference_is_heard(text: str) -> None:
    assert asks_for_reference(text)


@pytest.mark.parametrize("text", ["c'est quoi mon numéro de site?", "eréférence", "my number"])
def test_other_numbers_are_no_reference(text: str) -> None:
    assert not asks_for_reference(text)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("ajoutez une note: appelez-moi après 15 h", "appelez-moi après 15 h"),
        ("ajoutez une note à ma demande\N{NO-BREAK SPACE}: c’est urgent", "c’est urgent"),
        ("add a note to it: please call the front desk", "please call the front desk"),
        ("add a note that the clinic closes in June", "the clinic closes in June"),
        ("je veux ajouter une note", None),
        ("ajoutez une note que la clinique ferme en juin", "la clinique ferme en juin"),
        ("une note pour dire que nous fermons le 30", "nous fermons le 30"),
        ("add a note to it saying that we close in June", "we close in June"),
        ("ajoutez une note à la demande 2: c’est urgent", "c’est urgent"),
        ("note : j’ai oublié les kiosques", "j’ai oublié les kiosques"),
        ("ajoutez une note que le bureau ferme : le 30", "le bureau ferme : le 30"),
        ("add a note: call after 3:30 pm", "call after 3:30 pm"),
        ("add a note, call us after 3:30 pm", "call us after 3:30 pm"),
        ("ajoutez une note, appelez après 15:30 svp", "appelez après 15:30 svp"),
        ("une précision, nous ouvrons à 8:00", "nous ouvrons à 8:00"),
        ("je veux ajouter une note à la demande que j'ai faite hier", None),
        ("add a note to the request that I filed yesterday", None),
        ("ajouter une précision au billet que vous avez ouvert", None),
        ("add a message to the ticket that we opened", None),
        ("je veux ajouter une note que j’ai oubliée", None),
        ("add the note that I forgot", None),
        ("je veux ajouter une note, svp", None),
        ("add a note, please", None),
        (f"note à ajouter, référence: {REFERENCE}", None),
    ],
)
def test_a_note_said_along_with_the_wish_is_not_asked_again(text: str, note: str | None) -> None:
    assert begin(typed(text, "add_ticket_note"), None).text == note
    assert begin(typed(text, "add_ticket_note"), WITHDRAWAL).text == note
    assert begin(typed(text, "ask_ticket_status"), None).text is None
