"""What the widget shows and how it is used: cards, keyboard, screen readers, sizes, themes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Route, expect

from bot.core import handoff
from bot.core.conversations import Reply
from bot.core.language import Language
from tests.support import replies
from tests.support.browsing import Chat, overflow_px, sent
from tests.support.pages import HelpSite

OpenChat = Callable[..., Chat]
ASKED: dict[Language, str] = {"fr": "Montrez-moi tout", "en": "Show me everything, please"}
SIZES = pytest.mark.parametrize(
    ("language", "width"), [("fr", 360), ("fr", 1280), ("en", 360), ("en", 1280)]
)
EITHER_WAY = pytest.mark.parametrize(("language", "width"), [("fr", 360), ("en", 1280)])


@pytest.fixture
def told(chat: OpenChat, help_site: HelpSite) -> Callable[..., Chat]:
    """Opens the help, asks, and is told this: `told(a_recap("fr"), width=360)`."""

    def tell(*said: Reply, language: Language = "fr", width: int = 1280, **options: object) -> Chat:
        help_site.talk.lines[ASKED[language]] = said
        visitor = chat(language, width, **options).open()
        visitor.say(ASKED[language])
        expect(visitor.card(said[-1].kind)).to_be_visible()
        return visitor

    return tell


# --- Cards ---------------------------------------------------------------------------------------


@SIZES
def test_an_answer_shows_its_steps_its_caution_its_labels_and_where_it_comes_from(
    told: Callable[..., Chat], help_site: HelpSite, language: Language, width: int
) -> None:
    visitor = told(replies.an_article_answer(language), language=language, width=width)
    answer = visitor.card("answer")
    expect(answer.locator("ol > li")).to_have_count(3)
    expect(answer.locator("blockquote")).to_be_visible()
    expect(answer.locator("li strong").first).to_have_css("border-top-width", "1px")
    expect(answer.locator(".title")).to_have_css("font-size", "16px")
    link = answer.locator(".sources a")
    address = f"{help_site.url}/articles/{language}/licence-remove#downgrade"
    assert link.evaluate("link => link.href") == address
    assert link.get_attribute("target") == "_blank"
    assert overflow_px(visitor.log) == 0
    assert overflow_px(visitor.page.locator("html")) == 0
    related = answer.get_by_role("group", name=re.compile("À lire aussi|Related topics"))
    expect(related.get_by_role("button")).to_have_count(1)


@SIZES
def test_nothing_that_the_assistant_says_breaks_the_panel_or_an_accessibility_rule(
    told: Callable[..., Chat], language: Language, width: int
) -> None:
    theme = "dark" if (language == "fr") == (width == 360) else "light"
    visitor = told(
        *replies.everything(language), language=language, width=width, color_scheme=theme
    )
    assert overflow_px(visitor.log) == 0
    for card in visitor.log.locator("article").all():
        assert overflow_px(card) == 0
    found = Axe().run(visitor.page, context="helpdesk-widget")
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_senders_of_a_diagnosis_fit_a_phone_and_stay_a_table(
    told: Callable[..., Chat], language: Language
) -> None:
    visitor = told(replies.a_diagnosis(language), language=language, width=360)
    table = visitor.card("diagnosis").get_by_role("table")
    rows = table.get_by_role("row")
    expect(rows).to_have_count(3)
    amount = rows.nth(1).get_by_role("cell").nth(2)
    expect(amount).to_be_in_viewport()
    assert amount.get_attribute("data-head") in ("Montant", "Amount")
    assert overflow_px(table) == 0
    expect(visitor.card("diagnosis").locator("ul li")).to_have_count(3)  # two facts, one source


@pytest.mark.parametrize(
    ("language", "line", "wish"),
    [("fr", "Courriel", "Modifier\N{NO-BREAK SPACE}: courriel"), ("en", "EMR", "Change: EMR")],
)
def test_each_line_of_a_recap_can_be_changed_and_an_older_recap_rests(
    told: Callable[..., Chat], help_site: HelpSite, language: Language, line: str, wish: str
) -> None:
    visitor = told(replies.a_recap(language), language=language, width=360)
    recap = visitor.card("recap")
    expect(recap.locator("button.edit")).to_have_count(6)
    help_site.talk.lines[wish] = [replies.a_recap(language, reason="fermeture")]
    recap.locator("li", has_text=line).get_by_role("button").click()
    visitor.is_sent(wish)
    visitor.sees("fermeture")
    first = visitor.log.locator('[data-kind="recap"]').first
    expect(first.locator("button.edit").first).to_be_hidden()
    expect(first.locator("button.option").first).to_be_disabled()
    expect(visitor.card("recap").locator("button.edit").first).to_be_visible()


def test_the_reference_of_a_request_is_copied(told: Callable[..., Chat]) -> None:
    visitor = told(replies.a_filed_ticket("fr"), permissions=["clipboard-read", "clipboard-write"])
    copy = visitor.page.get_by_role("button", name=f"Copier la référence {replies.REFERENCE}")
    copy.click()
    expect(copy).to_have_text("Copiée")
    assert visitor.page.evaluate("navigator.clipboard.readText()") == replies.REFERENCE


def test_whether_an_answer_helped_is_asked_once_and_remembered(
    told: Callable[..., Chat], help_site: HelpSite
) -> None:
    visitor = told(replies.an_article_answer("fr"))
    posts = sent(visitor.page, "/feedback")
    visitor.card("answer").get_by_role("button", name="Réponse utile? Oui").click()
    expect(visitor.card("answer")).to_contain_text("Merci de votre avis.")
    assert help_site.services.conversations.insights()["feedback"]["helpful"] == 1
    visitor.reload()
    expect(visitor.card("answer")).to_contain_text("Merci de votre avis.")
    assert len(posts) == 1


def test_files_that_the_bot_asks_for_are_dropped_sent_and_their_faults_told(
    told: Callable[..., Chat], tmp_path: Path
) -> None:
    visitor = told(replies.a_request_for_files("fr"), width=360)
    card = visitor.card("form")
    bodies: list[bytes] = []

    def answer(route: Route) -> None:
        bodies.append(route.request.post_data_buffer or b"")
        if len(bodies) == 1:
            detail = "Je n’ai pas pu lire ces fichiers.\nligne 3 : date inconnue"
            route.fulfill(status=422, json={"detail": detail})
        else:
            said = {"id": 9_000, "author": "bot", "kind": "diagnosis", "topic": "fees/linked"}
            text = {"text": "C’est lu.", "html": "<p>C’est lu.</p>", "language": "fr"}
            rest = {"buttons": [], "sources": [], "created_at": "2026-03-10T15:00:00Z"}
            route.fulfill(json={"messages": [{**said, **text, **rest}], "state": "bot"})

    visitor.page.route("**/files", answer)
    send = card.get_by_role("button", name="Envoyer les fichiers")
    expect(send).to_be_disabled()
    (tmp_path / "photo.png").write_bytes(b"\x89PNG")
    card.get_by_label("Liste des utilisateurs").set_input_files(tmp_path / "photo.png")
    expect(card.get_by_role("status")).to_contain_text("Fichier refusé")
    for label, name in (("Liste des utilisateurs", "u.csv"), ("Éléments de facturation", "i.csv")):
        (tmp_path / name).write_text("a;b\n")
        card.get_by_label(label).set_input_files(tmp_path / name)
    send.click()
    expect(card.get_by_role("status")).to_contain_text("ligne 3 : date inconnue")
    send.click()
    visitor.sees("C’est lu.")
    expect(card.get_by_role("status")).to_have_text("Fichiers reçus.")
    expect(send).to_be_hidden()
    for body in bodies:
        assert b'name="users"; filename="u.csv"' in body
        assert b'name="items"; filename="i.csv"' in body
    visitor.reload()
    expect(visitor.card("form").get_by_label("Liste des utilisateurs")).to_be_disabled()


def test_words_masked_by_the_gateway_are_shown_masked_with_a_gentle_notice(
    chat: OpenChat,
) -> None:
    visitor = chat().open()
    visitor.say("La patiente est TREM 8051 0112, que faire?")
    expect(visitor.card("notice")).to_contain_text("Renseignement masqué")
    expect(visitor.log).not_to_contain_text("8051")
    visitor.reload()
    expect(visitor.card("notice")).to_contain_text("Renseignement masqué")
    expect(visitor.log).not_to_contain_text("8051")


# --- The conversation as a whole -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "states"),
    [
        ("fr", ["Assistant virtuel", "En attente d’une personne", "Une personne vous répond",
                "Conversation terminée"]),
        ("en", ["Virtual assistant", "Waiting for a person", "A person is with you",
                "Conversation ended"]),
    ],
)  # fmt: skip
def test_who_has_the_conversation_is_always_said(
    chat: OpenChat, help_site: HelpSite, language: str, states: list[str]
) -> None:
    visitor = chat(language, 360).open()
    state = visitor.panel.locator(".state")
    now = help_site.services.clock.now()
    changes: list[Callable[[handoff.Ownership], handoff.Transfer]] = [
        lambda owner: handoff.ask_person(owner, now, "asked"),
        lambda owner: handoff.claim(owner, "agent-1"),
        lambda owner: handoff.resolve(owner, "agent-1"),
    ]
    expect(state).to_have_text(states[0])
    for change, words in zip(changes, states[1:], strict=True):
        help_site.change_owner(visitor.kept()["id"], change)
        expect(state).to_have_text(words)
    assert state.get_attribute("role") == "status"


def test_the_language_is_switched_with_every_label(chat: OpenChat, help_site: HelpSite) -> None:
    visitor = chat("fr", 360).open()
    visitor.panel.get_by_role("button", name="English").click()
    visitor.is_sent("In English, please")
    panel = visitor.panel
    expect(panel).to_have_attribute("lang", "en-CA")
    expect(panel.get_by_role("heading")).to_have_text("Ocean Help")
    expect(panel.get_by_role("textbox")).to_have_attribute("placeholder", "Type your question")
    expect(panel.get_by_text("Do not give any patient information.")).to_be_visible()
    expect(panel.locator("time").last).to_have_text(re.compile(r"[ap]\.m\."))


def test_the_transcript_is_downloaded_as_a_text_file(
    told: Callable[..., Chat], tmp_path: Path
) -> None:
    visitor = told(replies.a_filed_ticket("fr"))
    with visitor.page.expect_download() as download:
        visitor.panel.get_by_role("button", name="Télécharger").click()
    assert re.fullmatch(r"ocean-\d{4}-\d\d-\d\d\.txt", download.value.suggested_filename)
    download.value.save_as(tmp_path / "transcript.txt")
    text = (tmp_path / "transcript.txt").read_text(encoding="utf-8-sig")
    assert ASKED["fr"] in text
    assert replies.REFERENCE in text
    assert text.index("Assistant, ") < text.index("Vous, ")


@EITHER_WAY
def test_an_erased_conversation_is_gone_from_page_storage_and_gateway(
    told: Callable[..., Chat], help_site: HelpSite, language: Language, width: int
) -> None:
    visitor = told(replies.an_article_answer(language), language=language, width=width)
    before = visitor.kept()
    everything, keep, erase = {
        "fr": ("Tout effacer", "Conserver", "Effacer"),
        "en": ("Erase everything", "Keep", "Erase"),
    }[language]
    visitor.panel.get_by_role("button", name=everything).click()
    expect(visitor.panel.get_by_role("button", name=keep)).to_be_focused()
    visitor.panel.get_by_role("button", name=erase, exact=True).click()
    expect(visitor.own(ASKED[language])).to_have_count(0)
    expect(visitor.card("greeting")).to_be_visible()
    assert help_site.services.conversations.messages(before["id"]) == []
    assert before["token"] not in visitor.page.evaluate("JSON.stringify({...sessionStorage})")


@EITHER_WAY
def test_news_while_the_panel_is_closed_is_counted_on_the_launcher(
    chat: OpenChat, help_site: HelpSite, language: Language, width: int
) -> None:
    visitor = chat(language, width).open()
    visitor.page.keyboard.press("Escape")
    expect(visitor.panel).to_be_hidden()
    name = visitor.words["launcher"]
    for one, many in (("1 nouveau message", "1 new message"), ("2 nouveaux messages", "2 new")):
        help_site.say(visitor.kept()["id"], "agent", Reply("message", "Allo"))
        news = one if language == "fr" else many
        expect(visitor.launcher).to_have_accessible_name(re.compile(f"{re.escape(name)} {news}"))
    expect(visitor.launcher.locator(".badge")).to_have_text("2")
    expect(visitor.launcher.locator(".badge")).to_be_in_viewport(ratio=1)
    visitor.launcher.click()
    expect(visitor.panel).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect(visitor.launcher).to_have_accessible_name(name)


# --- Keyboard, screen readers, eyes --------------------------------------------------------------


def test_everything_is_reached_and_left_by_keyboard_alone(chat: OpenChat) -> None:
    visitor = chat()
    keys = visitor.page.keyboard
    visitor.launcher.focus()
    keys.press("Enter")
    expect(visitor.box).to_be_focused()
    expect(visitor.card("greeting")).to_be_visible()
    keys.press("Shift+Tab")
    expect(visitor.card("greeting").get_by_role("button").last).to_be_focused()
    keys.press("Enter")
    visitor.sees("An answer.")
    expect(visitor.box).to_be_focused()  # the button pressed rests; focus is where one goes on
    keys.type("Merci")
    keys.press("Tab")
    expect(visitor.panel.get_by_role("button", name="Envoyer", exact=True)).to_be_focused()
    keys.press("Enter")
    visitor.is_sent("Merci")
    keys.press("Escape")
    expect(visitor.panel).to_be_hidden()
    expect(visitor.launcher).to_be_focused()


def test_on_a_phone_the_panel_is_a_modal_dialog_that_keeps_the_focus(chat: OpenChat) -> None:
    visitor = chat("en", 360, reduced_motion="reduce").open()  # or it would still be rising
    dialog = visitor.page.get_by_role("dialog", name="Ocean Help")
    expect(dialog).to_be_visible()
    box = dialog.bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 360, 740)
    for _ in range(14):
        visitor.page.keyboard.press("Tab")
        outside = "document.activeElement.localName !== 'helpdesk-widget' && document.hasFocus()"
        is_outside = visitor.page.evaluate(f"{outside} && document.activeElement !== document.body")
        assert not is_outside


def test_screen_readers_are_told_each_message_once(told: Callable[..., Chat]) -> None:
    visitor = told(replies.an_article_answer("fr"))
    visitor.page.evaluate(
        """() => {
            const log = document.querySelector("helpdesk-widget").shadowRoot
                .querySelector("[role=log]");
            window.heard = [];
            new MutationObserver((changes) => {
                if (log.getAttribute("aria-live") !== "polite") return;
                for (const { addedNodes } of changes) {
                    for (const node of addedNodes) window.heard.push(node.textContent);
                }
            }).observe(log, { childList: true });
        }"""
    )
    visitor.say("Encore une fois")
    expect(visitor.log.get_by_text("An answer.")).to_be_visible()
    visitor.is_sent("Encore une fois")
    heard = visitor.page.evaluate("window.heard")
    assert sum("Encore une fois" in text for text in heard) == 1
    assert sum("An answer." in text for text in heard) == 1
    assert len(heard) == 2
    visitor.reload()  # what was heard before is not read out again
    expect(visitor.log).to_have_attribute("aria-live", "polite")


def test_the_accessibility_tree_names_every_control(told: Callable[..., Chat]) -> None:
    visitor = told(replies.a_recap("fr"), replies.a_filed_ticket("fr"))
    expect(visitor.panel).to_match_aria_snapshot(
        """
        - dialog "Aide Ocean":
          - heading "Aide Ocean" [level=2]
          - status: Assistant virtuel
          - button "English"
          - button "Fermer l’aide"
          - log "Conversation":
            - article
            - article
            - article
            - article
          - textbox "Votre message"
          - button "Envoyer" [disabled]
        """
    )
    unnamed = visitor.panel.locator("button:visible").evaluate_all(
        "nodes => nodes.filter((n) => !(n.getAttribute('aria-label') ?? n.textContent).trim())"
    )
    assert unnamed == []


@EITHER_WAY
def test_whoever_wants_no_motion_gets_none(
    told: Callable[..., Chat], language: Language, width: int
) -> None:
    said = replies.an_article_answer(language)
    visitor = told(said, language=language, width=width, reduced_motion="reduce")
    assert visitor.panel.evaluate("node => getComputedStyle(node).animationName") == "none"
    dot = visitor.panel.locator(".typing i").first
    assert dot.evaluate("node => getComputedStyle(node).animationName") == "none"


@EITHER_WAY
def test_in_forced_colours_every_part_has_an_edge(
    told: Callable[..., Chat], language: Language, width: int
) -> None:
    said = replies.an_article_answer(language)
    visitor = told(said, language=language, width=width, forced_colors="active")
    for part in (visitor.panel, visitor.card("answer")):
        assert part.evaluate("node => parseFloat(getComputedStyle(node).borderTopWidth)") >= 1


@pytest.mark.parametrize(
    ("language", "width", "height"), [("fr", 640, 450), ("en", 320, 256), ("fr", 320, 256)]
)
def test_at_two_and_four_times_the_size_everything_is_within_reach(
    told: Callable[..., Chat], language: Language, width: int, height: int
) -> None:
    size = {"width": width, "height": height}
    visitor = told(*replies.everything(language), language=language, viewport=size)
    send = visitor.panel.get_by_role("button", name=visitor.words["send"], exact=True)
    close = "Fermer l’aide" if language == "fr" else "Close help"
    for part in (visitor.box, send, visitor.panel.get_by_role("button", name=close)):
        expect(part).to_be_in_viewport(ratio=1)
    assert overflow_px(visitor.page.locator("html")) == 0
    assert overflow_px(visitor.log) == 0
    log = visitor.log.bounding_box()
    assert log is not None
    assert log["height"] >= 60


def test_the_box_stays_above_a_phones_keyboard(chat: OpenChat) -> None:
    visitor = chat("fr", 360).open()
    visitor.page.evaluate(
        """() => {
            Object.defineProperty(visualViewport, "height", { value: 420 });
            visualViewport.dispatchEvent(new Event("resize"));
        }"""
    )
    bottom = visitor.box.evaluate("node => node.getBoundingClientRect().bottom")
    assert bottom < 420
