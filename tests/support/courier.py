"""A process that delivers, as the gateway's worker does, and one that files; made to be killed.

Time runs faster here: delays of minutes are fractions of a second.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Event

from bot.adapters.database import Database
from bot.adapters.helpdesk_zendesk import ZendeskHelpdesk
from bot.adapters.memory import memory_services
from bot.adapters.sql_conversations import SqlConversations
from bot.adapters.sql_tickets import SqlTickets
from bot.adapters.system_clock import SystemClock
from bot.core import delivery
from bot.core.filing import open_cancellation
from bot.gateway import worker
from bot.settings import Settings
from tests.support.builders import a_draft
from tests.support.zendesk_server import AGENT

CONVERSATION = "conversation-1"
FIRST_SITE = 100_000
SETTLES_WITHIN = timedelta(seconds=0.3)


def deliver(database_url: str, helpdesk_url: str, owner: str) -> None:
    """Runs the gateway's own worker until killed."""
    delivery.FIRST_RETRY_S, delivery.LONGEST_RETRY_S = 0.02, 0.5
    worker.EVERY_S = 0.02
    database = Database(database_url)
    services = memory_services(SystemClock())
    helpdesk = ZendeskHelpdesk(helpdesk_url, AGENT[0], AGENT[1], {}, services.phrases)
    helpdesk.capabilities = replace(helpdesk.capabilities, settles_within=SETTLES_WITHIN)
    worker.Worker(
        replace(
            services,
            tickets=SqlTickets(database),
            conversations=SqlConversations(database),
            helpdesk=helpdesk,
        ),
        owner,
        Settings(_env_file=None).retention,
    ).start()
    Event().wait()


def file(database_url: str, count: int) -> None:
    """Confirms each request, as a visitor does who presses again until there is an answer."""
    database = Database(database_url)
    conversations, tickets = SqlConversations(database), SqlTickets(database)
    conversation = conversations.get(CONVERSATION)
    for site in range(FIRST_SITE, FIRST_SITE + count):
        draft = a_draft(site_number=str(site))
        draft = replace(draft, confirmed=draft.digest)
        open_cancellation(draft, conversation, tickets, SystemClock())
