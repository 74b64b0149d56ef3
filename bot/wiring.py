"""The one place that picks adapters: builds what each process needs from the settings."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

from bot.adapters.database import Database
from bot.adapters.domain_phrases import DomainPhrases
from bot.adapters.events_local import LocalEvents
from bot.adapters.events_redis import RedisEvents
from bot.adapters.helpdesk_builtin import BuiltinHelpdesk
from bot.adapters.language_lingua import LinguaDetector
from bot.adapters.probes import answers_http, reads_database
from bot.adapters.rasa_http import RasaAssistant
from bot.adapters.section_search import KnowledgeSearch
from bot.adapters.sql_accounts import SqlAccounts
from bot.adapters.sql_agents import SqlAgents
from bot.adapters.sql_conversations import SqlConversations
from bot.adapters.sql_desk import SqlDeskRecords
from bot.adapters.sql_tickets import SqlTickets
from bot.adapters.system_clock import SystemClock
from bot.core.desk import SupportDesk
from bot.core.hours import parse_hours
from bot.core.ports import Services
from bot.settings import ROOT, Settings, settings


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
    return Services(
        clock=clock,
        phrases=phrases,
        conversations=conversations,
        records=records,
        tickets=SqlTickets(database),
        accounts=SqlAccounts(database.engine),
        agents=agents,
        helpdesk=BuiltinHelpdesk(database, clock),
        assistant=RasaAssistant(chosen.rasa_url, chosen.rasa_timeout_s),
        search=KnowledgeSearch(chosen),
        detector=LinguaDetector(),
        events=RedisEvents(redis_url.get_secret_value()) if redis_url else LocalEvents(),
        desk=SupportDesk(
            conversations,
            agents,
            records,
            phrases,
            clock,
            parse_hours(chosen.hours),
            timedelta(seconds=chosen.agent_lease_s),
        ),
        probes={
            "database": reads_database(database),
            "dialogue_engine": answers_http(f"{chosen.rasa_url}/webhooks/rest/"),
            "action_server": answers_http(f"{chosen.action_url}/health"),
        },
    )
