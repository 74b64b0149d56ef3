"""What the widget shows while people are involved: queue, who writes, what was read, ratings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Route, expect

from bot.core.agents import Agent, AgentSession, Signal
from bot.core.conversations import Reply
from bot.core.language import Language
from tests.support import replies
from tests.support.browsing import PLACES, Chat, Place, faults, overflow_px, sent
from tests.support.pages import HelpSite
from tests.support.stack import wait_for

OpenChat = Callable[..., Chat]
IN_ALL_PLACES = pytest.mark.parametrize(
    ("language", "width"), [(place.language, place.width) for place in PLACES]
)
STATES: dict[Language, dict[str, str]] = {
    "fr": {
        "bot": "Assistant virtuel",
        "waiting": "En attente d’une personne",
        "agent": "Camille Roy vous répond",
        "closed": "Conversation terminée",
        "told waiting": "Vous êtes dans la file d’attente",
        "told agent": "Camille Roy a rejoint la conversation.",
        "told bot": "a confié la suite de la conversation à l’assistant virtuel",
        "told closed": "a terminé la conversation",
        "restart": "Nouvelle conversation",
        "news": "1 nouveau message/2 nouveaux messages",
    },
    "en": {
        "bot": "Virtual assistant",
        "waiting": "Waiting for a person",
        "agent": "Camille Roy is with you",
        "closed": "Conversation ended",
        "told waiting": "You are in the queue",
        "told agent": "Camille Roy has joined the conversation.",
        "told bot": "has handed the conversation back to the virtual assistant",
        "told closed": "has ended the conversation",
        "restart": "New conversation",
        "news": "1 new message/2 new messages",
    },
}
CAMILLE = Agent("agt-camille", "camille@soutien.example.com", "Camille Roy", "agent")
# Notes what screen readers are told in the widget's status line.
LISTEN = """() => {
    const root = document.querySelector("helpdesk-widget").shadowRoot;
    window.told = [];
    new MutationObserver(() => {
        const line = root.querySelector(".panel p.spoken[role=status]").textContent;
        if (line && window.told.at(-1) !== line) window.told.push(line);
    }).observe(root.querySelector(".panel p.spoken[role=status]"), { childList: true });
}"""


@pytest.fixture
def camille(help_site: HelpSite) -> Agent:
    """An agent at her console."""
    return arrives(help_site)


def arrives(site: HelpSite) -> Agent:
    """Signs Camille in, or has her heard of again; whoever is not loses what she has claimed."""
    agents, now = site.services.agents, site.services.clock.now()
    if CAMILLE not in agents.all():
        agents.add(CAMILLE, "hash")
        agents.start_session(AgentSession(CAMILLE, "csrf", now + timedelta(hours=1)), "session")
    assert agents.session("session", now) is not None
    return CAMILLE


def queue(site: HelpSite, conversation_id: str, language: Language = "fr") -> None:
    """Puts a conversation into the queue, as the wish for a person does."""
    services = site.services
    told = services.desk.queue(services.conversations.get(conversation_id), "asked", language)
    site.say(conversation_id, "bot", told)


def somebody_waits(site: HelpSite, language: Language = "fr") -> str:
    """Another visitor, who has asked for a person before."""
    url = f"{site.url}/api/v1/conversations"
    other: str = httpx.post(url, json={}, trust_env=False).json()["id"]
    queue(site, other, language)
    return other


def claim(site: HelpSite, conversation_id: str, agent: Agent) -> None:
    site.services.desk.claim(conversation_id, agent)
    site.services.events.publish(conversation_id)


def signals(site: HelpSite, visitor: Chat, *, read: int | None = None, typing_s: float = 0) -> None:
    """Signals as the agent's console does."""
    until = site.services.clock.now() + timedelta(seconds=typing_s)
    id_ = visitor.kept()["id"]
    site.services.records.signal(id_, "agent", typing_until=until, read=read)
    site.services.events.publish(id_)


def with_camille(
    chat: OpenChat, site: HelpSite, agent: Agent, language: Language = "fr", width: int = 1280
) -> Chat:
    """A visitor whom Camille answers."""
    visitor = chat(language, width).open()
    id_ = visitor.kept()["id"]
    queue(site, id_, language)
    claim(site, id_, agent)
    expect(visitor.panel.locator(".state")).to_contain_text(agent.name)
    return visitor


# --- Who has the conversation --------------------------------------------------------------------


