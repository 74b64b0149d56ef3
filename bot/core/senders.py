"""Who is meant by the sender of a bill item: a username, an email or a name, as an export has it.

Used wherever bill items meet the users of a site. A sender who is not known for sure is nobody:
to charge the wrong person would be worse.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.accounts import OceanUser
from bot.core.csv_table import words

# As `csv_table.words` gives them.
TITLES = frozenset(
    "dr dre docteur docteure doctor m monsieur mr mme madame mrs ms mlle mademoiselle"
    " me prof professeur professeure professor".split()
)


class KnownSenders:
    """Finds users by what an export calls them."""

    def __init__(self, users: Iterable[OceanUser]) -> None:
        """`users` are those of the site, and whoever else may have sent something there."""
        self._ids: dict[tuple[str, ...], set[str]] = {}
        for user in users:
            for key in (("login", user.username), ("email", user.email)):
                if key[1]:
                    self._note((key[0], key[1].casefold()), user)
            if user.name:
                self._note(_name_key(user.name), user)

    def find(self, sender: str | None) -> str | None:
        """The user's id; None if nobody, or more than one, is called that."""
        if not sender:
            return None
        folded = sender.casefold()
        for key in (("login", folded), ("email", folded), _name_key(sender)):
            found = self._ids.get(key, set())
            if found:
                return next(iter(found)) if len(found) == 1 else None
        return None

    def _note(self, key: tuple[str, ...], user: OceanUser) -> None:
        self._ids.setdefault(key, set()).add(user.external_id)


def _name_key(name: str) -> tuple[str, ...]:
    """The parts of a name in any order, without titles: "Charbonneau, Dre Solène" is the same."""
    before_comma, *after_comma = (words(piece).split() for piece in name.split(","))
    parts = _untitled(before_comma, TITLES)
    for piece in after_comma:
        # Later in a name, "M" is an initial, and another person's.
        parts += _untitled(piece, TITLES - {"m"})
    return ("name", *sorted(parts))


def _untitled(parts: list[str], titles: frozenset[str]) -> list[str]:
    return parts[1:] if len(parts) > 1 and parts[0] in titles else parts
