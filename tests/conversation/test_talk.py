"""Conversations with the running assistant: what it says, and what it stores.

Those that are a matter of words stand in test_talk_cases.yml; here are the ones that need an agent,
a second visitor or a look into the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from bot.adapters.tables import builtin_helpdesk, outbox, tickets
from tests.support.stack import AgentClient, RunningStack, Turn, Visitor, wait_for

Visit = Callable[..., Visitor]
CASES = yaml.safe_load(Path(__file__).with_name("test_talk_cases.yml").read_text("utf-8"))
LANGUAGES = ("fr", "en")
REFERENCE = re.compile(r"OCN-[0-9A-Z]{4}-[0-9A-Z]{4}")


# --- The cases -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", CASES["questions"], ids=lambda case: case["claim"])
def test_a_question_gets_the_right_section_with_its_source(
    visit: Visit, case: Mapping[str, Any], language: str
) -> None:
    asked = case[language]
    turn = visit(language).say(asked["say"])
    expect(turn, {"source": case["source"], "language": language, "has": asked["has"]})
    (answer,) = turn.messages
    assert answer["kind"] == "answer"
    assert answer["sources"][0]["language"] == language


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", CASES["fee_checks"]["visitors"], ids=lambda case: case["finding"])
def test_a_fee_check_ends_in_the_finding_of_this_visitor(
    visit: Visit, agent: AgentClient, case: Mapping[str, Any], language: str
) -> None:
    visitor = visit(language, who=case["who"])
    turn = visitor.say(CASES["fee_checks"]["say"][language])
    expect(turn, {"hear": [f"diagnosis fees/{case['finding']}"], **case[language]})

    stored = agent.conversation(visitor.id)
    assert stored["topic"] == f"fees/{case['finding']}"
    assert stored["diagnosis"]["finding"] == case["finding"]
    assert bool(stored["identity"]) == bool(case["who"])
    # Every finding carries its evidence; of somebody unknown nothing was read.
    assert bool(stored["diagnosis"]["evidence"]) == bool(case["who"])
    for evidence in stored["diagnosis"]["evidence"]:
        assert evidence["source"]
        assert evidence["as_of"]


@pytest.mark.parametrize("case", CASES["talks"], ids=lambda case: case["claim"])
def test_talk(visit: Visit, agent: AgentClient, site_number: str, case: Mapping[str, Any]) -> None:
    case = filled_in(case, site_number)
    visitor = visit(case["language"], who=case.get("who"))
    remembered: dict[str, str] = {}
    for step in case["turns"]:
        if "remember" in step:
            remembered[step["remember"]] = visitor.button(step["remember"])
            continue
        expect(play(visitor, step, remembered), step)
    check_stored(visitor, agent, case.get("stored", {}), site_number)


def play(visitor: Visitor, step: Mapping[str, Any], remembered: Mapping[str, str]) -> Turn:
    """Plays one step of a case."""
    if "press" in step:
        return visitor.press(step["press"])
    if "press_remembered" in step:
        answer = visitor.send(payload=remembered[step["press_remembered"]]).json()
        return Turn(answer["messages"], answer["state"])
    return visitor.say(step["say"])


def expect(turn: Turn, wanted: Mapping[str, Any]) -> None:
    """Fails unless the turn is what a case wants of it."""
    if "hear" in wanted:
        assert turn.heard == wanted["hear"], turn.text
    if "source" in wanted:
        assert turn.sources == [wanted["source"]], turn.text
    if "state" in wanted:
        assert turn.state == wanted["state"]
    if "language" in wanted:
        assert {message["language"] for message in turn.messages} == {wanted["language"]}
    for words in wanted.get("has", ()):
        assert words in turn.text
    for words in wanted.get("hasnt", ()):
        assert words not in turn.text


def check_stored(
    visitor: Visitor, agent: AgentClient, wanted: Mapping[str, Any], site_number: str
) -> None:
    """Fails unless what agents see is what a case wants stored."""
    stored = agent.conversation(visitor.id)
    if "slots" in wanted:
        assert stored["slots"] == wanted["slots"]
    if wanted.get("tickets") == "none":
        assert stored["tickets"] == []
        assert agent.tickets(q=site_number) == []
    if "ticket" in wanted:
        (ticket,) = agent.tickets(q=site_number)
        assert stored["slots"] == {}
        assert [one["reference"] for one in stored["tickets"]] == [ticket["reference"]]
        assert {name: ticket["fields"][name] for name in wanted["ticket"]} == wanted["ticket"]


def filled_in(case: Any, site_number: str) -> Any:
    """The case with its own site number in place of `{site}`."""
    if isinstance(case, str):
        return case.replace("{site}", site_number)
    if isinstance(case, list):
        return [filled_in(part, site_number) for part in case]
    if isinstance(case, dict):
        return {name: filled_in(part, site_number) for name, part in case.items()}
    return case


# --- A request, once and only once ---------------------------------------------------------------


def to_the_recap(visitor: Visitor, site_number: str, product: str = "online booking") -> str:
    """Brings a signed-in English visitor's request to its recap; gives the payload of its yes."""
    visitor.press("Make a cancellation request")
    visitor.say(f"{product}, site {site_number}")
    visitor.say("Accuro")
    assert visitor.press("Skip").heard == ["recap cancellation/confirm"]
    return visitor.button("Yes, send the request")


