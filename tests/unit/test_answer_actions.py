"""The wish for another language, when the words of the wish have moved the conversation already."""

from __future__ import annotations

import pytest

from actions.answers import SwitchLanguage
from bot.adapters.language_lingua import LinguaDetector
from bot.core.language import Language, choose_language
from bot.core.services import Services
from tests.support.acting import a_turn
from tests.support.builders import NOW, an_answer, start
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