def test_who_has_the_conversation_who_joins_and_who_leaves_is_always_said(
    visitor: Chat, shared_site: HelpSite, place: Place
) -> None:
    words = STATES[place.language]
    state, id_ = visitor.panel.locator(".state"), visitor.kept()["id"]
    desk, camille = shared_site.services.desk, arrives(shared_site)
    expect(state).to_have_text(words["bot"])
    expect(state).to_have_attribute("role", "status")
    for step, said in (
        (lambda: queue(shared_site, id_, place.language), "waiting"),
        (lambda: desk.claim(id_, camille), "agent"),
        (lambda: desk.give_back(id_, camille), "bot"),
        (lambda: queue(shared_site, id_, place.language), "waiting"),
        (lambda: desk.claim(id_, camille), "agent"),
        (lambda: desk.resolve(id_, camille), "closed"),
    ):
        step()
        shared_site.services.events.publish(id_)
        expect(state).to_have_text(words[said])
        card = visitor.card("handoff")
        expect(card).to_contain_text(words[f"told {said}"])
        assert overflow_px(card) == 0
    visitor.panel.get_by_role("button", name=words["restart"]).click()
    expect(state).to_have_text(words["bot"])
    expect(visitor.card("handoff")).to_have_count(0)


def test_news_while_the_panel_is_closed_is_counted_on_the_launcher(
    visitor: Chat, shared_site: HelpSite, place: Place
) -> None:
    visitor.page.keyboard.press("Escape")
    expect(visitor.panel).to_be_hidden()
    name = visitor.words["launcher"]
    for news in STATES[place.language]["news"].split("/"):
        shared_site.say(visitor.kept()["id"], "agent", Reply("message", "Allo"))
        expect(visitor.launcher).to_have_accessible_name(f"{name} {news}")
        expect(visitor.page.locator("helpdesk-widget p[role=status]").first).to_have_text(news)
    visitor.page.reload()  # on the next page they are news still
    expect(visitor.launcher).to_have_accessible_name(f"{name} {news}")
    expect(visitor.launcher.locator(".badge")).to_have_text("2")
    expect(visitor.launcher.locator(".badge")).to_be_in_viewport(ratio=1)
    visitor.launcher.click()
    expect(visitor.panel).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect(visitor.launcher).to_have_accessible_name(name)
    visitor.launcher.click()


# --- The queue -----------------------------------------------------------------------------------


@IN_ALL_PLACES
def test_the_place_in_the_queue_is_kept_current_and_only_the_front_of_it_is_read_aloud(
    chat: OpenChat, help_site: HelpSite, camille: Agent, language: Language, width: int
) -> None:
    ahead = [somebody_waits(help_site), somebody_waits(help_site)]
    visitor = chat(language, width).open()
    visitor.page.evaluate(LISTEN)
    shown = visitor.panel.locator(".queue")
    expect(shown).to_be_hidden()
    queue(help_site, visitor.kept()["id"], language)
    place = (
        "Votre rang dans la file\N{NO-BREAK SPACE}: {}"
        if language == "fr"
        else ("Your place in the queue: {}")
    )
    for other, left in zip(ahead, (3, 2), strict=True):
        expect(shown).to_contain_text(place.format(left))
        expect(shown.locator(".rank")).to_have_text(str(left))
        assert overflow_px(shown) == 0
        help_site.services.desk.claim(other, camille)
        help_site.services.events.publish(visitor.kept()["id"])
    first = "Ce sera votre tour" if language == "fr" else "You are next"
    expect(shown).to_contain_text(first)
    told = visitor.page.evaluate("window.told")
    assert [first in line for line in told] == [True]
    assert faults(visitor.page, "helpdesk-widget") == []
    claim(help_site, visitor.kept()["id"], camille)
    expect(shown).to_be_hidden()
    owner = "Camille Roy vous répond" if language == "fr" else "Camille Roy is with you"
    expect(visitor.panel.locator(".state")).to_have_text(owner)


def test_a_wait_is_foretold_only_where_recent_waits_tell(
    chat: OpenChat, help_site: HelpSite, camille: Agent
) -> None:
    visitor = chat("fr", 360).open()
    queue(help_site, visitor.kept()["id"])
    shown = visitor.panel.locator(".queue")
    expect(shown).to_contain_text("Vous pouvez continuer d’écrire")
    for _ in range(3):
        help_site.services.desk.claim(somebody_waits(help_site), camille)
    expect(shown).to_contain_text("la plupart des gens ont attendu moins d’une minute")