def reference_in(turn: Turn) -> str:
    """The reference that was told."""
    (found,) = set(REFERENCE.findall(turn.text))
    return str(found)


def rows_of(stack: RunningStack, reference: str) -> dict[str, int]:
    """How many rows there are of a ticket: its own, in the outbox, in the helpdesk."""
    with stack.database.read() as connection:
        return {
            name: connection.scalar(
                sa.select(sa.func.count()).select_from(table).where(column == reference)
            )
            for name, table, column in (
                ("ticket", tickets, tickets.c.reference),
                ("outbox", outbox, outbox.c.reference),
                ("helpdesk", builtin_helpdesk, builtin_helpdesk.c.external_key),
            )
        }


def test_a_confirmed_request_is_one_ticket_one_outbox_row_and_one_delivery(
    visit: Visit, agent: AgentClient, stack: RunningStack, site_number: str
) -> None:
    visitor = visit("en", who="admin")
    to_the_recap(visitor, site_number)
    assert agent.tickets(q=site_number) == []
    reference = reference_in(visitor.say("Yes, that is correct"))
    wait_for(lambda: agent.tickets(q=reference)[0]["delivery"]["state"] == "delivered")
    assert rows_of(stack, reference) == {"ticket": 1, "outbox": 1, "helpdesk": 1}


def test_a_confirmation_pressed_twice_files_once_and_gives_the_same_reference(
    visit: Visit, agent: AgentClient, stack: RunningStack, site_number: str
) -> None:
    visitor = visit("en", who="admin")
    yes = to_the_recap(visitor, site_number)
    answers = [visitor.send(payload=yes).json() for _ in range(2)]
    first, second = [Turn(answer["messages"], answer["state"]) for answer in answers]
    assert (first.heard, second.heard) == (["ticket ticket/filed"], ["ticket ticket/already-filed"])
    assert reference_in(first) == reference_in(second)
    assert len(agent.tickets(q=site_number)) == 1


def test_the_same_request_of_another_conversation_is_told_that_it_is_filed(
    visit: Visit, agent: AgentClient, site_number: str
) -> None:
    told = []
    for _ in range(2):
        visitor = visit("en", who="admin")
        to_the_recap(visitor, site_number)
        told.append(visitor.press("Yes, send the request"))
    assert told[1].heard == ["ticket ticket/already-filed"]
    assert reference_in(told[0]) == reference_in(told[1])
    assert len(agent.tickets(q=site_number)) == 1


@pytest.mark.parametrize(
    ("who", "product", "to_confirm"),
    # Services that no other test cancels at the clinic of the demo.
    [("admin", "studies", False), ("non_admin", "website forms", True)],
)
def test_the_request_of_somebody_who_is_no_admin_is_marked_to_be_confirmed(
    visit: Visit, agent: AgentClient, who: str, product: str, to_confirm: bool
) -> None:
    visitor = visit("en", who=who)
    to_the_recap(visitor, "44170", product)
    filed = visitor.press("Yes, send the request")
    ticket = agent.get(f"/tickets/{reference_in(filed)}")
    assert ticket["to_confirm"] is to_confirm
    assert ("site admin will also have to confirm" in filed.text) is to_confirm


# --- Status --------------------------------------------------------------------------------------


