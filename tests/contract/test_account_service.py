"""An account service that is slow, broken or lying: no wrong fact, no long wait, no secret told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.adapters.http_accounts import ATTEMPTS, HttpAccounts
from bot.adapters.memory_accounts import MemoryAccounts
from bot.adapters.punctual_accounts import REST_S, PunctualAccounts
from bot.core.accounts import AccountSnapshot
from bot.core.errors import NotFound, Unavailable
from bot.core.ports.accounts import AccountDirectory
from tests.contract.test_account_directory import TODAY, base_rows
from tests.support.accounts_service import PATIENT_S, TOKEN, AccountService, account_service

TIMEOUT_S = 0.4


@pytest.fixture
def service() -> Iterator[AccountService]:
    with account_service(base_rows()) as service:
        yield service


@pytest.fixture
def directory(service: AccountService) -> Iterator[HttpAccounts]:
    directory = HttpAccounts(service.url, TOKEN, timeout_s=PATIENT_S)
    yield directory
    directory.close()


def look(directory: AccountDirectory, who: str = "amy") -> AccountSnapshot:
    return directory.snapshot(who, "4417", TODAY)


def refusal(directory: AccountDirectory) -> str:
    """Why there is no snapshot."""
    with pytest.raises(Unavailable) as error:
        look(directory)
    return str(error.value)


# --- What is tried again, and what is not --------------------------------------------------------


def test_a_failure_that_passes_is_not_noticed(
    service: AccountService, directory: HttpAccounts
) -> None:
    service.failures_left = ATTEMPTS - 1
    assert look(directory).user.external_id == "amy"
    assert service.calls == ATTEMPTS


@pytest.mark.parametrize("mode", ["broken", "busy", "cut_off"])
def test_a_failure_that_does_not_pass_ends_after_some_attempts(
    service: AccountService, directory: HttpAccounts, mode: Any
) -> None:
    service.mode = mode
    assert f"{ATTEMPTS} attempts" in refusal(directory)
    assert service.calls == ATTEMPTS


def test_a_refused_token_is_not_tried_again_and_says_what_to_check(service: AccountService) -> None:
    directory = HttpAccounts(service.url, "not-this-one", timeout_s=PATIENT_S)
    said = refusal(directory)
    assert "401" in said
    assert "HELPDESK_ACCOUNTS_TOKEN" in said
    assert service.calls == 1
    directory.close()


def test_a_service_that_is_not_there_is_unavailable(service: AccountService) -> None:
    service.close()
    directory = HttpAccounts(service.url, TOKEN, timeout_s=PATIENT_S)
    assert "ConnectError" in refusal(directory)
    directory.close()


def test_a_page_that_is_not_found_says_nothing_about_anybody(
    service: AccountService, directory: HttpAccounts
) -> None:
    """An unknown person is a problem document; a wrong address is a page."""
    with pytest.raises(NotFound):
        look(directory, "nobody")
    service.mode = "lost"
    assert "HELPDESK_ACCOUNTS_URL" in refusal(directory)


def test_an_id_with_any_characters_reaches_the_service_as_it_is() -> None:
    rows = base_rows()
    strange = "a/b?c=d&é #1"
    for row in (*rows["account_users"], *rows["account_members"], *rows["account_links"]):
        for column in ("external_id", "user_id"):
            if row.get(column) == "amy":
                row[column] = strange
    rows["account_licences"][0]["holder_id"] = strange
    with account_service(rows) as service:
        directory = HttpAccounts(service.url, TOKEN, timeout_s=PATIENT_S)
        assert look(directory, strange).user.external_id == strange
        directory.close()


# --- What is no fact -----------------------------------------------------------------------------


def the_first(field: str, **changes: object) -> Callable[[dict[str, Any]], object]:
    """A change of the first thing in a list of the answer."""
    return lambda body: body[field][0].update(changes)


def one_more(field: str, **changes: object) -> Callable[[dict[str, Any]], object]:
    """Another thing in a list of the answer, like the first save for these changes."""
    return lambda body: body[field].append(body[field][0] | changes)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body.clear(),
        lambda body: body.pop("links_read"),
        lambda body: body.update(is_site_admin="yes"),
        lambda body: body.update(user_id="bo"),
        lambda body: body.update(users=[]),
        one_more("users"),
        lambda body: body["site"].update(number="9120"),
        lambda body: body["site"].update(billed_by="someone"),
        lambda body: body["site"].update(as_of="2024-11-19T12:00:00"),
        lambda body: body["site"].update(as_of="2024-11-22T12:00:00Z"),
        the_first("licences", covered_ids=["bo", "cy", "di", "gone"]),
        the_first("links", linked_at="lately"),
        the_first("invoices", month="2024-13"),
        the_first("invoices", month="2024-12"),
        one_more("invoices"),
        one_more("invoices", number="X", month="2024-01"),
        the_first("charges", amount_cents="45"),
        the_first("charges", amount_cents=0.45),
        the_first("charges", amount_cents=0),
        the_first("charges", invoice_number="I-99"),
        the_first("charges", sent_on="2024-11-30"),
        one_more("charges", currency="USD"),
    ],
)
def test_an_answer_that_is_not_as_described_or_contradicts_itself_is_no_fact(
    service: AccountService, directory: HttpAccounts, spoil: Callable[[dict[str, Any]], object]
) -> None:
    assert look(directory)
    service.spoil = spoil
    said = refusal(directory)
    assert "amy" not in said
    assert service.calls == 2, "another attempt would not help"


def test_garbage_is_no_fact(service: AccountService, directory: HttpAccounts) -> None:
    service.mode = "garbage"
    assert "otherwise than described" in refusal(directory)


def test_people_who_are_not_asked_about_and_sent_nothing_are_left_out(
    service: AccountService, directory: HttpAccounts
) -> None:
    stranger = {"id": "di", "username": "di", "name": "Di", "email": "di@clinic.example.com"}
    service.spoil = lambda body: body["users"].append(stranger)
    assert [user.external_id for user in look(directory).users] == ["amy"]


def test_what_is_newer_than_the_description_is_left_alone(
    service: AccountService, directory: HttpAccounts
) -> None:
    service.spoil = lambda body: body.update(colour="blue")
    assert look(directory).site.number == "4417"


# --- In time -------------------------------------------------------------------------------------


class HeldTime:
    """Seconds that pass when a test says so, and while one waits for a slow directory."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


