"""What the widget shows, on a phone and on a desk, in French and in English: every kind of card.

Each claim is held in all four places (`visitor`, in conftest.py).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Route, expect

from bot.core.conversations import Reply
from bot.core.language import Language
from tests.support import replies
from tests.support.browsing import Chat, Place, overflow_px, sent
from tests.support.pages import HelpSite

Tell = Callable[..., Locator]
ASKED: dict[Language, str] = {"fr": "Montrez-moi tout", "en": "Show me everything, please"}
MASKED: dict[Language, str] = {
    "fr": "La patiente est TREM 8051 0112, que faire?",
    "en": "The patient’s card is TREM 8051 0112, what now?",
}
# What stands on the widget's controls, and what it says by itself.
WORDS: dict[Language, dict[str, str]] = {
    "fr": {
        "title": "Aide Ocean",
        "privacy": "Ne donnez aucun renseignement sur un patient.",
        "placeholder": "Écrivez votre question",
        "other": "English",
        "wish": "En français, s’il vous plaît",
        "masked": "Renseignement masqué",
        "copy": f"Copier la référence {replies.REFERENCE}",
        "copied": "Copiée",
        "yes": "Réponse utile? Oui",
        "thanks": "Merci de votre avis.",
        "reason": "Raison",
        "reason wish": "Modifier\N{NO-BREAK SPACE}: raison",
        "closing": "fermeture",
        "download": "Télécharger",
        "yesterday": "Hier",
        "hour": r"^\d{1,2} h \d\d$",
        "day": r"^(lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche) \d{1,2} \w+ 20\d\d$",
        "users": "Liste des utilisateurs",
        "items": "Éléments de facturation",
        "send files": "Envoyer les fichiers",
        "sending files": "Envoi en cours…",
        "unfit": "Fichier refusé\N{NO-BREAK SPACE}: photo.png",
        "received": "Fichiers reçus.",
    },
    "en": {
        "title": "Ocean Help",
        "privacy": "Do not give any patient information.",
        "placeholder": "Type your question",
        "other": "Français",
        "wish": "In English, please",
        "masked": "Information masked",
        "copy": f"Copy reference {replies.REFERENCE}",
        "copied": "Copied",
        "yes": "Was this helpful? Yes",
        "thanks": "Thank you for your feedback.",
        "reason": "Reason",
        "reason wish": "Change: reason",
        "closing": "closing down",
        "download": "Download",
        "yesterday": "Yesterday",
        "hour": r"^\d{1,2}:\d\d [ap]\.m\.$",
        "day": r"^(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \w+ \d{1,2}, 20\d\d$",
        "users": "Users list",
        "items": "Bill items",
        "send files": "Send the files",
        "sending files": "Sending…",
        "unfit": "File refused: photo.png",
        "received": "Files received.",
    },
}
_QUESTIONS = itertools.count(1)


@pytest.fixture
def words(place: Place) -> dict[str, str]:
    """The widget's words in this place."""
    return WORDS[place.language]


@pytest.fixture
def told(visitor: Chat, shared_site: HelpSite, place: Place) -> Tell:
    """Asks, and is told this; gives the last card: `told(a_recap("fr"))`."""

    def tell(*said: Reply) -> Locator:
        asked = f"{ASKED[place.language]} ({next(_QUESTIONS)})"
        shared_site.talk.lines[asked] = said
        visitor.say(asked)
        visitor.is_sent(asked)
        card = visitor.own(asked).locator(f"~ article[data-kind={said[-1].kind}]").last
        expect(card).to_be_visible()
        return card

    return tell


# --- The panel -----------------------------------------------------------------------------------


def test_the_panel_fills_a_phone_and_stands_in_a_corner_of_a_desk(
    visitor: Chat, place: Place, words: dict[str, str]
) -> None:
    dialog = visitor.page.get_by_role("dialog", name=words["title"])
    box = dialog.bounding_box()
    assert box is not None
    corner = (852, 200, 408, 680)
    assert (box["x"], box["y"], box["width"], box["height"]) == (
        (0, 0, 360, 740) if place.is_phone else corner
    )
    # Where nothing else can be seen, nothing else can be reached.
    assert dialog.evaluate("panel => panel.matches(':modal')") is place.is_phone
    assert overflow_px(visitor.page.locator("html")) == 0


def test_the_greeting_offers_three_questions_and_warns_of_patient_data(
    visitor: Chat, words: dict[str, str]
) -> None:
    questions = visitor.card("greeting").get_by_role("button")
    expect(questions).to_have_count(3)
    for question in questions.all():
        expect(question).to_be_enabled()
        assert overflow_px(question) == 0
    expect(visitor.panel.get_by_text(words["privacy"])).to_be_in_viewport(ratio=1)
    expect(visitor.box).to_have_attribute("placeholder", words["placeholder"])


