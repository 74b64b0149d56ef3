"""What a desk looks like on a busy morning, for the tests of the console's views.

Long names, long texts and every state of delivery are among it, so that nothing only fits by luck.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.core.conversations import Button, Reply, SourceLink
from bot.core.errors import NotFound
from bot.core.handoff import Ownership, ask_person
from bot.core.privacy import mask
from bot.core.services import Services
from bot.core.tickets import new_reference, request_key
from tests.support.builders import a_section, a_ticket, an_identity, start
from tests.support.desk_site import AGENTS, DeskSite

LONG = (
    "Bonjour, depuis la mise à jour de la semaine dernière, nos patients reçoivent deux rappels "
    "pour le même rendez-vous, et la facture du mois montre des frais par message pour trois "
    "médecins qui ont pourtant leur licence. Pouvez-vous vérifier s’il vous plaît?"
)
MASKED = mask("Sa carte est TREM 8512 1417, elle n’a rien reçu.")
ANSWER = Reply(
    "answer",
    "Ouvrez la page **Facturation**:\n\n1. Choisissez **Factures**.\n2. Cliquez sur le mois.\n\n"
    "> Seul un administrateur du site voit cette page.",
    "faq/past-invoices",
    (Button("Oui", "/affirm"), Button("Non", "/deny")),
    (
        SourceLink(
            "past-invoices",
            "find",
            "Retrouver une facture",
            "/articles/fr/past-invoices#find",
            "fr",
            "0" * 16,
        ),
    ),
)
DIAGNOSIS = Reply(
    "diagnosis",
    "Votre compte du DMÉ n’est pas lié à votre compte Ocean.",
    "fees/not_linked",
    data={
        "finding": "not_linked",
        "headline": "Le compte d’Accuro n’est pas lié au compte Ocean.",
        "lines": ["Dre Anne-Sophie Bélanger-Thériault: 42 messages, 6,30 $"],
        "evidence": [
            {"fact": "charges", "source": "database", "as_of": "2026-02-28"},
            {"fact": "no_link_seen", "source": "csv", "as_of": "2026-03-02"},
        ],
    },
)
# What the search finds for the visitor's last question, and for nothing else.
SUGGESTED = a_section("past-invoices#find")
GAPS = (
    ("gap-1", "fr", "Peut-on envoyer un sondage de satisfaction après la visite?"),
    ("gap-2", "en", "Can we send a satisfaction survey after the visit?"),
    ("gap-3", "en", "Does Ocean print labels?"),
)


def fill(site: DeskSite) -> None:
    """Fills an empty desk."""
    services = site.services
    site.search.sections[SUGGESTED.key, SUGGESTED.language] = SUGGESTED
    site.search.found[MASKED.text] = {SUGGESTED.key: 0.9}
    _talk(services, "talk-long", 12, LONG, name="Marie-Ève Tremblay-Descôteaux", site="44170")
    _talk(services, "talk-short", 2, "Où est ma facture?", name="Luc Roy", site="50021")
    _talk(services, "talk-en", 1, "I would like to talk to somebody, please.", language="en")
    _talk(services, "talk-held", 4, "Ma question est urgente.", name="Jeanne Côté", site="61002")
    services.desk.claim("talk-held", AGENTS[1])
    _talk(services, "talk-done", 30, "Merci, tout est réglé.", name="Paul Gagnon", site="61002")
    services.desk.claim("talk-done", AGENTS[0])
    services.desk.resolve("talk-done", AGENTS[0], "Rappeler la clinique lundi.")
    now = services.clock.now()
    services.records.rate("talk-done", 4, at=now)
    services.records.comment_rating("talk-done", "Rapide et gentil, merci!")
    services.records.add_note(
        "talk-long", AGENTS[1], "Déjà appelé deux fois cette semaine.", at=now
    )
    for id_, language, text in GAPS:
        _say(services, id_, language, text, Reply("abstain", "Je ne sais pas.", "abstain"))
    _tickets(site)


def _talk(services: Services, id_: str, waits_min: int, text: str, **who: str) -> None:
    """A visitor who asked, was answered, and has waited for a person since."""
    language = who.get("language", "fr")
    identity = an_identity(name=who["name"], site_number=who["site"]) if "name" in who else None
    _say(services, id_, language, text, ANSWER, DIAGNOSIS, identity=identity)
    if id_ == "talk-long":
        kept = services.conversations.get(id_)
        services.conversations.add_visit(
            kept,
            "masked",
            text=MASKED.text,
            payload=None,
            at=services.clock.now(),
            masked=MASKED.kinds,
        )
    since = services.clock.now() - timedelta(minutes=waits_min)
    kept = services.conversations.get(id_)
    reason = "angry" if id_ == "talk-long" else "asked"
    services.conversations.change_owner(
        id_, ask_person(Ownership.of(kept), since, reason), at=since
    )


def _say(
    services: Services, id_: str, language: str, text: str, *replies: Reply, **changes: object
) -> None:
    now = services.clock.now()
    try:
        kept = services.conversations.get(id_)
    except NotFound:
        kept = start(
            services.conversations,
            id_,
            language=language,
            created_at=now,
            updated_at=now,
            **changes,
        )
    visit = services.conversations.add_visit(kept, f"{id_}-1", text=text, payload=None, at=now)
    services.conversations.finish_turn(visit, replies, at=now)


def _tickets(site: DeskSite) -> None:
    services = site.services
    now = services.clock.now()
    for number, (state, requester) in enumerate(
        (
            ("open", "Manon Thibodeau"),
            ("in_progress", "Marie-Ève Tremblay-Descôteaux de la Clinique des Érables argentés"),
            ("done", "Luc Roy"),
        )
    ):
        ticket = a_ticket(
            reference=new_reference(),
            request_key=request_key("cancellation", f"4411{number}", "tablets_kiosks"),
            requester_name=requester,
            site_number=f"4411{number}",
            fields={
                "products": ["tablets_kiosks", "online_booking"],
                "requester_name": requester,
                "requester_email": "m.thibodeau@clinique.example.com",
                "site_number": f"4411{number}",
                "emr_vendor": "Accuro",
                "reason": LONG,
            },
            conversation_id="talk-long",
            created_at=now,
            updated_at=now,
        )
        services.tickets.open(replace(ticket, state=state), "{}", who="assistant")
    (row,) = services.tickets.lease_due(now, timedelta(minutes=1), 1)
    services.tickets.settle(replace(row, state="dead", last_error="422 Requester is suspended"))


def begin_to_wait(site: DeskSite, id_: str, waits_min: int = 0) -> None:
    """Somebody nameless is in the queue since so many minutes."""
    services = site.services
    since = services.clock.now() - timedelta(minutes=waits_min)
    kept = start(services.conversations, id_, created_at=since, updated_at=since)
    change = ask_person(Ownership.of(kept), since, "asked")
    services.conversations.change_owner(id_, change, at=since)
    services.events.publish("console")
