"""Patients' data planted in every input is looked for in every place that keeps anything.

In each place the search must find what is kept, or it would find nothing for the wrong reason.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from bot.adapters import backup
from bot.adapters.tables import metadata
from bot.core.erasure import Subject
from tests.support.stack import AgentClient, RunningStack, Visitor, wait_for

Visit = Callable[..., Visitor]
# Valid, and found nowhere else: card numbers, a name, a birth date, a password, a key.
CANARIES = {
    "quebec": "ZZQX 8153 1177",
    "ontario": "9876-543-217-ZQ",
    "british columbia": "9698 658 215",
    "name": "Zéphyrine Quetzalcoatl",
    "born": "1971-11-29",
    "password": "Canari!7731zq",
    "key": "ZQ77-XX31-CANA",
}
# What is kept of the same messages, and so must be found.
KEPT = "canari@clinique.example.com"
WORDS = [
    "Ma patiente Zéphyrine Quetzalcoatl, RAMQ ZZQX 8153 1177, née le 1971-11-29, ne reçoit rien",
    "OHIP 9876-543-217-ZQ ou PHN 9698 658 215?",
    "mon mot de passe est Canari!7731zq et la clé de chiffrement partagée : ZQ77-XX31-CANA",
]
# As they could have been changed on the way: without spaces, in small letters, escaped.
TRACES = sorted(
    {
        form
        for value in CANARIES.values()
        for plain in (value, value.replace(" ", "").replace("-", ""))
        for form in (plain, plain.lower(), json.dumps(plain)[1:-1])
    }
)


@pytest.fixture(scope="module")
def planted(stack: RunningStack, agents: list[AgentClient]) -> str:
    """The conversation in which the canaries were said, in every way that there is."""
    visitor = Visitor(stack.url)
    everything = "; ".join(WORDS)
    page = f"https://clinique.example/p/{CANARIES['quebec']}?ramq={CANARIES['quebec']}&d=1971-11-29"
    visitor.http.post("/conversations", json={"page_url": page})
    # Inside a request: its name, its reason, its corrections. First of all, while the bot still
    # answers: what it does not understand twice brings a person.
    for words in (
        "Je veux annuler la réservation en ligne pour le site 610999",
        "Manon Thibodeau",
        KEPT,
        "Accuro",
        f"parce que {WORDS[0]}",
        "oui",
        # A note to the request just filed, a message for the team, a word that is no service.
        f"ajoutez une note: {everything}",
        "je veux laisser un message à l’équipe",
        everything,
        f"annulez les rappels et le carnet {WORDS[0]}",
        "laisse faire",
        # Over one message, and over two.
        *WORDS,
        "Sa carte est ZZQX 8153",
        "1177",
    ):
        visitor.say(words)
    for path in ("/articles/fr", "/"):
        httpx.get(stack.url + path, params={"q": everything}, timeout=60, trust_env=False)
    visitor.http.post(f"{visitor.path}/files", files={"users": ("u.csv", everything.encode())})
    answer = next(m for m in visitor.messages() if m["author"] != "visitor")
    visitor.http.post(
        f"{visitor.path}/messages/{answer['id']}/feedback",
        json={"helpful": False, "comment": everything},
    )
    for button in [b for m in visitor.messages() for b in m["buttons"]]:
        if button["title"] in ("Oui, envoyer", "Confirmer", "Oui"):
            visitor.send(payload=button["payload"])
    visitor.say("Je veux parler à quelqu’un")
    agent = agents[0]
    agent.act(visitor.id, "claim")
    agent.act(visitor.id, "messages", text=everything)
    visitor.say(everything)
    agent.act(visitor.id, "notes", text=everything)
    agent.http.post("/preview", json={"text": everything})
    agent.get("/conversations", q=CANARIES["quebec"])
    agent.get("/tickets", q=CANARIES["ontario"])
    agent.act(visitor.id, "resolve", note=everything)
    said = [(m["author"], m["text"][:80]) for m in visitor.messages()]
    assert agent.tickets(q=KEPT), f"the request with the canaries was not filed: {said}"
    wait_for(lambda: all(t["delivery"]["state"] == "delivered" for t in agent.tickets(q=KEPT)))
    # Refused, and so in no table: but an error may be logged.
    visitor.send(text=everything * 40)
    visitor.send(text=everything, payload="/x")
    visitor.http.post("/conversations", json={"langue": everything, "identity": everything})
    return visitor.id


def found_in(text: str) -> list[str]:
    return [trace for trace in TRACES if trace in text]


def test_the_search_finds_a_canary_that_is_there() -> None:
    assert found_in(f"x {WORDS[0]} y")
    assert found_in('{"text": "zzqx81531177"}')


def test_no_table_holds_one(stack: RunningStack, planted: str) -> None:
    wait_for(lambda: stack.pid("gateway"))
    with stack.database.read() as connection:
        kept_in = set()
        for name in [*metadata.tables, "events"]:
            rows = connection.execute(sa.text(f"SELECT * FROM {name}")).all()
            text = "\n".join(str(tuple(row)) for row in rows)
            assert found_in(text) == [], name
            kept_in |= {name} if KEPT in text else set()
    # Rasa's tracker, the outbox and the helpdesk among them.
    assert {"messages", "events", "tickets", "outbox", "builtin_helpdesk"} <= kept_in


def database_files(stack: RunningStack) -> Iterator[Path]:
    """Every file in which the database keeps something, its log of changes too."""
    if stack.database.is_sqlite:
        file = Path(sa.make_url(stack.settings.database_url).database or "")
        yield from (file.with_name(file.name + suffix) for suffix in ("", "-wal", "-shm"))
        return
    with stack.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text("CHECKPOINT"))
        folder = Path(connection.scalar(sa.text("SHOW data_directory")) or "")
    if not folder.is_dir():
        pytest.skip("the files of that PostgreSQL are on another machine")
    yield from (file for file in folder.rglob("*") if file.is_file())


def test_no_file_of_the_database_holds_one(stack: RunningStack, planted: str) -> None:
    is_kept = False
    for file in database_files(stack):
        text = file.read_bytes().decode("utf-8", "ignore")
        assert found_in(text) == [], file
        is_kept |= KEPT in text
    assert is_kept


def test_no_log_holds_one(stack: RunningStack, planted: str) -> None:
    logs = {name: process.log for name, process in stack.processes.processes.items()}
    assert any(planted in log.read_text(errors="replace") for log in logs.values())
    for name, log in logs.items():
        text = log.read_text(encoding="utf-8", errors="replace")
        assert found_in(text) == [], name


def test_neither_metrics_nor_lists_nor_insights_show_one(
    stack: RunningStack, planted: str, agent: AgentClient
) -> None:
    shown = [
        httpx.get(f"{stack.url}/metrics", trust_env=False).text,
        json.dumps(agent.get("/insights"), ensure_ascii=False),
        json.dumps(agent.get("/insights/gaps"), ensure_ascii=False),
        json.dumps(agent.get("/conversations", limit=500), ensure_ascii=False),
        json.dumps(agent.tickets(), ensure_ascii=False),
        json.dumps(agent.conversation(planted), ensure_ascii=False),
    ]
    assert found_in("\n".join(shown)) == []
    assert KEPT in "\n".join(shown)


def test_no_export_and_no_backup_holds_one(
    stack: RunningStack, planted: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from bot.core.erasure import export_subject
    from bot.wiring import build

    handed_out = export_subject(Subject(conversation_id=planted), build(stack.settings), by="test")
    assert len(handed_out["messages"]) > 10
    text = json.dumps(handed_out, ensure_ascii=False, default=str)
    assert found_in(text) == []
    assert KEPT in text
    copy = tmp_path_factory.mktemp("backup") / "copy.db"
    backup.back_up(stack.settings.database_url, copy)
    assert found_in(content_of(copy)) == []
    assert KEPT in content_of(copy)


def content_of(copy: Path) -> str:
    """What a backup holds: PostgreSQL's is compressed."""
    held = copy.read_bytes()
    if held.startswith(b"PGDMP"):
        command = ["pg_restore", "--file=-", str(copy)]
        held = subprocess.run(command, capture_output=True, check=True).stdout
    return held.decode("utf-8", "ignore")


def test_the_visitor_was_told_and_the_agent_sees_that_something_was_masked(
    planted: str, agent: AgentClient
) -> None:
    messages = agent.conversation(planted)["messages"]
    assert any(m["topic"] == "privacy/masked" for m in messages)
    masked = [m for m in messages if "█████" in m["text"]]
    # The bot too, where it reads back what was written.
    assert {m["author"] for m in masked} >= {"visitor", "agent"}
