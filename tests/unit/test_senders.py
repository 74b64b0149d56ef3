"""Who is meant by the sender of a bill item: somebody for sure, or nobody."""

from __future__ import annotations

import pytest

from bot.core.accounts import OceanUser
from bot.core.senders import KnownSenders

USERS = (
    OceanUser("u1", "scharbonneau", "Dre Solène Charbonneau", "s.charbonneau@erables.example.com"),
    OceanUser("u2", "jroy", "Jean Roy", ""),
    OceanUser("u3", "jroy2", "Dr Jean Roy", ""),
    OceanUser("u4", "pcote", "Paul Côté", ""),
    OceanUser("u5", "paul cote", "", ""),
)


@pytest.mark.parametrize(
    ("sender", "id_"),
    [
        ("SCharbonneau", "u1"),
        ("S.Charbonneau@Erables.example.com", "u1"),
        ("Solene Charbonneau", "u1"),
        ("Charbonneau, Solène", "u1"),
        ("Dre Solène Charbonneau", "u1"),
        ("jroy2", "u3"),
        ("Docteure Solène Charbonneau", "u1"),
        ("Madame Solène Charbonneau", "u1"),
        ("Charbonneau, Dre Solène", "u1"),
        ("Mme Solène M. Charbonneau", None),
        ("Charbonneau, M. Solène", None),
        ("Charbonneau", None),
        ("S. Charbonneau", None),
        ("Jean Roy", None),
        ("nobody", None),
        ("", None),
        (None, None),
    ],
)
def test_a_sender_is_the_one_user_who_is_called_that(sender: str | None, id_: str | None) -> None:
    assert KnownSenders(USERS).find(sender) == id_


def test_a_username_goes_before_a_name() -> None:
    assert KnownSenders(USERS).find("paul cote") == "u5"
    assert KnownSenders(USERS).find("Paul Côté") == "u4"
