"""The one place that picks adapters: builds what each process needs from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from bot.adapters.database import Database
from bot.adapters.domain_phrases import DomainPhrases
from bot.adapters.events_local import LocalEvents
from bot.adapters.helpdesk_builtin import BuiltinHelpdesk
from bot.adapters.language_lingua import LinguaDetector
from bot.adapters.rasa_http import RasaAssistant
from bot.adapters.sql_accounts import SqlAccounts
from bot.adapters.sql_agents import SqlAgents
from bot.adapters.sql_conversations import SqlConversations
from bot.adapters.sql_tickets import SqlTickets
from bot.adapters.system_clock import SystemClock
from bot.core.accounts import AccountDirectory
from bot.core.ports import (
    Agents,
    Assistant,
    Clock,
    Conversations,
    Events,
    Helpdesk,
    LanguageDetector,
    Phrases,
    SectionSearch,
    TicketStore,
)
from bot.settings import ROOT, Settings, settings


@dataclass(frozen=True, slots=True)
class Services:
    """Every port, ready to use. Tests build one from `adapters.memory`."""

    settings: Settings
    clock: Clock
    phrases: Phrases
    conversations: Conversations
    tickets: TicketStore
    accounts: AccountDirectory
    agents: Agents
    helpdesk: Helpdesk
    assistant: Assistant
    search: SectionSearch
    detector: LanguageDetector
    events: Events


@lru_cache(maxsize=1)
def services() -> Services:
    """The services of this process, built with the first call."""
    return build(settings())


def build(chosen: Settings) -> Services:
    """Services for these settings."""
    from bot.adapters.section_search import KnowledgeSearch

    database = Database(chosen.database_url)
    clock = SystemClock()
    return Services(
        settings=chosen,
        clock=clock,
        phrases=DomainPhrases(ROOT / "domain.yml"),
        conversations=SqlConversations(database),
        tickets=SqlTickets(database),
        accounts=SqlAccounts(database.engine),
        agents=SqlAgents(database),
        helpdesk=BuiltinHelpdesk(database, clock),
        assistant=RasaAssistant(chosen.rasa_url, chosen.rasa_timeout_s),
        search=KnowledgeSearch(chosen),
        detector=LinguaDetector(),
        events=LocalEvents(),
    )
