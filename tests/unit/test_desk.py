"""The support desk: the queue and its promises, the agents' moves, the lease, ratings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.adapters.memory import HeldClock, ScriptedAssistant
from bot.adapters.memory_desk import MemoryDeskRecords
from bot.core import handoff
from bot.core.agents import AgentSession
from bot.core.conversations import Button, Message, Reply
from bot.core.desk import LONG_WAIT
from bot.core.errands import Errand
from bot.core.errors import BadInput, Conflict, Unavailable
from bot.core.handoff import AGENT_LEASE, Ownership
from bot.core.hours import parse_hours
from bot.core.language import Language
from bot.core.payloads import ASK_PERSON, BACK_TO_BOT, LEAVE_REQUEST, REQUEST_CANCELLATION
from bot.core.ratings import COMMENT_RATING, RATE, rate_payload, read_score
from bot.core.services import Services
from bot.core.turns import Visit, receive
from bot.core.waits import likely_minutes
from tests.support.builders import NOW, a_draft, an_agent, an_answer, start

MARC = an_agent("marc", name="Marc")
AMELIE = an_agent("amelie", name="Amélie")
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _conversation(services: Services) -> None:
    start(services.conversations, "c")
    for agent in (MARC, AMELIE):
        services.agents.add(agent, "hash")


def be_seen(services: Services, *agent_ids: str) -> None:
    """As if these agents' consoles had just called."""
    now = services.clock.now()
    for account in services.agents.accounts():
        if account.agent.id in agent_ids:
            session = AgentSession(account.agent, "csrf", now + timedelta(hours=10))
            services.agents.start_session(session, f"token-{account.agent.id}")
            services.agents.session(f"token-{account.agent.id}", now)


def queue(services: Services, id: str = "c", reason: handoff.Reason = "asked") -> Reply:
    return services.desk.queue(services.conversations.get(id), reason, "fr")


def payloads(reply: Reply | Message) -> list[str]:
    return [button.payload for button in reply.buttons]


def press(services: Services, payload: str, *said: Reply) -> list[Message]:
    """What is said when the visitor presses the button that the conversation offered."""
    visit = Visit(f"v-{services.conversations.newest_message_id()}", payload=payload)
    return send(services, visit, *said)


def write(services: Services, text: str, *said: Reply) -> list[Message]:
    visit = Visit(f"v-{services.conversations.newest_message_id()}", text)
    return send(services, visit, *said)


def send(services: Services, visit: Visit, *said: Reply) -> list[Message]:
    return receive(
        "c",
        visit,
        store=services.conversations,
        assistant=ScriptedAssistant(list(said)) if said else services.assistant,
        desk=services.desk,
        phrases=services.phrases,
        detector=services.detector,
        clock=services.clock,
        owner="gateway",
    )


def told(services: Services) -> list[str | None]:
    return [message.topic for message in services.conversations.messages("c")]


# --- What somebody in the queue is told ----------------------------------------------------------


def test_the_visitor_is_told_the_place_and_nothing_of_a_wait_that_is_not_known(
    services: Services,
) -> None:
    be_seen(services, "marc")
    start(services.conversations, "before")
    assert "Ce sera votre tour dès qu’une personne se libérera." in queue(services, "before").text
    said = queue(services)
    assert "Votre rang dans la file\u00a0: 2." in said.text
    assert "minute" not in said.text
    assert payloads(said) == [BACK_TO_BOT, LEAVE_REQUEST]


def test_whoever_leaves_the_queue_is_asked_nothing_of_an_errand_begun_before(
    services: Services,
) -> None:
    # Rasa forgets its form on the way; the next message must not become the text of a note.
    begun = Errand("note", "OCN-7K3M-9QXT", "a@clinique.example.com", is_known=True, asked="text")
    services.conversations.save_errand("c", begun, at=NOW)
    services.conversations.say("c", "system", [queue(services)], at=NOW)
    press(services, BACK_TO_BOT)
    assert services.conversations.get("c").state == "bot"
    assert services.conversations.errand("c") == replace(begun, asked=None)


