"""The Team tab: who may sign in, as what, with which password, and where one is signed in."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from bot.core.agents import FAILURES_OF_EMAIL
from tests.support.desk_site import AGENTS, PASSWORD, DeskSite, at_desk

NEW_PASSWORD = "cinq autres mots encore plus simples"
LEAD, AGENT = AGENTS
# A console that hears nothing of its own end calls within a ping.
ENDED_MS = 30_000


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskSite]:
    """An empty desk of its own: accounts change here."""
    site = DeskSite(tmp_path_factory.mktemp("team"))
    site.start()
    yield site
    site.stop()


def test_a_lead_adds_an_agent_who_signs_in_and_shuts_her_out_again(
    browser: Browser, site: DeskSite
) -> None:
    with at_desk(browser, site.url, LEAD) as lead:
        page = lead.go("team", "#team-add")
        page.locator("#team-add").click()
        page.locator("#account-name").fill("Jeanne Côté")
        page.locator("#account-email").fill("jeanne@soutien.example")
        page.locator("#account-password").fill("jeanne@soutien.example")
        page.locator("dialog button.primary").click()
        # Refused, as too easily guessed: what was typed is still there.
        expect(page.locator("dialog .form-error")).to_contain_text("se devine trop facilement")
        expect(page.locator("#account-name")).to_have_value("Jeanne Côté")
        page.locator("#account-password").fill(PASSWORD)
        page.locator("dialog button.primary").click()
        row = page.locator(".accounts tr").filter(has_text="Jeanne Côté")
        expect(row).to_be_visible()
        jeanne = next(one for one in site.services.agents.all() if one.name == "Jeanne Côté")
        with at_desk(browser, site.url, jeanne, "en") as desk:
            page.locator(f"#access-{jeanne.id}").click()
            expect(row).to_have_class("disabled")
            expect(desk.page.locator("#sign-in-email")).to_be_visible(timeout=ENDED_MS)


def test_a_lead_changes_a_role_and_forgets_nobody_s_password(
    browser: Browser, site: DeskSite
) -> None:
    with at_desk(browser, site.url, LEAD) as lead:
        page = lead.go("team", "#team-add")
        page.locator(f"#role-{AGENT.id}").select_option("lead")
        expect(page.get_by_text("Enregistré.")).to_be_visible()
        page.locator(f"#password-{AGENT.id}").click()
        page.locator("#account-password").fill(NEW_PASSWORD)
        page.locator("dialog button.primary").click()
        expect(page.locator("dialog")).to_have_count(0)
    with at_desk(browser, site.url, AGENT, password=NEW_PASSWORD) as promoted:
        promoted.go("team", "#team-add")


def test_a_changed_password_ends_the_other_sessions_and_guesses_are_stopped(
    browser: Browser, site: DeskSite
) -> None:
    with (
        at_desk(browser, site.url, AGENT) as here,
        at_desk(browser, site.url, AGENT, "en") as elsewhere,
    ):
        page, other = here.go("team", "#team-end-others"), elsewhere.page
        expect(page.locator("#team-add")).to_have_count(0)
        expect(page.locator(".sessions li")).to_have_count(2)
        page.locator("#password-current").fill("je ne sais plus")
        page.locator("#password-new").fill(NEW_PASSWORD)
        page.locator("#password-new").press("Enter")
        expect(page.get_by_text("Le mot de passe actuel est incorrect.")).to_be_visible()
        expect(page.locator("#password-new")).to_have_value(NEW_PASSWORD)
        page.locator("#password-current").fill(PASSWORD)
        page.locator("#password-new").press("Enter")
        expect(page.locator("#password-new")).to_have_value("")
        expect(other.locator("#sign-in-email")).to_be_visible(timeout=ENDED_MS)

        def is_refused(password: str, says: str) -> None:
            other.locator("#sign-in-email").fill(AGENT.email)
            other.locator("#sign-in-password").fill(password)
            other.locator(".sign-in button[type=submit]").click()
            expect(other.locator(".form-error")).to_contain_text(says)

        is_refused(PASSWORD, "The email or the password is incorrect.")
        for _ in range(FAILURES_OF_EMAIL):
            guess = {"email": AGENT.email, "password": "un mot au hasard"}
            httpx.post(f"{site.url}/api/v1/agent/session", json=guess, timeout=30)
        is_refused(NEW_PASSWORD, "Too many attempts.")  # nobody looks at it now
        # Whoever is at work already stays so.
        page.reload()
        expect(page.locator("#live")).to_have_class("online")
