"""How a visitor's message is answered: once, in order, by whoever owns the conversation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from bot.adapters.memory import FixedDetector, HeldClock, ScriptedAssistant
from bot.core import handoff
from bot.core.conversations import Button, Message, Reply
from bot.core.errors import BadInput, Conflict, NotFound, Unavailable
from bot.core.handoff import Ownership
from bot.core.language import Language
from bot.core.payloads import ASK_PERSON, BACK_TO_BOT, LEAVE_REQUEST, payload, to_engine_text
from bot.core.ports.conversations import Conversations
from bot.core.ports.dialogue import Assistant
from bot.core.service_replies import TROUBLE
from bot.core.services import Services
from bot.core.turns import TURN_LEASE, Visit, answer_pending, erase, receive
from tests.support.builders import NOW, an_answer, start
from tests.support.stores import DATABASES, Stores

CSV = Button("Le détail", payload("choose_section", section="invoice-details#csv"))
GREETING = Reply("greeting", "Bonjour!", "greeting", (CSV,))
ABSTAIN = Reply("abstain", "Je ne sais pas.", "abstain")
# What an action says that failed.
APOLOGY = Reply("error", "Désolé.", TROUBLE)
Own = Callable[[Conversations], None]


@pytest.fixture
def store(services: Services) -> Conversations:
    start(services.conversations, "c", GREETING)
    return services.conversations


def send(
    services: Services,
    visit: Visit | str,
    assistant: Assistant,
    id: str = "c",
    detector: FixedDetector | None = None,
) -> list[Message]:
    """What is said in answer; a text is sent under a client id of its own."""
    if isinstance(visit, str):
        visit = Visit(f"client-{services.conversations.newest_message_id()}", visit)
    return receive(
        id,
        visit,
        store=services.conversations,
        assistant=assistant,
        desk=services.desk,
        phrases=services.phrases,
        detector=detector or FixedDetector(),
        clock=services.clock,
        owner="gateway",
    )


def kinds(messages: Sequence[Message]) -> list[str]:
    return [message.kind for message in messages]


def offer(store: Conversations, payload: str, title: str = "Retour") -> None:
    reply = Reply("notice", "…", buttons=(Button(title, payload),))
    store.say("c", "system", [reply], at=NOW)


def claim(store: Conversations, agent_id: str = "agent-1") -> None:
    now = Ownership.of(store.get("c"))
    store.change_owner("c", handoff.claim(now, agent_id), at=NOW)


def resolve(store: Conversations) -> None:
    claim(store)
    change = handoff.resolve(Ownership.of(store.get("c")), "agent-1")
    store.change_owner("c", change, at=NOW)


def queue(store: Conversations) -> None:
    change = handoff.ask_person(Ownership.of(store.get("c")), NOW, "asked")
    store.change_owner("c", change, at=NOW, saying=[Reply("handoff", "…", "handoff/queued")])


# --- Once ----------------------------------------------------------------------------------------


def test_a_message_gets_the_assistant_s_answer(services: Services, store: Conversations) -> None:
    assistant = ScriptedAssistant([an_answer("Voici."), an_answer("Et aussi.")])
    answers = send(services, Visit("1", "Où sont mes factures?"), assistant)
    assert [message.text for message in answers] == ["Voici.", "Et aussi."]
    visit, *said = store.messages("c")[1:]
    assert (visit.text, visit.author) == ("Où sont mes factures?", "visitor")
    assert said == answers
    assert {message.reply_to for message in said} == {visit.id}


def test_the_same_client_id_twice_gives_the_same_answer_and_asks_once(
    services: Services, store: Conversations
) -> None:
    assistant = ScriptedAssistant([an_answer("Une fois.")], [an_answer("Deux fois.")])
    first = send(services, Visit("same", "Mes factures?"), assistant)
    assert send(services, Visit("same", "Mes factures?"), assistant) == first
    assert len(assistant.asked) == 1
    assert len(store.messages("c")) == 3


def test_a_message_sent_again_later_does_not_bring_its_language_back(
    services: Services, store: Conversations
) -> None:
    assistant = ScriptedAssistant()
    send(services, Visit("1", "Hello, where are my invoices?"), assistant)
    send(services, Visit("2", "Bonjour, où sont mes factures?"), assistant)
    send(services, Visit("1", "Hello, where are my invoices?"), assistant)
    assert store.get("c").language == "fr"


def test_the_same_client_id_in_many_threads_asks_once(
    services: Services, store: Conversations
) -> None:
    assistant = ScriptedAssistant([an_answer("Une fois.")])
    with ThreadPoolExecutor(6) as threads:
        visits = [Visit("same", "Mes factures?")] * 6
        answers = list(threads.map(lambda visit: send(services, visit, assistant), visits))
    assert len(assistant.asked) == 1
    assert all(answer == answers[0] for answer in answers)


def test_a_message_is_stored_before_the_assistant_is_asked(
    services: Services, store: Conversations
) -> None:
    assistant = ScriptedAssistant()
    seen: list[str] = []
    assistant.meanwhile = lambda: seen.extend(message.text for message in store.messages("c"))
    send(services, "Mes factures?", assistant)
    assert seen == ["Bonjour!", "Mes factures?"]


def test_what_a_crash_left_unanswered_is_answered_first(
    services: Services, store: Conversations, clock: HeldClock
) -> None:
    crashing = ScriptedAssistant()

    def crash() -> None:
        raise KeyboardInterrupt

    crashing.meanwhile = crash
    with pytest.raises(KeyboardInterrupt):
        send(services, Visit("1", "Un"), crashing)
    assistant = ScriptedAssistant([an_answer("À un.")], [an_answer("À deux.")])
    answers = send(services, Visit("2", "Deux"), assistant)
    assert [asked.text for asked in assistant.asked] == ["Un", "Deux"]
    assert [answer.text for answer in answers] == ["À deux."]
    assert store.with_unanswered(clock.now() + TURN_LEASE) == []


def test_the_sweep_answers_no_more_than_it_was_told_of(
    services: Services, store: Conversations
) -> None:
    kept = store.get("c")
    first = store.add_visit(kept, "1", text="Un", payload=None, at=NOW)
    store.add_visit(kept, "2", text="Deux", payload=None, at=NOW)
    assistant = ScriptedAssistant()
    answer_pending(
        "c",
        up_to=first.id,
        store=store,
        assistant=assistant,
        desk=services.desk,
        phrases=services.phrases,
        clock=services.clock,
        owner="gateway",
    )
    assert [asked.text for asked in assistant.asked] == ["Un"]


# --- In order ------------------------------------------------------------------------------------


class CountingAssistant:
    """Notes how many turns run at a time, and in which order they came."""

    def __init__(self) -> None:
        self.running = 0
        self.most_at_once = 0
        self.heard: list[int] = []
        self._lock = threading.Lock()

    def reply(
        self,
        conversation_id: str,
        text: str,
        language: Language,
        message_id: int,
        *,
        is_fresh_start: bool = False,
    ) -> list[Reply]:
        with self._lock:
            self.running += 1
            self.most_at_once = max(self.most_at_once, self.running)
        self.heard.append(message_id)
        with self._lock:
            self.running -= 1
        return [an_answer(f"À {text}")]


@pytest.mark.parametrize("stores", DATABASES, indirect=True)
def test_turns_of_one_conversation_never_overlap_and_keep_their_order(
    services: Services, stores: Stores
) -> None:
    services = replace(services, conversations=stores.conversations)
    start(services.conversations, "c")
    assistant = CountingAssistant()
    with ThreadPoolExecutor(8) as threads:
        visits = [Visit(f"client-{number}", f"message {number}") for number in range(24)]
        answers = list(threads.map(lambda visit: send(services, visit, assistant), visits))
    assert assistant.most_at_once == 1
    assert assistant.heard == sorted(assistant.heard)
    assert len(assistant.heard) == 24
    assert [answer[0].text for answer in answers] == [f"À message {n}" for n in range(24)]


def test_turns_of_two_conversations_run_side_by_side(services: Services) -> None:
    start(services.conversations, "a")
    start(services.conversations, "b")
    both_inside = threading.Barrier(2, timeout=5)
    assistant = ScriptedAssistant()
    assistant.meanwhile = both_inside.wait
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda id: send(services, Visit("1", "Allo"), assistant, id), "ab"))
    assert len(assistant.asked) == 2


def test_a_turn_is_free_again_after_a_fault(services: Services, store: Conversations) -> None:
    broken = ScriptedAssistant(RuntimeError("a mistake of ours"))
    with pytest.raises(RuntimeError):
        send(services, Visit("1", "Un"), broken)
    store.take_turn("c", owner="next", lease=TURN_LEASE, wait_s=0, clock=services.clock)


def test_each_message_of_a_row_is_answered_under_a_lease_of_its_own(
    services: Services, store: Conversations, clock: HeldClock
) -> None:
    kept = store.get("c")
    for number in range(3):
        store.add_visit(kept, str(number), text=f"message {number}", payload=None, at=NOW)
    refused = []

    def think_long_while_another_wants_the_turn() -> None:
        clock.advance(TURN_LEASE * 0.6)
        with pytest.raises(Conflict):
            store.take_turn("c", owner="other", lease=TURN_LEASE, wait_s=0, clock=clock)
        refused.append(clock.now())

    assistant = ScriptedAssistant()
    assistant.meanwhile = think_long_while_another_wants_the_turn
    send(services, Visit("last", "message 3"), assistant)
    assert [asked.text for asked in assistant.asked] == [f"message {n}" for n in range(4)]
    assert len(refused) == 4


def test_a_conversation_is_not_erased_in_the_middle_of_a_turn(
    services: Services, store: Conversations
) -> None:
    is_asked, may_answer = threading.Event(), threading.Event()

    def think() -> None:
        is_asked.set()
        assert may_answer.wait(5)

    assistant = ScriptedAssistant()
    assistant.meanwhile = think
    with ThreadPoolExecutor(2) as threads:
        answered = threads.submit(send, services, Visit("1", "Allo"), assistant)
        assert is_asked.wait(5)
        erased = threads.submit(erase, "c", store=store, clock=services.clock, owner="gateway")
        assert store.get("c")
        may_answer.set()
        answered.result(5)
        erased.result(5)
    with pytest.raises(NotFound):
        store.get("c")


# --- Who owns the conversation -------------------------------------------------------------------


@pytest.mark.parametrize("own", [queue, claim])
def test_while_people_answer_the_assistant_is_not_asked(
    services: Services, store: Conversations, own: Own
) -> None:
    own(store)
    assistant = ScriptedAssistant()
    assert send(services, "Allo?", assistant) == []
    assert assistant.asked == []
    assert store.messages("c")[-1].text == "Allo?"


def test_an_agent_who_claims_during_a_slow_answer_is_not_talked_over(
    services: Services, store: Conversations
) -> None:
    assistant = ScriptedAssistant([an_answer("Trop tard.")])
    assistant.meanwhile = lambda: claim(store)
    assert send(services, Visit("1", "Mes factures?"), assistant) == []
    assert "Trop tard." not in [message.text for message in store.messages("c")]
    assert store.get("c").assignee_id == "agent-1"
    assert send(services, Visit("1", "Mes factures?"), assistant) == []


def test_an_answer_that_brings_a_person_is_said(services: Services, store: Conversations) -> None:
    assistant = ScriptedAssistant([Reply("handoff", "Je vous mets en file.", "handoff/queued")])
    assistant.meanwhile = lambda: queue(store)
    assert kinds(send(services, "une personne svp", assistant)) == ["handoff"]
    assert store.get("c").state == "waiting"


def test_a_closed_conversation_reopens_with_the_bot_when_the_visitor_writes(
    services: Services, store: Conversations
) -> None:
    resolve(store)
    assistant = ScriptedAssistant()
    assert kinds(send(services, "Une autre question", assistant)) == ["answer"]
    kept = store.get("c")
    assert (kept.state, kept.assignee_id, kept.handoff_reason) == ("bot", None, None)


def test_after_a_return_the_next_question_is_answered_not_handed_over_again(
    services: Services, store: Conversations
) -> None:
    assistant = ScriptedAssistant([ABSTAIN])
    send(services, "Un", assistant)
    claim(store)
    change = handoff.back_to_bot(Ownership.of(store.get("c")), by="agent-1")
    store.change_owner("c", change, at=NOW)
    assert store.get("c").abstentions == 0
    assert kinds(send(services, "Deux", assistant)) == ["abstain"]


@pytest.mark.parametrize("own", [queue, claim])
def test_the_visitor_may_go_back_to_the_bot(
    services: Services, store: Conversations, own: Own
) -> None:
    offer(store, BACK_TO_BOT)
    own(store)
    assistant = ScriptedAssistant()
    (said,) = send(services, Visit("1", payload=BACK_TO_BOT), assistant)
    assert (said.kind, said.topic, store.get("c").state) == ("handoff", "handoff/left", "bot")
    assert assistant.asked == []


def test_going_back_twice_asks_the_assistant_nothing(
    services: Services, store: Conversations
) -> None:
    offer(store, BACK_TO_BOT)
    queue(store)
    assistant = ScriptedAssistant()
    first = send(services, Visit("1", payload=BACK_TO_BOT), assistant)
    second = send(services, Visit("2", payload=BACK_TO_BOT), assistant)
    assert [message.text for message in first] == [message.text for message in second]
    assert assistant.asked == []


# --- When something fails ------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Unavailable("down"), []], ids=["unavailable", "empty"])
@pytest.mark.parametrize(("language", "says"), [("fr", "Désolé"), ("en", "Sorry")])
def test_an_assistant_that_fails_is_told_with_the_offer_of_a_person(
    services: Services, fault: list[Reply] | Exception, language: Language, says: str
) -> None:
    start(services.conversations, "c", language=language)
    (said,) = send(services, "Un message", ScriptedAssistant(fault))
    assert (said.kind, said.topic, said.author) == ("error", "service/trouble", "system")
    assert says in said.text
    assert [button.payload for button in said.buttons] == [ASK_PERSON]
    assert services.conversations.find_button("c", ASK_PERSON) is not None


@pytest.mark.parametrize(
    "fault", [Unavailable("down"), [], [APOLOGY]], ids=["unavailable", "empty", "apology"]
)
def test_whoever_asks_for_a_person_while_the_assistant_is_down_gets_into_the_queue(
    services: Services, store: Conversations, fault: list[Reply] | Exception
) -> None:
    offer(store, ASK_PERSON)
    (said,) = send(services, Visit("1", payload=ASK_PERSON), ScriptedAssistant(fault))
    assert (said.kind, said.topic) == ("handoff", "handoff/queued")
    assert [button.payload for button in said.buttons] == [LEAVE_REQUEST, BACK_TO_BOT]
    kept = store.get("c")
    assert (kept.state, kept.waiting_since, kept.handoff_reason) == ("waiting", NOW, "failed")


def test_an_action_that_fails_every_time_brings_a_person_at_the_second_time(
    services: Services, store: Conversations
) -> None:
    assistant = ScriptedAssistant([APOLOGY])
    said = [send(services, text, assistant) for text in ("un?", "deux?", "trois?")]
    topics = [[message.topic for message in answers] for answers in said]
    assert topics == [["service/trouble"], ["handoff/queued"], []]
    assert store.get("c").handoff_reason == "failed"


def test_what_was_said_before_an_action_failed_is_said_and_the_apology_once(
    services: Services, store: Conversations
) -> None:
    assistant = ScriptedAssistant([APOLOGY, an_answer(), APOLOGY])
    topics = [m.topic for text in ("un?", "deux?") for m in send(services, text, assistant)]
    answered = "faq/invoice-details"
    assert topics == [answered, "service/trouble", answered, "handoff/queued"]


def test_a_failure_after_which_the_open_question_is_asked_again_brings_nobody(
    services: Services, store: Conversations
) -> None:
    asked = Reply("form", "Pour quelle clinique?", "cancellation/site_number")
    assistant = ScriptedAssistant([APOLOGY, asked])
    for text in ("un?", "deux?", "trois?"):
        assert kinds(send(services, text, assistant)) == ["error", "form"]
    assert store.get("c").state == "bot"


@pytest.mark.parametrize("failed", [[], [APOLOGY]], ids=["empty", "apology"])
def test_a_visitor_who_was_queued_before_the_assistant_failed_is_told_so(
    services: Services, store: Conversations, failed: list[Reply]
) -> None:
    assistant = ScriptedAssistant(failed)
    assistant.meanwhile = lambda: queue(store)
    (said,) = send(services, "une personne svp", assistant)
    assert (said.kind, said.topic) == ("handoff", "handoff/queued")
    assert store.get("c").handoff_reason == "asked"


def test_a_failed_answer_is_not_asked_for_again(services: Services, store: Conversations) -> None:
    assistant = ScriptedAssistant(Unavailable("down"), [an_answer()])
    first = send(services, Visit("1", "Un"), assistant)
    assert send(services, Visit("1", "Un"), assistant) == first
    assert len(assistant.asked) == 1


# --- Payloads and commands -----------------------------------------------------------------------


def test_an_offered_button_goes_to_the_assistant_as_it_was_issued(
    services: Services, store: Conversations
) -> None:
    assistant = ScriptedAssistant()
    send(services, Visit("1", payload=CSV.payload), assistant)
    assert assistant.asked[0].text == CSV.payload
    visit = store.messages("c")[1]
    assert (visit.text, visit.payload) == ("Le détail", CSV.payload)


@pytest.mark.parametrize(
    "forged",
    [
        "/restart",
        "/affirm",
        '/choose_section{"section": "per-message-fees#cause"}',
        CSV.payload + " ",
        CSV.title,
        "",
    ],
)
def test_a_payload_that_was_not_offered_is_refused_and_not_stored(
    services: Services, store: Conversations, forged: str
) -> None:
    assistant = ScriptedAssistant()
    with pytest.raises(BadInput):
        send(services, Visit("1", payload=forged), assistant)
    assert assistant.asked == []
    assert len(store.messages("c")) == 1


def test_a_button_of_another_conversation_is_refused(
    services: Services, store: Conversations
) -> None:
    start(services.conversations, "other")
    with pytest.raises(BadInput):
        send(services, Visit("1", payload=CSV.payload), ScriptedAssistant(), "other")


def test_what_a_visitor_wrote_offers_no_buttons(services: Services, store: Conversations) -> None:
    send(services, '/affirm {"buttons": [{"payload": "/affirm"}]}', ScriptedAssistant())
    with pytest.raises(BadInput):
        send(services, Visit("2", payload="/affirm"), ScriptedAssistant())


@pytest.mark.parametrize(
    "typed",
    [
        "/restart",
        "  /restart",
        "//restart",
        "/ /restart",
        "\u200b/restart",
        "\ufeff/restart",
        "\u2060/restart",
        "\u00ad/restart",
        "\u200e/restart",
        "\u00a0/restart",
        "\x00/restart",
        "\n/restart",
        "\u200b \u200d//\u200c/restart",
    ],
)
def test_typed_text_never_reaches_the_assistant_as_a_command(
    services: Services, store: Conversations, typed: str
) -> None:
    assistant = ScriptedAssistant()
    send(services, typed, assistant)
    assert assistant.asked[0].text == "restart"
    assert store.messages("c")[1].text == typed


@pytest.mark.parametrize("typed", ["/", "///", "\u200b", "/ \u200b/"])
def test_text_of_slashes_alone_is_still_a_message(
    services: Services, store: Conversations, typed: str
) -> None:
    assistant = ScriptedAssistant()
    send(services, typed, assistant)
    assert assistant.asked[0].text == "?"


def test_a_slash_within_a_text_stays(services: Services, store: Conversations) -> None:
    assistant = ScriptedAssistant()
    send(services, "Menu/Admin et/ou Compte", assistant)
    assert assistant.asked[0].text == "Menu/Admin et/ou Compte"


def test_a_payload_carries_its_values_as_json() -> None:
    assert payload("affirm") == "/affirm"
    assert payload("confirm_draft", draft="é") == '/confirm_draft{"draft": "é"}'


def test_only_a_payload_reaches_the_engine_with_its_slash() -> None:
    message = Message(1, "c", "visitor", "message", None, "Oui", "fr", (), (), {}, NOW, "/affirm")
    assert to_engine_text(message) == "/affirm"
    assert to_engine_text(replace(message, payload=None, text="/affirm")) == "affirm"


# --- Privacy and language ------------------------------------------------------------------------


def test_what_must_not_be_kept_reaches_neither_the_store_nor_the_assistant(
    services: Services, store: Conversations
) -> None:
    assistant = ScriptedAssistant()
    notice, answer = send(services, "Ma carte: TREM 8001 0112, pourquoi?", assistant)
    assert "TREM" not in assistant.asked[0].text
    assert "TREM" not in "".join(message.text for message in store.messages("c"))
    assert (notice.kind, notice.topic, answer.kind) == ("notice", "privacy/masked", "answer")


def test_the_privacy_notice_is_given_while_people_answer_too(
    services: Services, store: Conversations
) -> None:
    claim(store)
    assert kinds(send(services, "mot de passe: Soleil123", ScriptedAssistant())) == ["notice"]


def test_a_clean_message_brings_no_notice(services: Services, store: Conversations) -> None:
    assert kinds(send(services, "Mon numéro de site est 4411", ScriptedAssistant())) == ["answer"]


def test_a_message_in_the_other_language_switches_the_conversation(
    services: Services, store: Conversations
) -> None:
    assistant = ScriptedAssistant()
    answers = send(services, "Hello, how do I see my invoices?", assistant)
    assert store.get("c").language == assistant.asked[0].language == answers[0].language == "en"


def test_a_button_says_nothing_about_the_language(services: Services, store: Conversations) -> None:
    offer(store, "/affirm", "Yes please")
    send(services, Visit("1", payload="/affirm"), ScriptedAssistant())
    assert store.get("c").language == "fr"
