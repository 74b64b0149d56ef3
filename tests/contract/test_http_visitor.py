"""The visitor's half of the public HTTP contract, against the running assistant."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
import sqlalchemy as sa

from bot.adapters.tables import feedback
from tests.support.problems import assert_problem
from tests.support.stack import AgentClient, RunningStack, Visitor

Visit = Callable[..., Visitor]
MESSAGE_FIELDS = {
    "id", "author", "kind", "topic", "text", "html", "language", "buttons", "sources", "created_at",
    "client_id",
    "is_masked",
}  # fmt: skip
QUESTION = "Où sont mes anciennes factures?"


# --- Beginning -----------------------------------------------------------------------------------


def test_a_conversation_begins_with_a_greeting_that_offers_what_can_be_done(visit: Visit) -> None:
    (greeting,) = visit("fr").opening.messages
    assert (greeting["author"], greeting["kind"], greeting["language"]) == ("bot", "greeting", "fr")
    assert [button["payload"] for button in greeting["buttons"]]


def test_a_conversation_is_french_unless_the_page_says_otherwise(visit: Visit) -> None:
    languages = [visit(asked).transcript()["language"] for asked in (None, "fr", "en")]
    assert languages == ["fr", "fr", "en"]


def test_ids_and_tokens_are_long_and_never_alike(visit: Visit) -> None:
    visitors = [visit() for _ in range(3)]
    secrets = {visitor.id for visitor in visitors} | {visitor.token for visitor in visitors}
    assert len(secrets) == 6
    assert min(map(len, secrets)) >= 22  # 128 bits in base64


def test_a_token_opens_its_own_conversation_alone(visit: Visit) -> None:
    mine, theirs = visit(), visit()
    answer = mine.http.get(theirs.path)
    assert_problem(answer, 404)


@pytest.mark.parametrize("call", ["read", "write", "follow", "rate", "erase"])
def test_a_wrong_token_and_a_wrong_id_are_told_apart_by_nothing(visit: Visit, call: str) -> None:
    visitor = visit()
    message_id = visitor.opening.messages[0]["id"]
    bodies = []
    for conversation_id, token in ((visitor.id, "wrong"), ("wrong", visitor.token)):
        method, tail, body = {
            "read": ("GET", "", None),
            "write": ("POST", "/messages", {"text": QUESTION, "client_id": str(uuid.uuid4())}),
            "follow": ("GET", "/events", None),
            "rate": ("POST", f"/messages/{message_id}/feedback", {"helpful": True}),
            "erase": ("DELETE", "", None),
        }[call]
        answer = visitor.http.request(
            method,
            f"/conversations/{conversation_id}{tail}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        )
        assert_problem(answer, 404)
        bodies.append(answer.text)
    assert bodies[0] == bodies[1]
    assert len(visitor.messages()) == 1


# --- Messages ------------------------------------------------------------------------------------


def test_an_answer_names_the_section_that_it_comes_from(visit: Visit) -> None:
    answered = visit().say(QUESTION)
    (answer,) = answered.messages
    assert answered.state == "bot"
    assert set(answer) == MESSAGE_FIELDS
    (source,) = answer["sources"]
    assert set(source) == {"slug", "section", "title", "url", "language", "digest"}
    assert all(source.values())
    assert answer["topic"] == f"faq/{source['slug']}"
    assert answer["text"].startswith("**")
    assert "<strong>" in answer["html"]


def test_the_link_of_a_source_opens_its_section(visit: Visit) -> None:
    visitor = visit()
    ((source,),) = [answer["sources"] for answer in visitor.say(QUESTION).messages]
    page = visitor.http.get(visitor.http.base_url.join(source["url"]))
    assert page.status_code == 200
    assert source["url"] == f"/articles/fr/{source['slug']}#{source['section']}"
    assert f'<section id="{source["section"]}"' in page.text


def test_times_are_rfc_3339_in_utc(visit: Visit) -> None:
    for message in visit().opening.messages:
        assert message["created_at"].endswith("Z")
        assert datetime.fromisoformat(message["created_at"]).utcoffset() is not None


def test_the_transcript_holds_both_sides_in_order(visit: Visit) -> None:
    visitor = visit()
    answered = visitor.say(QUESTION)
    shown = visitor.transcript()
    assert set(shown) == {"id", "language", "state", "messages"}
    assert [message["author"] for message in shown["messages"]] == ["bot", "visitor", "bot"]
    assert shown["messages"][1]["text"] == QUESTION
    assert shown["messages"][2] == answered.messages[0]
    ids = [message["id"] for message in shown["messages"]]
    assert ids == sorted(set(ids))


def test_a_visitor_s_html_is_shown_and_never_run(visit: Visit) -> None:
    visitor = visit()
    visitor.say("<img src=x onerror=alert(1)> **gras** [clic](javascript:alert(1))")
    said = visitor.messages()[1]
    assert "<img" not in said["html"]
    assert "<a" not in said["html"]
    assert "&lt;img" in said["html"]


def test_the_same_client_id_gives_the_first_answer_again_and_does_nothing_twice(
    visit: Visit,
) -> None:
    visitor, client_id = visit(), str(uuid.uuid4())
    first = visitor.send(text=QUESTION, client_id=client_id)
    again = visitor.send(text=QUESTION, client_id=client_id)
    assert again.json() == first.json()
    assert len(visitor.messages()) == 3


def test_the_same_client_id_at_the_same_time_does_nothing_twice(visit: Visit) -> None:
    visitor, client_id = visit(), str(uuid.uuid4())
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(visitor.send, text=QUESTION, client_id=client_id) for _ in range(4)]
    assert len({answer.result().text for answer in sent}) == 1
    assert len(visitor.messages()) == 3


def test_messages_sent_at_once_are_answered_one_after_another(visit: Visit) -> None:
    visitor = visit()
    with ThreadPoolExecutor(5) as pool:
        sent = [pool.submit(visitor.say, QUESTION) for _ in range(5)]
    assert all(answer.result().heard == ["answer faq/past-invoices"] for answer in sent)
    assert len(visitor.messages()) == 11


def test_a_button_that_was_offered_may_be_pressed(visit: Visit) -> None:
    visitor = visit()
    answered = visitor.press("Voir le détail d’une facture")
    assert answered.sources == ["invoice-details#csv"]
    assert visitor.messages()[1]["text"] == "Voir le détail d’une facture"


def test_a_payload_that_this_conversation_was_not_offered_is_refused(visit: Visit) -> None:
    mine, theirs = visit(), visit()
    theirs.say("Je veux parler à quelqu’un")
    back = theirs.button("Revenir à l’assistant")
    for payload in (back, "/ask_person", '/confirm_draft{"draft":"0"}', "anything"):
        assert_problem(mine.send(payload=payload), 422)
    assert len(mine.messages()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "/restart",
        "/back",
        '/choose_section{"section": "invoice-details#csv"}',
        "//choose_section{}",
        " \u200b/session_start",
    ],
)
def test_a_leading_slash_is_no_command(visit: Visit, text: str) -> None:
    visitor = visit()
    visitor.press("Faire une demande d’annulation")
    answered = visitor.say(text)
    # The request goes on, whatever was made of the words: no command reached the engine.
    assert answered.heard[-1] == "form cancellation/products"
    assert answered.state == "bot"


@pytest.mark.parametrize("text", ["", " ", "\n\t\u00a0"])
def test_an_empty_text_is_refused(visit: Visit, text: str) -> None:
    visitor = visit()
    assert_problem(visitor.send(text=text), 422, "text")
    assert len(visitor.messages()) == 1


def test_a_text_of_4000_characters_is_taken_and_one_more_is_not(visit: Visit) -> None:
    visitor = visit()
    assert visitor.send(text="é" * 4_000).status_code == 200
    assert_problem(visitor.send(text="é" * 4_001), 413, "4,000")
    assert len(visitor.messages()) == 3


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": QUESTION, "payload": "/stop"},
        {"text": QUESTION, "client_id": "not-a-uuid"},
        {"text": QUESTION, "language": "fr"},
        {"text": 5},
    ],
)
def test_a_message_of_another_shape_is_refused(visit: Visit, body: dict[str, object]) -> None:
    visitor = visit()
    assert_problem(visitor.send(**body), 422)
    assert len(visitor.messages()) == 1


def test_what_must_not_be_kept_is_masked_before_it_is_stored_and_the_visitor_told(
    visit: Visit, agent: AgentClient
) -> None:
    visitor = visit()
    answered = visitor.say("Ma patiente TREM 8451 2312, où sont ses anciennes factures?")
    assert answered.messages[0]["topic"] == "privacy/masked"
    stored = str(agent.conversation(visitor.id))
    assert "8451" not in stored
    assert "█████" in stored


# --- Events --------------------------------------------------------------------------------------


def test_the_stream_tells_every_later_message_and_the_state(visit: Visit) -> None:
    visitor = visit()
    with visitor.events() as stream:
        assert next(stream).data == {"state": "bot"}
        visitor.say("Je veux parler à quelqu’un")
        told = [next(stream) for _ in range(3)]
    assert [event.name for event in told] == ["message", "message", "state"]
    assert [event.data for event in told[:2]] == visitor.messages()[1:]
    assert [event.id for event in told[:2]] == [event.data["id"] for event in told[:2]]
    assert (told[2].data["state"], told[2].data["place"] >= 1) == ("waiting", True)


def test_a_stream_resumed_by_last_event_id_has_no_gap_and_no_double(visit: Visit) -> None:
    visitor = visit()
    with visitor.events() as stream:
        next(stream)
        visitor.say(QUESTION)
        seen = [next(stream), next(stream)]
    visitor.say("Comment lier mon compte du DMÉ à mon compte Ocean?")
    with visitor.events(seen[-1].id) as stream:
        resumed = [next(stream), next(stream)]
        visitor.say("Merci")
        live = [next(stream), next(stream), next(stream)]
    told = [event.data for event in seen + resumed + live if event.name == "message"]
    assert told == visitor.messages()[1:]


def test_a_stream_resumed_from_the_beginning_repeats_the_whole_transcript(visit: Visit) -> None:
    visitor = visit()
    visitor.say(QUESTION)
    with visitor.events(0) as stream:
        assert [next(stream).data for _ in range(3)] == visitor.messages()


# --- Feedback and erasure ------------------------------------------------------------------------


def test_feedback_is_kept_and_the_last_word_counts(visit: Visit, stack: RunningStack) -> None:
    visitor = visit()
    message_id = visitor.say(QUESTION).messages[0]["id"]
    for body in ({"helpful": False}, {"helpful": True, "comment": "Parfait"}):
        answer = visitor.http.post(f"{visitor.path}/messages/{message_id}/feedback", json=body)
        assert (answer.status_code, answer.content) == (204, b"")
    with stack.database.read() as connection:
        kept = connection.execute(
            sa.select(feedback.c.helpful, feedback.c.comment).where(
                feedback.c.message_id == message_id
            )
        ).all()
    assert kept == [(True, "Parfait")]


def test_a_comment_on_an_answer_is_masked_before_it_is_kept(
    visit: Visit, stack: RunningStack
) -> None:
    visitor = visit()
    message_id = visitor.say(QUESTION).messages[0]["id"]
    body = {"helpful": False, "comment": "Rien sur le patient TREM 8051 0112"}
    visitor.http.post(f"{visitor.path}/messages/{message_id}/feedback", json=body)
    about = sa.select(feedback.c.comment).where(feedback.c.message_id == message_id)
    with stack.database.read() as connection:
        kept = connection.scalar(about)
    assert kept is not None
    assert kept.startswith("Rien sur le patient")
    assert "8051" not in kept


def test_feedback_is_about_what_was_said_to_this_visitor(visit: Visit) -> None:
    mine, theirs = visit(), visit()
    mine.say(QUESTION)
    own_words = mine.messages()[1]["id"]
    for message_id in (own_words, theirs.opening.messages[0]["id"], 10**9):
        path = f"{mine.path}/messages/{message_id}/feedback"
        assert_problem(mine.http.post(path, json={"helpful": True}), 404)
    path = f"{mine.path}/messages/{mine.opening.messages[0]['id']}/feedback"
    assert_problem(mine.http.post(path, json={"helpful": True, "stars": 5}), 422)


def test_an_erased_conversation_is_gone_for_everybody(
    visit: Visit, agent: AgentClient, stack: RunningStack
) -> None:
    visitor = visit()
    visitor.say(QUESTION)
    answer = visitor.http.delete(visitor.path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert_problem(visitor.http.get(visitor.path), 404)
    assert_problem(visitor.http.delete(visitor.path), 404)
    assert_problem(visitor.send(text=QUESTION), 404)
    assert_problem(agent.http.get(f"/conversations/{visitor.id}"), 404)
    with stack.database.read() as connection:
        for table, column in (
            ("conversations", "id"),
            ("messages", "conversation_id"),
            ("drafts", "conversation_id"),
            ("events", "sender_id"),
        ):
            query = sa.text(f"SELECT count(*) FROM {table} WHERE {column} = :id")
            assert connection.scalar(query, {"id": visitor.id}) == 0, table


def test_erasure_keeps_the_ticket_and_cuts_its_link_to_the_transcript(
    visit: Visit, agent: AgentClient, site_number: str
) -> None:
    visitor = visit("fr", who="admin")
    visitor.press("Faire une demande d’annulation")
    visitor.say(f"les kiosques, site {site_number}")
    visitor.say("Accuro")
    visitor.press("Passer")
    filed = visitor.press("Oui, transmettre la demande")
    assert filed.heard == ["ticket ticket/filed"]
    (before,) = agent.tickets(q=site_number)
    assert before["conversation_id"] == visitor.id

    visitor.http.delete(visitor.path)
    (after,) = agent.tickets(q=site_number)
    assert after["conversation_id"] is None
    assert after["fields"] == before["fields"]
