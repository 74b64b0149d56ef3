"""Two agents at consoles, three visitors at widgets, in both languages, in real browsers at once.

Whatever is clicked at the same moment, closed, reloaded, restarted or cut off: at the end widget,
console and database tell the same, nothing twice, in the order in which it was said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from bot.core.language import Language
from tests.support.browsing import Chat, Complaints, chat_in, open_window
from tests.support.desk_site import AGENTS, WISHES, Desk, DeskSite
from tests.support.line import Line
from tests.support.stack import wait_for

ANSWERED = "An answer."
# A cut outlasts a heartbeat of either stream (15 s at the most); a lease outlasts the cut.
CUT_MS = 20_000
LEASE_S = 40
# The lease, a pass of the worker, and the word on its way.
REQUEUED_MS = (LEASE_S + 20) * 1000


class Scene:
    """Everybody, each on a line of their own; `said[n]` is what was said in the n-th talk."""

    def __init__(self, browser: Browser, site: DeskSite, stack: ExitStack) -> None:
        self.site = site
        self.complaints = Complaints()
        self._browser = browser
        self._stack = stack
        self.lines: dict[Chat | Desk, Line] = {}
        languages: tuple[Language, ...] = ("fr", "en", "fr")
        self.chats = [self._visitor(language) for language in languages]
        self.desks = [self._agent(0, "fr"), self._agent(1, "en")]
        self.ids = [chat.kept()["id"] for chat in self.chats]
        self.said: list[list[str]] = [[], [], []]

    def asks(self, talk: int, text: str) -> None:
        """A visitor writes."""
        self.chats[talk].say(text)
        self.said[talk].append(text)

    def answers(self, desk: Desk, talk: int, text: str) -> None:
        """An agent writes, in the conversation on screen."""
        desk.write(text)
        self.said[talk].append(text)

    def exchange(self, desk: Desk, talk: int, what: str) -> None:
        """A word each way, seen at the other end before the next."""
        self.asks(talk, f"mot {talk} {what}")
        desk.open(self.ids[talk])
        expect(desk.page.locator(".log").get_by_text(f"mot {talk} {what}")).to_be_visible()
        self.answers(desk, talk, f"agent {talk} {what}")
        self.chats[talk].sees(f"agent {talk} {what}")
        desk.has_sent()

    def tells_the_same_everywhere(self, desk: Desk, talk: int) -> None:
        """Widget, console and database: the same messages in the same order, none twice."""
        kept = self.site.messages(self.ids[talk])
        words = [m.text for m in kept if re.match(r"mot |agent ", m.text)]
        assert words == self.said[talk]
        desk.open(self.ids[talk])
        wait_for(lambda: desk.shown_ids() == [message.id for message in kept])
        cards = self.chats[talk].log.locator("article")
        expect(cards).to_have_count(len(kept))
        texts = cards.all_inner_texts()
        authors = cards.evaluate_all("nodes => nodes.map((node) => node.dataset.author)")
        assert authors == [message.author for message in kept]
        own = [text for text in words if sum(text in shown for shown in texts) != 1]
        assert own == [], "not exactly once in the widget"
        order = [next(n for n, shown in enumerate(texts) if text in shown) for text in words]
        assert order == sorted(order)

    def _line(self) -> Line:
        line = Line(self.site.port)
        line.start()
        self._stack.callback(line.stop)
        return line

    def _visitor(self, language: Language) -> Chat:
        line, window = self._line(), open_window(self._browser, locale=f"{language}-CA")
        self._stack.callback(window.close)
        chat = chat_in(window, line.url, self.complaints, language).open()
        self.lines[chat] = line
        return chat

    def _agent(self, number: int, language: Language) -> Desk:
        line, window = self._line(), open_window(self._browser, locale=f"{language}-CA")
        self._stack.callback(window.close)
        desk = Desk(window, line.url).sign_in(AGENTS[number])
        self.lines[desk] = line
        return desk


@pytest.fixture
def scene(browser: Browser, tmp_path: Path) -> Iterator[Scene]:
    site = DeskSite(tmp_path, agent_lease_s=LEASE_S)
    with ExitStack() as stack:
        site.start()
        stack.callback(site.stop)
        yield Scene(browser, site, stack)


def test_two_agents_and_three_visitors_lose_and_double_no_word_whatever_happens(
    scene: Scene,
) -> None:
    all_three_ask_for_a_person(scene)
    winner, loser = both_agents_claim_the_first(scene)
    loser.claim(scene.ids[1])
    winner.claim(scene.ids[2])
    for talk, desk in enumerate((winner, loser, winner)):
        scene.exchange(desk, talk, "bonjour")
    both_sides_reload(scene, winner, 2)
    the_gateway_restarts_in_the_middle(scene, winner, loser)
    one_tab_dies_while_others_are_cut_off(scene, winner, loser)
    for talk in (0, 1, 2):
        scene.exchange(loser, talk, "au revoir")
    for talk in (0, 1, 2):
        scene.tells_the_same_everywhere(loser, talk)


def all_three_ask_for_a_person(scene: Scene) -> None:
    for talk, chat in enumerate(scene.chats):
        scene.asks(talk, f"mot {talk} question")
        chat.sees(ANSWERED)
        chat.say(WISHES["en" if chat is scene.chats[1] else "fr"])
    for desk in scene.desks:
        expect(desk.page.locator(".rows .row")).to_have_count(3)


def both_agents_claim_the_first(scene: Scene) -> tuple[Desk, Desk]:
    """Both press the button at once; gives who got it, and who did not."""
    for desk in scene.desks:
        desk.open(scene.ids[0])
        expect(desk.page.locator("#act-claim")).to_be_visible()
    for desk in scene.desks:
        desk.page.evaluate("document.getElementById('act-claim').click()")
    for desk in scene.desks:
        expect(desk.page.locator("#act-claim")).to_have_count(0)
    winners = [desk for desk in scene.desks if desk.page.locator("#act-resolve").is_visible()]
    assert len(winners) == 1
    (loser,) = (desk for desk in scene.desks if desk not in winners)
    expect(loser.page.locator(".locked")).to_be_visible()
    joined = [m for m in scene.site.messages(scene.ids[0]) if m.topic == "handoff/joined"]
    assert len(joined) == 1
    return winners[0], loser


def both_sides_reload(scene: Scene, desk: Desk, talk: int) -> None:
    desk.open(scene.ids[talk])
    desk.page.locator("#reply").fill(f"agent {talk} gardé")
    scene.asks(talk, f"mot {talk} avant de recharger")
    scene.chats[talk].reload()
    desk.page.reload()
    expect(desk.page.locator("#reply")).to_have_value(f"agent {talk} gardé")
    scene.answers(desk, talk, f"agent {talk} gardé")
    scene.chats[talk].sees(f"agent {talk} gardé")
    scene.exchange(desk, talk, "rechargé")


def the_gateway_restarts_in_the_middle(scene: Scene, first: Desk, second: Desk) -> None:
    """Both agents and a visitor write while it is down."""
    first.open(scene.ids[0])
    second.open(scene.ids[1])
    scene.site.stop()
    for desk in (first, second):
        expect(desk.page.locator("#live")).to_have_class("offline")
    scene.answers(first, 0, "agent 0 pendant la panne")
    scene.asks(2, "mot 2 pendant la panne")
    scene.site.start()
    scene.chats[0].sees("agent 0 pendant la panne")
    scene.chats[2].is_sent("mot 2 pendant la panne")
    first.has_sent()
    scene.exchange(second, 1, "après la panne")


def one_tab_dies_while_others_are_cut_off(scene: Scene, dying: Desk, other: Desk) -> None:
    """An agent's tab is gone for good; another agent and a visitor are cut off for 20 seconds."""
    cut_off = scene.chats[1]
    other.open(scene.ids[1])
    dying.page.context.close()
    other.page.context.set_offline(True)
    for one in (other, cut_off):
        assert scene.lines[one].cut() >= 1, "an event stream was open"
    expect(other.page.locator("#offline")).to_be_visible()
    scene.asks(0, "mot 0 à qui n’est plus là")
    other.write("agent 1 pendant la coupure")
    cut_off.say("mot 1 pendant la coupure")
    other.page.wait_for_timeout(CUT_MS)
    for one in (other, cut_off):
        scene.lines[one].mend()
    other.page.context.set_offline(False)
    # It is tried again at growing intervals; the last may have begun while the line was cut.
    word = cut_off.own("mot 1 pendant la coupure")
    expect(word).to_have_attribute("data-status", "sent", timeout=60_000)
    other.has_sent()
    # Which of the two comes first is chance.
    scene.said[1] += [m.text for m in scene.site.messages(scene.ids[1])[-2:]]
    expect(other.page.locator("#live")).to_have_class("online")
    for talk in (0, 2):
        banner = scene.chats[talk].panel.get_by_text("En attente d’une personne")
        expect(banner).to_be_visible(timeout=REQUEUED_MS)
        away = [m.topic for m in scene.site.messages(scene.ids[talk])]
        assert away.count("handoff/away") == 1
        other.claim(scene.ids[talk])
