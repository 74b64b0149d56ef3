"""The console has words, in both languages, for whatever the product can store.

Its own modules are run here, by the Node.js that comes with Playwright, over the least of a page.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from playwright._impl._driver import compute_driver_executable

from bot.adapters.memory import HeldClock
from bot.adapters.memory_tickets import MemoryTickets
from bot.core.accounts import Source
from bot.core.cancellation import PRODUCTS, Draft, Scope
from bot.core.conversations import Author, State
from bot.core.fee_findings import Fact, Finding
from bot.core.filing import open_cancellation
from bot.core.handoff import Reason
from bot.core.language import LANGUAGES, Language
from bot.core.requester import add_note, withdraw
from bot.core.tickets import (
    CHECKLIST,
    STATES,
    Change,
    DeliveryKind,
    DeliveryState,
    HistoryEntry,
    TicketKind,
)
from tests.support.builders import NOW, a_conversation, a_draft, a_ticket
from tests.support.filed import every_kind_of_ticket

CONSOLE = Path(__file__).parents[2] / "bot" / "gateway" / "web" / "console"
CODE = re.compile(r"\b[a-z]+_[a-z_]+\b")
# Reads one question from its input, and answers in each language.
READER = """
import { readFileSync } from "node:fs";
class Text { constructor(tag) { this.parts = []; this.tag = tag; } }
Text.prototype.setAttribute = () => {};
Text.prototype.append = function (...parts) { this.parts.push(...parts); };
Object.defineProperty(Text.prototype, "textContent", { get() {
  return this.parts.map((part) => part?.textContent ?? String(part)).join("\\n");
} });
let language = "fr";
Object.defineProperty(globalThis, "localStorage", { value: { getItem: () => language } });
globalThis.document = { createElement: (tag) => new Text(tag) };
const { hasLabel, label } = await import("./labels.js");
const { evidenceList, fieldList, happening, who } = await import("./values.js");
const { panelSections } = await import("./panel.js");
const ask = {
  panels: (details) => details.map((one) =>
    panelSections(one).map((part) => part?.textContent).join("\\n")),
  labels: (codes) => codes.map(([kind, code]) => (hasLabel(kind, code) ? label(kind, code) : "")),
  fields: (records) => records.map((record) => fieldList(record).textContent),
  evidence: (facts) => evidenceList(facts).textContent,
  history: (lines) => lines.map((line) => `${who(line.who)} ${happening(line)}`),
};
const [what, asked] = JSON.parse(readFileSync(0, "utf-8"));
const answers = {};
for (language of ["fr", "en"]) answers[language] = ask[what](asked);
console.log(JSON.stringify(answers));
"""


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console's modules where Node.js takes them for what they are."""
    folder = tmp_path_factory.mktemp("console")
    for module in CONSOLE.glob("*.js"):
        shutil.copy(module, folder)
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (folder / "reader.js").write_text(READER, encoding="utf-8")
    return folder