@pytest.mark.parametrize("mode", ["hanging", "dripping"])
def test_a_service_that_takes_its_time_is_not_waited_for(
    service: AccountService, mode: Any
) -> None:
    inner = HttpAccounts(service.url, TOKEN, timeout_s=TIMEOUT_S)
    directory = PunctualAccounts(inner, TIMEOUT_S)
    service.mode = mode
    # Only the test lets the service go, so that whoever waited for it would wait for ever.
    refusal(directory)
    assert not service.let_go.is_set()
    service.let_go.set()
    inner.close()


class SlowAccounts:
    """A directory that takes some of the held time, then answers or fails."""

    def __init__(self, clock: HeldTime) -> None:
        self.clock = clock
        self.takes_s = 0.0
        self.works = True
        self.calls = 0

    def snapshot(self, external_id: str, site_number: str, today: date) -> AccountSnapshot:
        self.calls += 1
        self.clock.s += self.takes_s
        if not self.works:
            raise Unavailable("It failed.")
        return MemoryAccounts(base_rows()).snapshot(external_id, site_number, today)


@pytest.fixture
def slow() -> SlowAccounts:
    return SlowAccounts(HeldTime())


@pytest.fixture
def punctual(slow: SlowAccounts) -> PunctualAccounts:
    return PunctualAccounts(slow, timeout_s=2.0, clock=slow.clock)


def test_after_a_slow_failure_nobody_waits_until_one_has_tried_again(
    slow: SlowAccounts, punctual: PunctualAccounts
) -> None:
    slow.takes_s, slow.works = 1.9, False
    assert "It failed" in refusal(punctual)
    assert "a moment ago" in refusal(punctual)
    assert slow.calls == 1
    slow.clock.s += REST_S
    assert "It failed" in refusal(punctual)
    assert "a moment ago" in refusal(punctual)
    assert slow.calls == 2
    slow.clock.s += REST_S
    slow.works = True
    assert look(punctual)
    assert look(punctual)
    assert slow.calls == 4


def test_a_quick_failure_keeps_nobody_else_from_looking(
    slow: SlowAccounts, punctual: PunctualAccounts
) -> None:
    slow.works = False
    refusal(punctual)
    slow.works = True
    assert look(punctual)


def test_a_slow_answer_that_somebody_is_unknown_is_no_failure(
    slow: SlowAccounts, punctual: PunctualAccounts
) -> None:
    slow.takes_s, slow.works = 1.9, False
    refusal(punctual)
    slow.clock.s += REST_S
    slow.works = True
    with pytest.raises(NotFound):
        look(punctual, "nobody")
    assert look(punctual)


# --- What is told --------------------------------------------------------------------------------


def test_the_token_is_told_to_the_service_alone(
    service: AccountService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    inner = HttpAccounts(service.url, TOKEN, timeout_s=PATIENT_S)
    directory = PunctualAccounts(inner, PATIENT_S)
    with capture_logs() as logs:
        assert look(directory)
        for mode in ("broken", "garbage", "lost"):
            service.mode = mode  # type: ignore[assignment]
            assert TOKEN not in refusal(directory)
    assert [entry["event"] for entry in logs] == ["accounts_unavailable"] * 3
    assert TOKEN not in f"{logs} {caplog.text} {inner!r} {vars(directory)}"
    inner.close()
