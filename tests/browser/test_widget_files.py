"""Files dropped into the widget, by the running product: from the question to the findings."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Browser, JSHandle, Page, Route, expect

from bot.core.language import Language
from tests.support.browsing import Chat, Complaints, open_chat, overflow_px
from tests.support.stack import RunningStack

USERS = """Username,First Name,Surname,EMR Username,Patient Messages Licence Type,\
Date of Latest Patient Message
rlal,Rita,Lalonde,,Plus,2026-10-30
"""
ITEMS = """Date,Description,User,Amount
2026-10-02,Patient Message,rlal,0.45
2026-10-03,Patient Message,rlal,0.45
"""
SPOILT = ITEMS.replace("2026-10-03", "le trois")
WORDS: dict[Language, dict[str, str]] = {
    "fr": {
        "admin": "Administratrice du site",
        "again": "c’est fait, revérifiez",
        "send": "Envoyer les fichiers",
        "sending": "Envoi en cours…",
        "sent": "Fichiers reçus.",
        "refused": "Je ne peux pas me fier à ces fichiers",
        "read": "J’ai lu les deux fichiers que vous avez déposés",
    },
    "en": {
        "admin": "Site admin",
        "again": "check again please",
        "send": "Send the files",
        "sending": "Sending…",
        "sent": "Files received.",
        "refused": "I can’t rely on these files",
        "read": "I read the two files that you provided",
    },
}


def carried(page: Page, **files: str) -> JSHandle:
    """Files as a mouse carries them: `carried(page, users="…")` for users.csv."""
    return page.evaluate_handle(
        """(files) => {
            const carried = new DataTransfer();
            for (const [name, text] of Object.entries(files)) {
                carried.items.add(new File([text], `${name}.csv`, { type: "text/csv" }));
            }
            return carried;
        }""",
        files,
    )


def asked_for_files(visitor: Chat, stack: RunningStack, language: Language) -> None:
    """An admin who gave files once, has put right what they showed, and wants to look again."""
    visitor.page.get_by_label(WORDS[language]["admin"]).check()
    visitor.open()
    kept = visitor.kept()
    first = httpx.post(
        f"{stack.url}/api/v1/conversations/{kept['id']}/files",
        files={"users": ("u.csv", USERS.encode()), "items": ("i.csv", ITEMS.encode())},
        headers={"Authorization": f"Bearer {kept['token']}"},
        trust_env=False,
        timeout=60,
    )
    assert first.status_code == 200, first.text
    visitor.say(WORDS[language]["again"])
    expect(visitor.card("form").locator(".file-zone")).to_have_count(2)


@pytest.mark.parametrize(("language", "width"), [("fr", 360), ("en", 1280)])
def test_two_files_dropped_at_once_are_sent_with_progress_and_followed_by_the_findings(
    browser: Browser, stack: RunningStack, language: Language, width: int
) -> None:
    words = WORDS[language]
    visitor = open_chat(browser, stack.url, Complaints(), language, width)
    asked_for_files(visitor, stack, language)
    form = visitor.card("form")
    zone, news = form.locator(".file-zone").first, form.get_by_role("status")
    send = form.get_by_role("button", name=words["send"])

    # A row that cannot be read is told, with its line, and nothing is concluded.
    held: list[Route] = []
    visitor.page.route("**/files", lambda route: held.append(route))
    zone.dispatch_event(
        "dragenter", {"dataTransfer": carried(visitor.page, users=USERS, items=SPOILT)}
    )
    zone.dispatch_event("drop", {"dataTransfer": carried(visitor.page, users=USERS, items=SPOILT)})
    expect(form.locator(".file-name")).to_have_text(["users.csv", "items.csv"])
    expect(send).to_be_enabled()
    with visitor.page.expect_request("**/files"):
        send.click()
    expect(form.get_by_role("progressbar")).to_be_visible()
    expect(news).to_have_text(words["sending"])
    expect(send).to_be_disabled()
    held.pop().continue_()
    expect(news).to_contain_text(words["refused"])
    expect(news).to_contain_text("3")
    expect(form.get_by_role("progressbar")).to_be_hidden()
    assert overflow_px(form) == 0
    before = visitor.log.locator('[data-kind="diagnosis"]').count()

    # Put right and dropped on the other place: which is which is seen from the headers.
    visitor.page.unroute("**/files")
    form.locator(".file-zone").last.dispatch_event(
        "drop", {"dataTransfer": carried(visitor.page, users=USERS, items=ITEMS)}
    )
    send.click()
    expect(news).to_have_text(words["sent"])
    expect(visitor.log.locator('[data-kind="diagnosis"]')).to_have_count(before + 1)
    findings = visitor.card("diagnosis")
    expect(findings).to_contain_text(words["read"])
    expect(findings).to_contain_text("Rita Lalonde")
    expect(send).to_be_hidden()
    visitor.reload()
    expect(visitor.card("diagnosis")).to_contain_text("Rita Lalonde")
    visitor.page.context.close()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_whoever_is_no_admin_is_told_who_may_give_files(
    browser: Browser, stack: RunningStack, language: Language
) -> None:
    visitor = open_chat(browser, stack.url, Complaints(), language, 360)
    asked_for_files(visitor, stack, language)
    form = visitor.card("form")
    form.locator(".file-zone").first.dispatch_event(
        "drop", {"dataTransfer": carried(visitor.page, users=USERS, items=ITEMS)}
    )
    # As if the sign-in had ended in the meantime.
    visitor.page.route("**/files", lambda route: route.fulfill(status=403, json={}))
    form.get_by_role("button", name=WORDS[language]["send"]).click()
    told = "Seul un administrateur du site" if language == "fr" else "Only a site admin"
    expect(form.get_by_role("status")).to_contain_text(told)
    visitor.page.context.close()
