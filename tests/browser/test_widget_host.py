"""The widget on the pages of others: what it needs of them, what neither can do to the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape

import httpx
import pytest
from playwright.sync_api import Browser, Route, expect

from bot.core import handoff
from tests.support import replies
from tests.support.browsing import Chat, Complaints, open_window
from tests.support.pages import HelpSite, HostPages

PLAIN = '<!doctype html><html lang="fr"><title>Clinique</title><body><h1>Clinique</h1>{script}'
HOSTILE = """
<!doctype html><html lang="fr" style="font-size: 40px"><base href="https://elsewhere.example/">
<style>
  body * {{ all: unset !important; display: none !important; color: red !important; }}
  * {{ --paper: red !important; --ink: red !important; --brand: red !important; }}
  helpdesk-widget {{ visibility: hidden !important; transform: scale(0) !important; }}
  button, dialog, .panel, .launcher {{ position: static !important; width: 1px !important; }}
</style>
<body>
{script}
"""
# What the libraries of twenty years do to a page.
FRAMEWORK = """
Array.prototype.last = function () { return this[this.length - 1]; };
Object.prototype.inspect = function () { return "inspected"; };
Element.prototype.update = function (html) { this.innerHTML = html; return this; };
window.$ = window.jQuery = (q) => document.querySelectorAll(q);
window.Session = window.View = window.el = window.icon = window.body = () => { throw Error(); };
document.addEventListener("keydown", (e) => {
  if (e.target.localName !== "input") { window.shortcut = e.key; e.preventDefault(); }
});
window.addEventListener("error", (e) => { window.broken = e.message; });
"""
POLICY = (
    "default-src 'none'; script-src {help}; style-src {help}; connect-src {help}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types helpdesk-widget"
)


@pytest.fixture
def host() -> Iterator[HostPages]:
    """The site of a clinic, at an origin of its own."""
    pages = HostPages()
    pages.start()
    yield pages
    pages.stop()


@pytest.fixture
def help_site(host: HostPages) -> Iterator[HelpSite]:
    """The gateway; the clinic's origin is on its list."""
    site = HelpSite(allowed_origins=(host.url,))
    site.start()
    yield site
    site.stop()


@pytest.fixture
def visit(
    browser: Browser, host: HostPages, complaints: Complaints
) -> Iterator[Callable[[str], Chat]]:
    """Opens a page of the clinic's."""
    window = open_window(browser)

    def go(path: str) -> Chat:
        page = window.new_page()
        complaints.hear(page)
        page.goto(f"{host.url}{path}")
        return Chat(page)

    yield go
    window.close()


def script_of(site: HelpSite, path: str = "/widget.js", **attributes: str) -> str:
    written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f'<script src="{site.url}{path}" {written} defer></script>'


def pinned(site: HelpSite) -> tuple[str, str]:
    """The versioned address of the script, and its integrity, as docs/embedding.md gets them."""
    listed = httpx.get(f"{site.url}/widget.json", trust_env=False).json()
    return listed["path"], listed["integrity"]


# --- Embedding -----------------------------------------------------------------------------------


def test_one_script_tag_is_all_a_page_needs_and_one_name_all_it_gets(
    visit: Callable[[str], Chat], host: HostPages, help_site: HelpSite, complaints: Complaints
) -> None:
    host.pages["/without"] = PLAIN.format(script="")
    host.pages["/with"] = PLAIN.format(script=script_of(help_site) * 2)
    names = "Object.getOwnPropertyNames(window)"
    before = set(visit("/without").page.evaluate(names))
    visitor = visit("/with").open()
    after = set(visitor.page.evaluate(names))
    assert {name for name in after - before if not name.isdigit()} == {"HelpdeskWidget"}
    expect(visitor.page.locator("helpdesk-widget")).to_have_count(1)
    visitor.say("Bonjour")
    visitor.sees("An answer.")
    assert complaints == []


def test_the_strictest_policy_lets_the_pinned_widget_work(
    visit: Callable[[str], Chat], host: HostPages, help_site: HelpSite, complaints: Complaints
) -> None:
    path, integrity = pinned(help_site)
    script = script_of(help_site, path, integrity=integrity, crossorigin="anonymous")
    host.pages["/strict"] = PLAIN.format(script=script)
    host.headers["/strict"] = {"Content-Security-Policy": POLICY.format(help=help_site.url)}
    help_site.talk.lines["Tout"] = replies.everything("fr")
    visitor = visit("/strict").open()
    visitor.say("Tout")
    expect(visitor.card("ticket")).to_be_visible()
    expect(visitor.panel).to_have_css("position", "fixed")
    assert complaints == []


