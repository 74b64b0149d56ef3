"""Demo data of the account directory: three invented clinics, and seven visitors to sign in as.

`fill` puts them into the `account_*` tables, dated from `now` back, so that a fee check of each
visitor ends in a finding of its own. It touches no row but its own and can be run again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, insert, select, update

from bot.adapters.sql_accounts import MESSAGE_PRODUCT
from bot.adapters.tables import (
    account_bill_items,
    account_invoices,
    account_licence_staff,
    account_licences,
    account_links,
    account_members,
    account_sites,
    account_users,
)

ERABLES, LAKESHORE, RIVIERE = "44170", "52083", "31870"

# The price of a message is invented: Ocean's own stands on no page that may be quoted.
MESSAGE_CENTS = 45


@dataclass(frozen=True, slots=True)
class DemoIdentity:
    """Somebody to sign in as; `roles` are as the vendor's sign-in would give them."""

    external_id: str
    username: str
    name: str
    email: str
    site_number: str
    roles: tuple[str, ...]
    description_fr: str
    description_en: str


# By the name that the demo page and the public contract know them by.
DEMO_IDENTITIES: Mapping[str, DemoIdentity] = {
    "linked": DemoIdentity(
        "demo-charbonneau",
        "scharbonneau",
        "Dre Solène Charbonneau",
        "s.charbonneau@erables.example.com",
        ERABLES,
        ("user",),
        "Médecin avec licence dont le compte est lié depuis peu; "
        "les messages facturés datent des semaines précédentes.",
        "Licensed physician who linked her account recently; "
        "the messages charged were sent before that.",
    ),
    "unlinked_subscribed": DemoIdentity(
        "demo-benhaddou",
        "kbenhaddou",
        "Dr Karim Benhaddou",
        "k.benhaddou@erables.example.com",
        ERABLES,
        ("user",),
        "Médecin avec licence, mais sans lien entre son compte Ocean et son compte du DMÉ.",
        "Licensed physician whose Ocean account is not linked to his EMR account.",
    ),
    "unlinked_unsubscribed": DemoIdentity(
        "demo-plamondon",
        "jplamondon",
        "Josiane Plamondon",
        "j.plamondon@erables.example.com",
        ERABLES,
        ("user",),
        "Infirmière praticienne spécialisée, sans licence ni lien avec le DMÉ, "
        "qui envoie des messages à ses patients.",
        "Nurse practitioner with neither a licence nor an EMR link, who messages her patients.",
    ),
    "no_subscription_site": DemoIdentity(
        "demo-ramanathan",
        "pramanathan",
        "Dr. Priya Ramanathan",
        "p.ramanathan@lakeshore.example.com",
        LAKESHORE,
        ("site_admin",),
        "Médecin et administratrice du site d’une clinique "
        "qui n’a aucune licence de messages aux patients.",
        "Physician and site admin of a clinic without any patient messaging licence.",
    ),
    "delegate": DemoIdentity(
        "demo-gaudreault",
        "mgaudreault",
        "Mylène Gaudreault",
        "m.gaudreault@erables.example.com",
        ERABLES,
        ("user",),
        "Secrétaire couverte par la licence de la Dre Charbonneau, "
        "mais dont le seul lien est dans une autre clinique.",
        "Secretary covered by Dr. Charbonneau’s licence, whose only link is at another clinic.",
    ),
    "non_admin": DemoIdentity(
        "demo-roy",
        "faroy",
        "Félix-Antoine Roy",
        "fa.roy@erables.example.com",
        ERABLES,
        ("user",),
        "Réceptionniste sans frais à son nom ni accès administrateur; "
        "les frais viennent de collègues.",
        "Receptionist with no charges in his name and no admin access; "
        "the charges come from colleagues.",
    ),
    "admin": DemoIdentity(
        "demo-beausejour",
        "nbeausejour",
        "Nathalie Beauséjour",
        "n.beausejour@erables.example.com",
        ERABLES,
        ("site_admin",),
        "Gestionnaire de clinique et administratrice du site, "
        "qui voit les frais de chaque collègue.",
        "Clinic manager and site admin, who sees the charges of each colleague.",
    ),
}