@pytest.mark.parametrize(
    ("language", "says"),
    [("fr", "Votre demande d’annulation est gardée"), ("en", "Your cancellation request has been")],
)
def test_whoever_leaves_the_queue_is_offered_the_request_begun_before(
    services: Services, language: Language, says: str
) -> None:
    services.conversations.set_language("c", language)
    services.conversations.save_draft("c", a_draft(), at=NOW)
    services.conversations.say("c", "system", [queue(services)], at=NOW)
    (left,) = press(services, BACK_TO_BOT)
    assert says in left.text
    assert (left.topic, payloads(left)) == ("handoff/left", [REQUEST_CANCELLATION])
    assert services.conversations.draft("c") == a_draft()


def test_whoever_leaves_the_queue_without_a_request_is_offered_none(services: Services) -> None:
    services.conversations.say("c", "system", [queue(services)], at=NOW)
    (left,) = press(services, BACK_TO_BOT)
    assert (left.topic, left.buttons) == ("handoff/left", ())
    assert "annulation" not in left.text


@pytest.mark.parametrize(
    ("minutes", "says"),
    [
        ((0.2, 0.5, 0.9), "moins d’une minute"),
        ((1, 2, 2, 4, 30), "moins de 5 minutes"),
        ((70, 80, 90), "plus d’une heure"),
    ],
)
def test_the_expectation_is_what_most_waited_lately(
    services: Services, clock: HeldClock, minutes: Sequence[float], says: str
) -> None:
    for number, wait in enumerate(minutes):
        id_ = f"earlier-{number}"
        start(services.conversations, id_)
        asked = clock.now() - timedelta(minutes=wait)
        change = handoff.ask_person(Ownership("bot"), asked, "asked")
        services.conversations.change_owner(id_, change, at=asked)
        services.desk.claim(id_, MARC)
    be_seen(services, "marc")
    assert says in queue(services).text


def test_two_waits_are_too_few_to_promise_anything() -> None:
    assert likely_minutes([MINUTE, MINUTE]) is None
    assert likely_minutes([MINUTE, MINUTE, MINUTE]) == 1


def test_with_nobody_signed_in_the_place_is_kept_and_a_message_offered_first(
    services: Services,
) -> None:
    said = queue(services)
    assert "Personne de l’équipe n’est en ligne" in said.text
    assert payloads(said) == [LEAVE_REQUEST, BACK_TO_BOT]
    assert services.conversations.get("c").state == "waiting"


def test_outside_the_hours_they_are_told_even_if_somebody_is_signed_in(services: Services) -> None:
    be_seen(services, "marc")
    closed = replace(services.desk, hours=parse_hours("sun 10:00-11:00 America/Toronto"))
    said = closed.queue(services.conversations.get("c"), "asked", "en")
    assert "Its hours: Sunday, 10:00 a.m. to 11:00 a.m. (Toronto time)." in said.text
    assert payloads(said) == [LEAVE_REQUEST, BACK_TO_BOT]


def test_whoever_waits_long_is_told_once_and_offered_to_leave_a_message(
    services: Services, clock: HeldClock
) -> None:
    queue(services)
    assert services.desk.remind() == []
    clock.advance(LONG_WAIT + MINUTE)
    assert services.desk.remind() == ["c"]
    assert services.desk.remind() == []
    (said,) = services.conversations.messages("c")
    assert (said.topic, payloads(said)[0]) == ("handoff/waiting", LEAVE_REQUEST)


# --- Ways into the queue and out of it -----------------------------------------------------------


def test_the_second_unhelpful_answer_brings_a_person(services: Services) -> None:
    store = services.conversations
    write(services, "Un?", an_answer("Un."), an_answer("Deux."))
    first, second = (m.id for m in store.messages("c") if m.author == "bot")
    for message_id, brought in ((first, False), (first, False), (second, True)):
        store.add_feedback("c", message_id, helpful=False, comment=None, at=NOW)
        assert services.desk.hear_vote("c", helpful=False) is brought
    assert (store.get("c").state, store.get("c").handoff_reason) == ("waiting", "unhelpful")
    assert told(services)[-1] == "handoff/queued"
    # A third vote finds the visitor in the queue already.
    assert not services.desk.hear_vote("c", helpful=False)


