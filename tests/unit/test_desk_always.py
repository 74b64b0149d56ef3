"""Whatever visitors, bot, agents, time and faults do: one owner speaks, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.adapters.memory import HeldClock, ScriptedAssistant, memory_services
from bot.core import handoff
from bot.core.agents import AgentSession
from bot.core.conversations import Button, Reply
from bot.core.errors import Conflict, NotAllowed, Unavailable
from bot.core.handoff import AGENT_LEASE, Ownership
from bot.core.payloads import ASK_PERSON, BACK_TO_BOT, LEAVE_REQUEST
from bot.core.turns import Visit, receive
from tests.support.builders import NOW, an_agent, an_answer, start

AGENTS = {id_: an_agent(id_) for id_ in ("amelie", "marc")}
agent_ids = st.sampled_from(sorted(AGENTS))
PAYLOADS = (ASK_PERSON, BACK_TO_BOT, LEAVE_REQUEST)


class TheDesk(RuleBasedStateMachine):
    """One conversation, two agents whose consoles come and go, a bot that may be slow or fail."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = HeldClock(NOW)
        self.services = memory_services(self.clock)
        buttons = tuple(Button(payload, payload) for payload in PAYLOADS)
        start(self.services.conversations, "c", Reply("greeting", "Bonjour", buttons=buttons))
        for agent in AGENTS.values():
            self.services.agents.add(agent, "hash")
        self.sent: list[str] = []
        self.agents_said: list[str] = []

    # --- What happens ---

    @rule(
        fault=st.sampled_from(["", "empty", "down"]),
        meanwhile=st.sampled_from(["", "claim", "ask"]),
        by=agent_ids,
    )
    def visitor_writes(self, fault: str, meanwhile: str, by: str) -> None:
        text = f"message {len(self.sent)}"
        said: list[Reply] | Exception = [an_answer("Une réponse.")]
        if fault:
            said = [] if fault == "empty" else Unavailable("down")
        assistant = ScriptedAssistant(said)
        if meanwhile:
            assistant.meanwhile = lambda: self._meanwhile(meanwhile, by)
        self._send(Visit(text, text), assistant)

    @rule(payload=st.sampled_from(PAYLOADS), is_twice=st.booleans())
    def visitor_presses(self, payload: str, is_twice: bool) -> None:
        visit = Visit(f"message {len(self.sent)}", payload=payload)
        assistant = ScriptedAssistant([an_answer("Une réponse.")])
        self._send(visit, assistant)
        if is_twice:
            before = self.services.conversations.messages("c")
            self._send(visit, assistant, is_new=False)
            assert self.services.conversations.messages("c") == before

    @rule(by=agent_ids)
    def agent_claims(self, by: str) -> None:
        self._be_seen(by)
        self._try(lambda: self.services.desk.claim("c", AGENTS[by]))

    @rule(by=agent_ids)
    def agent_writes(self, by: str) -> None:
        self._be_seen(by)
        store = self.services.conversations
        owned = Ownership.of(store.get("c"))
        text = f"agent {len(self.agents_said)}"
        try:
            handoff.require_agent(owned, by)
        except NotAllowed:
            return
        store.say("c", "agent", [Reply("message", text)], at=self.clock.now(), while_owned=owned)
        self.agents_said.append(text)

    @rule(by=agent_ids)
    def agent_writes_on_an_old_view(self, by: str) -> None:
        store = self.services.conversations
        stale = Ownership("agent", by, NOW - timedelta(days=1), "asked")
        try:
            store.say("c", "agent", [Reply("message", "!")], at=NOW, while_owned=stale)
        except Conflict:
            return
        raise AssertionError("an agent spoke who had lost the conversation")

    @rule(by=agent_ids, to=agent_ids)
    def agent_transfers(self, by: str, to: str) -> None:
        self._be_seen(by)
        self._try(lambda: self.services.desk.transfer("c", AGENTS[by], to))

    @rule(by=agent_ids)
    def agent_returns(self, by: str) -> None:
        self._be_seen(by)
        self._try(lambda: self.services.desk.give_back("c", AGENTS[by]))

    @rule(by=agent_ids)
    def agent_resolves(self, by: str) -> None:
        self._be_seen(by)
        self._try(lambda: self.services.desk.resolve("c", AGENTS[by]))

    @rule(by=agent_ids)
    def console_is_open(self, by: str) -> None:
        self._be_seen(by)

    @rule(seconds=st.sampled_from([1, 30, 100, 700]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(timedelta(seconds=seconds))
        self.services.desk.reclaim()
        self.services.desk.remind()

    # --- What always holds ---

    @invariant()
    def one_owner_or_none(self) -> None:
        assert Ownership.of(self.services.conversations.get("c")).is_sound

    @invariant()
    def nothing_is_lost_or_said_twice(self) -> None:
        said = self.services.conversations.messages("c")
        assert [m.client_id for m in said if m.author == "visitor"] == self.sent
        assert [m.text for m in said if m.author == "agent"] == self.agents_said

    @invariant()
    def every_message_of_the_visitor_is_settled(self) -> None:
        assert self.services.conversations.unanswered("c", up_to=10**9) == []

    @invariant()
    def whoever_waits_stands_in_the_queue(self) -> None:
        is_waiting = self.services.conversations.get("c").state == "waiting"
        assert (self.services.records.place_in_queue("c") == 1) == is_waiting

    @precondition(lambda self: self.services.conversations.get("c").state == "agent")
    @rule()
    def whoever_has_an_agent_has_one_who_is_there_or_gets_the_queue_back(self) -> None:
        self.services.desk.reclaim()
        kept = self.services.conversations.get("c")
        since = self.clock.now() - AGENT_LEASE
        present = {agent.id for agent in self.services.agents.present(since)}
        assert kept.state == "waiting" or kept.assignee_id in present

    # --- Tools ---

    def _send(self, visit: Visit, assistant: ScriptedAssistant, *, is_new: bool = True) -> None:
        store = self.services.conversations
        before = store.get("c").state
        if is_new:
            self.sent.append(visit.client_id)
        answers = receive(
            "c",
            visit,
            store=store,
            assistant=assistant,
            desk=self.services.desk,
            phrases=self.services.phrases,
            detector=self.services.detector,
            clock=self.clock,
            owner="gateway",
        )
        by_bot = [answer for answer in answers if answer.author == "bot"]
        if is_new and before in ("waiting", "agent") and visit.payload is None:
            # `ask` leaves the visitor in the queue without a word, as a crash does.
            assert (assistant.asked, by_bot) == ([], [])
            assert {answer.topic for answer in answers} <= {"handoff/queued"}
        if is_new and store.get("c").state == "agent":
            assert by_bot == []

    def _meanwhile(self, what: str, by: str) -> None:
        store = self.services.conversations
        if what == "claim":
            self._be_seen(by)
            self._try(lambda: self.services.desk.claim("c", AGENTS[by]))
        else:
            change = handoff.ask_person(Ownership.of(store.get("c")), self.clock.now(), "asked")
            store.change_owner("c", change, at=self.clock.now())

    def _be_seen(self, agent_id: str) -> None:
        now = self.clock.now()
        session = AgentSession(AGENTS[agent_id], "csrf", now + timedelta(hours=10))
        self.services.agents.start_session(session, f"token-{agent_id}")
        self.services.agents.session(f"token-{agent_id}", now)

    def _try(self, act: object) -> None:
        before = self.services.conversations.get("c")
        assert callable(act)
        try:
            act()
        except (Conflict, NotAllowed):
            # A refusal changes nothing and says nothing.
            assert self.services.conversations.get("c") == before


TestTheDesk = TheDesk.TestCase
TestTheDesk.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
