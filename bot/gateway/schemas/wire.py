"""How everything goes over the wire: bodies that come in, objects that go out, fields of many.

The models of the HTTP contract stand beside this file, one module for each that has routes; they
build on these. `docs/http.md` tells the contract in words.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from fastapi import Path, Query
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

from bot.core.errors import BadInput
from bot.core.places import Place

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
LanguageCode = Annotated[Literal["fr", "en"], Field(description="French or English.")]
StateCode = Annotated[
    Literal["bot", "waiting", "agent", "closed"],
    Field(description="Who has it: the bot, nobody yet, an agent, nobody any more."),
]


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[
    datetime,
    PlainSerializer(_rfc3339, return_type=str),
    Field(description="RFC 3339, in UTC.", examples=["2026-03-10T15:00:00.000Z"]),
]
Next = Annotated[str | None, Field(description="Cursor of the next page; null after the last.")]


def empty_means(value: object) -> BeforeValidator:
    """What a query parameter is that stands there without a value, as in `?state=&q=roy`.

    It comes last among the marks of a type: those before it hold for a value that is given.
    """
    return BeforeValidator(lambda given: value if given == "" else given)


ROWS = 50
Limit = Annotated[int, Query(ge=1, le=500, description="How many at the most."), empty_means(ROWS)]
Cursor = Annotated[
    str | None,
    Query(max_length=200, description="The `next` of the page before, as it is."),
    empty_means(None),
]
Words = Annotated[
    str | None, Query(max_length=200, description="Words to look for."), empty_means(None)
]
OfConversation = Annotated[str, Path(description="The conversation's id.")]
OfTicket = Annotated[str, Path(description="The ticket's reference.", examples=["OCN-7K3M-9QXT"])]
ConversationId = Annotated[str, Field(description="The conversation; nobody can guess it.")]
Reference = Annotated[
    str, Field(description="The ticket, as its requester knows it.", examples=["OCN-7K3M-9QXT"])
]
TicketKindCode = Annotated[
    Literal["cancellation", "billing_review", "support_request"],
    Field(description="What kind of request it is."),
]
TicketStateCode = Annotated[
    Literal["open", "in_progress", "done", "rejected", "withdrawn"],
    Field(description="Where the team stands with it."),
]
AgentId = Annotated[str, Field(description="The agent.", examples=["agt_4f1c9d2e8a70"])]


def example(**values: Any) -> ConfigDict:
    """The configuration of a model whose description shows this example."""
    return ConfigDict(json_schema_extra={"examples": [values]})


# In UTC, and of letters that every database takes: a cursor may be anybody's invention.
_PLACE = re.compile(r"([0-9]) ([0-9T:.-]{19,26}\+00:00) ([A-Za-z0-9_-]{1,64})")


def write_cursor(place: Place) -> str:
    """The cursor of the page behind that row; callers have only to give it back."""
    text = f"{place.group} {place.at.astimezone(UTC).isoformat()} {place.id}"
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> Place | None:
    """The row behind which a page begins; None for the first page.

    Raises:
        BadInput: No list has given this cursor.
    """
    if cursor is None:
        return None
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        found = _PLACE.fullmatch(text)
        if found:
            return Place(int(found[1]), datetime.fromisoformat(found[2]), found[3])
    except ValueError:
        pass
    raise BadInput(
        "The cursor is none that a list has given. Allowed: the `next` of the page before, as it "
        "is. Leave it out for the first page."
    )


class Body(BaseModel):
    """A request body: unknown fields are refused, and letters that no database stores."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="after")
    def _refuse_what_cannot_be_stored(self) -> Self:
        for value in vars(self).values():
            # Of a map, such as a check-list, the names.
            for text in value if isinstance(value, dict) else (value,):
                if isinstance(text, str) and _UNSTORABLE.search(text):
                    raise ValueError("a text holds NUL or half a surrogate, which is no character")
        return self


class Nothing(Body):
    """The body of a call that says all by its address. It may be left out."""

    model_config = example()


class Out(BaseModel):
    """Something that goes out; made of the core's own object with `model_validate`."""

    model_config = ConfigDict(from_attributes=True)
