"""Who may import whom, and who may read the environment."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from bot.settings import ROOT

PRODUCT = ("bot", "knowledge_base", "actions")
# These start child processes and hand their own environment on; they look nothing up in it.
HANDS_ON = {"bot/launcher.py", "bot/training.py"}


def trees() -> Iterator[tuple[str, ast.Module]]:
    for package in PRODUCT:
        for file in sorted((ROOT / package).rglob("*.py")):
            yield file.relative_to(ROOT).as_posix(), ast.parse(file.read_text(encoding="utf-8"))


def uses_of_environment(tree: ast.AST) -> list[ast.AST]:
    return [
        node
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb"))
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and any(alias.name in ("environ", "getenv") for alias in node.names)
        )
    ]


def handed_on_to_children(tree: ast.AST) -> list[ast.AST]:
    """The uses of `os.environ` that are spread into the `env` of a call."""
    return [
        value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "env" and isinstance(keyword.value, ast.Dict)
        for key, value in zip(keyword.value.keys, keyword.value.values, strict=True)
        if key is None
    ]


def imported(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.split(".")[0] for name in names}


def test_every_import_contract_of_the_project_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    status = lint_imports(no_cache=True, no_logo=True)
    assert status == 0, capsys.readouterr().out


def test_the_environment_is_read_in_the_settings_alone() -> None:
    readers = {
        file: [node.lineno for node in uses if isinstance(node, ast.expr | ast.stmt)]
        for file, tree in trees()
        if (uses := set(uses_of_environment(tree)) - set(handed_on_to_children(tree)))
    }
    assert readers == {}
    parsers = {file for file, tree in trees() if "pydantic_settings" in imported(tree)}
    assert parsers == {"bot/settings.py"}


def test_only_what_starts_child_processes_hands_the_environment_on() -> None:
    assert {file for file, tree in trees() if uses_of_environment(tree)} == HANDS_ON


def test_the_search_for_readers_finds_every_way_of_reading() -> None:
    reading = "import os\nfrom os import environ\na = os.environ['X']\nb = os.getenv('X')\n"
    handing_on = "run(x, env={**os.environ, 'A': '1'})\n"
    assert len(uses_of_environment(ast.parse(reading))) == 3
    tree = ast.parse(handing_on)
    assert set(uses_of_environment(tree)) == set(handed_on_to_children(tree))


def test_the_product_imports_no_tests() -> None:
    assert [file for file, tree in trees() if "tests" in imported(tree)] == []


def test_only_the_nlu_package_imports_rasa() -> None:
    users = {file for file, tree in trees() if "rasa" in imported(tree)}
    assert users
    assert {str(Path(file).parent) for file in users} == {"bot/nlu"}
