"""Account rows as the exports that a site admin would make of them, and their import."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.adapters.csv_accounts import Export, SiteFacts, import_users
from bot.adapters.csv_bill_items import import_bill_items
from bot.adapters.database import Database
from bot.core.account_files import read_bill_items, read_users

Rows = Mapping[str, Iterable[Mapping[str, Any]]]
PRODUCTS = {"patient_messages": "Patient Message", "patient_reminders": "Patient Reminder"}


def users_csv(rows: Rows, site_number: str) -> bytes:
    """The users list of a site; everybody in it was looked at."""
    users = {user["external_id"]: user for user in rows["account_users"]}
    links = {
        link["user_id"]: link["emr_username"]
        for link in rows["account_links"]
        if link["site_number"] == site_number
    }
    licences = [row for row in rows["account_licences"] if row["site_number"] == site_number]
    holders = {licence["holder_id"] for licence in licences}
    mine = {licence["id"] for licence in licences}
    staff = {s["user_id"] for s in rows["account_licence_staff"] if s["licence_id"] in mine}
    return written(
        {
            "Username": users[member["user_id"]]["username"],
            "Name": users[member["user_id"]]["name"],
            "Email": users[member["user_id"]]["email"],
            "External Id": member["user_id"],
            "EMR Username": links.get(member["user_id"], ""),
            "Patient Messages Licence Type": "Provider"
            if member["user_id"] in holders
            else "Clinic Support Staff" * (member["user_id"] in staff),
            "Site Admin": "yes" if member["is_site_admin"] else "no",
        }
        for member in rows["account_members"]
        if member["site_number"] == site_number
    )


def items_csv(rows: Rows, site_number: str) -> bytes:
    """The bill items of all invoices of a site."""
    users = {user["external_id"]: user for user in rows["account_users"]}
    mine = {i["number"] for i in rows["account_invoices"] if i["site_number"] == site_number}
    return written(
        {
            "Invoice": item["invoice_number"],
            "Date": item["sent_on"].isoformat(),
            "Item": PRODUCTS.get(item["product"], item["product"]),
            "Sender": users.get(item["sender_id"], {}).get("username", ""),
            "Amount": f"{item['amount_cents'] / 100:.2f}",
            "Currency": item["currency"],
        }
        for item in rows["account_bill_items"]
        if item["invoice_number"] in mine
    )


def import_everything(database: Database, rows: Rows) -> None:
    """Imports the exports of all sites, each as of the day that its row has."""
    for site in rows["account_sites"]:
        number = site["number"]
        day = site["as_of"].date()
        export = Export(number, datetime(day.year, day.month, day.day, 12, tzinfo=UTC), "users.csv")
        facts = SiteFacts(site["emr_vendor"], site["name"], site["billed_by"])
        users = read_users(users_csv(rows, number))
        assert users.faults == ()
        import_users(database, users.rows, export, facts)
        items = read_bill_items(items_csv(rows, number))
        assert items.faults == ()
        if items.rows:
            import_bill_items(database, items.rows, export)


def written(rows: Iterable[Mapping[str, str]]) -> bytes:
    """The rows as a CSV file."""
    listed = list(rows)
    text = io.StringIO()
    names = list(listed[0]) if listed else ["Date", "Item", "Amount"]
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(listed)
    return text.getvalue().encode()
