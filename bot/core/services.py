"""Every port in one place: what a process is given to work with.

`wiring.py` builds it from the settings; tests build it from memory adapters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.core.desk import SupportDesk
    from bot.core.ports.accounts import AccountDirectory
    from bot.core.ports.agents import Agents
    from bot.core.ports.clock import Clock
    from bot.core.ports.conversations import Conversations
    from bot.core.ports.desk import DeskRecords
    from bot.core.ports.dialogue import Assistant, LanguageDetector, Phrases
    from bot.core.ports.events import Events
    from bot.core.ports.figures import Figures
    from bot.core.ports.helpdesk import Helpdesk
    from bot.core.ports.privacy import Audit, Records
    from bot.core.ports.search import SectionSearch
    from bot.core.ports.shares import Shares
    from bot.core.ports.tickets import TicketStore


@dataclass(frozen=True, slots=True)
class Services:
    """Every port, ready to use.

    `probes` say whether each part that the service needs answers, by its name in /readyz.
    """

    clock: Clock
    phrases: Phrases
    conversations: Conversations
    records: DeskRecords
    figures: Figures
    tickets: TicketStore
    accounts: AccountDirectory
    agents: Agents
    helpdesk: Helpdesk
    assistant: Assistant
    search: SectionSearch
    detector: LanguageDetector
    events: Events
    shares: Shares
    audit: Audit
    desk: SupportDesk
    probes: Mapping[str, Callable[[], bool]]
    # None in memory, where nothing outlives the process.
    kept: Records | None = None