# A colleague at whose EMR link nobody ever looked: a line that must not say "not linked".
_FAFARD = "demo-fafard"
_LINKED = DEMO_IDENTITIES["linked"].external_id
_UNLINKED = DEMO_IDENTITIES["unlinked_subscribed"].external_id
_UNLICENSED = DEMO_IDENTITIES["unlinked_unsubscribed"].external_id
_WITHOUT_SITE_LICENCE = DEMO_IDENTITIES["no_subscription_site"].external_id
_DELEGATE = DEMO_IDENTITIES["delegate"].external_id
_NON_ADMIN = DEMO_IDENTITIES["non_admin"].external_id

# Messages charged a month, by site and sender, and who at each site sends none.
_MESSAGES = {
    ERABLES: {_UNLINKED: 38, _LINKED: 26, _UNLICENSED: 17, _DELEGATE: 11, _FAFARD: 6},
    LAKESHORE: {_WITHOUT_SITE_LICENCE: 29},
}
_OTHER_PRODUCTS = {"patient_reminders": 1_250, "tablets_kiosks": 2_900}

Rows = dict[str, list[dict[str, Any]]]


def fill(engine: Engine, now: datetime) -> None:
    """Puts the demo data in place as of `now` (aware), in the stead of what an earlier run left."""
    rows = demo_rows(now)
    sites = [row["number"] for row in rows["account_sites"]]
    with engine.begin() as connection:
        _clear(connection, sites)
        for table, key in ((account_sites, "number"), (account_users, "external_id")):
            _put(connection, table, key, rows[table.name])
        for table in (account_members, account_links, account_invoices):
            connection.execute(insert(table), rows[table.name])
        # Ids of these are the database's to give, so that they are never those of other rows.
        bill_items = [
            {name: value for name, value in row.items() if name != "id"}
            for row in rows["account_bill_items"]
        ]
        connection.execute(insert(account_bill_items), bill_items)
        _insert_licences(connection, rows)


def demo_rows(now: datetime) -> Rows:
    """The demo data as rows by table name, as `fill` stores them and `MemoryAccounts` reads."""
    as_of = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=6)
    months = _months_before(now.date())
    return {
        "account_sites": _sites(as_of),
        "account_users": _users(),
        "account_members": _members(as_of),
        "account_links": _links(as_of, months[0]),
        "account_licences": [
            {"id": 1, "site_number": ERABLES, "holder_id": _LINKED},
            {"id": 2, "site_number": ERABLES, "holder_id": _UNLINKED},
            {"id": 3, "site_number": ERABLES, "holder_id": _FAFARD},
        ],
        "account_licence_staff": [
            {"licence_id": 1, "user_id": _DELEGATE},
            {"licence_id": 2, "user_id": _NON_ADMIN},
        ],
        "account_invoices": [
            {
                "number": _invoice_number(site, month),
                "site_number": site,
                "month": f"{month:%Y-%m}",
                "as_of": as_of,
            }
            for site in _MESSAGES
            for month in months
        ],
        "account_bill_items": [
            {"id": id_, **item} for id_, item in enumerate(_bill_items(months), start=1)
        ],
    }


def _sites(as_of: datetime) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "name": name,
            "billed_by": billed_by,
            "emr_vendor": emr_vendor,
            "as_of": as_of,
        }
        for number, name, billed_by, emr_vendor in (
            (ERABLES, "Clinique médicale des Érables (Laval)", "ocean", "Accuro"),
            (LAKESHORE, "Lakeshore Family Practice (Kingston)", "ocean", "OSCAR Pro"),
            (RIVIERE, "Centre médical de la Rivière (Gatineau)", "emr_vendor", "PS Suite"),
        )
    ]


def _users() -> list[dict[str, Any]]:
    visitors = [
        {
            "external_id": identity.external_id,
            "username": identity.username,
            "name": identity.name,
            "email": identity.email,
        }
        for identity in DEMO_IDENTITIES.values()
    ]
    fafard = {
        "external_id": _FAFARD,
        "username": "efafard",
        "name": "Dr Étienne Fafard",
        "email": "e.fafard@erables.example.com",
    }
    return [*visitors, fafard]


