"""Reading the two exports: what is tolerated, what is refused, and how exactly that is told."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.account_files import (
    BillItemRow,
    FileRead,
    UserRow,
    file_kind,
    read_bill_items,
    read_users,
)
from bot.core.csv_table import Limits
from bot.core.export_words import product_code

USERS = """Username,First Name,Surname,EMR Username,User Role,Patient Messages Licence Type,\
Date of Latest Patient Message
scharbonneau,Solène,Charbonneau,CHARBS01,Physician,Provider,2026-02-27
mgaudreault,Mylène,Gaudreault,,MOA/Secretary,Clinic Support Staff,2026-03-04
faroy,Félix-Antoine,Roy,,Administrator,,
"""
ITEMS = """Invoice Number,Date,Item Type,Sender,Quantity,Amount
INV-9,2026-02-03,Patient Message,mgaudreault,1,0.45
INV-9,2026-02-04,Patient Message,scharbonneau,3,1.34
INV-9,2026-02-28,Patient Messages Licence,,1,25.00
"""
FRENCH_USERS = """Nom d’utilisateur;Prénom;Nom;Nom d’utilisateur DMÉ;Rôle;\
Type de licence de messages aux patients;Date du dernier message au patient
scharbonneau;Solène;Charbonneau;CHARBS01;Médecin;Fournisseur;27 février 2026
mgaudreault;Mylène;Gaudreault;;Secrétaire;Personnel de soutien;4 mars 2026
faroy;Félix-Antoine;Roy;;Réceptionniste;Aucune;Jamais
"""
FRENCH_ITEMS = """Numéro de facture;Date;Élément de facturation;Expéditeur;Quantité;Montant
INV-9;2026-02-03;Message aux patients;mgaudreault;1;0,45 $
INV-9;2026-02-04;Message aux patients;scharbonneau;3;1,34 $
INV-9;2026-02-28;Licence de messages aux patients;;1;25,00 $
"""


def users(text: str, **options: Any) -> FileRead[UserRow]:
    return read_users(text.encode(), **options)


def items(text: str, **options: Any) -> FileRead[BillItemRow]:
    return read_bill_items(text.encode(), **options)


def an_item(**cells: str) -> str:
    """A file of one bill item."""
    row = {"Date": "2026-02-03", "Item": "Patient Message", "Sender": "amy", "Amount": "0.45"}
    return a_file(row | cells)


def a_file(*rows: Mapping[str, str]) -> str:
    written = io.StringIO()
    writer = csv.DictWriter(written, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def the_fault(read: FileRead[Any]) -> tuple[str, int | None, str, str]:
    """The only fault of a file, of which no row may be used."""
    assert read.rows == ()
    assert read.fault_count == 1
    (fault,) = read.faults
    return fault.code, fault.line, fault.column, fault.found


# --- What is read --------------------------------------------------------------------------------


def test_the_users_list_says_who_is_linked_and_who_is_covered() -> None:
    read = users(USERS)
    assert read.faults == ()
    assert [(row.username, row.emr_username, row.coverage) for row in read.rows] == [
        ("scharbonneau", "CHARBS01", "holder"),
        ("mgaudreault", None, "staff"),
        ("faroy", None, None),
    ]
    assert read.rows[1] == UserRow(
        line=3,
        username="mgaudreault",
        name="Mylène Gaudreault",
        email="",
        external_id=None,
        emr_username=None,
        coverage="staff",
        latest_message_on=date(2026, 3, 4),
        is_site_admin=None,
    )


def test_the_bill_items_say_who_sent_what_when_for_how_much() -> None:
    read = items(ITEMS)
    assert read.faults == ()
    assert read.rows[1] == BillItemRow(
        line=3,
        product="patient_messages",
        description="Patient Message",
        sender="scharbonneau",
        sent_on=date(2026, 2, 4),
        quantity=3,
        amount_cents=134,
        currency="CAD",
        invoice="INV-9",
        site_number=None,
    )


def test_french_exports_say_the_same() -> None:
    def facts(read: FileRead[UserRow]) -> list[Any]:
        assert read.faults == ()
        return [(u.username, u.emr_username, u.coverage, u.latest_message_on) for u in read.rows]

    assert facts(users(FRENCH_USERS)) == facts(users(USERS))
    english, french = items(ITEMS), items(FRENCH_ITEMS)
    assert french.faults == ()
    assert [(i.product, i.sender, i.sent_on, i.amount_cents) for i in french.rows] == [
        (i.product, i.sender, i.sent_on, i.amount_cents) for i in english.rows
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_separators_and_line_ends_make_no_difference(
    encoding: str, separator: str, newline: str
) -> None:
    text = USERS.replace(",", separator).replace("\n", newline)
    read = read_users(text.encode(encoding))
    assert read.rows == users(USERS).rows
    assert read.understood
    assert read.understood.encoding == encoding.removesuffix("-sig")
    assert read.understood.separator == separator


@given(st.permutations(range(7)))
def test_the_order_of_the_columns_makes_no_difference(order: list[int]) -> None:
    rows = list(csv.reader(io.StringIO(USERS)))
    turned = io.StringIO()
    csv.writer(turned).writerows([[row[nth] for nth in order] for row in rows])
    assert users(turned.getvalue()).rows == users(USERS).rows


@given(
    st.lists(
        st.tuples(
            st.dates(date(2000, 1, 1), date(2100, 12, 31)),
            st.integers(-(10**7), 10**7),
            st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=20),
        )
    )
)
def test_what_a_spreadsheet_writes_is_read_back(rows: list[tuple[date, int, str]]) -> None:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";")
    writer.writerow(["Date", "Item", "Amount", "Sender"])
    for day, cents, sender in rows:
        sign, whole, part = "-" if cents < 0 else "", *divmod(abs(cents), 100)
        writer.writerow([day.isoformat(), "Message", f"{sign}{whole},{part:02}", sender])
    read = items(written.getvalue())
    assert read.faults == ()
    assert [(item.sent_on, item.amount_cents) for item in read.rows] == [
        (day, cents) for day, cents, _ in rows
    ]


def test_titles_blank_lines_and_an_excel_hint_may_come_first_and_padding_last() -> None:
    padded = "\n".join(line + ",," for line in USERS.splitlines())
    for text in (f"Users of site 44170\n\n{USERS}", f"sep=,\n{USERS}", f"\n{padded}\n,,\n\n"):
        assert [row.username for row in users(text).rows] == [
            "scharbonneau",
            "mgaudreault",
            "faroy",
        ]


def test_a_line_of_the_file_is_counted_as_an_editor_does() -> None:
    text = 'Date,Item,Amount\n2026-02-03,"Patient\nMessage",0.45\n\n2026-02-30,Message,0.45\n'
    assert the_fault(items(text)) == ("not_a_date", 5, "Date", "2026-02-30")


def test_how_the_file_was_read_is_told() -> None:
    read = items("Date,Item,Amount,Patient\n13/02/2026,Message,0.45,Nobody\n")
    assert read.understood
    assert read.understood.columns == {"date": "Date", "product": "Item", "amount": "Amount"}
    assert read.understood.ignored == ("Patient",)
    assert (read.understood.order, read.understood.mark) == ("day_first", ".")


def test_the_two_files_are_told_apart() -> None:
    kinds = [file_kind(text.encode()) for text in (USERS, FRENCH_USERS, ITEMS, FRENCH_ITEMS, "a,b")]
    assert kinds == ["users", "users", "bill_items", "bill_items", None]


# --- Cells ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "2026-02-03",
        "2026/02/03",
        "2026-02-03 14:05:09",
        "2026-02-03T23:59:59-05:00",
        "3 février 2026",
        "3 FÉVR. 2026",
        "3 févr. 2026 à 14 h 05",
        "Feb 3, 2026",
        "February 3rd 2026, 2:05 PM",
        "03-Feb-2026",
        '="2026-02-03"',
    ],
)
def test_a_date_may_be_written_in_many_ways(written: str) -> None:
    read = items(an_item(Date=written))
    assert read.faults == ()
    assert read.rows[0].sent_on == date(2026, 2, 3)


@pytest.mark.parametrize("written", ["", "hier", "2026-13-01", "31 février 2026", "46056", "1/2"])
def test_what_is_no_date_is_refused(written: str) -> None:
    assert the_fault(items(an_item(Date=written))) == ("not_a_date", 2, "Date", written)


def test_a_date_that_can_be_read_in_two_ways_is_settled_by_the_others_or_by_the_caller() -> None:
    both = an_item(Date="03/02/2026")
    assert the_fault(items(both))[0] == "ambiguous_date"
    assert items(both, order="day_first").rows[0].sent_on == date(2026, 2, 3)
    assert items(both, order="month_first").rows[0].sent_on == date(2026, 3, 2)
    settled = items(both + "25/02/2026,Message,amy,0.45\r\n")
    assert [row.sent_on for row in settled.rows] == [date(2026, 2, 3), date(2026, 2, 25)]
    contradictory = items(both + "25/02/2026,Message,amy,0.45\r\n02/25/2026,Message,amy,0.45\r\n")
    assert the_fault(contradictory)[:2] == ("ambiguous_date", 2)


@pytest.mark.parametrize(
    ("written", "cents"),
    [
        ("0.45", 45),
        ("0,45", 45),
        (",45", 45),
        ("0,45 $", 45),
        ("$0.45", 45),
        ("CA$ 0.45", 45),
        ("-$0.45", -45),
        ("(0,45)", -45),
        ("−0,45 $", -45),
        ("0.4500", 45),
        ("0.450", 45),
        ("12", 1200),
        ("1 234,5", 123450),
        ("1\u202f234,50\u00a0$", 123450),
        ("1,234.50", 123450),
        ("1.234,50", 123450),
        ("1,234,567.00", 123456700),
        ("1,234,567", 123456700),
    ],
)
def test_an_amount_may_be_written_in_many_ways(written: str, cents: int) -> None:
    read = items(an_item(Amount=written))
    assert read.faults == ()
    assert read.rows[0].amount_cents == cents


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "not_an_amount"),
        ("abc", "not_an_amount"),
        ("1.2.3", "not_an_amount"),
        ("1,23.45", "not_an_amount"),
        ("99999999", "not_an_amount"),
        ("€0.45", "not_an_amount"),
        ("=1+1", "not_an_amount"),
        ("0.455", "not_whole_cents"),
        ("1,234", "ambiguous_amount"),
    ],
)
def test_what_is_no_amount_for_sure_is_refused(written: str, code: str) -> None:
    assert the_fault(items(an_item(Amount=written)))[:3] == (code, 2, "Amount")


@pytest.mark.parametrize(("other", "cents"), [("0.45", 123400), ("2,5", None)])
def test_the_decimal_mark_of_the_other_amounts_settles_a_doubtful_one(
    other: str, cents: int | None
) -> None:
    row = {"Date": "2026-02-03", "Item": "Message"}
    read = items(a_file(row | {"Amount": "1,234"}, row | {"Amount": other}))
    if cents is None:
        assert the_fault(read)[0] == "not_whole_cents"
    else:
        assert read.rows[0].amount_cents == cents


@pytest.mark.parametrize(("amount", "quantity"), [(134, 3), (-100, 3), (0, 0), (7, 10_000)])
def test_the_amounts_of_the_units_add_up_to_the_amount_of_the_row(
    amount: int, quantity: int
) -> None:
    row = items(an_item(Quantity=str(quantity), Amount=f"{amount / 100:.2f}")).rows[0]
    assert sum(row.unit_cents) == amount
    assert len(row.unit_cents) == max(1, quantity)
    assert max(row.unit_cents) - min(row.unit_cents) <= 1


@pytest.mark.parametrize("quantity", ["-1", "1.5", "10001", "many"])
def test_a_quantity_is_a_whole_number_within_reason(quantity: str) -> None:
    assert the_fault(items(an_item(Quantity=quantity)))[0] == "not_a_quantity"


def test_a_currency_is_read_from_its_column_or_the_amount_and_else_is_the_callers() -> None:
    assert items(an_item(Currency="usd")).rows[0].currency == "USD"
    assert items(an_item(Amount="US$0.45")).rows[0].currency == "USD"
    assert items(an_item(), currency="USD").rows[0].currency == "USD"
    assert the_fault(items(an_item(Currency="dollars")))[0] == "not_a_currency"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Patient Message", "patient_messages"),
        ("Message aux patients (transaction)", "patient_messages"),
        ("patient_messages", "patient_messages"),
        ("Patient Messages Licence", "licences"),
        ("Abonnement aux messages", "licences"),
        ("Patient Reminder Message", "patient_reminders"),
        ("Rappel par message texte", "patient_reminders"),
        ("Tablette (jour)", "tablets_kiosks"),
        ("Lien de formulaire de site Web", "website_forms"),
        ("Réservation en ligne", "online_booking"),
        ("eReferral", "ereferral"),
        ("Adjustment", "other"),
    ],
)
def test_only_a_message_is_taken_for_a_message(words: str, code: str) -> None:
    assert product_code(words) == code


@pytest.mark.parametrize(
    ("words", "coverage"),
    [
        ("Provider", "holder"),
        ("Patient Engagement Licence (Basic)", "holder"),
        ("Licence d’engagement des patients (Plus)", "holder"),
        ("Clinic Support Staff", "staff"),
        ("Personnel de soutien clinique", "staff"),
        ("Primary Delegate", "primary_delegate"),
        ("Délégué principal", "primary_delegate"),
        ("", None),
        ("None", None),
        ("No licence", None),
        ("Aucune licence", None),
        ("Unlicensed", None),
        ("Sans licence", None),
    ],
)
def test_a_type_of_licence_says_who_is_covered(words: str, coverage: str | None) -> None:
    row = {"Username": "amy", "EMR Username": "A1", "Patient Messages Licence Type": words}
    assert users(a_file(row)).rows[0].coverage == coverage


def test_a_type_of_licence_that_nobody_knows_is_asked_about_and_not_guessed() -> None:
    row = {"Username": "amy", "EMR Username": "A1", "Patient Messages Licence Type": "Gold"}
    assert the_fault(users(a_file(row))) == (
        "unknown_licence",
        2,
        "Patient Messages Licence Type",
        "Gold",
    )


@pytest.mark.parametrize(("written", "is_linked"), [("-", False), ("N/A", False), ("ND", True)])
def test_a_dash_is_no_emr_username_and_initials_are_one(written: str, is_linked: bool) -> None:
    row = {"Username": "amy", "EMR Username": written, "Licence Type": "Provider"}
    assert (users(a_file(row)).rows[0].emr_username is not None) == is_linked


# --- Faults --------------------------------------------------------------------------------------


def test_every_fault_is_told_with_line_column_what_was_found_and_what_is_allowed() -> None:
    read = items("Date,Item,Amount\nsoon,Message,0.45\n2026-02-03,Message,free\n2026-02-03,x\n")
    assert read.rows == ()
    assert [str(fault) for fault in read.faults] == [
        "line 4: found 2 cells; allowed: 3 cells, as in the header",
        "line 2, column “Date”: found soon; allowed: a date of 2000 to 2100, "
        "such as 2026-03-04, 4 mars 2026 or Mar 4, 2026",
        "line 3, column “Amount”: found free; allowed: an amount in dollars, "
        "such as 0.45, 0,45 $ or (1 234,50)",
    ]


def test_only_the_first_faults_are_told_in_full_and_all_are_counted() -> None:
    text = "Date,Item,Amount\n" + "never,Message,0.45\n" * 300
    read = items(text, limits=Limits(faults=10))
    assert (len(read.faults), read.fault_count) == (10, 300)
    assert read.faults[-1].line == 11


def test_a_missing_column_is_named_beside_what_was_found() -> None:
    code, line, _, found = the_fault(users("Username,EMR Username\namy,A1\n"))
    assert (code, line, found) == ("no_header", None, "Username, EMR Username")
    assert "patient messages licence type" in users("Username,EMR Username\n").faults[0].allowed


def test_a_header_that_stands_twice_is_refused() -> None:
    text = "Date,Item,Amount,Amount\n2026-02-03,Message,0.45,9.00\n"
    assert the_fault(items(text))[0] == "repeated_column"


def test_a_user_who_stands_twice_is_refused() -> None:
    twice = USERS + "SCharbonneau,Solène,Charbonneau,,Physician,,\n"
    assert the_fault(users(twice))[:2] == ("repeated_user", 5)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b" \r\n", "empty_file"),
        (b"PK\x03\x04rest", "not_text"),
        (b"\xd0\xcf\x11\xe0rest", "not_text"),
        (b"%PDF-1.7", "not_text"),
        ("Date,Item,Amount".encode("utf-16-le"), "encoding"),
        (b"Date,Item\xc3\xa9,Amount,\xff\n", "encoding"),
        (b'Date,Item,Amount\n2026-02-03,"Message,0.45\n', "quotes"),
        (b"one,two\n", "no_header"),
    ],
)
def test_a_file_that_is_no_csv_is_refused_with_the_reason(data: bytes, code: str) -> None:
    assert the_fault(read_bill_items(data))[0] == code


def test_size_and_rows_have_limits() -> None:
    assert the_fault(items(ITEMS, limits=Limits(size_bytes=20)))[0] == "too_big"
    assert the_fault(items(ITEMS, limits=Limits(rows=2)))[:2] == ("too_many_rows", 4)
    assert items(ITEMS, limits=Limits(rows=3)).faults == ()


def test_a_formula_is_text_and_stays_text_when_it_is_exported_again() -> None:
    row = items(an_item(Sender='=HYPERLINK("http://x.example","amy")')).rows[0]
    assert row.sender == '\'=HYPERLINK("http://x.example","amy")'
    found = the_fault(items(an_item(Date="@SUM(A1)\nand more " + "x" * 90)))[3]
    assert found.startswith("'@SUM(A1) and more")
    assert len(found) <= 60


def test_a_closing_total_is_checked_and_left_out() -> None:
    assert items(ITEMS + "Total,,,,,26.79\n").rows == items(ITEMS).rows
    assert the_fault(items(ITEMS + "Total,,,,,26.80\n"))[:3] == ("total", 5, "Amount")


@given(st.binary(max_size=300))
def test_no_bytes_at_all_make_it_fail(data: bytes) -> None:
    for read in (read_users(data), read_bill_items(data)):
        assert bool(read.faults) or read.understood is not None


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_cells_at_all_make_it_fail(day: str, amount: str, sender: str) -> None:
    read = read_bill_items(an_item(Date=day, Amount=amount, Sender=sender).encode(errors="replace"))
    assert read.fault_count == len(read.faults) or read.rows
