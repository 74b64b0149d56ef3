"""A message as it was understood, and what became of it in a cancellation request.

Made by `actions/base.py` from what Rasa understood; read by `hearing.py`, `orders.py` and
`errands.py`. The text counts for more than the intent: see `hearing.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from bot.core import names_in_words, wording
from bot.core.cancellation import Step

Fault = Literal[
    "unknown_product",
    "no_product",
    "no_name",
    "bad_email",
    "bad_site_number",
    "no_emr_vendor",
    "yes_or_no",
    "no_reason",
    "to_correct",
]

# Wishes that have nothing to do with the question asked, however many words they come in.
WISHES = frozenset(
    {
        "ask_person",
        "abuse",
        "choose_section",
        "check_again",
        "file_billing_review",
        "send_fee_files",
        "ask_ticket_status",
        "add_ticket_note",
        "withdraw_ticket",
        "leave_request",
        "help",
        "ask_bot",
        "switch_language",
    }
)
QUESTIONS = frozenset({"faq", "ask_fee_check", "fee_detail", "ask_refund"})
SMALL_TALK = frozenset({"greet", "thank", "bye"})
UNCLEAR = frozenset({"out_of_scope", "nlu_fallback"})

# In words. The classifier takes short answers for anything: "la messagerie" for a question.
BARE = 2
SHORT = 4


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as it was understood: the text, its intent, and (entity, value) pairs in order.

    The text of a button is its payload, which begins with "/". `places` says where in the text
    each entity stands.
    """

    text: str
    intent: str
    entities: Sequence[tuple[str, str]] = ()
    places: Sequence[tuple[int, int]] = ()

    def all_of(self, entity: str) -> list[str]:
        """Values of one entity, in the order of the text, each once."""
        return list(dict.fromkeys(value for name, value in self.entities if name == entity))

    @property
    def names(self) -> list[str]:
        """The names of persons that were found in it and are written as such."""
        return [name for name in self.all_of("person_name") if names_in_words.is_capitalised(name)]

    @property
    def marked(self) -> str:
        """The words with a mark over each value found: `SERVICE` or `VALUE` of wording.py."""
        text = "" if self.text.startswith("/") else self.text.replace("\u2019", "'")
        for (name, _), (start, end) in zip(self.entities, self.places, strict=False):
            mark = wording.SERVICE if name.endswith("product") else wording.VALUE
            text = f"{text[:start]}{mark * len(text[start:end])}{text[end:]}"
        return text


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message.

    "taken": it answered or changed something; `changed` lists the steps of fields that had another
    value before. "misunderstood": `fault` says what was wrong. "digression": about something else.
    "stopped": the visitor gave up the request. "confirmed": yes to the recap. "way_out": three
    misses in a row.
    """

    result: Literal["taken", "misunderstood", "digression", "stopped", "confirmed", "way_out"]
    fault: Fault | None = None
    changed: tuple[Step, ...] = field(default=())