def test_a_part_that_was_tampered_with_is_not_run(
    visit: Callable[[str], Chat], host: HostPages, help_site: HelpSite, complaints: Complaints
) -> None:
    host.pages["/pinned"] = PLAIN.format(script=script_of(help_site))

    def tamper(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body="window.stolen = true;" + answer.text())

    host.pages["/before"] = PLAIN.format(script="")
    page = visit("/before").page
    page.route("**/session.js", tamper)
    page.goto(f"{host.url}/pinned")
    page.locator("helpdesk-widget .launcher").click()
    expect(page.get_by_role("button", name="Aide indisponible, nouvel essai…")).to_be_visible()
    assert page.evaluate("window.stolen") is None
    expect(page.locator("helpdesk-widget .panel")).to_have_count(0)
    assert any("integrity" in line or "session.js" in line for line in complaints)


def test_a_part_that_could_not_be_had_is_asked_for_again(
    visit: Callable[[str], Chat], host: HostPages, help_site: HelpSite
) -> None:
    host.pages["/before"] = PLAIN.format(script="")
    host.pages["/with"] = PLAIN.format(script=script_of(help_site))
    page = visit("/before").page
    page.route("**/session.js", lambda route: route.abort())
    page.goto(f"{host.url}/with")
    page.locator("helpdesk-widget .launcher").click()
    expect(page.get_by_role("button", name="Aide indisponible, nouvel essai…")).to_be_visible()
    page.unroute("**/session.js")
    expect(page.get_by_role("dialog", name="Aide Ocean")).to_be_visible(timeout=15_000)


def test_a_page_learns_of_messages_and_states_by_the_api(
    visit: Callable[[str], Chat], host: HostPages, help_site: HelpSite
) -> None:
    host.pages["/"] = PLAIN.format(script=script_of(help_site, **{"data-language": "en"}))
    page = visit("/").page
    page.evaluate(
        """() => {
            window.heard = [];
            const { on, open } = HelpdeskWidget;
            const once = new AbortController();
            for (const name of ["open", "close", "message", "state"]) {
                on(name, (detail) => heard.push([name, detail?.kind ?? detail ?? null]));
            }
            on("message", () => heard.push(["unwanted"]), { signal: once.signal });
            once.abort();
            return open({ text: "Where is my invoice?" });
        }"""
    )
    visitor = Chat(page, "en")
    expect(visitor.box).to_have_value("Where is my invoice?")
    visitor.box.press("Enter")
    visitor.sees("An answer.")
    page.evaluate("HelpdeskWidget.close()")
    expect(visitor.panel).to_be_hidden()
    heard = page.evaluate("window.heard")
    assert ["open", None] in heard
    assert ["message", "answer"] in heard
    assert heard[-1] == ["close", None]
    assert ["unwanted"] not in heard


def test_a_page_learns_who_has_the_conversation_and_that_an_identity_was_refused(
    visit: Callable[[str], Chat], host: HostPages, help_site: HelpSite
) -> None:
    host.pages["/"] = PLAIN.format(script=script_of(help_site))
    visitor = visit("/")
    visitor.page.evaluate(
        """() => {
            window.heard = [];
            HelpdeskWidget.on("state", (state) => heard.push(state));
            HelpdeskWidget.on("identity-refused", () => heard.push("refused"));
            HelpdeskWidget.identify(async () => "e30.e30.forged").catch(() => {});
        }"""
    )
    visitor.open()
    visitor.sees("Votre identité n’a pas pu être vérifiée.")
    id_, now = visitor.kept()["id"], help_site.services.clock.now()
    help_site.change_owner(id_, lambda owner: handoff.ask_person(owner, now, "asked"))
    visitor.page.wait_for_function("heard.includes('waiting')")
    help_site.change_owner(id_, lambda owner: handoff.claim(owner, "agent-1"))
    visitor.page.wait_for_function("heard.includes('agent')")
    assert visitor.page.evaluate("heard") == ["refused", "waiting", "agent"]