# --- Who writes, what was read -------------------------------------------------------------------


@IN_ALL_PLACES
def test_an_agent_who_writes_is_shown_until_the_words_come_and_read_aloud_once(
    chat: OpenChat, help_site: HelpSite, camille: Agent, language: Language, width: int
) -> None:
    visitor = with_camille(chat, help_site, camille, language, width)
    visitor.page.evaluate(LISTEN)
    typing = visitor.panel.locator(".typing")
    words = "Camille Roy écrit…" if language == "fr" else "Camille Roy is typing…"
    expect(typing).to_be_hidden()
    for _ in range(2):  # she pauses over it
        signals(help_site, visitor, typing_s=60)
        expect(typing).to_have_text(words)
        expect(typing).to_be_in_viewport(ratio=1)
        signals(help_site, visitor)
        expect(typing).to_be_hidden()
    assert visitor.page.evaluate("window.told") == [words]


def test_writing_of_which_nothing_more_is_heard_ends_by_itself(
    chat: OpenChat, help_site: HelpSite, camille: Agent
) -> None:
    visitor = with_camille(chat, help_site, camille)
    typing = visitor.panel.locator(".typing")
    signals(help_site, visitor, typing_s=5)
    expect(typing).to_be_visible()
    expect(typing).to_be_hidden()
    signals(help_site, visitor, typing_s=600)
    expect(typing).to_be_visible()
    help_site.stop()  # and of whoever cannot be heard, nothing is said to be happening
    expect(typing).to_be_hidden()


@IN_ALL_PLACES
def test_what_the_agent_has_read_is_marked_as_read(
    chat: OpenChat, help_site: HelpSite, camille: Agent, language: Language, width: int
) -> None:
    visitor = with_camille(chat, help_site, camille, language, width)
    for text in ("un", "deux"):
        visitor.say(text)
        visitor.is_sent(text)
    first, second = (visitor.own(text).locator(".status") for text in ("un", "deux"))
    said = help_site.services.conversations.messages(visitor.kept()["id"])
    sent_, read = ("Envoyé", "Lu") if language == "fr" else ("Sent", "Read")
    signals(help_site, visitor, read=said[-2].id)
    expect(first).to_have_text(read)
    expect(second).to_have_text(sent_)
    signals(help_site, visitor, read=said[-1].id)
    expect(second).to_have_text(read)
    visitor.reload()
    expect(second).to_have_text(read)


def test_the_agent_learns_that_the_visitor_writes_and_reads_and_nobody_else_does(
    chat: OpenChat, help_site: HelpSite, camille: Agent
) -> None:
    visitor = chat().open()
    posts = sent(visitor.page, "/signals")
    visitor.box.press_sequentially("Bonjour")
    visitor.page.keyboard.press("Enter")
    visitor.is_sent("Bonjour")
    assert posts == []  # the bot needs no such thing
    id_ = visitor.kept()["id"]
    queue(help_site, id_)
    claim(help_site, id_, camille)
    visitor.sees("a rejoint la conversation")
    joined = help_site.services.conversations.messages(id_)[-1].id
    expect(visitor.panel.locator(".state")).to_contain_text(camille.name)
    visitor.box.press_sequentially("Une longue question, tapée d’un seul trait, sans s’arrêter")
    bodies = [post.post_data_json for post in posts]
    assert {"typing": True, "read": joined} in bodies
    assert len(bodies) <= 3, "a key pressed is not a call"
    visitor.page.keyboard.press("Enter")
    visitor.is_sent("Une longue question, tapée d’un seul trait, sans s’arrêter")

    def told() -> Signal:
        return help_site.services.records.signals(id_)["visitor"]

    wait_for(lambda: (until := told().typing_until) and until <= help_site.services.clock.now())
    assert told().read >= joined


def test_a_message_counts_as_read_only_once_the_panel_shows_it(
    chat: OpenChat, help_site: HelpSite, camille: Agent
) -> None:
    visitor = with_camille(chat, help_site, camille)
    # That somebody has joined is read a moment later, and said so.
    wait_for(lambda: "visitor" in help_site.services.records.signals(visitor.kept()["id"]))
    visitor.page.keyboard.press("Escape")
    expect(visitor.panel).to_be_hidden()
    posts = sent(visitor.page, "/signals")
    help_site.say(visitor.kept()["id"], "agent", Reply("message", "Êtes-vous là?"))
    expect(visitor.launcher).to_have_accessible_name("Besoin d’aide? 1 nouveau message")
    assert posts == []
    last = help_site.services.conversations.messages(visitor.kept()["id"])[-1].id
    with visitor.page.expect_request("**/signals") as told:
        visitor.launcher.click()
    assert told.value.post_data_json == {"read": last}


