"""The vendor's account service killed, slow or talking nonsense: the visitor is told, and no more.

The action server is started again with a service of our own behind it, and with the database
afterwards; the service speaks of the demo's clinics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.adapters.demo_accounts import demo_rows
from tests.support.accounts_service import TOKEN, AccountService
from tests.support.stack import RunningStack, Visitor, wait_for

Visit = Callable[..., Visitor]
WHY = "Pourquoi est-ce que je paie des frais par message?"
UNAVAILABLE = ["diagnosis fees/directory_unavailable"]


@pytest.fixture(scope="module")
def service(stack: RunningStack) -> Iterator[AccountService]:
    service = AccountService(demo_rows(datetime.now(UTC)), is_checked=False)
    actions = stack.processes.processes["actions"]
    before = actions.environment
    actions.environment = {
        **before,
        "HELPDESK_ACCOUNTS": "http",
        "HELPDESK_ACCOUNTS_URL": service.url,
        "HELPDESK_ACCOUNTS_TOKEN": TOKEN,
    }
    restart(stack)
    yield service
    actions.environment = before
    restart(stack)
    service.close()


def restart(stack: RunningStack) -> None:
    """Ends the action server and waits until another one answers."""
    pid = stack.pid("actions")
    stack.processes.kill("actions")
    wait_for(lambda: stack.pid("actions") not in (None, pid), within_s=20)
    stack.wait_until_ready()


@pytest.fixture(autouse=True)
def well_again(service: AccountService, visit: Visit) -> Iterator[None]:
    """After each test the service is asked again: one that was slow is left alone for a while."""
    yield
    service.mode = "well"
    service.let_go.set()
    service.let_go.clear()
    visitor = visit("fr", who="unlinked_subscribed")
    wait_for(lambda: visitor.say(WHY).heard == ["diagnosis fees/not_linked"])


def assert_only_fees_suffer(visit: Visit) -> None:
    """Fails unless a visitor whose look-up fails hears so, and is served like others otherwise.

    A service that hangs is let go by nobody meanwhile, so that nothing can have waited for it.
    """
    visitor = visit("fr", who="unlinked_subscribed")
    turn = visitor.say(WHY)
    assert turn.heard == UNAVAILABLE
    assert "/ask_person" in [button["payload"] for button in turn.messages[0]["buttons"]]
    question = "Comment télécharger le détail de ma facture en CSV?"
    assert visitor.say(question).heard[0].startswith("answer ")
    assert visit("en").say("How do I link my EMR account?").heard[0].startswith("answer ")


def test_a_service_tells_the_same_as_the_database(visit: Visit, service: AccountService) -> None:
    turn = visit("fr", who="unlinked_subscribed").say(WHY)
    assert turn.heard == ["diagnosis fees/not_linked"]
    assert "service de comptes" in turn.text
    assert service.calls


@pytest.mark.parametrize("mode", ["garbage", "broken", "lost", "dripping", "hanging"])
def test_a_service_in_trouble_is_said_to_be_unavailable_and_nothing_else_suffers(
    visit: Visit, service: AccountService, mode: Any
) -> None:
    service.mode, before = mode, service.calls
    assert_only_fees_suffer(visit)
    assert service.calls > before


def test_a_service_that_was_killed_is_asked_again_once_it_is_back(
    visit: Visit, service: AccountService
) -> None:
    service.close()
    try:
        assert_only_fees_suffer(visit)
    finally:
        service.open()