@pytest.fixture
def filed(visit: Visit, site_number: str) -> str:
    """The reference of a request that Nathalie Beauséjour has filed."""
    visitor = visit("en", who="admin")
    to_the_recap(visitor, site_number)
    return reference_in(visitor.press("Yes, send the request"))


def test_the_status_is_told_for_reference_and_email_together(
    visit: Visit, agent: AgentClient, filed: str
) -> None:
    agent.http.patch(f"/tickets/{filed}", json={"state": "in_progress"})
    visitor = visit("fr")
    asked = visitor.say(f"Où en est ma demande {filed}?")
    assert asked.heard == ["form status/email"]
    told = visitor.say("n.beausejour@erables.example.com")
    assert told.heard == ["ticket ticket/status"]
    assert "en cours de traitement" in told.text


def test_a_wrong_email_and_an_unknown_reference_are_refused_alike(visit: Visit, filed: str) -> None:
    told = []
    for reference in (filed, "OCN-3333-3333"):
        visitor = visit("en")
        visitor.say(f"What is the status of my request {reference}?")
        told.append(visitor.say("somebody.else@clinic.example.com"))
    assert [turn.heard for turn in told] == [["notice ticket/not-found"]] * 2
    assert told[0].text == told[1].text


def test_a_signed_in_visitor_is_told_the_status_of_their_own_requests_only(
    visit: Visit, filed: str
) -> None:
    question = "What is the status of my request?"
    assert filed in visit("en", who="admin").say(question).text
    assert filed not in visit("en", who="non_admin").say(question).text


# --- Notes and withdrawals -----------------------------------------------------------------------

EMAIL = "n.beausejour@erables.example.com"


def test_a_requester_adds_a_note_that_the_agent_sees(
    visit: Visit, agent: AgentClient, filed: str
) -> None:
    visitor = visit("fr")
    assert visitor.say(f"Ajoutez une note à ma demande {filed}").heard == ["form note/email"]
    assert visitor.say(EMAIL).heard == ["form note/text"]
    added = visitor.say("Nous fermons le 30 juin, est-ce que ce sera fait avant?")
    assert added.heard == ["ticket ticket/note-added"]
    last = agent.get(f"/tickets/{filed}")["history"][-1]
    assert (last["who"], last["what"]) == (
        "requester",
        "note: Nous fermons le 30 juin, est-ce que ce sera fait avant?",
    )


def test_a_requester_withdraws_a_request_by_the_button_of_its_status(
    visit: Visit, agent: AgentClient, filed: str
) -> None:
    visitor = visit("en")
    visitor.say(f"What is the status of my request {filed}?")
    assert visitor.say(EMAIL).heard == ["ticket ticket/status"]
    assert visitor.press("Withdraw this request").heard == ["form withdraw/confirm"]
    assert agent.get(f"/tickets/{filed}")["state"] == "open"
    yes = visitor.button("Yes, withdraw the request")
    assert visitor.press("Yes, withdraw the request").heard == ["ticket ticket/withdrawn"]
    ticket = agent.get(f"/tickets/{filed}")
    assert ticket["state"] == "withdrawn"
    assert ticket["history"][-1]["who"] == "requester"
    # The same button again, and the same wish again, change nothing.
    visitor.send(payload=yes)
    again = visitor.say(f"I want to withdraw my request {filed}, {EMAIL}")
    assert again.heard == ["ticket ticket/not-open"]
    assert agent.get(f"/tickets/{filed}")["history"] == ticket["history"]


def test_a_withdrawal_that_is_not_confirmed_leaves_the_request_open(
    visit: Visit, agent: AgentClient, filed: str
) -> None:
    visitor = visit("fr", who="admin")
    asked = visitor.say(f"je veux retirer ma demande {filed}")
    assert asked.heard == ["form withdraw/confirm"]
    assert visitor.say("non").heard == ["notice withdraw/stopped"]
    assert agent.get(f"/tickets/{filed}")["state"] == "open"