# --- What visitors think of it -------------------------------------------------------------------


@IN_ALL_PLACES
def test_a_talk_with_a_person_is_rated_from_one_to_five_with_a_comment(
    chat: OpenChat, help_site: HelpSite, camille: Agent, language: Language, width: int
) -> None:
    visitor = with_camille(chat, help_site, camille, language, width)
    id_ = visitor.kept()["id"]
    help_site.services.desk.resolve(id_, camille)
    help_site.services.events.publish(id_)
    marks = visitor.log.locator(".scale button")
    expect(marks.locator("b")).to_have_text(["1", "2", "3", "4", "5"])
    assert overflow_px(visitor.log.locator(".scale")) == 0
    assert faults(visitor.page, "helpdesk-widget") == []
    marks.nth(3).click()
    comment = visitor.log.get_by_role(
        "button", name="Ajouter un commentaire" if language == "fr" else "Add a comment"
    )
    comment.click()
    expect(marks.nth(0)).to_be_disabled()
    visitor.sees("commentaire" if language == "fr" else "kept as your comment")
    words = "Réponse claire, merci beaucoup à Camille" if language == "fr" else "Clear, thank you"
    visitor.say(words)
    visitor.is_sent(words)
    facts = help_site.services.figures.facts(help_site.services.clock.now() - timedelta(hours=1))
    (stay,) = facts.stays
    assert (stay.score, stay.comment) == (4, words)


@IN_ALL_PLACES
def test_after_a_no_one_may_say_what_was_missing_and_the_vote_counts_without_it(
    chat: OpenChat, help_site: HelpSite, language: Language, width: int
) -> None:
    asked = "Montrez-moi" if language == "fr" else "Show me, please"
    help_site.talk.lines[asked] = [replies.an_article_answer(language)]
    visitor = chat(language, width).open()
    posts = sent(visitor.page, "/feedback")
    label = "Que manquait-il? (facultatif)" if language == "fr" else "What was missing? (optional)"
    for _ in range(2):
        visitor.say(asked)
        answer = visitor.card("answer")
        before = len(posts)
        answer.get_by_role("button", name="Non" if language == "fr" else "No").click()
        box = answer.get_by_role("textbox", name=label)
        expect(box).to_be_focused()
        expect(box).to_be_in_viewport(ratio=1)
        assert posts[before].post_data_json == {"helpful": False}
        if before == 0:
            assert faults(visitor.page, "helpdesk-widget") == []
            answer.get_by_role("button", name="Passer" if language == "fr" else "Skip").click()
            expect(box).to_be_hidden()
            assert len(posts) == 1
        else:
            box.fill("Le prix")
            send = answer.locator(".comment").get_by_role(
                "button", name="Envoyer" if language == "fr" else "Send"
            )
            send.click()
            thanks = "votre commentaire est transmis" if language == "fr" else "passed on"
            expect(answer).to_contain_text(thanks)
            expect(box).to_be_hidden()
            assert posts[-1].post_data_json == {"helpful": False, "comment": "Le prix"}
    totals = help_site.services.figures.totals()
    assert (totals.helpful, totals.not_helpful) == (0, 2)


def test_a_comment_that_could_not_be_kept_stays_in_its_box(
    chat: OpenChat, help_site: HelpSite
) -> None:
    help_site.talk.lines["Montrez-moi"] = [replies.an_article_answer("fr")]
    visitor = chat().open()
    visitor.say("Montrez-moi")
    answer = visitor.card("answer")
    answer.get_by_role("button", name="Non").click()

    def refuse(route: Route) -> None:
        route.fulfill(status=503)

    visitor.page.route("**/feedback", refuse)
    box = answer.get_by_role("textbox")
    box.fill("Le prix")
    send = answer.locator(".comment").get_by_role("button", name="Envoyer")
    send.click()
    expect(answer.locator(".trouble")).to_contain_text("Réessayez")
    expect(box).to_have_value("Le prix")
    visitor.page.unroute("**/feedback")
    send.click()
    expect(answer).to_contain_text("votre commentaire est transmis")
