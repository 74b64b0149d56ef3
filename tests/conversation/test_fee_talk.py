"""Talks about a fee check that has been made: asked on, looked at again, reviewed, signed out."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Sequence

import jwt
import pytest
import sqlalchemy as sa

from bot.adapters.tables import account_links, conversations
from bot.settings import DEMO_KEY_ID
from tests.support.stack import AgentClient, RunningStack, Turn, Visitor

Visit = Callable[..., Visitor]
CHECK = {"fr": "Pourquoi payons-nous des frais par message?", "en": "Why do we pay per message?"}
COLLEAGUES = ("Charbonneau", "Benhaddou", "Plamondon", "Gaudreault", "Fafard")


def checked(visit: Visit, language: str, who: str | None) -> Visitor:
    visitor = visit(language, who=who)
    assert visitor.say(CHECK[language]).messages[0]["kind"] == "diagnosis"
    return visitor


def names_in(turn: Turn) -> set[str]:
    return {name for name in COLLEAGUES if name in turn.text}


# --- Asked on ------------------------------------------------------------------------------------

QUESTIONS = [
    ("fr", "qui d’autre?", "site qui ont des frais (août, septembre et octobre"),
    ("fr", "et pour Dre Charbonneau?", "que de votre propre compte"),
    ("fr", "combien ça fait en tout?", "**114**"),
    ("fr", "depuis quand?", "le premier a été envoyé le"),
    ("en", "who else?", "Number of other senders"),
    ("en", "what about Dr. Charbonneau?", "only talk to you about your own account"),
    ("en", "how much is that in all?", "**114**"),
    ("en", "since when?", "the first was sent on"),
]


@pytest.mark.parametrize(("language", "question", "answer"), QUESTIONS)
def test_somebody_is_told_more_of_their_own_messages_and_of_nobody_else_s(
    visit: Visit, language: str, question: str, answer: str
) -> None:
    visitor = checked(visit, language, "unlinked_subscribed")
    turn = visitor.say(question)
    assert turn.heard == ["diagnosis fees/not_linked"]
    assert answer.split(" (août")[0] in turn.text
    assert names_in(turn) == set()


@pytest.mark.parametrize(
    ("language", "question", "names"),
    [
        ("fr", "qui d’autre?", COLLEAGUES),
        ("fr", "et pour Dr Benhaddou?", ["Benhaddou"]),
        ("en", "who else?", COLLEAGUES),
        ("en", "what about Dr. Benhaddou?", ["Benhaddou"]),
        ("en", "and Dr. Nobody?", []),
    ],
)
def test_an_admin_is_told_of_each_sender_or_of_the_one_named(
    visit: Visit, language: str, question: str, names: Sequence[str]
) -> None:
    turn = checked(visit, language, "admin").say(question)
    assert turn.heard == ["diagnosis fees/other_senders"]
    assert names_in(turn) == set(names)


@pytest.mark.parametrize("question", ["combien?", "qui d’autre?", "depuis quand?"])
def test_without_a_sign_in_nothing_is_told_of_anybody(visit: Visit, question: str) -> None:
    turn = checked(visit, "fr", None).say(question)
    assert turn.heard == ["diagnosis fees/unverified"]
    assert "$" not in turn.text
    assert names_in(turn) == set()


@pytest.mark.parametrize(
    ("language", "question", "topic"),
    [
        ("fr", "Où sont mes anciennes factures?", "faq/past-invoices"),
        ("fr", "Comment lier mon compte du DMÉ à mon compte Ocean?", "faq/link-emr-account"),
        ("fr", "Combien coûte une licence?", "faq/prices-where"),
        ("en", "Who needs a licence to message patients?", "faq/licence-who-needs"),
        ("en", "When do we get the monthly invoice?", "faq/invoice-details"),
    ],
)
def test_a_question_for_the_articles_is_answered_from_them_in_between(
    visit: Visit, language: str, question: str, topic: str
) -> None:
    visitor = checked(visit, language, "unlinked_subscribed")
    assert visitor.say(question).heard == [f"answer {topic}"]
    on = {"fr": "et combien pour moi?", "en": "and how much for me?"}[language]
    assert "**114**" in visitor.say(on).text


def test_an_older_month_is_read_or_said_to_have_no_invoice(visit: Visit) -> None:
    visitor = checked(visit, "en", "unlinked_subscribed")
    assert "can’t find any Ocean invoice of your site for January 2020" in (
        visitor.say("and in January 2020?").text
    )
    assert "**114**" in visitor.say("how much is that in all?").text


# --- Looked at again -----------------------------------------------------------------------------


def test_a_second_look_says_what_has_changed(visit: Visit, stack: RunningStack) -> None:
    visitor = checked(visit, "fr", "delegate")
    same = visitor.say("c’est fait, revérifiez")
    assert same.heard == ["diagnosis fees/linked_elsewhere"]
    assert same.text.startswith("Rien n’a changé")

    here = account_links.c.user_id == "demo-gaudreault"
    with stack.database.read() as connection:
        elsewhere = connection.execute(sa.select(account_links).where(here)).one()._asdict()
    link = {**elsewhere, "site_number": "44170", "emr_vendor": "Accuro"}
    try:
        with stack.database.write() as connection:
            connection.execute(sa.insert(account_links).values(link))
        turn = visitor.press("C’est fait, vérifiez de nouveau")
    finally:
        with stack.database.write() as connection:
            connection.execute(
                sa.delete(account_links).where(here, account_links.c.site_number == "44170")
            )
    assert turn.heard == ["diagnosis fees/linked_after_charges"]
    assert "compte lié ailleurs → **" in turn.text


def test_saying_another_site_s_number_reads_no_other_site(visit: Visit) -> None:
    visitor = visit("en", who="admin")
    turn = visitor.say("Why is site 52083 charged for each message?")
    assert "I only look at the site that your session gives access to, site 44170" in turn.text
    assert "Ramanathan" not in turn.text
    assert "Ramanathan" not in visitor.say("and for Dr. Ramanathan at site 52083?").text


# --- Money back ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "who", "wish", "button"),
    [
        ("fr", "unlinked_unsubscribed", "Vais-je être remboursée?", "Oui, transmettre la demande"),
        ("en", "no_subscription_site", "Will I get it back?", "Yes, send the request"),
    ],
)
def test_no_refund_is_promised_and_a_review_is_filed_once(
    visit: Visit, agent: AgentClient, language: str, who: str, wish: str, button: str
) -> None:
    visitor = checked(visit, language, who)
    offer = visitor.say(wish)
    assert offer.heard == ["recap billing_review/confirm"]
    agreed = visitor.button(button)
    filed = visitor.send(payload=agreed).json()["messages"]
    again = visitor.send(payload=agreed).json()["messages"]
    assert [m["topic"] for m in filed + again] == ["ticket/filed", "ticket/already-filed"]
    assert visitor.say(wish).heard == ["ticket ticket/already-filed"]
    (ticket,) = agent.conversation(visitor.id)["tickets"]
    assert ticket["kind"] == "billing_review"
    assert ticket["reference"] in filed[0]["text"]
    fields = agent.get(f"/tickets/{ticket['reference']}")["fields"]
    assert fields["evidence"]
    assert fields["total_cents"] > 0


def test_the_offer_can_be_taken_or_left_in_words(visit: Visit, agent: AgentClient) -> None:
    visitor = checked(visit, "fr", "linked")
    visitor.say("je veux un remboursement")
    assert visitor.say("non merci").heard == ["notice billing_review/dropped"]
    assert agent.conversation(visitor.id)["tickets"] == []
    visitor.say("je veux un remboursement")
    assert visitor.say("oui").heard == ["ticket ticket/filed"]


def test_a_refund_without_a_fee_check_is_neither_promised_nor_refused(visit: Visit) -> None:
    turn = visit("en", who="admin").say("I want a refund please")
    assert turn.heard == ["abstain abstain"]
    assert turn.messages[0]["buttons"][0]["title"] == "Understand my per-message fees"


# --- A sign-in that ends -------------------------------------------------------------------------


def test_when_the_sign_in_ends_no_account_is_told_of_until_it_is_renewed(
    visit: Visit, stack: RunningStack, identities: dict[str, str]
) -> None:
    visitor = checked(visit, "en", "admin")
    kept = conversations.c.id == visitor.id
    with stack.database.write() as connection:
        identity = connection.scalar(sa.select(conversations.c.identity).where(kept))
        ended = {**identity, "ends_at": int(time.time()) - 1}
        connection.execute(sa.update(conversations).where(kept).values(identity=ended))
    for words in ("check again please", "who else?", "will I get it back?"):
        turn = visitor.say(words)
        assert turn.heard == ["diagnosis fees/unverified"], words
        assert "session on the support site has ended" in turn.text
        assert names_in(turn) == set()

    secret = stack.settings.identity_keys[DEMO_KEY_ID].get_secret_value()
    claims = jwt.decode(identities["admin"], options={"verify_signature": False})
    someone_else = jwt.encode(
        {**claims, "external_id": "demo-roy"}, secret, "HS256", {"kid": DEMO_KEY_ID}
    )
    for token, status in ((someone_else, 403), (identities["admin"], 200)):
        renewed = visitor.http.put(f"{visitor.path}/identity", json={"identity": token})
        assert renewed.status_code == status, renewed.text
    assert names_in(visitor.say("who else?")) == set(COLLEAGUES)


# --- Files ---------------------------------------------------------------------------------------

USERS = """Username,First Name,Surname,EMR Username,Patient Messages Licence Type,\
Date of Latest Patient Message
rlal,Rita,Lalonde,,Plus,2026-10-30
"""
ITEMS = """Date,Description,User,Amount
2026-10-02,Patient Message,rlal,0.45
"""


def test_an_admin_whose_directory_is_away_may_give_two_files(visit: Visit) -> None:
    visitor = visit("fr", who="admin")
    answer = visitor.http.post(
        f"{visitor.path}/files",
        files={"users": ("u.csv", USERS.encode()), "items": ("i.csv", ITEMS.encode())},
    )
    assert answer.status_code == 200, answer.text
    (message,) = answer.json()["messages"]
    assert "Rita Lalonde" in message["text"]
    assert message in json.loads(visitor.http.get(visitor.path).text)["messages"]
    assert "**1**" in visitor.say("combien?").text
    assert visitor.say("c’est fait, revérifiez").heard == ["form fees/files"]
    sent = {"client_id": str(uuid.uuid4()), "text": "je veux un remboursement"}
    assert visitor.http.post(f"{visitor.path}/messages", json=sent).json()["messages"][0][
        "topic"
    ] == ("billing_review/confirm")