def test_guessing_at_the_email_of_a_reference_comes_to_an_end(visit: Visit, filed: str) -> None:
    visitor = visit("en")
    told = []
    for number in range(6):
        visitor.say(f"What is the status of my request {filed}?")
        told.append(visitor.say(f"guess{number}@clinic.example.com").heard)
    assert told == [["notice ticket/not-found"]] * 5 + [["notice ticket/locked"]]
    visitor.say(f"What is the status of my request {filed}?")
    locked = visitor.say(EMAIL)
    assert locked.heard == ["notice ticket/locked"]
    assert "Talk to a person" in [b["title"] for b in locked.messages[0]["buttons"]]


# --- Faults at the gate --------------------------------------------------------------------------


@contextmanager
def drafts_out_of_reach(stack: RunningStack) -> Iterator[None]:
    """While this lasts every action that needs the draft fails."""

    def rename(old: str, new: str) -> None:
        with stack.database.write() as connection:
            connection.execute(sa.text(f"ALTER TABLE {old} RENAME TO {new}"))

    rename("drafts", "drafts_away")
    try:
        yield
    finally:
        rename("drafts_away", "drafts")


def test_a_request_whose_judging_fails_as_it_begins_files_nothing(
    visit: Visit, agent: AgentClient, stack: RunningStack, site_number: str
) -> None:
    visitor = visit("en", who="admin")
    with drafts_out_of_reach(stack):
        begun = visitor.say(f"I want to cancel online booking for site {site_number}")
    assert "error service/trouble" in begun.heard
    assert agent.tickets(q=site_number) == []
    visitor.say(f"I want to cancel online booking for site {site_number}")
    assert agent.conversation(visitor.id)["slots"]["products"] == ["online_booking"]
    assert agent.tickets(q=site_number) == []


@pytest.mark.parametrize("is_pressed", [True, False])
def test_a_request_whose_judging_fails_at_the_yes_files_nothing_until_the_next_yes(
    visit: Visit, agent: AgentClient, stack: RunningStack, site_number: str, is_pressed: bool
) -> None:
    visitor = visit("en", who="admin")
    yes = to_the_recap(visitor, site_number)
    sent = {"payload": yes} if is_pressed else {"text": "Yes"}
    with drafts_out_of_reach(stack):
        answer = visitor.send(**sent).json()
    assert "error service/trouble" in Turn(answer["messages"], answer["state"]).heard
    assert agent.tickets(q=site_number) == []
    assert visitor.press("Yes, send the request").heard == ["ticket ticket/filed"]
    assert len(agent.tickets(q=site_number)) == 1


def test_two_tabs_that_confirm_at_once_file_one_request(
    visit: Visit, agent: AgentClient, site_number: str
) -> None:
    visitor = visit("en", who="admin")
    yes = to_the_recap(visitor, site_number)
    with ThreadPoolExecutor(2) as tabs:
        answers = [answer.json() for answer in tabs.map(lambda _: visitor.send(payload=yes), "ab")]
    assert len({reference_in(Turn(a["messages"], a["state"])) for a in answers}) == 1
    assert len(agent.tickets(q=site_number)) == 1


def test_the_same_yes_written_twice_files_one_request(
    visit: Visit, agent: AgentClient, site_number: str
) -> None:
    visitor = visit("fr", who="admin")
    visitor.say(f"annuler les études du site {site_number}")
    visitor.say("Accuro")
    visitor.press("Passer")
    assert visitor.say("oui").heard == ["ticket ticket/filed"]
    visitor.say("oui")
    assert len(agent.tickets(q=site_number)) == 1


def test_overlapping_requests_are_told_plainly(
    visit: Visit, agent: AgentClient, site_number: str
) -> None:
    def file(product: str) -> Turn:
        visitor = visit("en", who="admin")
        to_the_recap(visitor, site_number, product)
        return visitor.press("Yes, send the request")

    first = file("online booking and reminders")
    reference = reference_in(first)
    within = file("reminders")
    assert within.heard == ["ticket ticket/already-filed"]
    assert f"already part of request **{reference}**" in within.text
    more = file("reminders and kiosks")
    assert more.heard == ["ticket ticket/filed"]
    assert f"already covers patient reminders ({reference})" in more.text
    assert len(agent.tickets(q=site_number)) == 2