def test_a_page_that_says_who_is_signed_in_opens_the_conversation_in_their_name(
    visit: Callable[[str], Chat], host: HostPages, help_site: HelpSite
) -> None:
    listed = httpx.get(f"{help_site.url}/api/v1/demo/identities", trust_env=False).json()
    token = listed["identities"][0]["identity"]
    host.pages["/"] = PLAIN.format(script=script_of(help_site))
    visitor = visit("/")
    visitor.page.evaluate("token => HelpdeskWidget.identify(async () => token)", token)
    visitor.open()
    conversation = help_site.services.conversations.get(visitor.kept()["id"])
    assert conversation.identity is not None
    assert conversation.identity.external_id == "demo-linked"
    # Whoever signs out by answering "nobody" leaves nothing behind.
    visitor.page.evaluate("HelpdeskWidget.identify(async () => null)")
    expect(visitor.card("greeting")).to_be_visible()
    visitor.page.wait_for_function(
        "old => JSON.parse(sessionStorage['helpdesk-widget'] ?? '{}').id !== old",
        arg=conversation.id,
    )
    fresh = help_site.services.conversations.get(visitor.kept()["id"])
    assert fresh.identity is None


# --- Hostile pages, foreign pages ----------------------------------------------------------------


def test_hostile_styles_and_an_old_framework_leave_the_widget_unharmed(
    visit: Callable[[str], Chat], host: HostPages, help_site: HelpSite
) -> None:
    framework = f'<script src="{host.url}/framework.js"></script>'
    host.pages["/hostile"] = HOSTILE.format(script=framework + script_of(help_site))
    host.pages["/framework.js"] = FRAMEWORK
    host.headers["/framework.js"] = {"Content-Type": "text/javascript"}
    help_site.talk.lines["s"] = [replies.an_article_answer("fr")]
    visitor = visit("/hostile").open()
    visitor.box.press_sequentially("s")
    expect(visitor.box).to_have_value("s")
    visitor.box.press("Enter")
    answer = visitor.card("answer")
    expect(answer.locator("ol > li")).to_have_count(3)
    box = visitor.panel.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (408, 680)
    expect(visitor.panel).to_have_css("font-size", "15px")
    expect(answer).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(answer).to_have_css("color", "rgb(20, 37, 46)")
    assert visitor.page.evaluate("[window.shortcut, window.broken]") == [None, None]


def test_a_foreign_page_gets_no_conversation_by_http_or_by_events(
    visit: Callable[[str], Chat], host: HostPages, help_site: HelpSite
) -> None:
    foreign = HelpSite()  # a gateway on whose list the clinic is not
    foreign.start()
    host.pages["/"] = PLAIN.format(script=script_of(foreign))
    visitor = visit("/")
    visitor.launcher.click()
    expect(visitor.banner).to_be_visible()
    assert foreign.count_conversations() == 0
    started = httpx.post(f"{foreign.url}/api/v1/conversations", json={}, trust_env=False).json()
    events = httpx.get(
        f"{foreign.url}/api/v1/conversations/{started['id']}/events",
        headers={"Authorization": f"Bearer {started['token']}", "Origin": host.url},
        trust_env=False,
    )
    assert events.status_code == 403
    foreign.stop()


def test_in_a_strangers_frame_the_widget_is_not_shown_unless_the_page_allows_it(
    visit: Callable[[str], Chat], host: HostPages, help_site: HelpSite
) -> None:
    host.pages["/inner"] = PLAIN.format(script=script_of(help_site))
    host.pages["/allowed"] = PLAIN.format(script=script_of(help_site, **{"data-framed": "allow"}))
    inner = host.url.replace("localhost", "127.0.0.1")
    host.pages["/outer"] = (
        f'<iframe src="{inner}/inner"></iframe><iframe src="{inner}/allowed"></iframe>'
        f'<iframe src="{host.url}/inner"></iframe>'
    )
    page = visit("/outer").page
    shown = [frame.locator("helpdesk-widget") for frame in page.frames[1:]]
    expect(shown[1]).to_have_count(1)
    expect(shown[2]).to_have_count(1)  # one's own page is no stranger
    expect(shown[0]).to_have_count(0)


def test_the_help_pages_refuse_a_strangers_frame(
    browser: Browser, host: HostPages, help_site: HelpSite
) -> None:
    closed = HelpSite()
    closed.start()
    host.pages["/"] = (
        f'<iframe src="{closed.url}/"></iframe><iframe src="{help_site.url}/"></iframe>'
    )
    window = open_window(browser)
    page = window.new_page()
    page.goto(host.url)
    refused, welcome = page.frames[1:]
    expect(welcome.get_by_role("heading", level=1)).to_be_visible()
    expect(refused.get_by_role("heading", level=1)).to_have_count(0)
    window.close()
    closed.stop()
