"""The one error tree. Adapters translate every outside error into it.

HelpdeskError
├── BadInput      what was given cannot be used as it is
├── NotFound      no such thing, or not for this caller: the two are not told apart
├── NotAllowed    the thing exists and the caller may know it, but may not do this
├── Conflict      somebody else was first, or the thing has changed meanwhile
└── Unavailable   an outside part did not answer, or not in time; trying again may help

Messages are read by people: they say what was being done, what was found, what is allowed
and what to do next. They never hold a secret, a full email or a visitor's words.
"""


class HelpdeskError(Exception):
    """Any error that a caller of this project may have to handle."""


class BadInput(HelpdeskError):
    """What was given cannot be used as it is."""


class NotFound(HelpdeskError):
    """No such thing, or not for this caller."""


class NotAllowed(HelpdeskError):
    """The caller may not do this."""


class Conflict(HelpdeskError):
    """Somebody else was first, or the thing has changed meanwhile."""


class Unavailable(HelpdeskError):
    """An outside part did not answer, or not in time."""