def test_a_vote_does_not_tear_the_visitor_out_of_a_request(services: Services) -> None:
    store = services.conversations
    store.save_draft("c", a_draft(), at=NOW)
    write(services, "Un?", an_answer("Un."), an_answer("Deux."))
    for message in store.messages("c"):
        if message.author == "bot":
            store.add_feedback("c", message.id, helpful=False, comment=None, at=NOW)
    assert not services.desk.hear_vote("c", helpful=False)
    assert store.get("c").state == "bot"


def test_the_second_failure_in_a_row_brings_a_person(services: Services) -> None:
    down = ScriptedAssistant(Unavailable("down"))
    broken = replace(services, assistant=down)
    (first,) = write(broken, "Un?")
    assert (first.topic, services.conversations.get("c").state) == ("service/trouble", "bot")
    (second,) = write(broken, "Deux?")
    assert (second.topic, services.conversations.get("c").state) == ("handoff/queued", "waiting")
    assert services.conversations.get("c").handoff_reason == "failed"


def test_a_good_answer_between_two_failures_ends_their_row(services: Services) -> None:
    broken = replace(services, assistant=ScriptedAssistant([], [an_answer()], []))
    for text in ("Un?", "Deux?", "Trois?"):
        write(broken, text)
    assert services.conversations.get("c").state == "bot"


def test_leaving_a_message_leaves_the_queue_and_the_engine_collects_it(
    services: Services,
) -> None:
    said = queue(services)
    services.conversations.say("c", "system", [said], at=NOW)
    assistant = ScriptedAssistant([Reply("form", "Quel est votre message?", "support/text")])
    (asked,) = press(replace(services, assistant=assistant), LEAVE_REQUEST)
    assert asked.topic == "support/text"
    assert services.conversations.get("c").state == "bot"
    assert [(a.text, a.is_fresh_start) for a in assistant.asked] == [(LEAVE_REQUEST, True)]
    (stay,) = services.figures.facts(NOW).stays
    assert stay.outcome == "left"


# --- The agents' moves ---------------------------------------------------------------------------


def test_a_claim_is_announced_once_and_the_loser_s_is_not(services: Services) -> None:
    queue(services)
    assert services.desk.claim("c", MARC).assignee_id == "marc"
    with pytest.raises(Conflict):
        services.desk.claim("c", AMELIE)
    services.desk.claim("c", MARC)
    assert [m.text for m in services.conversations.messages("c")] == [
        "Marc a rejoint la conversation."
    ]


def test_an_agent_s_own_take_over_is_a_stay_like_any_other(services: Services) -> None:
    services.desk.claim("c", MARC)
    (stay,) = services.figures.facts(NOW).stays
    assert (stay.reason, stay.claimed_at, stay.wait) == ("taken_over", NOW, None)


def test_a_return_forgets_the_form_and_the_old_reason(services: Services) -> None:
    queue(services, reason="angry")
    services.conversations.save_draft("c", a_draft(), at=NOW)
    services.desk.claim("c", MARC)
    services.desk.give_back("c", MARC)
    kept = services.conversations.get("c")
    assert (kept.state, kept.handoff_reason, kept.abstentions) == ("bot", None, 0)
    assert services.conversations.draft("c") is None
    assistant = ScriptedAssistant([an_answer()])
    again = replace(services, assistant=assistant)
    write(again, "Une question")
    write(again, "Une autre")
    assert [asked.is_fresh_start for asked in assistant.asked] == [True, False]


def test_a_resolution_keeps_its_note_from_the_visitor(services: Services) -> None:
    services.desk.claim("c", MARC)
    services.desk.resolve("c", MARC, "Client difficile.")
    assert [note.text for note in services.records.notes("c")] == ["Client difficile."]
    assert "difficile" not in str(services.conversations.messages("c"))


def test_a_transfer_to_nobody_known_is_refused(services: Services) -> None:
    services.desk.claim("c", MARC)
    with pytest.raises(BadInput):
        services.desk.transfer("c", MARC, "nobody")
    assert services.desk.transfer("c", MARC, "amelie").assignee_id == "amelie"