def test_a_ticket_tells_which_duties_were_shown_and_accepted(
    visit: Visit, agent: AgentClient, site_number: str
) -> None:
    visitor = visit("en", who="admin")
    visitor.press("Make a cancellation request")
    visitor.say(f"Cloud Connect and studies, site {site_number}")
    assert visitor.say("Accuro").heard == ["form cancellation/cloud_connect"]
    visitor.say("yes, I understand")
    recap = visitor.press("Skip")
    filed = visitor.press("Yes, send the request")
    shown = agent.get(f"/tickets/{reference_in(filed)}")["fields"]["duties_shown"]
    assert {notice["duty"] for notice in shown} == {
        "call_emr_vendor",
        "cloud_connect_caution",
        "self_service",
    }
    # The caution was a question of its own as well.
    assert [notice["text"] in recap.text for notice in shown] == [False, True, True, True]
    for notice in shown:
        assert notice["language"] == "en"
        assert notice["shown_at"] <= notice["accepted_at"]


# --- People --------------------------------------------------------------------------------------


def test_an_agent_takes_over_and_gives_back(visit: Visit, agent: AgentClient) -> None:
    visitor = visit("fr")
    queued = visitor.say("je veux parler à quelqu'un")
    assert (queued.heard, queued.state) == (["handoff handoff/queued"], "waiting")

    silent = visitor.say("Où sont mes anciennes factures?")
    assert (silent.messages, silent.state) == ([], "waiting")
    queue = agent.get("/conversations", state="waiting", limit=500)["conversations"]
    assert visitor.id in {row["id"] for row in queue}
    read = agent.conversation(visitor.id)
    assert read["messages"][-1]["text"] == "Où sont mes anciennes factures?"

    with visitor.events() as stream:
        assert agent.act(visitor.id, "claim")["state"] == "agent"
        agent.act(visitor.id, "messages", text="Bonjour, je regarde **votre compte**.")
        heard = next(e.data for e in stream if e.name == "message" and e.data["author"] == "agent")
    assert heard["kind"] == "message"
    assert "<strong>votre compte</strong>" in heard["html"]

    silent = visitor.say("Merci, j’attends.")
    assert (silent.messages, silent.state) == ([], "agent")
    assert agent.conversation(visitor.id)["messages"][-1]["text"] == "Merci, j’attends."

    assert agent.act(visitor.id, "return-to-bot")["state"] == "bot"
    answered = visitor.say("Où sont mes anciennes factures?")
    assert (answered.heard, answered.state) == (["answer faq/past-invoices"], "bot")


def test_a_resolved_conversation_is_the_bot_s_as_soon_as_the_visitor_writes(
    visit: Visit, agent: AgentClient
) -> None:
    visitor = visit("fr")
    visitor.say("Je veux parler à une personne")
    agent.act(visitor.id, "claim")
    assert agent.act(visitor.id, "resolve", note="rien à signaler")["state"] == "closed"
    assert visitor.transcript()["state"] == "closed"
    answered = visitor.say("Où sont mes anciennes factures?")
    assert (answered.heard, answered.state) == (["answer faq/past-invoices"], "bot")


def test_a_visitor_may_leave_the_queue(visit: Visit) -> None:
    visitor = visit("fr")
    visitor.say("Je veux parler à une personne")
    left = visitor.press("Revenir à l’assistant")
    assert (left.heard, left.state) == (["handoff handoff/left"], "bot")
    assert visitor.say("Où sont mes anciennes factures?").heard == ["answer faq/past-invoices"]


def test_a_request_left_for_a_person_is_seen_by_the_agent(
    visit: Visit, agent: AgentClient, site_number: str
) -> None:
    visitor = visit("fr", who="admin")
    visitor.press("Faire une demande d’annulation")
    visitor.say(f"Les kiosques du site {site_number}")
    assert visitor.say("Je veux parler à une personne").state == "waiting"
    seen = agent.conversation(visitor.id)
    assert seen["slots"]["products"] == ["tablets_kiosks"]
    assert seen["slots"]["site_number"] == site_number


def test_after_a_return_nothing_of_the_old_request_or_reason_is_left(
    visit: Visit, agent: AgentClient
) -> None:
    visitor = visit("en")
    visitor.say("Who won the hockey game last night?")
    assert visitor.say("What is the capital of Australia?").state == "waiting"
    agent.act(visitor.id, "claim")
    agent.act(visitor.id, "return-to-bot")
    # The abstentions of before count no more: one more does not hand off at once.
    again = visitor.say("Who won the hockey game last night?")
    assert (again.heard, again.state) == (["abstain abstain"], "bot")