def shown(modules: Path, what: str, asked: object) -> dict[Language, Any]:
    """What the console shows of it in each language."""
    found = subprocess.run(
        [compute_driver_executable()[0], "reader.js"],
        cwd=modules,
        input=json.dumps([what, asked], default=str),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    answers: dict[Language, Any] = json.loads(found.stdout)
    return answers


def names_in(record: dict[str, Any]) -> Iterator[str]:
    """The names of its fields and of what stands in them, but of evidence, told by its fact."""
    for name, value in record.items():
        yield name
        if name in ("evidence", "scopes"):
            continue
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                yield from names_in(inner)


def codes() -> Iterator[tuple[str, str]]:
    """Each kind of code with each code that may be stored."""
    tickets = every_kind_of_ticket("fr")
    duties = {duty for one in PRODUCTS for duty in Draft(products=(one,)).duties()}
    duties |= {duty for one in PRODUCTS for duty in Draft((one,), emr_vendor="aucun").duties()}
    for kind, of_kind in {
        "field": {name for ticket in tickets for name in names_in(dict(ticket.fields))},
        "claim": {ticket.fields["identity"] for ticket in tickets},
        "product": PRODUCTS,
        "scope": get_args(Scope),
        "duty": duties,
        "finding": (*get_args(Finding), "unexplained"),
        "fact": get_args(Fact),
        "source": get_args(Source),
        "ticketKind": get_args(TicketKind),
        "ticketState": STATES,
        "delivery": get_args(DeliveryState),
        "deliveryKind": set(get_args(DeliveryKind)) - {"ticket"},
        "check": CHECKLIST,
        "reason": get_args(Reason),
        "state": get_args(State),
        "author": (*get_args(Author), "assistant", "requester", "operator", "retention"),
        "language": LANGUAGES,
    }.items():
        yield from ((kind, code) for code in sorted(of_kind))


def test_every_code_that_may_be_stored_has_a_name(modules: Path) -> None:
    asked = list(codes())
    for language, named in shown(modules, "labels", asked).items():
        lacking = [code for code, name in zip(asked, named, strict=True) if not name]
        assert lacking == [], language


def test_a_ticket_of_whatever_kind_is_shown_without_codes(modules: Path) -> None:
    tickets = [dict(ticket.fields) for ticket in every_kind_of_ticket("fr")]
    for language, texts in shown(modules, "fields", tickets).items():
        assert len(texts) == len(tickets)
        for text in texts:
            assert CODE.search(text) is None, language


def test_what_a_subscription_is_for_is_told_by_its_product(modules: Path) -> None:
    scopes = {"scopes": {"patient_messages": "site_wide", "studies": "licence"}}
    texts = shown(modules, "fields", [scopes])
    assert texts["fr"][0].split("\n")[1:] == [
        *("Messages aux patients", "Tout le site"),
        *("Études", "Licence ou étude précise"),
    ]
    assert texts["en"][0].split("\n")[1:] == [
        *("Patient Messages", "The whole site"),
        *("Studies", "One licence or study"),
    ]


@pytest.mark.parametrize("kept", [("database", "account_links"), ("database: account_links", None)])
def test_a_fact_names_the_kind_of_its_source_and_no_table(
    modules: Path, kept: tuple[str, str | None]
) -> None:
    source, detail = kept
    fact = {"fact": "no_licence", "source": source, "detail": detail, "as_of": "2026-03-10"}
    texts = shown(modules, "evidence", [fact])
    assert texts["fr"].startswith("Aucune licence\nBase de données\n")
    assert texts["en"].startswith("No licence\nDatabase\n")
    assert not any("account" in text for text in texts.values())


def test_a_fee_check_is_told_as_the_visitor_was_told(modules: Path) -> None:
    checks: list[dict[str, str]] = [
        {"finding": "linked_after_charges", "told_as": "unexplained", "headline": ""},
        {"finding": "not_linked", "headline": ""},  # as kept before there was `told_as`
    ]
    panels = shown(modules, "panels", [{"messages": [], "diagnosis": one} for one in checks])
    # Each in the summary and on the badge.
    assert panels["fr"][0].count("À examiner par une personne") == 2
    assert panels["fr"][1].count("Comptes non liés") == 2
    assert panels["en"][0].count("To be examined by a person") == 2
    assert panels["en"][1].count("Accounts not linked") == 2


def test_a_diagnosis_without_a_finding_is_none(modules: Path) -> None:
    details: list[dict[str, Any]] = [{"messages": [], "diagnosis": one} for one in ({}, None)]
    for language, (empty, none) in shown(modules, "panels", details).items():
        assert empty == none, language


def test_a_fact_out_of_a_file_names_the_file(modules: Path) -> None:
    fact = {"fact": "no_licence", "source": "csv", "detail": "users.csv", "as_of": "2026-03-10"}
    assert "CSV importé (users.csv)" in shown(modules, "evidence", [fact])["fr"]


# --- What has happened to a ticket ---------------------------------------------------------------


def a_full_history() -> list[HistoryEntry]:
    """Each thing that may happen to a ticket, as it is stored."""
    store, clock = MemoryTickets(), HeldClock(NOW)
    draft = a_draft(requester_name="Luc Roy", requester_email="luc@clinique.example.com")
    ticket = store.open(a_ticket(fields={"products": list(draft.products)}), "{}", "assistant")
    agreed = a_draft(
        requester_name="Luc Roy",
        requester_email="luc@clinique.example.com",
        confirmed=draft.digest,
    )
    open_cancellation(agreed, a_conversation(), store, clock)
    add_note(ticket, "also asked for by nobody <x@y.example>", store, clock, told="")
    for item in CHECKLIST:
        for is_done in (True, False):
            change = Change(checklist={item: is_done})
            store.change(ticket.reference, change, who="Amélie", at=NOW)
    store.change(ticket.reference, Change("in_progress"), who="Amélie", at=NOW)
    store.retry(ticket.reference, who="operator", at=NOW + timedelta(days=1))
    withdraw(ticket, store, clock, told="")
    return [
        *store.history(ticket.reference),
        # What `SqlRecords.forget_ticket` leaves.
        HistoryEntry(NOW, "requester", "note: [erased]"),
        HistoryEntry(NOW, "retention", "personal data erased"),
    ]


def test_whatever_happens_to_a_ticket_is_told_in_the_language_of_the_agent(modules: Path) -> None:
    lines = shown(modules, "history", [asdict(entry) for entry in a_full_history()])
    assert lines["fr"] == [
        "Assistant a déposé la demande",
        "Assistant a noté\u00a0: Luc Roy ‹luc@clinique.example.com› a aussi demandé cette "
        "annulation",
        "Demandeur a ajouté une note\u00a0: also asked for by nobody <x@y.example>",
        "Amélie Compte examiné\u00a0: fait",
        "Amélie Compte examiné\u00a0: à refaire",
        "Amélie Services confirmés\u00a0: fait",
        "Amélie Services confirmés\u00a0: à refaire",
        "Amélie Fournisseur de DMÉ prévenu\u00a0: fait",
        "Amélie Fournisseur de DMÉ prévenu\u00a0: à refaire",
        "Amélie Demande traitée\u00a0: fait",
        "Amélie Demande traitée\u00a0: à refaire",
        "Amélie État\u00a0: Ouverte → En cours",
        "Exploitation a relancé la transmission",
        "Demandeur État\u00a0: En cours → Retirée",
        "Demandeur Note effacée",
        "Conservation des données Renseignements personnels effacés",
    ]
    assert lines["en"] == [
        "Bot filed the ticket",
        "Bot noted: Luc Roy ‹luc@clinique.example.com› also asked for this cancellation",
        "Requester added a note: also asked for by nobody <x@y.example>",
        "Amélie Account reviewed: done",
        "Amélie Account reviewed: to be done again",
        "Amélie Services confirmed: done",
        "Amélie Services confirmed: to be done again",
        "Amélie EMR vendor told: done",
        "Amélie EMR vendor told: to be done again",
        "Amélie Request processed: done",
        "Amélie Request processed: to be done again",
        "Amélie State: Open → In progress",
        "Operator tried the delivery again",
        "Requester State: In progress → Withdrawn",
        "Requester Note erased",
        "Data retention Personal information erased",
    ]