def test_three_messages_to_an_agent_stay_with_the_agent_and_the_bot_answers_the_fourth_only(
    services: Services,
) -> None:
    services.desk.claim("c", MARC)
    assistant = ScriptedAssistant([an_answer("Voici.")])
    again = replace(services, assistant=assistant)
    for text in ("Un", "Deux", "/restart"):
        assert write(again, text) == []
    services.desk.give_back("c", MARC)
    assert [said.text for said in write(again, "Quatre")] == ["Voici."]
    assert [asked.text for asked in assistant.asked] == ["Quatre"]


def test_whatever_says_that_a_person_comes_has_a_row_in_the_queue(services: Services) -> None:
    reasons: tuple[handoff.Reason, ...] = ("asked", "abstained", "angry", "failed", "unhelpful")
    for reason in reasons:
        start(services.conversations, reason)
        assert queue(services, reason, reason).topic == "handoff/queued"
        assert services.records.place_in_queue(reason) > 0
    assert [stay.reason for stay in services.figures.facts(NOW).stays] == list(reasons)


# --- The lease -----------------------------------------------------------------------------------


def test_an_agent_who_is_gone_loses_the_conversation_and_the_visitor_is_told(
    services: Services, clock: HeldClock
) -> None:
    be_seen(services, "marc")
    queue(services)
    services.desk.claim("c", MARC)
    clock.advance(AGENT_LEASE)
    assert services.desk.reclaim() == []
    clock.advance(timedelta(seconds=1))
    assert services.desk.reclaim() == ["c"]
    kept = services.conversations.get("c")
    # The place is the one before, and the reason too.
    assert (kept.state, kept.assignee_id, kept.waiting_since) == ("waiting", None, NOW)
    assert kept.handoff_reason == "asked"
    assert told(services)[-1] == "handoff/away"
    assert services.desk.reclaim() == []


def test_an_agent_who_talks_for_an_hour_keeps_the_conversation(
    services: Services, clock: HeldClock
) -> None:
    services.desk.claim("c", MARC)
    for _ in range(61):
        be_seen(services, "marc")
        assert services.desk.reclaim() == []
        clock.advance(MINUTE)
    assistant = ScriptedAssistant()
    assert write(replace(services, assistant=assistant), "Toujours là?") == []
    assert assistant.asked == []


def test_another_agent_s_presence_does_not_hold_the_conversation(
    services: Services, clock: HeldClock
) -> None:
    be_seen(services, "marc")
    services.desk.claim("c", MARC)
    clock.advance(2 * AGENT_LEASE)
    be_seen(services, "amelie")
    assert services.desk.reclaim() == ["c"]
    assert services.desk.claim("c", AMELIE).assignee_id == "amelie"


def test_whoever_is_put_back_into_the_queue_is_not_told_in_the_same_breath_that_it_takes_long(
    services: Services, clock: HeldClock
) -> None:
    queue(services)
    services.desk.claim("c", MARC)
    clock.advance(LONG_WAIT + MINUTE)
    assert services.desk.reclaim() == ["c"]
    assert services.desk.remind() == []
    clock.advance(LONG_WAIT + MINUTE)
    assert services.desk.remind() == ["c"]


def test_whoever_is_joined_at_that_very_moment_is_not_told_to_be_waiting_still(
    services: Services, clock: HeldClock
) -> None:
    class JoinedMeanwhile(MemoryDeskRecords):
        def mark_told(self, conversation_id: str, *, at: datetime) -> bool:
            services.desk.claim(conversation_id, MARC)
            return super().mark_told(conversation_id, at=at)

    queue(services)
    clock.advance(LONG_WAIT + MINUTE)
    records = JoinedMeanwhile(services.conversations)  # type: ignore[arg-type]
    assert replace(services.desk, records=records).remind() == []
    assert told(services)[-1] == "handoff/joined"


def test_signing_out_gives_the_conversations_back_at_once(services: Services) -> None:
    be_seen(services, "marc")
    services.desk.claim("c", MARC)
    services.agents.end_session("token-marc")
    assert services.desk.reclaim() == ["c"]