def _members(as_of: datetime) -> list[dict[str, Any]]:
    own = [
        (identity.site_number, identity.external_id, "site_admin" in identity.roles, as_of)
        for identity in DEMO_IDENTITIES.values()
    ]
    others = [(ERABLES, _FAFARD, False, None), (RIVIERE, _DELEGATE, False, as_of)]
    return [
        {
            "site_number": site,
            "user_id": user,
            "is_site_admin": is_site_admin,
            "links_read_at": links_read_at,
        }
        for site, user, is_site_admin, links_read_at in own + others
    ]


def _links(as_of: datetime, last_month: date) -> list[dict[str, Any]]:
    # Late in the last month that was invoiced: after all of its messages (`_bill_items`).
    linked_at = as_of.replace(year=last_month.year, month=last_month.month, day=25, hour=15)
    return [
        {
            "user_id": user,
            "site_number": site,
            "emr_vendor": emr_vendor,
            "emr_username": emr_username,
            "linked_at": at,
            "as_of": as_of,
        }
        for user, site, emr_vendor, emr_username, at in (
            (_LINKED, ERABLES, "Accuro", "CHARBS01", linked_at),
            (_DELEGATE, RIVIERE, "PS Suite", "mgaudreault", linked_at - timedelta(days=400)),
            (_WITHOUT_SITE_LICENCE, LAKESHORE, "OSCAR Pro", "pram", linked_at),
        )
    ]


def _bill_items(months: Sequence[date]) -> Iterator[dict[str, Any]]:
    for site, senders in _MESSAGES.items():
        for month in months:
            items: list[tuple[str, str | None, date, int]] = [
                (MESSAGE_PRODUCT, sender, _day(month, nth), MESSAGE_CENTS)
                for sender, count in senders.items()
                for nth in range(count)
            ]
            items += [(product, None, month, cents) for product, cents in _OTHER_PRODUCTS.items()]
            for product, sender, sent_on, cents in items:
                yield {
                    "invoice_number": _invoice_number(site, month),
                    "product": product,
                    "sender_id": sender,
                    "sent_on": sent_on,
                    "amount_cents": cents,
                    "currency": "CAD",
                }


def _day(month: date, nth: int) -> date:
    """The day of the nth message: spread over the first three weeks."""
    return month.replace(day=1 + nth * 5 % 20)


def _invoice_number(site: str, month: date) -> str:
    return f"DEMO-{site}-{month:%Y%m}"


def _months_before(today: date) -> list[date]:
    """The first days of the three months before this one, newest first."""
    months: list[date] = []
    first = today.replace(day=1)
    for _ in range(3):
        first = (first - timedelta(days=1)).replace(day=1)
        months.append(first)
    return months


def _clear(connection: Connection, sites: list[str]) -> None:
    """Deletes what hangs on the demo sites; the sites and users stay, others may point to them."""
    licences = select(account_licences.c.id).where(account_licences.c.site_number.in_(sites))
    invoices = select(account_invoices.c.number).where(account_invoices.c.site_number.in_(sites))
    connection.execute(
        delete(account_licence_staff).where(account_licence_staff.c.licence_id.in_(licences))
    )
    connection.execute(
        delete(account_bill_items).where(account_bill_items.c.invoice_number.in_(invoices))
    )
    for table in (account_licences, account_invoices, account_links, account_members):
        connection.execute(delete(table).where(table.c.site_number.in_(sites)))


def _put(connection: Connection, table: Table, key: str, rows: list[dict[str, Any]]) -> None:
    """Inserts rows, or updates those whose key is there."""
    for row in rows:
        there = update(table).where(table.c[key] == row[key]).values(row)
        if connection.execute(there).rowcount == 0:
            connection.execute(insert(table).values(row))


def _insert_licences(connection: Connection, rows: Rows) -> None:
    ids = {
        row["id"]: connection.execute(
            insert(account_licences)
            .values(site_number=row["site_number"], holder_id=row["holder_id"])
            .returning(account_licences.c.id)
        ).scalar_one()
        for row in rows["account_licences"]
    }
    connection.execute(
        insert(account_licence_staff),
        [{**row, "licence_id": ids[row["licence_id"]]} for row in rows["account_licence_staff"]],
    )
