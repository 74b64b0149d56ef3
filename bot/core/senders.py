"""Who is meant by the sender of a bill item: a username, an email or a name, as an export has it.

Used wherever bill items meet the users of a site. A sender who is not known for sure is nobody:
to charge the wrong person would be worse.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.accounts import OceanUser
from bot.core.csv_table import words

_TITLES = frozenset("dr dre dr. mme m mr mrs ms me inf prof".split())


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
    """The parts of a name without titles, in any order: "Charbonneau, Solène" is the same."""
    return ("name", *sorted(part for part in words(name).split() if part not in _TITLES))
