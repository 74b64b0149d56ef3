"""The one place that picks adapters: builds what each process needs from the settings."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

from bot.adapters.database import Database
from bot.adapters.domain_phrases import DomainPhrases
from bot.adapters.events_local import LocalEvents
from bot.adapters.events_redis import RedisEvents
from bot.adapters.helpdesk_builtin import BuiltinHelpdesk
from bot.adapters.helpdesk_request_tracker import RequestTrackerHelpdesk
from bot.adapters.helpdesk_zendesk import ZendeskHelpdesk
from bot.adapters.http_accounts import HttpAccounts
from bot.adapters.language_lingua import LinguaDetector
from bot.adapters.probes import answers_http, reads_database
from bot.adapters.punctual_accounts import PunctualAccounts
from bot.adapters.rasa_http import RasaAssistant
from bot.adapters.section_search import KnowledgeSearch
from bot.adapters.shares_local import LocalShares
from bot.adapters.shares_redis import RedisShares
from bot.adapters.sql_accounts import SqlAccounts
from bot.adapters.sql_agents import SqlAgents
from bot.adapters.sql_audit import SqlAudit
from bot.adapters.sql_conversations import SqlConversations
from bot.adapters.sql_desk import SqlDeskRecords
from bot.adapters.sql_figures import SqlFigures
from bot.adapters.sql_records import SqlRecords
from bot.adapters.sql_tickets import SqlTickets
from bot.adapters.system_clock import SystemClock
from bot.core.desk import SupportDesk
from bot.core.hours import parse_hours
from bot.core.ports.accounts import AccountDirectory
from bot.core.ports.clock import Clock
from bot.core.ports.dialogue import Phrases
from bot.core.ports.helpdesk import Helpdesk
from bot.core.services import Services
from bot.settings import INTERNAL_SECRET_HEADER, ROOT, Settings, settings


@lru_cache(maxsize=1)
def services() -> Services:
    """The services of this process, built with the first call."""
    return build(settings())


def build(chosen: Settings) -> Services:
    """Services for these settings."""
    database = Database(chosen.database_url)
    clock = SystemClock()
    redis_url = chosen.redis_url
    phrases = DomainPhrases(ROOT / "domain.yml")
    conversations = SqlConversations(database)
    records = SqlDeskRecords(database)
    agents = SqlAgents(database)
    known_by = chosen.internal_secret
    secret = {INTERNAL_SECRET_HEADER: known_by.get_secret_value()} if known_by else {}
    return Services(
        clock=clock,
        phrases=phrases,
        conversations=conversations,
        records=records,
        figures=SqlFigures(database),
        tickets=SqlTickets(database),
        accounts=_accounts(chosen, database),
        agents=agents,
        helpdesk=_helpdesk(chosen, database, clock, phrases),
        assistant=RasaAssistant(chosen.rasa_url, chosen.rasa_timeout_s, secret),
        search=KnowledgeSearch(chosen),
        detector=LinguaDetector(),
        events=RedisEvents(redis_url.get_secret_value()) if redis_url else LocalEvents(),
        shares=RedisShares(redis_url.get_secret_value()) if redis_url else LocalShares(),
        audit=SqlAudit(database, chosen.audit_seal_key),
        kept=SqlRecords(database),
        desk=SupportDesk(
            conversations,
            agents,
            records,
            phrases,
            clock,
            parse_hours(chosen.hours, chosen.closed_days),
            timedelta(seconds=chosen.agent_lease_s),
        ),
        probes={
            "database": reads_database(database),
            "dialogue_engine": answers_http(f"{chosen.rasa_url}/webhooks/rest/", secret),
            "action_server": answers_http(f"{chosen.action_url}/health", secret),
        },
    )


def _accounts(chosen: Settings, database: Database) -> AccountDirectory:
    directory: AccountDirectory
    if chosen.accounts == "http":
        assert chosen.accounts_url, "the settings have seen to it"
        assert chosen.accounts_token
        token = chosen.accounts_token.get_secret_value()
        directory = HttpAccounts(chosen.accounts_url, token, chosen.accounts_timeout_s)
    elif chosen.accounts_database_url:
        directory = SqlAccounts(Database(chosen.accounts_database_url).engine)
    else:
        directory = SqlAccounts(database.engine)
    return PunctualAccounts(directory, chosen.accounts_timeout_s)


def _helpdesk(chosen: Settings, database: Database, clock: Clock, phrases: Phrases) -> Helpdesk:
    """The helpdesk that was chosen; the settings have seen to it that what it needs is given."""
    if chosen.helpdesk == "zendesk":
        assert chosen.zendesk_url
        assert chosen.zendesk_token
        return ZendeskHelpdesk(
            chosen.zendesk_url,
            chosen.zendesk_email,
            chosen.zendesk_token.get_secret_value(),
            chosen.zendesk_fields,
            phrases,
        )
    if chosen.helpdesk == "request_tracker":
        assert chosen.rt_url
        assert chosen.rt_token
        return RequestTrackerHelpdesk(
            chosen.rt_url,
            chosen.rt_user,
            chosen.rt_token.get_secret_value(),
            chosen.rt_queue,
            chosen.rt_key_field,
            phrases,
        )
    return BuiltinHelpdesk(database, clock)
