"""Settings come from the environment, are told all their faults at once, and keep secrets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.core.errors import BadInput
from bot.settings import DEMO_KEY_ID, ROOT, Settings, settings

OWN_KEYS = '{"app_2026": "a-secret-of-thirty-two-bytes-or-more"}'


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No variable of this machine and no .env file, and nothing remembered."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"HELPDESK_{name.upper()}", raising=False)
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")
    settings.cache_clear()
    yield
    settings.cache_clear()


def give(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"HELPDESK_{name.upper()}", value)


def faults(monkeypatch: pytest.MonkeyPatch, **values: str) -> list[str]:
    give(monkeypatch, **values)
    with pytest.raises(BadInput) as error:
        settings()
    return str(error.value).splitlines()


def test_everything_has_a_default_that_works_on_one_machine() -> None:
    chosen = settings()
    assert (chosen.env, chosen.is_demo, chosen.host) == ("development", True, "127.0.0.1")
    assert chosen.database_url == f"sqlite:///{ROOT / 'var' / 'helpdesk.db'}"
    assert DEMO_KEY_ID in chosen.identity_keys


@pytest.mark.parametrize("name", ["helpdesk_identity_keys", "HELPDESK_IDENTITY_KEYS"])
def test_a_secret_is_read_from_a_file_of_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text(f"{OWN_KEYS}\n")
    give(monkeypatch, env="production", secrets_dir=str(tmp_path))
    assert [*settings().identity_keys] == ["app_2026"]


def test_a_variable_goes_before_the_file_of_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "helpdesk_metrics_token").write_text("from-the-file")
    give(monkeypatch, metrics_token="from-the-variable", secrets_dir=str(tmp_path))
    token = settings().metrics_token
    assert token is not None
    assert token.get_secret_value() == "from-the-variable"


def test_a_short_secret_in_a_file_is_refused_in_production(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "helpdesk_audit_key").write_text("short")
    given = {"env": "production", "identity_keys": OWN_KEYS, "secrets_dir": str(tmp_path)}
    (fault,) = faults(monkeypatch, **given)
    assert "HELPDESK_AUDIT_KEY" in fault
    assert "short\n" not in fault


def test_a_folder_of_secrets_that_is_not_there_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (fault,) = faults(monkeypatch, secrets_dir=str(tmp_path / "nowhere"))
    assert "HELPDESK_SECRETS_DIR" in fault


def test_a_setting_is_read_from_the_variable_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    give(
        monkeypatch,
        port="9000",
        rasa_port="9001",
        action_port="9002",
        allowed_origins='["https://clinic.example"]',
    )
    chosen = settings()
    assert chosen.port == 9000
    assert (chosen.rasa_url, chosen.action_url) == (
        "http://127.0.0.1:9001",
        "http://127.0.0.1:9002",
    )
    assert chosen.allowed_origins == ("https://clinic.example",)


@pytest.mark.parametrize("empty", ["", " "])
@pytest.mark.parametrize(
    "name",
    [n for n, field in Settings.model_fields.items() if field.annotation == SecretStr | None],
)
def test_an_empty_secret_is_none(monkeypatch: pytest.MonkeyPatch, name: str, empty: str) -> None:
    give(monkeypatch, **{name: empty})
    assert getattr(settings(), name) is None


@pytest.mark.parametrize(
    ("helpdesk", "prefix"), [("zendesk", "zendesk"), ("request_tracker", "rt")]
)
def test_a_helpdesk_is_not_entered_with_an_empty_token(
    monkeypatch: pytest.MonkeyPatch, helpdesk: str, prefix: str
) -> None:
    given = {f"{prefix}_url": "https://helpdesk.example", f"{prefix}_token": ""}
    (fault,) = faults(monkeypatch, helpdesk=helpdesk, **given)
    assert f"HELPDESK_{prefix.upper()}_TOKEN" in fault


def test_a_variable_goes_before_the_env_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("HELPDESK_PORT=9000\nHELPDESK_LOG_LEVEL=debug\n")
    give(monkeypatch, port="9100")
    chosen = settings()
    assert (chosen.port, chosen.log_level) == (9100, "debug")


def test_settings_are_read_once_and_cannot_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = settings()
    give(monkeypatch, port="9000")
    assert settings() is chosen
    with pytest.raises(ValueError, match="frozen"):
        chosen.port = 9000  # type: ignore[misc]


def test_all_faults_are_told_at_once_one_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = faults(monkeypatch, port="0", log_level="loud", rasa_timeout_s="99")
    assert len(lines) == 3
    by_name = {line.split(":")[0]: line for line in lines}
    assert set(by_name) == {"HELPDESK_PORT", "HELPDESK_LOG_LEVEL", "HELPDESK_RASA_TIMEOUT_S"}
    assert "found '0'" in by_name["HELPDESK_PORT"]
    assert "greater than or equal to 1" in by_name["HELPDESK_PORT"]
    assert "'warning'" in by_name["HELPDESK_LOG_LEVEL"]


def test_a_fault_inside_a_list_or_a_map_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = faults(monkeypatch, allowed_origins='["https://a.example", 5]')
    assert [line.split(":")[0] for line in lines] == ["HELPDESK_ALLOWED_ORIGINS[1]"]


@pytest.mark.parametrize("name", ["identity_keys", "allowed_origins"])
def test_what_is_no_json_is_said_to_be_none(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (line,) = faults(monkeypatch, **{name: "hunter22"})
    assert line.startswith(f"HELPDESK_{name.upper()}: is not JSON")
    assert "hunter22" not in line


def test_a_fault_never_shows_what_may_be_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = faults(monkeypatch, identity_keys='{"app_2026": 22334455}')
    assert line.startswith("HELPDESK_IDENTITY_KEYS[app_2026]: found (hidden)")
    assert "22334455" not in line


def test_secrets_are_hidden_wherever_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, identity_keys=OWN_KEYS, metrics_token="hunter22")
    assert "thirty-two" not in repr(settings())
    assert "hunter22" not in str(settings())


def test_production_refuses_the_demo_key(monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = faults(monkeypatch, env="production")
    assert "HELPDESK_IDENTITY_KEYS" in line
    assert "demo key" in line


def test_production_with_keys_of_its_own_has_no_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, env="production", identity_keys=OWN_KEYS)
    assert settings().is_demo is False


def test_an_account_service_needs_an_address_and_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = faults(monkeypatch, accounts="http", accounts_url="https://accounts.example")
    assert "HELPDESK_ACCOUNTS_TOKEN" in line


@pytest.mark.parametrize("url", ["http://accounts.example", "ftp://127.0.0.1", "accounts.example"])
def test_a_token_never_travels_in_the_clear(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    (line,) = faults(monkeypatch, accounts="http", accounts_url=url, accounts_token="hunter22")
    assert "HELPDESK_ACCOUNTS_URL must begin with https://" in line
    assert "hunter22" not in line


def test_an_account_service_on_this_machine_needs_no_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "http://127.0.0.1:9000"
    give(monkeypatch, accounts="http", accounts_url=address, accounts_token="hunter22")
    assert settings().accounts_url == address


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"helpdesk": "zendesk"}, "needs HELPDESK_ZENDESK_URL"),
        (
            {"helpdesk": "zendesk", "zendesk_url": "https://clinic.zendesk.com"},
            "needs HELPDESK_ZENDESK_TOKEN",
        ),
        (
            {"helpdesk": "request_tracker", "rt_url": "http://rt.clinic.example", "rt_token": "x"},
            "needs HELPDESK_RT_URL, an address with https://",
        ),
        ({"helpdesk": "zammad"}, "'request_tracker'"),
    ],
)
def test_a_helpdesk_is_chosen_with_all_that_it_needs(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], said: str
) -> None:
    (line,) = faults(monkeypatch, **values)
    assert said in line


def test_a_helpdesk_on_this_machine_needs_no_tls_and_its_token_stays_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    give(
        monkeypatch,
        helpdesk="zendesk",
        zendesk_url="http://127.0.0.1:9000",
        zendesk_token="hunter22",
        zendesk_fields='{"site_number": 360002}',
    )
    assert settings().zendesk_fields == {"site_number": 360002}
    assert "hunter22" not in repr(settings())


def test_every_setting_says_what_it_is() -> None:
    undescribed = [name for name, field in Settings.model_fields.items() if not field.description]
    assert undescribed == []


def test_every_setting_stands_in_the_documentation() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    names = [f"HELPDESK_{name.upper()}" for name in Settings.model_fields]
    assert [name for name in names if name not in page] == []


def test_a_proxy_that_is_no_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    (fault,) = faults(monkeypatch, trusted_proxies="127.0.0.1, proxy")
    assert "HELPDESK_TRUSTED_PROXIES" in fault
    assert "'proxy' is no address or network" in fault
