"""What is said while a cancellation is requested: questions, the recap, duties, what is filed.

Everything in the visitor's language, for the actions of `cancellation.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from actions.base import Turn
from bot.core.cancellation import PRODUCTS, SELF_SERVICE, Draft, Step
from bot.core.conversations import Button
from bot.core.filing import is_requester
from bot.core.formats import listed, plain
from bot.core.payloads import payload
from bot.core.tickets import Ticket
from bot.core.wording import UNKNOWN_EMR

WAY_OUT = "utter_way_out"


def ways_out(turn: Turn, draft: Draft) -> tuple[Button, ...]:
    """After three misses in a row: a person, or to give it up."""
    if draft.remark != WAY_OUT:
        return ()
    return (turn.person_button(), Button(turn.phrase("utter_button_stop"), payload("stop")))


def question(turn: Turn, step: Step) -> str:
    """What is asked at this step; the recap asks by itself."""
    if step == "confirm":
        return ""
    if step == "products":
        link = "ou" if turn.language == "fr" else "or"
        return turn.phrase("utter_ask_products", products=_all_products(turn, link))
    return turn.phrase(f"utter_ask_{step}")


def choices(turn: Turn, draft: Draft, step: Step) -> tuple[Button, ...]:
    """The answers that can be pressed."""
    if step == "cloud_connect":
        offered = [("utter_button_yes", payload("affirm")), ("utter_button_no", payload("deny"))]
    elif step == "reason":
        offered = [("utter_button_skip", payload("skip"))]
    elif step == "confirm":
        offered = [
            ("utter_button_file", payload("confirm_draft", draft=draft.digest)),
            ("utter_button_change", payload("deny")),
            ("utter_button_stop", payload("stop")),
        ]
    else:
        offered = []
    return tuple(Button(turn.phrase(name), wanted) for name, wanted in offered)


def said_before(turn: Turn, draft: Draft) -> str:
    """The remark that stands before the question."""
    return turn.phrase(
        draft.remark or "",
        unknown=_unknown(turn, draft),
        chosen=listed(_product_names(turn, draft), turn.language),
        products=_all_products(turn),
    )


def _all_products(turn: Turn, link: str | None = None) -> str:
    return listed([turn.phrase(f"utter_product_{code}") for code in PRODUCTS], turn.language, link)


def _unknown(turn: Turn, draft: Draft) -> str:
    """In the visitor's own words, what is no product of ours."""
    quoted = [turn.phrase("utter_quoted", words=plain(name)) for name in draft.unknown]
    return listed(quoted, turn.language, "ni" if turn.language == "fr" else "or")


def recap(turn: Turn, draft: Draft, duties: Mapping[str, str]) -> str:
    """The whole request, to be confirmed; `duties` are in words."""
    accepting = turn.phrase("utter_recap_duties", duties=as_list(duties)) if duties else ""
    left_out = turn.phrase("utter_recap_unknown", unknown=_unknown(turn, draft))
    return turn.phrase(
        "utter_recap",
        products=listed(_product_names(turn, draft), turn.language),
        requester_name=plain(draft.requester_name or ""),
        requester_email=plain(draft.requester_email or ""),
        site_number=draft.site_number,
        emr_vendor=plain(draft.emr_vendor or ""),
        reason=plain(draft.reason or turn.phrase("utter_recap_no_reason")),
        unknown=f"\n\n{left_out}" if draft.unknown else "",
        duties=accepting,
    )


def _product_names(turn: Turn, draft: Draft) -> list[str]:
    """The products in words, with the kind of subscription where it was said."""
    names = []
    for code in draft.products:
        name = turn.phrase(f"utter_product_{code}")
        scope = draft.scopes.get(code)
        names.append(turn.phrase(f"utter_scope_{scope}", product=name) if scope else name)
    return names


def duties_of(turn: Turn, draft: Draft) -> dict[str, str]:
    """Each duty in words."""
    vendor = plain(draft.emr_vendor or "")
    if draft.emr_vendor in UNKNOWN_EMR:
        vendor = turn.phrase("utter_unknown_emr_vendor")
    return {
        duty: turn.phrase(f"utter_duty_{duty}", emr_vendor=vendor, steps=_links(turn, draft))
        for duty in draft.duties()
    }


def _links(turn: Turn, draft: Draft) -> str:
    """Where the steps stand for each product that the clinic can stop itself."""
    links = []
    for code in draft.self_service():
        name = turn.phrase(f"utter_product_{code}")
        found = turn.services.search.section(SELF_SERVICE[code], turn.language)
        links.append(f"[{name}]({found.section.url})" if found else name)
    return listed(links, turn.language)


def step_buttons(turn: Turn, draft: Draft) -> tuple[Button, ...]:
    """Buttons that show the steps of the articles, each article's once."""
    keys = dict.fromkeys(SELF_SERVICE[code] for code in draft.self_service())
    found = [turn.services.search.section(key, turn.language) for key in keys]
    return tuple(
        Button(hit.section.heading, payload("choose_section", section=hit.section.key))
        for hit in found
        if hit
    )


def as_list(duties: Mapping[str, str]) -> str:
    """The duties as a numbered list."""
    return "\n".join(f"{number}. {text}" for number, text in enumerate(duties.values(), 1))


def already_open(turn: Turn, draft: Draft, ticket: Ticket) -> str:
    """That there is nothing to file: the request is open, alone or within a larger one."""
    held = [str(code) for code in ticket.fields.get("products", ())]
    if {*held} == {*draft.products}:
        return turn.phrase("utter_already_filed", reference=ticket.reference)
    names = [turn.phrase(f"utter_product_{code}") for code in held]
    return turn.phrase(
        "utter_already_covered",
        reference=ticket.reference,
        products=listed(names, turn.language),
    )


def overlap(turn: Turn, draft: Draft, overlapping: Sequence[Ticket]) -> str:
    """That some of the services are asked for already; the reference only to whoever asked."""
    own = [one for one in overlapping if is_requester(one, draft, turn.conversation)]
    held = {code for one in own or overlapping for code in one.fields.get("products", ())}
    both = [turn.phrase(f"utter_product_{c}") for c in draft.products if c in held]
    products = listed(both, turn.language)
    if not own:
        return turn.phrase("utter_overlaps_other", products=products)
    references = listed([one.reference for one in own], turn.language)
    return turn.phrase("utter_overlaps", products=products, references=references)
