"""What an agent begins in one conversation stays there, whichever is opened before it has ended."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Route, expect

from tests.support.desk_scenes import begin_to_wait
from tests.support.desk_site import AGENTS, Desk, DeskSite

OpenDesk = Callable[..., Desk]


def hold(site: DeskSite, *ids: str) -> None:
    """The first agent has these conversations."""
    for id_ in ids:
        begin_to_wait(site, id_)
        site.services.desk.claim(id_, AGENTS[0])


def spoken(site: DeskSite, id_: str) -> list[str]:
    return [m.text for m in site.messages(id_) if m.author == "agent"]


def test_a_reply_is_tried_again_where_it_was_written_and_holds_up_no_other(
    desk: OpenDesk, site: DeskSite
) -> None:
    hold(site, "talk-down", "talk-up")
    opened = desk("fr")
    page = opened.page

    def fail(route: Route) -> None:
        route.fulfill(status=503, json={"title": "Unavailable", "status": 503})

    page.route("**/talk-down/messages", fail)
    opened.open("talk-down")
    opened.write("À qui attend.")
    expect(page.get_by_text("l’envoi reprend de lui-même")).to_be_visible()
    opened.open("talk-up")
    expect(page.locator("#reply")).to_have_value("")
    opened.write("À l’autre.")
    opened.has_sent()
    page.unroute("**/talk-down/messages")
    with page.expect_response(lambda r: r.ok and r.url.endswith("/talk-down/messages")):
        pass
    assert spoken(site, "talk-down") == ["À qui attend."]
    assert spoken(site, "talk-up") == ["À l’autre."]
    opened.open("talk-down")
    expect(page.locator("#reply")).to_have_value("")


def test_a_colleague_and_a_resolution_are_for_the_conversation_they_were_chosen_in(
    desk: OpenDesk, site: DeskSite
) -> None:
    hold(site, "talk-given", "talk-ended", "talk-kept")
    opened = desk("fr")
    page = opened.page
    held: list[Route] = []
    page.route("**/agent/agents?*", lambda route: held.append(route))
    opened.open("talk-given")
    with page.expect_request("**/agent/agents?*"):
        page.locator("#act-transfer").click()
    opened.open("talk-kept")
    held[0].continue_()
    page.locator("#transfer-agent").select_option(label=AGENTS[1].name)
    with page.expect_response("**/talk-*/transfer"):
        page.locator("dialog button.primary").click()

    opened.open("talk-ended")
    page.locator("#act-resolve").click()
    opened.open("talk-kept")
    with page.expect_response("**/talk-*/resolve"):
        page.locator("dialog button.primary").click()

    now = site.services.conversations.get
    assert now("talk-given").assignee_id == AGENTS[1].id
    assert now("talk-ended").state == "closed"
    assert now("talk-kept").assignee_id == AGENTS[0].id


def test_a_note_is_forgotten_where_it_was_kept(desk: OpenDesk, site: DeskSite) -> None:
    hold(site, "talk-noted", "talk-next")
    opened = desk("fr")
    page = opened.page
    held: list[Route] = []
    page.route("**/notes", lambda route: held.append(route))
    opened.open("talk-noted")
    page.locator("#reply").fill("Ne pas rappeler avant lundi.")
    with page.expect_request("**/notes"):
        page.locator("#reply-note").click()
    opened.open("talk-next")
    with page.expect_response("**/notes"):
        held[0].continue_()
    opened.open("talk-noted")
    expect(page.locator(".notes")).to_contain_text("Ne pas rappeler avant lundi.")
    expect(page.locator("#reply")).to_have_value("")


def test_a_preview_shows_what_stands_in_the_box_beside_it(desk: OpenDesk, site: DeskSite) -> None:
    hold(site, "talk-seen", "talk-empty")
    opened = desk("en")
    page = opened.page
    opened.open("talk-seen")
    page.locator("#reply").fill("**For her eyes**")
    page.locator("#reply-preview").click()
    expect(page.locator(".preview strong")).to_have_text("For her eyes")
    opened.open("talk-empty")
    expect(page.locator("#reply")).to_have_value("")
    expect(page.locator(".preview")).to_have_text("")
    opened.open("talk-seen")
    expect(page.locator(".preview strong")).to_have_text("For her eyes")
