"""What the sign-in says of a requester is used only where a request can be filed with it."""

from __future__ import annotations

import pytest
from rasa_sdk import Tracker

from actions.base import Turn
from actions.cancellation import _known
from bot.core.cancellation import Step
from bot.core.conversations import Identity
from bot.core.services import Services
from tests.support.builders import a_conversation, a_draft, an_identity


def turn_of(services: Services, identity: Identity) -> Turn:
    tracker = Tracker("c", {}, {}, [], False, None, {}, "action_listen")
    return Turn(services, tracker, a_conversation(identity=identity))


def test_a_signed_in_requester_is_not_asked_who_it_is(services: Services) -> None:
    draft = _known(turn_of(services, an_identity()))
    assert draft.requester_name == "Manon Thibodeau"
    assert draft.requester_email == "m.thibodeau@clinique.example.com"
    assert draft.site_number == "4411"


@pytest.mark.parametrize(
    ("identity", "asked"),
    [
        (an_identity(email="accueil@localhost"), "requester_email"),
        (an_identity(email_verified=False), "requester_email"),
        (an_identity(site_number="ON-4411"), "site_number"),
    ],
)
def test_what_no_request_can_be_filed_with_is_asked_for(
    services: Services, identity: Identity, asked: Step
) -> None:
    draft = _known(turn_of(services, identity))
    assert getattr(draft, asked) is None
    filled = {"products": ("tablets_kiosks",), "emr_vendor": "Accuro", "reason": "trop cher"}
    known = {name: getattr(draft, name) for name in ("requester_email", "site_number")}
    assert a_draft(**filled, **known).next_step() == asked
