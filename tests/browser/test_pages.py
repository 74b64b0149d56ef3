"""The pages in a real browser: a visitor and an agent, each at a window of their own.

The words that the widget and the console show are the product's, so they are what is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Response,
    expect,
    sync_playwright,
)

from bot.settings import DEMO_AGENTS
from tests.support.stack import AgentClient, RunningStack, Visitor

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 15_000
AGENT = DEMO_AGENTS[0]

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing: install Debian's chromium"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the pages complain of: errors of scripts, broken policies, refused requests."""
    return []


def open_page(browser: Browser, url: str, complaints: list[str]) -> Page:
    """A page in a window that shares nothing with the others."""
    context = browser.new_context(locale="fr-CA", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)

    def hear(line: ConsoleMessage) -> None:
        # Refused requests are heard of below, with their address.
        if line.type == "error" and not line.text.startswith("Failed to load resource"):
            complaints.append(line.text)

    def judge(response: Response) -> None:
        # A console that finds nobody signed in asks to sign in.
        is_wanted = response.status == 401 and response.url.endswith("/agent/session")
        if response.status >= 400 and not is_wanted:
            complaints.append(f"{response.status} {response.url}")

    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", hear)
    page.on("response", judge)
    page.goto(url)
    return page


def open_console(browser: Browser, url: str, complaints: list[str]) -> Page:
    """The console with the first demo agent signed in."""
    console = open_page(browser, f"{url}/console", complaints)
    console.get_by_label("Courriel").fill(AGENT.email)
    console.get_by_label("Mot de passe").fill(AGENT.password)
    console.get_by_role("button", name="Ouvrir la session").click()
    return console


def say(page: Page, text: str) -> None:
    """Writes in the widget as a visitor does: types, presses Enter."""
    box = page.get_by_role("textbox", name="Votre message")
    box.fill(text)
    box.press("Enter")


def sees(page: Page, text: str | re.Pattern[str], among: str = "Conversation") -> None:
    """Waits until the text stands in the widget's or the console's log."""
    log = page.get_by_role("log", name=among)
    expect(log.get_by_text(text).last).to_be_visible(timeout=PATIENCE_MS)


def test_a_visitor_cancels_asks_for_a_person_and_an_agent_replies(
    browser: Browser,
    stack: RunningStack,
    agent: AgentClient,
    site_number: str,
    complaints: list[str],
) -> None:
    # The visitor opens the help and files a cancellation.
    visitor = open_page(browser, f"{stack.url}/", complaints)
    visitor.get_by_role("button", name="Besoin d’aide?").click()
    visitor.get_by_role("button", name="Faire une demande d’annulation").click()
    sees(visitor, re.compile("Quels services voulez-vous annuler"))
    for answer, next_question in (
        ("Les kiosques", "À quel nom"),
        ("Julie Tremblay", "À quelle adresse courriel"),
        ("julie@clinique.example.com", "votre numéro de site Ocean"),
        (site_number, "Quel DMÉ"),
        ("Accuro", "Pour quelle raison"),
    ):
        say(visitor, answer)
        sees(visitor, re.compile(next_question))
    visitor.get_by_role("button", name="Passer").click()
    sees(visitor, re.compile("Voici votre demande d’annulation"))
    visitor.get_by_role("button", name="Oui, transmettre la demande").click()
    sees(visitor, re.compile("Votre demande d’annulation est déposée"))
    (ticket,) = agent.tickets(q=site_number)
    sees(visitor, re.compile(ticket["reference"]))

    # A reload keeps the thread and says nothing by itself.
    said_before = agent.conversation(ticket["conversation_id"])["messages"]
    visitor.reload()
    visitor.get_by_role("button", name="Besoin d’aide?").click()
    sees(visitor, re.compile(ticket["reference"]))
    sees(visitor, "Julie Tremblay")
    assert agent.conversation(ticket["conversation_id"])["messages"] == said_before

    # The visitor asks for a person.
    say(visitor, "Je veux parler à une personne")
    sees(visitor, re.compile("Vous êtes dans la file d’attente"))
    expect(visitor.get_by_text("En attente d’une personne")).to_be_visible()

    # An agent signs in, finds the visitor in the queue, claims and replies.
    console = open_console(browser, stack.url, complaints)
    console.locator(f'a.row[href$="{ticket["conversation_id"]}"]').click()
    sees(console, re.compile(ticket["reference"]), among="Échanges")
    console.get_by_role("button", name="Prendre en charge").click()
    sees(visitor, re.compile(f"{AGENT.name} a rejoint la conversation"))
    expect(visitor.get_by_text(f"{AGENT.name} vous répond")).to_be_visible()

    reply = console.get_by_label("Votre réponse")
    reply.fill("Bonjour Julie, je vérifie **vos kiosques**.")
    console.get_by_role("button", name="Envoyer").click()
    sees(visitor, "vos kiosques")
    expect(reply).to_have_value("")

    # Both go on without reloading, and the agent resolves.
    say(visitor, "Merci beaucoup!")
    sees(console, "Merci beaucoup!", among="Échanges")
    console.get_by_role("button", name="Terminer").click()
    dialog = console.get_by_role("dialog", name="Terminer la conversation")
    dialog.get_by_label("Note (facultative)").fill("Kiosques vérifiés.")
    dialog.get_by_role("button", name="Terminer").click()
    expect(console.get_by_text("Conversation terminée.")).to_be_visible()
    sees(visitor, re.compile("La personne du soutien a terminé la conversation"))
    expect(visitor.get_by_text("Conversation terminée")).to_be_visible()
    assert agent.conversation(ticket["conversation_id"])["state"] == "closed"

    # The bot answers again as soon as the visitor writes.
    say(visitor, "Où sont mes anciennes factures?")
    sees(visitor, re.compile("Retrouver une ancienne facture"))
    assert complaints == []


def test_an_agent_sees_who_asks_what_was_found_and_on_what_evidence(
    browser: Browser,
    stack: RunningStack,
    visit: Callable[..., Visitor],
    complaints: list[str],
) -> None:
    visitor = visit("fr", who="unlinked_subscribed")
    visitor.press("Comprendre mes frais par message")
    visitor.press("Parler à une personne")
    console = open_console(browser, stack.url, complaints)
    console.locator(f'a.row[href$="{visitor.id}"]').click()
    file = console.get_by_role("complementary", name="Dossier du visiteur")
    for text in (
        "Identité vérifiée",
        "k.benhaddou@erables.example.com",
        "ce compte n’est pas lié à votre compte Accuro",
        "votre compte : couverture par une licence",
        "votre compte : aucun lien vu à ce site",
    ):
        expect(file.get_by_text(text).first).to_be_visible()
    expect(file).not_to_contain_text("[object")
    assert complaints == []
