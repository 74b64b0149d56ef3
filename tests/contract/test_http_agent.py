"""The agent's half of the public HTTP contract, against the running assistant."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
import pytest

from tests.support.problems import assert_problem
from tests.support.stack import AgentClient, Event, RunningStack, Visitor, read_events, wait_for

Visit = Callable[..., Visitor]
ROW_FIELDS = {
    "id", "language", "state", "visitor", "site", "topic", "summary", "waiting_since", "assignee",
    "priority", "reason", "updated_at",
}  # fmt: skip
WISH = "Je veux parler à quelqu’un"


@pytest.fixture
def waiting(visit: Visit) -> Visitor:
    """A visitor who waits for a person."""
    visitor = visit()
    assert visitor.say(WISH).state == "waiting"
    return visitor


@pytest.fixture
def ticket(visit: Visit, agent: AgentClient, site_number: str) -> str:
    """The reference of a request just filed, and in the helpdesk: nothing changes it from here."""
    reference = file_request(visit("en", who="admin"), site_number)
    wait_for(lambda: agent.get(f"/tickets/{reference}")["delivery"]["state"] == "delivered")
    return reference


def file_request(visitor: Visitor, site_number: str, product: str = "online booking") -> str:
    """Files a cancellation for the site; gives its reference."""
    visitor.press("Make a cancellation request")
    visitor.say(f"{product}, site {site_number}")
    visitor.say("Accuro")
    visitor.press("Skip")
    filed = visitor.press("Yes, send the request")
    assert filed.heard == ["ticket ticket/filed"]
    return next(word for word in filed.text.split("**") if word.startswith("OCN-"))


# --- Session -------------------------------------------------------------------------------------


def test_signing_in_gives_a_cookie_that_scripts_and_other_sites_cannot_use(
    stack: RunningStack,
) -> None:
    base = f"{stack.url}/api/v1"
    (demo, _) = httpx.get(f"{base}/demo/agents", trust_env=False).json()["agents"]
    credentials = {"email": demo["email"].upper(), "password": demo["password"]}
    answer = httpx.post(f"{base}/agent/session", json=credentials, trust_env=False)
    assert set(answer.json()) == {"agent", "csrf_token", "wait_goal_s"}
    assert set(answer.json()["agent"]) == {"id", "name", "email", "role"}
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_a_wrong_email_and_a_wrong_password_are_told_apart_by_nothing(stack: RunningStack) -> None:
    base = f"{stack.url}/api/v1"
    (demo, _) = httpx.get(f"{base}/demo/agents", trust_env=False).json()["agents"]
    answers = [
        httpx.post(f"{base}/agent/session", json=credentials, trust_env=False)
        for credentials in (
            {"email": demo["email"], "password": "wrong"},
            {"email": "nobody@soutien.example", "password": demo["password"]},
        )
    ]
    for answer in answers:
        assert_problem(answer, 401)
        assert "set-cookie" not in answer.headers
    assert answers[0].text == answers[1].text


def test_signing_out_ends_the_session(stack: RunningStack) -> None:
    demo = httpx.get(f"{stack.url}/api/v1/demo/agents", trust_env=False).json()["agents"][1]
    leaving = AgentClient(stack.url, demo["email"], demo["password"])
    cookies = dict(leaving.http.cookies)
    assert leaving.http.get("/session").json()["agent"]["id"] == leaving.id
    assert leaving.http.delete("/session").status_code == 204
    # The cookie as it was, in case somebody kept it.
    kept = httpx.get(f"{stack.url}/api/v1/agent/session", cookies=cookies, trust_env=False)
    assert_problem(kept, 401)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/session"),
        ("DELETE", "/session"),
        ("GET", "/agents"),
        ("GET", "/conversations"),
        ("GET", "/conversations/some"),
        ("POST", "/conversations/some/claim"),
        ("POST", "/conversations/some/messages"),
        ("POST", "/conversations/some/transfer"),
        ("POST", "/conversations/some/return-to-bot"),
        ("POST", "/conversations/some/resolve"),
        ("GET", "/events"),
        ("GET", "/tickets"),
        ("GET", "/tickets/OCN-3333-3333"),
        ("PATCH", "/tickets/OCN-3333-3333"),
        ("GET", "/insights"),
        ("GET", "/insights/gaps"),
        ("GET", "/insights/gaps/some/draft"),
        ("POST", "/insights/gaps/replay"),
        ("GET", "/sessions"),
        ("DELETE", "/sessions"),
        ("PUT", "/password"),
        ("GET", "/accounts"),
        ("POST", "/accounts"),
        ("PATCH", "/accounts/some"),
        ("GET", "/replies"),
        ("POST", "/preview"),
        ("POST", "/presence"),
        ("GET", "/conversations/some/suggestions"),
        ("POST", "/conversations/some/notes"),
        ("POST", "/conversations/some/signals"),
    ],
)
def test_nothing_is_told_or_done_without_a_session(
    stack: RunningStack, method: str, path: str
) -> None:
    url = f"{stack.url}/api/v1/agent{path}"
    forged = {"helpdesk_agent": "made-up", "other": "1"}
    assert_problem(httpx.request(method, url, trust_env=False), 401)
    assert_problem(httpx.request(method, url, cookies=forged, trust_env=False), 401)


@pytest.mark.parametrize("csrf", [None, "wrong", ""])
def test_a_change_needs_the_second_token_of_the_session(
    waiting: Visitor, agent: AgentClient, ticket: str, csrf: str | None
) -> None:
    bare = httpx.Client(base_url=agent.http.base_url, cookies=agent.http.cookies, trust_env=False)
    if csrf is not None:
        bare.headers["X-CSRF-Token"] = csrf
    for method, path, body in (
        ("POST", f"/conversations/{waiting.id}/claim", None),
        ("POST", f"/conversations/{waiting.id}/messages", {"text": "Bonjour"}),
        ("POST", f"/conversations/{waiting.id}/transfer", {"agent": agent.id}),
        ("POST", f"/conversations/{waiting.id}/return-to-bot", None),
        ("POST", f"/conversations/{waiting.id}/resolve", {}),
        ("PATCH", f"/tickets/{ticket}", {"state": "done"}),
        ("DELETE", "/session", None),
    ):
        assert_problem(bare.request(method, path, json=body), 403)
    assert agent.conversation(waiting.id)["state"] == "waiting"
    assert agent.get(f"/tickets/{ticket}")["state"] == "open"


# --- Conversations -------------------------------------------------------------------------------


def test_the_queue_tells_what_an_agent_needs_to_choose(
    waiting: Visitor, agent: AgentClient
) -> None:
    queue = agent.get("/conversations", state="waiting", limit=500)
    assert set(queue) == {"conversations", "next"}
    (row,) = [row for row in queue["conversations"] if row["id"] == waiting.id]
    assert set(row) == ROW_FIELDS
    assert (row["language"], row["state"], row["assignee"]) == ("fr", "waiting", None)
    assert row["summary"] == WISH
    assert row["waiting_since"].endswith("Z")


def test_the_queue_has_the_oldest_wait_first(visit: Visit, agent: AgentClient) -> None:
    for _ in range(3):
        visit().say(WISH)
    rows = agent.get("/conversations", state="waiting", limit=500)["conversations"]
    waits = [row["waiting_since"] for row in rows]
    assert waits == sorted(waits)


def test_the_queue_is_filtered_by_state_language_and_words(
    visit: Visit, waiting: Visitor, agent: AgentClient
) -> None:
    english = visit("en")
    english.say("Please connect me with a human about invoice 55-XYZZY")
    english.say("I want to talk to a person")

    def ids(**query: str) -> set[str]:
        rows = agent.get("/conversations", limit=500, **query)["conversations"]
        return {row["id"] for row in rows}

    assert english.id in ids(language="en")
    assert english.id not in ids(language="fr")
    assert waiting.id in ids(state="waiting")
    assert waiting.id not in ids(state="agent") | ids(state="closed")
    assert ids(q="55-xyzzy") == {english.id}


def test_a_conversation_that_is_the_bot_s_is_not_in_the_queue(
    visit: Visit, agent: AgentClient
) -> None:
    visitor = visit()
    visitor.say("Merci")
    rows = agent.get("/conversations", limit=500)["conversations"]
    assert visitor.id not in {row["id"] for row in rows}


@pytest.mark.parametrize("path", ["/conversations", "/tickets"])
def test_pages_of_a_list_make_the_whole_of_it(
    visit: Visit, agent: AgentClient, site_number: str, path: str
) -> None:
    for product in ("online booking", "kiosks", "website forms"):
        visitor = visit("en", who="admin")
        file_request(visitor, site_number, product)
        visitor.say("I want to talk to a person")
    plural = path.removeprefix("/")
    key = {"conversations": "id", "tickets": "reference"}[plural]
    whole = [row[key] for row in agent.get(path, limit=500)[plural]]

    def pages() -> Iterator[str]:
        cursor: dict[str, str] = {}
        while cursor is not None:
            page = agent.get(path, limit=2, **cursor)
            assert len(page[plural]) <= 2
            yield from (row[key] for row in page[plural])
            if page["next"] is None:
                return
            cursor = {"cursor": page["next"]}

    assert list(pages()) == whole
    assert len(whole) >= 3


@pytest.mark.parametrize("path", ["/conversations", "/tickets"])
@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 501}, {"limit": "x"}, {"cursor": "-1"}, {"state": "unknown"}]
)
def test_a_list_refuses_a_query_that_it_does_not_know(
    agent: AgentClient, path: str, query: dict[str, str | int]
) -> None:
    assert_problem(agent.http.get(path, params=query), 422)


def test_a_conversation_is_shown_with_all_that_is_known(visit: Visit, agent: AgentClient) -> None:
    visitor = visit("fr", who="unlinked_subscribed")
    visitor.press("Comprendre mes frais par message")
    visitor.press("Faire une demande d’annulation")
    visitor.say("la réservation en ligne")
    shown = agent.conversation(visitor.id)
    assert set(shown) == ROW_FIELDS | {
        *("messages", "identity", "slots", "diagnosis", "tickets", "notes", "page_url"),
        "created_at",
    }
    assert shown["messages"] == visitor.messages()
    assert shown["identity"]["external_id"] == "demo-benhaddou"
    assert shown["diagnosis"]["finding"] == "not_linked"
    assert shown["slots"]["products"] == ["online_booking"]
    assert shown["slots"]["site_number"] == "44170"
    assert shown["tickets"] == []


def test_of_two_agents_who_claim_at_once_one_gets_it(
    waiting: Visitor, agents: list[AgentClient]
) -> None:
    together = Barrier(2)

    def claim(agent: AgentClient) -> httpx.Response:
        together.wait()
        return agent.try_to(waiting.id, "claim")

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(claim, agents))
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert won.status_code == 200
    assert_problem(lost, 409)
    winner = agents[answers.index(won)]
    assert won.json()["state"] == "agent"
    assert won.json()["assignee"] == {"id": winner.id, "name": winner.name}
    joined = [m for m in waiting.messages() if m["topic"] == "handoff/joined"]
    assert len(joined) == 1


def test_only_the_agent_who_claimed_may_write_hand_on_return_or_resolve(
    waiting: Visitor, agents: list[AgentClient]
) -> None:
    owner, other = agents
    owner.act(waiting.id, "claim")
    said_before = waiting.messages()
    for action, body in (
        ("messages", {"text": "Bonjour"}),
        ("transfer", {"agent": other.id}),
        ("return-to-bot", {}),
        ("resolve", {"note": "fini"}),
    ):
        assert_problem(other.try_to(waiting.id, action, **body), 403)
    assert_problem(other.try_to(waiting.id, "claim"), 409)
    assert waiting.messages() == said_before


def test_a_message_sent_again_is_said_once_also_when_its_agent_has_left(
    waiting: Visitor, agent: AgentClient
) -> None:
    agent.act(waiting.id, "claim")
    sent = {"text": "Je regarde.", "client_id": str(uuid.uuid4())}
    agent.act(waiting.id, "messages", **sent)
    agent.act(waiting.id, "resolve")
    assert agent.act(waiting.id, "messages", **sent)["state"] == "closed"
    assert [m["text"] for m in waiting.messages()].count("Je regarde.") == 1
    another = {**sent, "client_id": str(uuid.uuid4())}
    assert_problem(agent.try_to(waiting.id, "messages", **another), 403)


def test_a_transfer_gives_the_conversation_to_a_colleague(
    waiting: Visitor, agents: list[AgentClient]
) -> None:
    owner, colleague = agents
    owner.act(waiting.id, "claim")
    assert_problem(owner.try_to(waiting.id, "transfer", agent="agt_nobody"), 422)
    after = owner.act(waiting.id, "transfer", agent=colleague.id)
    assert after["assignee"] == {"id": colleague.id, "name": colleague.name}
    assert colleague.act(waiting.id, "messages", text="Bonjour!")["messages"][-1]["author"] == (
        "agent"
    )


def test_resolving_twice_is_said_once(waiting: Visitor, agent: AgentClient) -> None:
    agent.act(waiting.id, "claim")
    agent.act(waiting.id, "resolve", note="réglé au téléphone")
    assert_problem(agent.try_to(waiting.id, "resolve"), 403)
    ended = [m for m in waiting.messages() if m["topic"] == "handoff/left"]
    assert len(ended) == 1
    assert "téléphone" not in str(waiting.messages())


def test_what_an_agent_does_to_an_unknown_conversation_is_not_found(agent: AgentClient) -> None:
    assert_problem(agent.http.get("/conversations/unknown"), 404)
    for action, body in (
        ("claim", {}),
        ("messages", {"text": "Bonjour"}),
        ("transfer", {"agent": agent.id}),
        ("return-to-bot", {}),
        ("resolve", {"note": "fini"}),
    ):
        assert_problem(agent.try_to("unknown", action, **body), 404)


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("messages", {"text": ""}),
        ("messages", {"text": "  \n"}),
        ("messages", {"text": "Bonjour", "kind": "answer"}),
        ("transfer", {"agent": "agt_1", "why": "pause"}),
        ("resolve", {"note": "fini", "state": "closed"}),
    ],
)
def test_an_agent_s_message_of_another_shape_is_refused(
    waiting: Visitor, agent: AgentClient, action: str, body: dict[str, str]
) -> None:
    agent.act(waiting.id, "claim")
    said_before = waiting.messages()
    assert_problem(agent.try_to(waiting.id, action, **body), 422)
    assert waiting.messages() == said_before


def test_agents_hear_of_the_queue_and_of_their_own_conversations(
    visit: Visit, agents: list[AgentClient]
) -> None:
    owner, other = agents
    with owner.events() as mine, other.events() as theirs:
        assert (next(mine).name, next(theirs).name) == ("queue", "queue")
        visitor = visit()
        visitor.say(WISH)
        assert (next(mine).name, next(theirs).name) == ("queue", "queue")
        owner.act(visitor.id, "claim")
        visitor.say("Avez-vous reçu ma facture?")
        told = next(event for event in mine if _says(event, "Avez-vous reçu ma facture?"))
        assert told.data["conversation"] == visitor.id
        # The colleague learns that the queue has changed, not what is said in it.
        assert next(theirs).name == "queue"


def test_a_console_that_missed_messages_resumes_after_the_last_it_heard(
    waiting: Visitor, agent: AgentClient
) -> None:
    seen = agent.act(waiting.id, "claim")["messages"][-1]["id"]
    for text in ("Un", "Deux", "Trois"):
        waiting.say(text)
    for resume in ({"headers": {"Last-Event-ID": str(seen)}}, {"params": {"after": seen}}):
        with agent.http.stream("GET", "/events", **resume) as response:
            heard = (e for e in read_events(response.iter_lines()) if e.name == "message")
            own = (e for e in heard if e.data["conversation"] == waiting.id)
            assert [next(own).data["message"]["text"] for _ in range(3)] == ["Un", "Deux", "Trois"]


def test_each_side_sees_the_other_type_and_read(waiting: Visitor, agent: AgentClient) -> None:
    last = agent.act(waiting.id, "claim")["messages"][-1]["id"]
    with agent.events() as mine, waiting.events() as theirs:
        signal = {"typing": True, "read": last}
        assert waiting.http.post(f"{waiting.path}/signals", json=signal).status_code == 204
        told = next(e for e in mine if e.name == "visitor")
        assert told.data == {"conversation": waiting.id, **signal}
        assert agent.try_to(waiting.id, "signals", **signal).status_code == 204
        assert next(theirs).data == {"state": "agent", "agent": agent.name}
        assert next(e for e in theirs if e.name == "agent").data == signal
        # Whoever sends has stopped typing.
        agent.act(waiting.id, "messages", text="Bonjour!")
        heard = [next(theirs) for _ in range(2)]
        assert [event.name for event in heard] == ["message", "agent"]
        assert heard[1].data == {**signal, "typing": False}


def test_the_second_unhelpful_answer_brings_a_person(visit: Visit, agent: AgentClient) -> None:
    visitor = visit("fr")
    for question in ("Où sont mes anciennes factures?", "Comment ajouter une licence?"):
        (answer, *_) = visitor.say(question).messages
        vote = f"{visitor.path}/messages/{answer['id']}/feedback"
        assert visitor.http.post(vote, json={"helpful": False}).status_code == 204
    assert visitor.transcript()["state"] == "waiting"
    assert visitor.messages()[-1]["topic"] == "handoff/queued"
    assert agent.conversation(visitor.id)["reason"] == "unhelpful"


def test_a_form_that_an_agent_interrupted_is_not_gone_on_with(
    visit: Visit, agent: AgentClient
) -> None:
    visitor = visit("fr")
    visitor.press("Faire une demande d’annulation")
    agent.act(visitor.id, "claim")
    agent.act(visitor.id, "return-to-bot")
    assert visitor.say("Où sont mes anciennes factures?").heard == ["answer faq/past-invoices"]
    assert visitor.say("Comment ajouter une licence?").heard == ["answer faq/licence-add"]
    assert agent.conversation(visitor.id)["slots"] == {}


def test_gaps_are_found_drafted_and_played_again(visit: Visit, agent: AgentClient) -> None:
    for language, question in (
        ("fr", "Quel temps fait-il à Toronto aujourd’hui?"),
        ("en", "What is the weather like in Toronto today?"),
    ):
        assert visit(language).say(question).heard[0] == "abstain abstain"
    (gap,) = (
        one
        for one in agent.get("/insights/gaps")["gaps"]
        if any("weather" in question["text"] for question in one["questions"])
    )
    assert {question["language"] for question in gap["questions"]} == {"fr", "en"}
    draft = agent.http.get(f"/insights/gaps/{gap['id']}/draft")
    assert "status: draft" in draft.text
    count = agent.get("/insights")["conversations"]
    replayed = agent.http.post("/insights/gaps/replay").json()["gaps"]
    assert next(one for one in replayed if one["id"] == gap["id"])["state"] == "open"
    # The questions were played in talks that are gone again.
    assert agent.get("/insights")["conversations"] == count


def _says(event: Event, text: str) -> bool:
    return event.name == "message" and bool(event.data["message"]["text"] == text)


# --- Tickets and insights ------------------------------------------------------------------------


def test_a_cancellation_ticket_holds_the_whole_request(
    agent: AgentClient, ticket: str, site_number: str
) -> None:
    shown = agent.get(f"/tickets/{ticket}")
    assert (shown["kind"], shown["state"]) == ("cancellation", "open")
    wanted = {
        "products": ["online_booking"],
        "requester_name": "Nathalie Beauséjour",
        "requester_email": "n.beausejour@erables.example.com",
        "site_number": site_number,
        "reason": None,
        "emr_vendor": "Accuro",
        "language": "en",
    }
    assert {name: shown["fields"][name] for name in wanted} == wanted
    assert set(shown["checklist"].values()) == {False}
    assert [line["what"] for line in shown["history"]] == ["opened"]


def test_a_ticket_is_found_by_kind_state_and_words(
    agent: AgentClient, ticket: str, site_number: str
) -> None:
    for query in ({"q": ticket}, {"q": site_number}, {"kind": "cancellation", "state": "open"}):
        assert ticket in {found["reference"] for found in agent.tickets(**query)}
    for query in ({"q": "nothing like it"}, {"kind": "billing_review"}, {"state": "done"}):
        assert ticket not in {found["reference"] for found in agent.tickets(**query)}


def test_a_filed_ticket_is_delivered_to_the_helpdesk(agent: AgentClient, ticket: str) -> None:
    (delivered,) = agent.tickets(q=ticket)
    assert delivered["delivery"]["state"] == "delivered"
    assert delivered["delivery"]["external_id"]
    assert delivered["delivery"]["attempts"] == 1


def test_a_change_of_a_ticket_is_kept_with_its_history(agent: AgentClient, ticket: str) -> None:
    path = f"/tickets/{ticket}"
    item = next(iter(agent.get(path)["checklist"]))
    changed = agent.http.patch(path, json={"state": "in_progress", "checklist": {item: True}})
    assert changed.status_code == 200
    assert changed.json() == agent.get(path)
    assert changed.json()["state"] == "in_progress"
    assert changed.json()["checklist"][item] is True
    whos = [line["who"] for line in changed.json()["history"]]
    assert whos == ["assistant", agent.name, agent.name]


@pytest.mark.parametrize(
    "body",
    [
        {"state": "lost"},
        {"checklist": {"coffee": True}},
        {"checklist": {"processed": "maybe"}},
        {"reference": "OCN-3333-3333"},
    ],
)
def test_a_change_that_is_not_known_is_refused(
    agent: AgentClient, ticket: str, body: dict[str, object]
) -> None:
    before = agent.get(f"/tickets/{ticket}")
    assert_problem(agent.http.patch(f"/tickets/{ticket}", json=body), 422)
    assert agent.get(f"/tickets/{ticket}") == before


def test_an_unknown_ticket_is_not_found(agent: AgentClient) -> None:
    assert_problem(agent.http.get("/tickets/OCN-3333-3333"), 404)
    assert_problem(agent.http.patch("/tickets/OCN-3333-3333", json={"state": "done"}), 404)


def test_insights_count_what_happened(visit: Visit, agent: AgentClient) -> None:
    before = agent.get("/insights")
    assert set(before) == {
        "conversations", "contained", "handed_off", "abstained", "feedback", "top_articles",
        "unanswered", "report",
    }  # fmt: skip
    helped = visit()
    answer = helped.say("Où sont mes anciennes factures?").messages[0]
    helped.http.post(f"{helped.path}/messages/{answer['id']}/feedback", json={"helpful": True})
    puzzled = visit("en")
    puzzled.say("Who won the hockey game last night?")
    puzzled.say("I want to talk to a person")
    after = agent.get("/insights")

    def grown(name: str) -> int:
        return int(after[name]) - int(before[name])

    assert [grown(n) for n in ("conversations", "contained", "handed_off", "abstained")] == [
        2, 1, 1, 1,
    ]  # fmt: skip
    assert after["feedback"]["helpful"] == before["feedback"]["helpful"] + 1
    assert after["unanswered"][0]["text"] == "Who won the hockey game last night?"
    assert "past-invoices" in {article["slug"] for article in after["top_articles"]}
