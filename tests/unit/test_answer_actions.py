"""What answers do that is seen without Rasa: languages asked for, flows that are offered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actions.answers import AnswerQuestion, SwitchLanguage
from actions.slots import next_action
from bot.adapters.language_lingua import LinguaDetector
from bot.core.answers import UNSAID
from bot.core.conversations import Reply, SourceLink
from bot.core.language import Language, choose_language
from bot.core.payloads import payload
from bot.core.service_replies import starting_buttons
from bot.core.services import Services
from tests.support.acting import a_turn
from tests.support.builders import NOW, a_draft, a_section, an_answer, exchange, start
from tests.support.hearing import typed

LINGUA = LinguaDetector()


@pytest.mark.parametrize(
    ("spoken", "text", "wanted"),
    [
        ("fr", "in English please", "en"),
        ("en", "français", "fr"),
        ("en", "répondez dans ma langue s'il vous plaît", "fr"),
        ("fr", "change language", "en"),
        ("fr", "changer de langue", "en"),
        ("fr", "I don't understand French", "en"),
        ("fr", "My French isn’t good enough for this conversation, sorry.", "en"),
        ("en", "je comprends rien à l'anglais, mets ça dans ma langue", "fr"),
        ("en", "vous venez de me répondre en anglais, repassez en français", "fr"),
        ("fr", "your last message was in French, say it in English", "en"),
        ("fr", "french please, i don't speak english", "fr"),
        ("en", "pourquoi tu m'écris en anglais", "fr"),
        ("en", "why don't you answer in French?", "fr"),
    ],
)
def test_it_goes_on_in_the_language_that_is_meant(
    services: Services, spoken: Language, text: str, wanted: Language
) -> None:
    store = services.conversations
    kept = start(store, "conversation-1", an_answer(), language=spoken)
    # As a message is received: the conversation is in its language before any action runs.
    kept = store.set_language(kept.id, choose_language(spoken, text, LINGUA))
    visit = store.add_visit(kept, "client-1", text=text, payload=None, at=NOW)
    turn = a_turn(services, kept, typed(text, "switch_language"), visit.id)
    SwitchLanguage().act(turn)
    assert store.get(kept.id).language == wanted
    assert turn.replies[0].text == services.phrases.say("utter_language_switched", wanted)


# --- What may be meant ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "asked", "choices"),
    [
        (
            "fr",
            "Que souhaitez-vous faire?",
            ["Faire une demande d’annulation", "Retirer une demande"],
        ),
        ("en", "What would you like to do?", ["Make a cancellation request", "Withdraw a request"]),
    ],
)
def test_flows_too_unsure_to_begin_are_offered_as_buttons(
    services: Services, language: Language, asked: str, choices: list[str]
) -> None:
    kept = start(services.conversations, "conversation-1", an_answer(), language=language)
    turn = a_turn(services, kept, typed("you can close case 3306", "nlu_fallback"))
    turn.tracker.latest_message["label_ranking"] = [
        {"name": "request_cancellation", "confidence": 0.45},
        {"name": "withdraw_ticket", "confidence": 0.39},
        {"name": "out_of_scope", "confidence": 0.03},
    ]
    AnswerQuestion().act(turn)
    (reply,) = turn.replies
    assert (reply.kind, reply.topic) == ("clarify", "clarify")
    assert asked in reply.text
    titles = [button.title for button in reply.buttons]
    assert titles == [*choices, services.phrases.say("utter_button_person", language)]
    assert [button.payload for button in reply.buttons[:2]] == [
        payload("request_cancellation"),
        payload("withdraw_ticket"),
    ]


def test_in_the_middle_of_a_cancellation_request_none_is_offered(services: Services) -> None:
    kept = start(services.conversations, "conversation-1", an_answer())
    heard = typed("what happens then?", "nlu_fallback")
    turn = a_turn(services, kept, heard, form="cancellation_form")
    turn.tracker.latest_message["label_ranking"] = [
        {"name": "request_cancellation", "confidence": 0.45},
        {"name": "withdraw_ticket", "confidence": 0.39},
    ]
    AnswerQuestion().act(turn)
    offered = [button.payload for button in turn.replies[0].buttons]
    assert payload("withdraw_ticket") in offered
    assert payload("request_cancellation") not in offered
    turn.tracker.latest_message["label_ranking"].pop()
    AnswerQuestion().act(turn)
    assert turn.replies[1].kind == "abstain"


@pytest.mark.parametrize(
    ("language", "asked"), [("fr", "Dites-m’en un peu plus"), ("en", "tell me a little more")]
)
def test_a_need_that_is_not_named_is_asked_about_and_the_usual_topics_are_offered(
    services: Services, language: Language, asked: str
) -> None:
    kept = start(services.conversations, "conversation-1", language=language)
    turn = a_turn(services, kept, typed("ça marche pas", "out_of_scope"))
    turn.tracker.latest_message["label_ranking"] = [
        {"name": UNSAID, "confidence": 0.6},
        {"name": "out_of_scope", "confidence": 0.3},
    ]
    AnswerQuestion().act(turn)
    (reply,) = turn.replies
    assert (reply.kind, reply.topic) == ("clarify", "clarify")
    assert asked in reply.text
    starts = starting_buttons(language, services.phrases)
    assert reply.buttons == (*starts, turn.person_button())


def test_after_an_answer_it_only_asks_to_say_more(services: Services) -> None:
    shown = replace(an_answer(), sources=(SourceLink.of(a_section()),))
    kept = start(services.conversations, "conversation-1", shown)
    turn = a_turn(services, kept, typed("ça marche pas", "out_of_scope"))
    turn.tracker.latest_message["label_ranking"] = [{"name": UNSAID, "confidence": 0.6}]
    AnswerQuestion().act(turn)
    assert turn.replies[0].buttons == (turn.person_button(),)


# --- What is not understood, again and again ------------------------------------------------------

CLARIFY, ABSTAIN, HANDOFF = "clarify clarify", "abstain abstain", "handoff handoff/queued"
_RANKING = {"clarify": {"withdraw_ticket": 0.45}, "abstain": {"out_of_scope": 0.9}}


def not_understood(services: Services, decided: str, form: str | None = None) -> list[str]:
    """What is said to one more message that gets this decision, and kept."""
    store = services.conversations
    kept = store.get("conversation-1")
    visit = store.add_visit(
        kept, f"client-{store.newest_message_id()}", text="facture", payload=None, at=NOW
    )
    turn = a_turn(services, kept, typed("facture", "nlu_fallback"), visit.id, form)
    ranking = _RANKING[decided].items()
    turn.tracker.latest_message["label_ranking"] = [
        {"name": name, "confidence": probability} for name, probability in ranking
    ]
    AnswerQuestion().act(turn)
    store.finish_turn(visit, turn.replies, at=NOW)
    return [f"{reply.kind} {reply.topic}" for reply in turn.replies]


@pytest.mark.parametrize(
    ("before", "then"),
    [
        (["clarify", "clarify"], "clarify"),
        (["clarify", "clarify"], "abstain"),
        (["abstain", "clarify"], "clarify"),
        (["abstain", "clarify"], "abstain"),
        (["clarify", "abstain"], "clarify"),
        (["abstain"], "abstain"),
    ],
)
def test_a_third_message_in_a_row_that_is_not_understood_brings_a_person(
    services: Services, before: list[str], then: str
) -> None:
    start(services.conversations, "conversation-1", Reply("greeting", "Bonjour!", "greeting"))
    said = [not_understood(services, decided) for decided in before]
    assert said == [[f"{decided} {decided}"] for decided in before]
    assert not_understood(services, then) == [ABSTAIN, HANDOFF]
    kept = services.conversations.get("conversation-1")
    assert (kept.state, kept.handoff_reason) == ("waiting", "abstained")


@pytest.mark.parametrize(
    "understood",
    [
        [an_answer()],
        [Reply("form", "Pour quelle clinique?", "cancellation/site_number")],
        [an_answer(), Reply("clarify", "Vous posez aussi…", "second-question")],
        [Reply("clarify", "De quelle demande s’agit-il?", "withdraw/choose")],
        [Reply("handoff", "Je vous réponds de nouveau.", "handoff/left")],
    ],
    ids=["answer", "form", "second question", "choice of tickets", "back from people"],
)
def test_what_is_understood_begins_the_count_anew(
    services: Services, understood: list[Reply]
) -> None:
    kept = start(services.conversations)
    for _ in range(2):
        assert not_understood(services, "clarify") == [CLARIFY]
    exchange(services.conversations, kept, "celle-ci", *understood)
    assert not_understood(services, "clarify") == [CLARIFY]
    assert not_understood(services, "abstain") == [ABSTAIN]
    assert services.conversations.get(kept.id).state == "bot"


def test_small_talk_in_between_ends_no_row(services: Services) -> None:
    kept = start(services.conversations)
    for _ in range(2):
        not_understood(services, "clarify")
    exchange(
        services.conversations, kept, "merci", Reply("smalltalk", "De rien!", "smalltalk/thank")
    )
    assert not_understood(services, "clarify") == [ABSTAIN, HANDOFF]


def test_in_the_middle_of_a_request_a_person_is_offered_and_not_brought(
    services: Services,
) -> None:
    kept = start(services.conversations)
    services.conversations.save_draft(kept.id, a_draft(), at=NOW)
    for decided in ("clarify", "abstain", "abstain", "clarify"):
        said = not_understood(services, decided, form="cancellation_form")
        assert said == [f"{decided} {decided}"]
    assert services.conversations.get(kept.id).state == "bot"


# --- A request that was left for a person --------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "begins"), [(None, True), ("ticket_form", True), ("cancellation_form", False)]
)
def test_an_order_takes_up_the_request_that_is_not_being_collected(
    services: Services, form: str | None, *, begins: bool
) -> None:
    kept = start(services.conversations, "conversation-1", an_answer())
    services.conversations.save_draft(kept.id, a_draft(), at=NOW)
    heard = typed("je veux mettre fin aux kiosques", "nlu_fallback")
    events = AnswerQuestion().act(a_turn(services, kept, heard, form=form))
    assert (next_action("action_start_cancellation") in events) is begins


@pytest.mark.parametrize(("form", "offered"), [(None, True), ("cancellation_form", False)])
def test_a_message_for_the_team_is_offered_unless_a_request_is_being_collected(
    services: Services, form: str | None, *, offered: bool
) -> None:
    kept = start(services.conversations, "conversation-1", an_answer())
    services.conversations.save_draft(kept.id, a_draft(), at=NOW)
    turn = a_turn(services, kept, typed("xyzzy plugh", "nlu_fallback"), form=form)
    AnswerQuestion().act(turn)
    offers = [button.payload for reply in turn.replies for button in reply.buttons]
    assert (payload("leave_request") in offers) is offered