def test_the_language_is_switched_with_every_label_and_back(
    visitor: Chat, place: Place, words: dict[str, str]
) -> None:
    here, there = words, WORDS["en" if place.language == "fr" else "fr"]
    for now, before in ((there, here), (here, there)):
        visitor.panel.get_by_role("button", name=before["other"]).click()
        expect(visitor.panel.get_by_role("heading", level=2)).to_have_text(now["title"])
        for name in ("privacy", "download", "other"):
            expect(visitor.panel.get_by_text(now[name], exact=True)).to_be_visible()
        expect(visitor.panel.get_by_role("textbox")).to_have_attribute(
            "placeholder", now["placeholder"]
        )
        visitor.is_sent(now["wish"])
    locale = {"fr": "fr-CA", "en": "en-CA"}[place.language]
    expect(visitor.panel).to_have_attribute("lang", locale)


def test_hours_and_days_are_written_as_the_language_writes_them(
    visitor: Chat, shared_site: HelpSite, words: dict[str, str]
) -> None:
    conversations, now = shared_site.services.conversations, shared_site.services.clock.now()
    for days in (1, 4):
        said = [Reply("message", f"{days} j")]
        conversations.say(visitor.kept()["id"], "agent", said, at=now - timedelta(days=days))
    shared_site.services.events.publish(visitor.kept()["id"])
    visitor.sees("4 j")
    days_shown = visitor.log.locator(".day").all_inner_texts()
    assert words["yesterday"] in days_shown
    assert any(re.match(words["day"], shown) for shown in days_shown), days_shown
    hour = visitor.log.locator("time").last.inner_text().replace("\N{NO-BREAK SPACE}", " ")
    assert re.match(words["hour"], hour.replace("\N{NARROW NO-BREAK SPACE}", " ")), hour


# --- Cards ---------------------------------------------------------------------------------------


def test_an_answer_shows_its_steps_its_caution_its_labels_and_where_it_comes_from(
    told: Tell, visitor: Chat, shared_site: HelpSite, place: Place
) -> None:
    answer = told(replies.an_article_answer(place.language))
    expect(answer.locator("ol > li")).to_have_count(3)
    expect(answer.locator("blockquote")).to_be_visible()
    expect(answer.locator("li strong").first).to_have_css("border-top-width", "1px")
    expect(answer.locator(".title")).to_have_css("font-size", "16px")
    link = answer.locator(".sources a")
    address = f"{shared_site.url}/articles/{place.language}/licence-remove#downgrade"
    assert link.evaluate("link => link.href") == address
    assert link.get_attribute("target") == "_blank"
    assert overflow_px(visitor.log) == 0
    related = answer.get_by_role("group", name=re.compile("À lire aussi|Related topics"))
    expect(related.get_by_role("button")).to_have_count(1)


def test_whether_an_answer_helped_is_asked_once_and_remembered(
    told: Tell, visitor: Chat, shared_site: HelpSite, place: Place, words: dict[str, str]
) -> None:
    totals = shared_site.services.figures.totals
    before = totals().helpful
    answer = told(replies.an_article_answer(place.language))
    posts = sent(visitor.page, "/feedback")
    answer.get_by_role("button", name=words["yes"]).click()
    expect(answer).to_contain_text(words["thanks"])
    visitor.reload()
    expect(answer).to_contain_text(words["thanks"])
    assert totals().helpful == before + 1
    assert len(posts) == 1


def test_a_button_is_used_once_also_after_a_reload(told: Tell, visitor: Chat, place: Place) -> None:
    buttons = told(replies.an_article_answer(place.language)).locator("button.option")
    expect(buttons).to_have_count(2)
    posts = sent(visitor.page, "/messages")
    buttons.first.dblclick()
    visitor.sees("An answer.")
    visitor.is_answered()
    for _ in range(2):
        for button in buttons.all():
            expect(button).to_be_disabled()
        visitor.reload()
    assert len(posts) == 1


def test_the_senders_of_a_diagnosis_fit_the_panel_and_stay_a_table(
    told: Tell, place: Place
) -> None:
    diagnosis = told(replies.a_diagnosis(place.language))
    table = diagnosis.get_by_role("table")
    rows = table.get_by_role("row")
    expect(rows).to_have_count(3)
    rows.nth(1).scroll_into_view_if_needed()
    amount = rows.nth(1).get_by_role("cell").nth(2)
    expect(amount).to_be_in_viewport(ratio=1)
    expect(amount).to_have_attribute("data-head", re.compile("Montant|Amount"))
    assert overflow_px(table) == 0
    expect(diagnosis.locator("ul li")).to_have_count(3)  # two facts of evidence, one source


