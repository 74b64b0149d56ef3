"""Every setting, read once from the environment (prefix HELPDESK_) or a file.

The file is `.env`, or one for each secret, as Docker and Kubernetes mount them.
The only place that reads the environment. All faults are reported at once, one a line.
`docs/settings.md` lists the settings; a test compares.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from bot.core.errors import BadInput
from bot.core.hours import parse_hours
from bot.core.retention import Retention

ROOT = Path(__file__).resolve().parent.parent
DEMO_KEY_ID = "app_demo"
# The header by which gateway, Rasa and action server know one another.
INTERNAL_SECRET_HEADER = "X-Helpdesk-Secret"
# RFC 7518, 3.2: a key of HS256 has at least the size of its hash.
MIN_SECRET_BYTES = 32
_DEMO_SECRET = "demo-secret-that-production-refuses"


@dataclass(frozen=True, slots=True)
class DemoAgent:
    """An agent that exists in demo mode only; the password is no secret."""

    email: str
    password: str
    name: str
    role: Literal["agent", "lead"]


DEMO_AGENTS = (
    DemoAgent("amelie@soutien.example", "demo-amelie", "Amélie Fortin", "lead"),
    DemoAgent("marc@soutien.example", "demo-marc", "Marc Ouellet", "agent"),
)


class Settings(BaseSettings):
    """Settings of all three processes; every field has an environment variable of its name."""

    model_config = SettingsConfigDict(
        env_prefix="HELPDESK_", env_file=ROOT / ".env", extra="ignore", frozen=True
    )

    env: Literal["development", "production"] = Field(
        "development",
        description="`production` turns demo mode off and refuses default secrets.",
    )
    host: str = Field("127.0.0.1", description="Address that the gateway listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port of the gateway.")
    rasa_port: int = Field(5005, ge=1, le=65535, description="Port of Rasa, on loopback.")
    action_port: int = Field(5055, ge=1, le=65535, description="Port of the action server.")
    internal_host: str = Field(
        "127.0.0.1",
        description="Address that Rasa and the action server listen on; beyond loopback only in a "
        "network that nobody else reaches.",
    )
    database_url: str = Field(
        f"sqlite:///{ROOT / 'var' / 'helpdesk.db'}",
        description="SQLAlchemy address of the database: SQLite or PostgreSQL (psycopg).",
    )
    redis_url: SecretStr | None = Field(
        None,
        description="Redis by which several gateways wake one another and limit together, such as "
        "redis://host:6379/0.",
    )
    rasa_address: str = Field(
        "", description="Where the gateway reaches Rasa, if not on this machine."
    )
    action_address: str = Field(
        "", description="Where Rasa reaches the action server, if not on this machine."
    )
    trusted_proxies: str = Field(
        "127.0.0.1",
        description="Addresses or networks of the proxies in front, comma-separated: whose word "
        "on a visitor's address and on https is believed.",
    )
    identity_keys: dict[str, SecretStr] = Field(
        default={DEMO_KEY_ID: SecretStr(_DEMO_SECRET)},
        description='Keys that sign visitor identities, as JSON: {"key id": "secret"}.',
    )
    identity_audience: str | None = Field(
        None, description="If set, the `aud` that a visitor identity must carry."
    )
    support_address: str = Field(
        "https://ocean.tip/support", description="Where the articles send people for support."
    )
    encoder: str = Field(
        str(ROOT / "models" / "sentence-encoder"),
        description="Folder or id of a sentence-transformers model, or `ngram` for none.",
    )
    accounts: Literal["sql", "http"] = Field(
        "sql", description="Where clinics' accounts are read: the `account_*` tables, or a service."
    )
    accounts_database_url: str | None = Field(
        None, description="Database of the `account_*` tables or views, if it is another one."
    )
    accounts_url: str | None = Field(
        None, description="Address of the account service; HTTPS, save on this machine."
    )
    accounts_token: SecretStr | None = Field(
        None, description="Bearer token for the account service."
    )
    accounts_timeout_s: float = Field(
        2.5, gt=0, le=2.8, description="Seconds that a whole look-up may take, retries included."
    )
    helpdesk: Literal["builtin", "zendesk", "request_tracker"] = Field(
        "builtin", description="Where tickets are created; see docs/helpdesks.md."
    )
    zendesk_url: str | None = Field(
        None, description="Address of your Zendesk, such as https://clinic.zendesk.com."
    )
    zendesk_email: str | None = Field(
        None, description="Agent whose API token is given; none if it is an OAuth token."
    )
    zendesk_token: SecretStr | None = Field(None, description="API token or OAuth token.")
    zendesk_fields: dict[str, int] = Field(
        {}, description='Ids of custom fields, as JSON: {"site_number": 360001, "reference": …}.'
    )
    rt_url: str | None = Field(
        None, description="Address of your Request Tracker, such as https://rt.clinic.example."
    )
    rt_user: str | None = Field(
        None, description="User whose password is given; none if it is an authentication token."
    )
    rt_token: SecretStr | None = Field(None, description="Authentication token, or password.")
    rt_queue: str = Field("General", description="Queue in which tickets are created.")
    rt_key_field: str | None = Field(
        None, description="Custom field of the queue's tickets that takes our reference."
    )
    rasa_timeout_s: float = Field(
        10.0, gt=0, le=25, description="Seconds that the dialogue engine may take to answer."
    )
    allowed_origins: tuple[str, ...] = Field(
        (), description="Other origins whose pages may embed the widget, as a JSON list."
    )
    metrics_token: SecretStr | None = Field(
        None, description="Bearer token that opens /metrics from outside loopback."
    )
    internal_secret: SecretStr | None = Field(
        None,
        description="Secret that Rasa and the action server ask for; the launcher makes one up.",
    )
    limit_visitor: float = Field(
        120, ge=0, description="Messages a minute that one conversation may send; 0: no limit."
    )
    limit_address: float = Field(
        1200, ge=0, description="Calls a minute from one address, loopback apart; 0: no limit."
    )
    limit_site: float = Field(
        600, ge=0, description="Messages a minute from signed-in visitors of a site; 0: no limit."
    )
    limit_streams: int = Field(
        2000, ge=0, description="Event streams that a gateway holds open at once; 0: no limit."
    )
    audit_key: SecretStr | None = Field(
        None, description="Key that seals the audit log, so that nobody else can rewrite it."
    )
    keep_conversations_days: int = Field(
        90, ge=0, description="Days that a conversation is kept after its last change; 0: for ever."
    )
    keep_drafts_days: int = Field(
        7, ge=0, description="Days that an unfinished request is kept; 0: as its conversation."
    )
    keep_deliveries_days: int = Field(
        30, ge=0, description="Days that the text sent to the helpdesk is kept; 0: for ever."
    )
    keep_tickets_days: int = Field(
        730, ge=0, description="Days that a closed ticket names its requester; 0: for ever."
    )
    hours: str = Field(
        "",
        description="When the team is there, such as `mon-fri 09:00-17:00 America/Toronto`; "
        "always, if empty.",
    )
    closed_days: str = Field(
        "",
        description="Days on which the team is away, such as `2026-12-24, 12-25`; without a year, "
        "every year.",
    )
    wait_goal_min: float = Field(
        5.0,
        gt=0,
        le=1_440,
        description="Minutes within which whoever waits is to be served; the console warns of "
        "waits beyond it.",
    )
    agent_lease_s: float = Field(
        90.0,
        ge=15,
        le=3_600,
        description="Seconds without a sign of an agent's console after which the agent's "
        "conversations return to the queue.",
    )
    replies: str = Field(
        str(ROOT / "data" / "replies.yml"),
        description="File of the replies that agents send often.",
    )
    secrets_dir: str = Field(
        "",
        description="Folder with a file for each secret, named as its variable, such as "
        "/run/secrets; a variable of that name goes before.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least important level that is logged."
    )

    @property
    def is_demo(self) -> bool:
        """Whether demo identities, demo agents and demo data exist."""
        return self.env != "production"

    def require_internal_secret(self) -> str | None:
        """The shared secret; None outside production if there is none.

        Raises:
            BadInput: There is none in production.
        """
        found = self.internal_secret.get_secret_value() if self.internal_secret else None
        if found is None and self.env == "production":
            raise BadInput(
                "HELPDESK_INTERNAL_SECRET is not set. In production every process that is started "
                "by itself needs it, and all the same one."
            )
        return found

    @property
    def audit_seal_key(self) -> bytes:
        """The key of the audit log; empty if there is none."""
        return self.audit_key.get_secret_value().encode() if self.audit_key else b""

    @property
    def retention(self) -> Retention:
        """How long each kind of data is kept."""
        return Retention(
            conversations=self.keep_conversations_days,
            drafts=self.keep_drafts_days,
            tickets=self.keep_tickets_days,
            deliveries=self.keep_deliveries_days,
        )

    @property
    def rasa_url(self) -> str:
        """Where the gateway reaches Rasa."""
        return self.rasa_address.rstrip("/") or f"http://127.0.0.1:{self.rasa_port}"

    @property
    def action_url(self) -> str:
        """Where Rasa reaches the action server."""
        return self.action_address.rstrip("/") or f"http://127.0.0.1:{self.action_port}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, variables, `.env`, and last the folder of secrets that one of these names."""
        given = (init_settings, env_settings, dotenv_settings)
        folder = next((str(f) for source in given if (f := source().get("secrets_dir"))), "")
        if not Path(folder or "/nowhere").is_dir():
            return (*given, file_secret_settings)
        return (*given, SecretsSettingsSource(settings_cls, secrets_dir=folder))

    @field_validator(
        "redis_url",
        "accounts_token",
        "zendesk_token",
        "rt_token",
        "metrics_token",
        "internal_secret",
        "audit_key",
    )
    @classmethod
    def _take_empty_for_none(cls, secret: SecretStr | None) -> SecretStr | None:
        """A variable that is set to nothing gives no secret, least of all one that opens a door."""
        return secret if secret and secret.get_secret_value().strip() else None

    @field_validator("secrets_dir")
    @classmethod
    def _require_folder(cls, folder: str) -> str:
        if folder and not Path(folder).is_dir():
            raise ValueError("is no folder that can be read.")
        return folder

    @field_validator("trusted_proxies")
    @classmethod
    def _require_addresses(cls, text: str) -> str:
        for one in text.split(","):
            try:
                ip_network(one.strip())
            except ValueError:
                raise ValueError(
                    f"{one.strip()!r} is no address or network, such as 10.0.0.0/8."
                ) from None
        return text

    @field_validator("hours")
    @classmethod
    def _require_hours(cls, text: str) -> str:
        try:
            parse_hours(text)
        except BadInput as error:
            raise ValueError(str(error)) from None
        return text

    @field_validator("closed_days")
    @classmethod
    def _require_days(cls, text: str) -> str:
        try:
            parse_hours("", text)
        except BadInput as error:
            raise ValueError(str(error)) from None
        return text

    @model_validator(mode="after")
    def _require_the_account_service(self) -> Self:
        if self.accounts == "http" and not (self.accounts_url and self.accounts_token):
            raise ValueError(
                "HELPDESK_ACCOUNTS is http: HELPDESK_ACCOUNTS_URL and HELPDESK_ACCOUNTS_TOKEN "
                "must say which service, and let us in."
            )
        address = urlsplit(self.accounts_url or "https://none")
        is_local = address.hostname in ("127.0.0.1", "::1", "localhost")
        if address.scheme != "https" and not (address.scheme == "http" and is_local):
            # The token would travel in the clear.
            raise ValueError("HELPDESK_ACCOUNTS_URL must begin with https://.")
        return self

    @model_validator(mode="after")
    def _refuse_default_secrets(self) -> Self:
        if self.env != "production":
            return self
        secrets = {key.get_secret_value() for key in self.identity_keys.values()}
        is_default = DEMO_KEY_ID in self.identity_keys or _DEMO_SECRET in secrets
        if is_default:
            raise ValueError(
                "HELPDESK_IDENTITY_KEYS still has the demo key. In production give your own, "
                'such as {"app_2026": "<32 random bytes or more>"}.'
            )
        given = {f"HELPDESK_IDENTITY_KEYS[{name}]": key for name, key in self.identity_keys.items()}
        if self.internal_secret:
            given["HELPDESK_INTERNAL_SECRET"] = self.internal_secret
        if self.audit_key:
            given["HELPDESK_AUDIT_KEY"] = self.audit_key
        short = [
            name
            for name, key in given.items()
            if len(key.get_secret_value().encode()) < MIN_SECRET_BYTES
        ]
        if short:
            raise ValueError(
                f"{', '.join(short)}: shorter than {MIN_SECRET_BYTES} bytes, which production "
                "refuses. Make one with: openssl rand -hex 32"
            )
        return self

    @model_validator(mode="after")
    def _require_helpdesk(self) -> Self:
        """A chosen helpdesk has an address and a token, and no token leaves without TLS."""
        prefix = {"zendesk": "zendesk", "request_tracker": "rt"}.get(self.helpdesk)
        if prefix is None:
            return self
        name = f"HELPDESK_{prefix.upper()}"
        url = urlsplit(getattr(self, f"{prefix}_url") or "")
        is_local = url.hostname in ("127.0.0.1", "localhost", "::1")
        if not url.hostname or url.scheme not in ("https", *(["http"] if is_local else [])):
            raise ValueError(
                f"HELPDESK_HELPDESK={self.helpdesk} needs {name}_URL, an address with https:// "
                "(http:// only on this machine)."
            )
        if getattr(self, f"{prefix}_token") is None:
            raise ValueError(f"HELPDESK_HELPDESK={self.helpdesk} needs {name}_TOKEN.")
        return self


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process.

    Raises:
        BadInput: One line for each setting at fault: its name, what was found, what is allowed.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise BadInput("\n".join(_fault_lines(error))) from None
    except SettingsError as error:
        # A list or a map that is no JSON at all; the library names the field, not what it found.
        field = re.search(r'field "(\w+)"', str(error))
        name = f"HELPDESK_{field[1].upper()}" if field else str(error)
        raise BadInput(f"{name}: is not JSON; docs/settings.md says what it holds.") from None


def _fault_lines(error: ValidationError) -> list[str]:
    lines = []
    for fault in error.errors():
        field, *inside = map(str, fault["loc"] or ("",))
        name = f"HELPDESK_{field.upper()}" + "".join(f"[{part}]" for part in inside)
        is_secret = any(word in name for word in ("KEY", "TOKEN", "SECRET", "URL"))
        found = "(hidden)" if is_secret else repr(fault["input"])
        where = f"{name}: found {found}: " if fault["loc"] else ""
        lines.append(f"{where}{fault['msg'].removeprefix('Value error, ')}")
    return lines