# --- Who owns it cannot be read ------------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [
        {"state": "agent", "assignee_id": None},
        {"state": "waiting", "waiting_since": None},
        {"state": "lost"},
    ],
    ids=["held by nobody", "waits since never", "unknown state"],
)
def test_where_the_owner_cannot_be_made_out_only_a_notice_speaks(
    services: Services, broken: dict[str, object]
) -> None:
    kept = services.conversations.kept("c")  # type: ignore[attr-defined]
    kept.now = replace(kept.now, **broken)
    assistant = ScriptedAssistant()
    (said,) = write(replace(services, assistant=assistant), "Allo?")
    assert (said.author, said.topic) == ("system", "service/owner-unknown")
    assert assistant.asked == []


def test_where_the_owner_becomes_unreadable_during_an_answer_it_is_not_said(
    services: Services,
) -> None:
    kept = services.conversations.kept("c")  # type: ignore[attr-defined]
    assistant = ScriptedAssistant([an_answer("Une réponse.")])

    def break_row() -> None:
        kept.now = replace(kept.now, state="agent", assignee_id=None)

    assistant.meanwhile = break_row
    (said,) = write(replace(services, assistant=assistant), "Allo?")
    assert said.topic == "service/owner-unknown"
    assert "Une réponse." not in str(services.conversations.messages("c"))


def test_a_conversation_that_is_held_by_nobody_keeps_no_other_with_an_agent_who_is_gone(
    services: Services, clock: HeldClock
) -> None:
    start(services.conversations, "other")
    services.desk.claim("c", MARC)
    services.desk.claim("other", MARC)
    kept = services.conversations.kept("c")  # type: ignore[attr-defined]
    kept.now = replace(kept.now, assignee_id=None)
    clock.advance(AGENT_LEASE)
    assert services.desk.reclaim() == ["other"]


# --- How it went ---------------------------------------------------------------------------------


def resolve(services: Services) -> None:
    services.desk.claim("c", MARC)
    services.desk.resolve("c", MARC)


def test_after_a_resolution_the_visitor_is_asked_how_it_went(services: Services) -> None:
    resolve(services)
    *_, left, ask = services.conversations.messages("c")
    assert (left.topic, ask.topic) == ("handoff/left", "rating/ask")
    assert payloads(ask) == [rate_payload(score) for score in (5, 4, 3, 2, 1)]


def test_a_rating_and_its_comment_leave_the_conversation_closed_and_wake_no_bot(
    services: Services,
) -> None:
    resolve(services)
    assistant = ScriptedAssistant()
    quiet = replace(services, assistant=assistant)
    (rated,) = press(quiet, rate_payload(4))
    assert payloads(rated) == [COMMENT_RATING]
    press(quiet, COMMENT_RATING)
    (thanks,) = write(quiet, "Très gentil!")
    assert thanks.topic == "rating/thanks"
    (stay,) = services.figures.facts(NOW).stays
    assert (stay.score, stay.comment) == (4, "Très gentil!")
    assert services.conversations.get("c").state == "closed"
    assert assistant.asked == []
    # Only the one message was the comment.
    write(quiet, "Où sont mes factures?")
    assert [asked.text for asked in assistant.asked] == ["Où sont mes factures?"]


@pytest.mark.parametrize(
    "payload", [RATE, RATE + '{"score": 6}', RATE + '{"score": "x"}', RATE + "[]", RATE + "{"]
)
def test_a_rating_outside_one_to_five_is_refused(payload: str) -> None:
    with pytest.raises(BadInput):
        read_score(payload)


def test_an_insult_while_waiting_goes_to_the_agent_and_not_to_the_bot(services: Services) -> None:
    services.conversations.say(
        "c", "bot", [Reply("notice", "…", buttons=(Button("Personne", ASK_PERSON),))], at=NOW
    )
    told = queue(services)
    services.conversations.say("c", told.author, [told], at=NOW)
    assistant = ScriptedAssistant()
    assert write(replace(services, assistant=assistant), "bande d’incapables") == []
    assert assistant.asked == []
