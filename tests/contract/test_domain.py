"""The domain, the rules, the training messages and the actions speak of the same things."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import lru_cache
from string import Formatter
from typing import Any, get_args

import pytest
import yaml
from rasa_sdk import Action

import actions
from bot.core.accounts import BilledBy, Source
from bot.core.cancellation import PRODUCTS, Draft, Scope, Step
from bot.core.conversations import Author
from bot.core.csv_table import FaultCode
from bot.core.fee_findings import Fact, Finding, Place
from bot.core.heard import Fault
from bot.core.hearing import INTERRUPTING
from bot.core.helpdesk_text import PUBLIC
from bot.core.language import LANGUAGES
from bot.core.tickets import STATES, TicketKind
from bot.settings import ROOT
from knowledge_base.french import NOT_PROSE, RULES

DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
# Rasa's own actions that rules may use.
BUILT_IN = {"action_listen", "action_deactivate_loop"}


def sentences() -> dict[str, dict[str, str]]:
    """The texts of each response by language."""
    return {
        name: {
            condition["value"]: variation["text"]
            for variation in variations
            for condition in variation["condition"]
        }
        for name, variations in DOMAIN["responses"].items()
    }


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@lru_cache(maxsize=1)
def action_classes() -> dict[str, type[Action]]:
    """The actions that the SDK would register, by the name they give themselves."""
    modules = [
        importlib.import_module(f"actions.{found.name}")
        for found in pkgutil.iter_modules(actions.__path__)
    ]
    classes = {
        thing
        for module in modules
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, Action)
        if thing.__module__.startswith("actions.") and not thing.__abstractmethods__
    }
    return {cls().name(): cls for cls in classes}


@lru_cache(maxsize=1)
def code() -> list[tuple[str, ast.Module]]:
    files = [file for room in ("actions", "bot") for file in sorted((ROOT / room).rglob("*.py"))]
    return [
        (str(file.relative_to(ROOT)), ast.parse(file.read_text(encoding="utf-8"))) for file in files
    ]


def names_in_code() -> Iterator[str]:
    """Every whole name of a response that stands in the code."""
    for _, tree in code():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from re.findall(r"^utter_[a-z_]*[a-z]$", node.value)


def rules() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted((ROOT / "data" / "rules").glob("*.yml")):
        for rule in yaml.safe_load(file.read_text(encoding="utf-8"))["rules"]:
            yield rule["rule"], rule


def steps(rule: dict[str, Any], kind: str) -> set[str]:
    parts = [*rule.get("condition", ()), *rule["steps"]]
    return {part[kind] for part in parts if part.get(kind) is not None}


def trained_intents() -> set[str]:
    return {
        entry["intent"].split("/")[0]
        for file in (ROOT / "data" / "nlu").glob("*.yml")
        for entry in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]
        if "intent" in entry
    }


# --- Actions -------------------------------------------------------------------------------------


def test_every_action_of_the_domain_has_a_class_and_every_class_is_in_the_domain() -> None:
    assert set(action_classes()) == set(DOMAIN["actions"])


def test_every_form_has_its_validation_and_a_question_for_each_of_its_slots() -> None:
    for form, described in DOMAIN["forms"].items():
        needed = {f"validate_{form}"}
        needed |= {f"action_ask_{form}_{slot}" for slot in described["required_slots"]}
        assert needed <= set(DOMAIN["actions"]), form
        assert set(described["required_slots"]) <= set(DOMAIN["slots"]), form


def test_every_action_is_used_by_a_rule_or_a_form() -> None:
    used = {name for _, rule in rules() for name in steps(rule, "action")}
    for form, described in DOMAIN["forms"].items():
        used |= {f"validate_{form}"}
        used |= {f"action_ask_{form}_{slot}" for slot in described["required_slots"]}
    assert set(DOMAIN["actions"]) - used == set()


# --- Rules and intents ---------------------------------------------------------------------------


def test_rules_speak_of_intents_actions_forms_and_slots_that_exist() -> None:
    for name, rule in rules():
        assert steps(rule, "intent") <= set(DOMAIN["intents"]), name
        forms = set(DOMAIN["forms"])
        assert steps(rule, "action") <= set(DOMAIN["actions"]) | forms | BUILT_IN, name
        assert steps(rule, "active_loop") <= forms, name
        slots = {
            slot
            for part in rule["steps"]
            for entry in part.get("slot_was_set", ())
            for slot in entry
        }
        assert slots <= {*DOMAIN["slots"], "requested_slot"}, name


def test_every_rule_has_a_name_of_its_own() -> None:
    names = [name for name, _ in rules()]
    assert len(names) == len(set(names))


def test_every_intent_has_a_rule_for_when_nothing_is_under_way() -> None:
    answered = {
        rule["steps"][0]["intent"]
        for _, rule in rules()
        if "condition" not in rule and "intent" in rule["steps"][0]
    }
    assert set(DOMAIN["intents"]) - answered == set()


def test_whatever_may_interrupt_a_request_has_a_rule_for_it() -> None:
    interrupting = {
        intent
        for _, rule in rules()
        if {"active_loop": "cancellation_form"} in rule.get("condition", ())
        for intent in steps(rule, "intent")
    }
    assert interrupting == INTERRUPTING


def test_every_intent_is_trained_or_stands_for_a_button() -> None:
    buttons = {"confirm_draft", "choose_section", "file_billing_review", "send_fee_files"}
    assert set(DOMAIN["intents"]) - trained_intents() == {*buttons, "nlu_fallback"}
    assert trained_intents() <= set(DOMAIN["intents"])


# --- Sentences -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(DOMAIN["responses"]))
def test_a_sentence_stands_in_both_languages_with_the_same_placeholders(name: str) -> None:
    variations = DOMAIN["responses"][name]
    texts = sentences()[name]
    assert len(variations) == len(LANGUAGES)
    assert set(texts) == set(LANGUAGES)
    assert all(text.strip() for text in texts.values())
    assert placeholders(texts["fr"]) == placeholders(texts["en"])


def test_the_language_alone_chooses_between_the_two_texts() -> None:
    for name, variations in DOMAIN["responses"].items():
        for variation in variations:
            (condition,) = variation["condition"]
            assert (condition["type"], condition["name"]) == ("slot", "language"), name


def test_french_sentences_are_set_as_french_is() -> None:
    faults = [
        f"{name}: {message}"
        for name, texts in sentences().items()
        for pattern, message in RULES
        if pattern.search(NOT_PROSE.sub("x", texts["fr"]).replace("**", ""))
    ]
    assert faults == []


def test_english_sentences_have_typographic_apostrophes() -> None:
    assert [name for name, texts in sentences().items() if "'" in texts["en"]] == []


def test_every_sentence_named_in_the_code_exists() -> None:
    assert set(names_in_code()) - set(DOMAIN["responses"]) == set()


@pytest.mark.parametrize(
    ("family", "codes"),
    [
        ("utter_ask_", set(get_args(Step)) - {"confirm"}),
        ("utter_fault_", set(get_args(Fault))),
        ("utter_product_", set(PRODUCTS)),
        (
            "utter_duty_",
            {
                duty
                for products in [(p,) for p in PRODUCTS]
                for duty in Draft(products=products).duties()
            },
        ),
        ("utter_kind_", set(get_args(TicketKind))),
        ("utter_helpdesk_field_", {*PUBLIC, "identity", "duties", "language", "to_confirm"}),
        ("utter_helpdesk_fact_", set(get_args(Fact))),
        ("utter_helpdesk_place_", set(get_args(Place))),
        ("utter_helpdesk_issuer_", set(get_args(BilledBy))),
        ("utter_helpdesk_author_", set(get_args(Author))),
        ("utter_helpdesk_language_", set(LANGUAGES)),
        ("utter_scope_", set(get_args(Scope))),
        (
            "utter_helpdesk_duty_",
            {
                duty
                for vendor in ("Oscar", "none")
                for duty in Draft(products=PRODUCTS, emr_vendor=vendor).duties()
            }
            | {"tell_emr_vendor"},
        ),
        ("utter_state_", set(STATES)),
        ("utter_source_", set(get_args(Source))),
        ("utter_fact_", set(get_args(Fact))),
        ("utter_file_", {*get_args(FaultCode), "other_site", "currencies"}),
        ("utter_finding_", {*get_args(Finding), "unexplained", "none"}),
        ("utter_fees_", set(get_args(Finding)) - {"directory_unavailable"}),
    ],
)
def test_a_sentence_exists_for_every_code_that_the_code_may_name(
    family: str, codes: set[str]
) -> None:
    assert {f"{family}{code}" for code in codes} - set(DOMAIN["responses"]) == set()


def test_sentences_get_the_values_that_they_have_places_for() -> None:
    """Looks at each call that names its sentence and its values outright."""
    seen = 0
    for file, tree in code():
        for call in ast.walk(tree):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
                continue
            if call.func.attr not in ("phrase", "say") or not call.args:
                continue
            name = call.args[0]
            if not (isinstance(name, ast.Constant) and str(name.value).startswith("utter_")):
                continue
            if any(keyword.arg is None for keyword in call.keywords):
                continue
            seen += 1
            given = {str(keyword.arg) for keyword in call.keywords}
            wanted = placeholders(sentences()[name.value]["fr"])
            assert wanted == given, f"{file}:{call.lineno}: {name.value}"
    assert seen > 30
