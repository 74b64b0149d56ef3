"""Two exported files as a snapshot: what they show is told, what they do not is not made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from bot.adapters.memory import HeldClock, memory_services
from bot.core import handoff
from bot.core.conversations import Identity
from bot.core.fee_diagnosis import diagnose
from bot.core.fee_files import MAX_FILE_BYTES, FilesRefused, NamedFile, read_files
from bot.core.fee_findings import Diagnosis
from bot.core.handoff import Ownership
from bot.core.services import Services
from bot.gateway.app import create_app
from bot.settings import Settings
from tests.support.builders import NOW, an_identity
from tests.support.problems import assert_problem
from tests.unit.test_identity import NEW, begin, token

ADMIN = an_identity(site_number="4411")
USERS = """Username,First Name,Surname,EMR Username,User Role,Patient Messages Licence Type,\
Date of Latest Patient Message,Email
mthibodeau,Manon,Thibodeau,,Administrator,,,m.thibodeau@clinique.example.com
kben,Karim,Benhaddou,,Provider,Plus,2026-03-09,
schar,Solène,Charbonneau,scharb,Provider,Plus,2026-03-09,
jplam,Josiane,Plamondon,,Nurse,,2026-03-05,
"""
ITEMS = """Date;Description;Utilisateur;Quantité;Montant
2026-02-03;Message au patient;kben;2;0,90
2026-02-04;Message au patient;schar;1;0,45
2026-02-05;Message au patient;jplam;1;0,45
2026-02-06;Message au patient;;1;0,45
2026-02-07;Tablette;;1;29,00
"""


def files(users: str = USERS, items: str = ITEMS) -> tuple[NamedFile, NamedFile]:
    return (
        NamedFile("utilisateurs.csv", users.encode()),
        NamedFile("elements.csv", items.encode("cp1252")),
    )


def found_in(
    users: str = USERS, items: str = ITEMS, *, who: Identity = ADMIN, now: datetime = NOW
) -> Diagnosis:
    return diagnose(read_files(*files(users, items), who, now))


def findings(diagnosis: Diagnosis) -> dict[str, str]:
    return {line.name: line.finding for line in diagnosis.lines}


def faults_of(users: str = USERS, items: str = ITEMS) -> FilesRefused:
    with pytest.raises(FilesRefused) as refused:
        found_in(users, items)
    return refused.value


# --- What they say -------------------------------------------------------------------------------


def test_each_sender_gets_the_finding_that_the_files_show() -> None:
    diagnosis = found_in()
    assert diagnosis.finding == "other_senders"
    assert findings(diagnosis) == {
        "Karim Benhaddou": "not_linked",
        # Linked, but since when no export says.
        "Solène Charbonneau": "link_unknown",
        "Josiane Plamondon": "sender_not_licensed",
        "": "link_unknown",
    }
    assert diagnosis.total_cents == 225
    assert diagnosis.months == ("2026-02",)
    assert {(one.source, one.detail) for one in diagnosis.evidence} == {
        ("csv", "utilisateurs.csv"),
        ("csv", "elements.csv"),
    }


def test_files_that_come_the_other_way_round_are_the_same() -> None:
    users, items = files()
    assert read_files(items, users, ADMIN, NOW) == read_files(users, items, ADMIN, NOW)


def test_the_visitor_is_known_in_the_list_by_the_email_of_the_sign_in() -> None:
    own = ITEMS + "2026-02-08;Message au patient;mthibodeau;1;0,45\n"
    assert found_in(items=own).finding == "sender_not_licensed"


FRONT_DESK = """Username,EMR Username,Patient Messages Licence Type,Email
marie,,Plus,accueil@clinique.example.com
paul,,,accueil@clinique.example.com
"""
SENT = """Date,Description,User,Amount
2026-02-03,Patient Message,marie,0.45
2026-02-04,Patient Message,paul,0.90
"""


def test_an_email_that_several_share_makes_nobody_the_visitor() -> None:
    visitor = replace(ADMIN, email="accueil@clinique.example.com")
    diagnosis = found_in(FRONT_DESK, SENT, who=visitor)
    assert [line.user_id for line in diagnosis.lines] == ["paul", "marie"]
    assert diagnosis.finding == "other_senders"


def test_of_several_who_share_an_email_the_visitor_is_known_by_the_id() -> None:
    visitor = replace(ADMIN, email="accueil@clinique.example.com")
    header, *rows = FRONT_DESK.splitlines()
    ids = (f"{row},{id_}" for row, id_ in zip(rows, (visitor.external_id, ""), strict=True))
    diagnosis = found_in("\n".join([f"{header},External Id", *ids]), SENT, who=visitor)
    assert [line.user_id for line in diagnosis.lines] == ["paul", visitor.external_id]


def test_two_lines_of_one_person_are_refused() -> None:
    header, *rows = FRONT_DESK.splitlines()
    same = "\n".join([f"{header},External Id", *(f"{row},u-7" for row in rows)])
    (fault,) = faults_of(same, SENT).faults
    assert (fault.file, fault.code, fault.line) == ("utilisateurs.csv", "repeated_user", 3)


def test_a_list_older_than_the_messages_proves_no_missing_link() -> None:
    old = USERS.replace("2026-03-09", "2026-01-15").replace("2026-03-05", "2026-01-10")
    assert findings(found_in(old))["Karim Benhaddou"] == "link_unknown"


def test_covered_staff_need_no_licence_of_their_own() -> None:
    staff = USERS.replace(",Nurse,,", ",Nurse,Clinic Support Staff,")
    assert findings(found_in(staff))["Josiane Plamondon"] == "not_linked"


def test_a_site_that_nobody_has_a_licence_at_is_found_out() -> None:
    assert found_in(USERS.replace(",Plus,", ",,")).finding == "site_without_subscription"


def test_a_formula_in_a_file_is_told_as_text() -> None:
    evil = USERS.replace("Karim,Benhaddou", "=HYPERLINK(1),+x")
    assert not any(line.name.startswith(("=", "+", "-", "@")) for line in found_in(evil).lines)


# --- What they are refused for -------------------------------------------------------------------


def test_a_wrong_cell_is_told_by_file_line_and_column() -> None:
    (fault,) = faults_of(items=ITEMS.replace("2026-02-05", "le 5")).faults
    assert (fault.file, fault.code, fault.line) == ("elements.csv", "not_a_date", 4)
    assert fault.column == "Date"


def test_faults_of_both_files_are_told_at_once_and_counted() -> None:
    refused = faults_of(USERS.replace("Plus", "Gold?"), ITEMS.replace("0,45", "beaucoup"))
    assert {fault.file for fault in refused.faults} == {"utilisateurs.csv", "elements.csv"}
    assert refused.count == 5


def test_items_of_another_site_are_refused() -> None:
    header, *rows = ITEMS.splitlines()
    other = "\n".join([f"{header};Numéro du site", *(f"{row};5522" for row in rows)])
    (fault,) = faults_of(items=other).faults
    assert (fault.code, fault.line) == ("other_site", 2)


def test_more_messages_than_any_clinic_sends_are_refused() -> None:
    row = "2026-02-03;Message au patient;kben;10000;10,00\n"
    (fault,) = faults_of(items=ITEMS + row * 6).faults
    assert fault.code == "too_many_rows"


# --- Over HTTP -----------------------------------------------------------------------------------


@pytest.fixture
def held() -> HeldClock:
    return HeldClock(datetime.now(UTC))


@pytest.fixture
def services(held: HeldClock) -> Services:
    return memory_services(held)


@pytest.fixture
def http(services: Services) -> TestClient:
    settings = Settings(_env_file=None, identity_keys={"app_2026": SecretStr(NEW)})
    return TestClient(create_app(services, settings, owner="test", demo_visitors={}))


def sent(users: str = USERS, items: str = ITEMS) -> dict[str, tuple[str, bytes]]:
    return {
        "users": ("utilisateurs.csv", users.encode()),
        "items": ("elements.csv", items.encode()),
    }


def test_an_admin_gets_the_diagnosis_of_the_site_without_a_directory(
    http: TestClient, services: Services
) -> None:
    path = begin(http, identity=token(), language="en")
    answer = http.post(f"{path}/files", files=sent())
    assert answer.status_code == 200, answer.text
    (message,) = answer.json()["messages"]
    assert (message["kind"], message["topic"]) == ("diagnosis", "fees/other_senders")
    assert "Karim Benhaddou" in message["text"]
    assert "utilisateurs.csv · elements.csv" in message["text"]
    (_, kept) = services.conversations.messages(path.rsplit("/", 1)[1])
    assert kept.data["record"]["from_files"]


def test_faults_are_told_in_the_visitor_s_language_and_leave_nothing(
    http: TestClient, services: Services
) -> None:
    path = begin(http, identity=token(), language="fr")
    answer = http.post(f"{path}/files", files=sent(items=ITEMS.replace("2026-02-05", "le 5")))
    assert_problem(answer, 422)
    body = answer.json()
    detail = body["detail"].replace("\u00a0", " ")
    assert "elements.csv, ligne 4, colonne « Date » : ce n’est pas une date" in detail
    assert body["faults"][0] | {"allowed": ""} == {
        "file": "elements.csv",
        "code": "not_a_date",
        "line": 4,
        "column": "Date",
        "found": "le 5",
        "allowed": "",
    }
    assert len(services.conversations.messages(path.rsplit("/", 1)[1])) == 1


@pytest.mark.parametrize(
    ("identity", "status"), [(None, 401), ({"roles": ["user"]}, 403), ({"site_number": None}, 403)]
)
def test_only_the_signed_in_admin_of_a_site_may_give_files(
    http: TestClient, identity: dict[str, object] | None, status: int
) -> None:
    body = {} if identity is None else {"identity": token(**identity)}
    path = begin(http, **body)
    assert_problem(http.post(f"{path}/files", files=sent()), status)


def test_whose_sign_in_has_ended_may_give_no_files(http: TestClient, held: HeldClock) -> None:
    path = begin(http, identity=token())
    held.advance(timedelta(hours=1))
    assert_problem(http.post(f"{path}/files", files=sent()), 401, "has ended")


def test_a_guessed_token_gives_no_files(http: TestClient) -> None:
    path = begin(http, identity=token())
    http.headers["Authorization"] = "Bearer guessed"
    assert_problem(http.post(f"{path}/files", files=sent()), 404)


@pytest.mark.parametrize("size", [MAX_FILE_BYTES + 1, 3 * MAX_FILE_BYTES])
def test_a_file_over_the_limit_is_refused(http: TestClient, size: int) -> None:
    path = begin(http, identity=token())
    assert_problem(http.post(f"{path}/files", files=sent(USERS + " " * size)), 413)


def test_one_file_alone_is_asked_to_bring_the_other(http: TestClient) -> None:
    path = begin(http, identity=token())
    both = sent()
    assert_problem(http.post(f"{path}/files", files={"users": both["users"]}), 422, "items")


def test_anything_else_in_the_form_is_refused(http: TestClient) -> None:
    path = begin(http, identity=token())
    answer = http.post(f"{path}/files", files=sent(), data={"site_number": "5522"})
    assert_problem(answer, 422, "site_number")


def test_while_a_person_has_the_conversation_the_bot_says_nothing(
    http: TestClient, services: Services
) -> None:
    path = begin(http, identity=token())
    kept = services.conversations.get(path.rsplit("/", 1)[1])
    change = handoff.ask_person(Ownership.of(kept), services.clock.now(), "asked")
    services.conversations.change_owner(kept.id, change, at=services.clock.now())
    assert_problem(http.post(f"{path}/files", files=sent()), 409)