def test_each_line_of_a_recap_can_be_changed_and_an_older_recap_rests(
    told: Tell, visitor: Chat, shared_site: HelpSite, place: Place, words: dict[str, str]
) -> None:
    first = told(replies.a_recap(place.language))
    expect(first.locator("button.edit")).to_have_count(6)
    shared_site.talk.lines[words["reason wish"]] = [
        replies.a_recap(place.language, reason=words["closing"])
    ]
    first.locator("li", has_text=words["reason"]).get_by_role("button").click()
    visitor.is_sent(words["reason wish"])
    visitor.sees(re.compile(words["closing"]))
    first = visitor.log.locator('[data-kind="recap"]').nth(-2)
    expect(first.locator("button.edit").first).to_be_hidden()
    expect(first.locator("button.option").first).to_be_disabled()
    expect(visitor.card("recap").locator("button.edit").first).to_be_visible()


def test_the_reference_of_a_request_is_copied(
    told: Tell, visitor: Chat, place: Place, words: dict[str, str]
) -> None:
    copy = told(replies.a_filed_ticket(place.language)).get_by_role("button", name=words["copy"])
    visitor.page.evaluate("navigator.clipboard.writeText('')")
    copy.click()
    expect(copy).to_have_text(words["copied"])
    assert visitor.page.evaluate("navigator.clipboard.readText()") == replies.REFERENCE


def test_files_that_the_bot_asks_for_are_chosen_sent_with_progress_and_their_faults_told(
    told: Tell, visitor: Chat, place: Place, words: dict[str, str], tmp_path: Path
) -> None:
    card = told(replies.a_request_for_files(place.language))
    held: list[Route] = []
    visitor.page.route("**/files", lambda route: held.append(route))
    send, news = card.get_by_role("button", name=words["send files"]), card.get_by_role("status")
    expect(send).to_be_disabled()
    (tmp_path / "photo.png").write_bytes(b"\x89PNG")
    card.get_by_label(words["users"]).set_input_files(tmp_path / "photo.png")
    expect(news).to_contain_text(words["unfit"])
    for label, name in (("users", "u.csv"), ("items", "i.csv")):
        (tmp_path / name).write_text("a;b\n")
        card.get_by_label(words[label]).set_input_files(tmp_path / name)

    def send_and_answer(**answer: object) -> None:
        with visitor.page.expect_request("**/files") as asked:
            send.click()
        expect(card.get_by_role("progressbar")).to_be_visible()
        expect(news).to_have_text(words["sending files"])
        expect(send).to_be_disabled()
        body = asked.value.post_data_buffer or b""
        assert b'name="users"; filename="u.csv"' in body
        assert b'name="items"; filename="i.csv"' in body
        held.pop().fulfill(**answer)  # type: ignore[arg-type]

    send_and_answer(status=422, json={"detail": "ligne 3 : date inconnue"})
    expect(news).to_contain_text("ligne 3 : date inconnue")
    expect(card.get_by_role("progressbar")).to_be_hidden()
    assert overflow_px(card) == 0
    send_and_answer(json={"messages": [], "state": "bot"})
    expect(news).to_have_text(words["received"])
    expect(send).to_be_hidden()
    visitor.reload()
    expect(visitor.card("form").get_by_label(words["users"])).to_be_disabled()


def test_words_masked_by_the_gateway_are_shown_masked_with_a_gentle_notice(
    visitor: Chat, place: Place, words: dict[str, str]
) -> None:
    visitor.say(MASKED[place.language])
    visitor.is_answered()
    for _ in range(2):
        expect(visitor.card("notice")).to_contain_text(words["masked"])
        expect(visitor.log).not_to_contain_text("8051")
        assert "8051" not in visitor.page.evaluate("JSON.stringify({...sessionStorage})")
        visitor.reload()


def test_the_transcript_is_downloaded_as_a_text_file(
    told: Tell, visitor: Chat, place: Place, words: dict[str, str], tmp_path: Path
) -> None:
    told(replies.a_filed_ticket(place.language))
    with visitor.page.expect_download() as download:
        visitor.panel.get_by_role("button", name=words["download"]).click()
    assert re.fullmatch(r"ocean-\d{4}-\d\d-\d\d\.txt", download.value.suggested_filename)
    download.value.save_as(tmp_path / "transcript.txt")
    text = (tmp_path / "transcript.txt").read_text(encoding="utf-8-sig")
    assert text.startswith(words["title"])
    assert ASKED[place.language] in text
    assert replies.REFERENCE in text
    assert text.index("Assistant, ") < text.index("Vous, " if place.language == "fr" else "You, ")
