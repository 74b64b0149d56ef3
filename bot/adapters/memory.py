"""Every port in memory: the fakes of all tests, without a database, a network or a real clock.

They keep what they are given and do what they are told; the contract suites hold them to the same
promises as the real adapters. Conversations, tickets and accounts have modules of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from bot.adapters.domain_phrases import DomainPhrases
from bot.adapters.events_local import LocalEvents
from bot.adapters.memory_accounts import MemoryAccounts
from bot.adapters.memory_agents import MemoryAgents
from bot.adapters.memory_conversations import MemoryConversations
from bot.adapters.memory_desk import MemoryDeskRecords
from bot.adapters.memory_figures import MemoryFigures
from bot.adapters.memory_tickets import MemoryHelpdesk, MemoryTickets
from bot.adapters.shares_local import LocalShares
from bot.core.audit import FIRST_SEAL, Entry, Sealed, seal
from bot.core.conversations import Reply
from bot.core.desk import SupportDesk
from bot.core.hours import OpeningHours
from bot.core.language import Language
from bot.core.ports.clock import Clock
from bot.core.ports.dialogue import Assistant
from bot.core.ports.helpdesk import Helpdesk
from bot.core.ports.search import SectionSearch
from bot.core.services import Services
from knowledge_base.article import Article, Section

DOMAIN = Path(__file__).resolve().parents[2] / "domain.yml"


class HeldClock:
    """A `Clock` that stands still until it is moved."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """See the port."""
        return self.moment

    def advance(self, by: timedelta) -> None:
        """Moves the clock on."""
        self.moment += by


@dataclass(frozen=True, slots=True)
class Asked:
    """One message that the assistant was given."""

    conversation_id: str
    text: str
    language: Language
    message_id: int
    is_fresh_start: bool = False


class ScriptedAssistant:
    """An `Assistant` that says what `script` holds, one item a message, then repeats the last.

    An item is what to say, or an error to raise. `meanwhile` runs while it "thinks".
    """

    def __init__(self, *script: Sequence[Reply] | Exception) -> None:
        self.script = list(script) or [[Reply("answer", "An answer.", "faq/an-article")]]
        self.asked: list[Asked] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def reply(
        self,
        conversation_id: str,
        text: str,
        language: Language,
        message_id: int,
        *,
        is_fresh_start: bool = False,
    ) -> list[Reply]:
        """See the port."""
        place = min(len(self.asked), len(self.script) - 1)
        self.asked.append(Asked(conversation_id, text, language, message_id, is_fresh_start))
        self.meanwhile()
        said = self.script[place]
        if isinstance(said, Exception):
            raise said
        return list(said)


@dataclass(frozen=True, slots=True)
class Hit:
    """A section that the search found."""

    section: Section
    score: float
    is_trained: bool = True


class MemorySearch:
    """A `SectionSearch` that finds for a query what `found` says, as {query: {key: score}}."""

    def __init__(
        self,
        sections: Iterable[Section] = (),
        found: Mapping[str, Mapping[str, float]] | None = None,
    ) -> None:
        self.sections = {(section.key, section.language): section for section in sections}
        self.found = dict(found or {})

    def find(self, query: str, language: Language, limit: int) -> list[Hit]:
        """See the port."""
        scores = sorted(self.found.get(query, {}).items(), key=lambda pair: -pair[1])
        hits = [Hit(self.sections[key, language], score) for key, score in scores]
        return hits[:limit]

    @property
    def has_untrained(self) -> bool:
        """See the port."""
        return False

    def likeness(self, texts: Sequence[str]) -> list[list[float]]:
        """See the port. Texts are alike by the share of their words that they have in common."""
        words = [set(text.lower().split()) for text in texts]
        return [[len(a & b) / len(a | b) if a | b else 0.0 for b in words] for a in words]

    def related(self, section: Section) -> list[Section]:
        """See the port. The other sections of the language, in the order they were given."""
        others = self.sections.values()
        return [o for o in others if o.language == section.language and o.slug != section.slug]

    def article(self, slug: str, language: Language) -> Article | None:
        """See the port."""
        return next((a for a in self.articles(language) if a.slug == slug), None)

    def articles(self, language: Language) -> list[Article]:
        """See the port. Each made of its sections; reviewed on the first day of 2026."""
        by_slug: dict[str, list[Section]] = {}
        for section in self.sections.values():
            if section.language == language:
                by_slug.setdefault(section.slug, []).append(section)
        return [
            Article(
                slug=slug,
                title=sections[0].article_title,
                language=language,
                audience=sections[0].audience,
                related=(),
                source_url=sections[0].url,
                reviewed_on=date(2026, 1, 1),
                status="published",
                sections=tuple(sections),
            )
            for slug, sections in sorted(by_slug.items())
        ]

    def warm(self) -> None:
        """See the port."""

    def section(self, key: str, language: Language) -> Hit | None:
        """See the port."""
        found = self.sections.get((key, language))
        return None if found is None else Hit(found, 1.0)


class FixedDetector:
    """A `LanguageDetector` that has one opinion of every text; at 0.5 it has none."""

    def __init__(self, language: Language = "fr", confidence: float = 0.5) -> None:
        self.opinion = (language, confidence)

    def detect(self, text: str) -> tuple[Language, float]:  # noqa: ARG002
        """See the port."""
        return self.opinion


class MemoryAudit:
    """The `Audit` port in memory, sealed without a key."""

    def __init__(self) -> None:
        self.log: list[Sealed] = []

    def add(self, entry: Entry) -> Sealed:
        """See the port."""
        previous = self.log[-1].seal if self.log else FIRST_SEAL
        number = len(self.log) + 1
        self.log.append(Sealed(number, entry, seal(entry, number, previous, b"")))
        return self.log[-1]

    def entries(self, subject: str | None = None) -> Iterator[Sealed]:
        """See the port."""
        return (kept for kept in self.log if subject in (None, kept.entry.subject))


def memory_services(
    clock: Clock,
    *,
    assistant: Assistant | None = None,
    helpdesk: Helpdesk | None = None,
    search: SectionSearch | None = None,
) -> Services:
    """Services over memory adapters: empty stores, and the sentences of domain.yml."""
    tickets = MemoryTickets()
    conversations = MemoryConversations(on_erase=tickets.forget_conversation)
    records = MemoryDeskRecords(conversations)
    agents = MemoryAgents()
    phrases = _phrases()
    return Services(
        clock=clock,
        phrases=phrases,
        conversations=conversations,
        records=records,
        figures=MemoryFigures(conversations),
        tickets=tickets,
        accounts=MemoryAccounts({}),
        agents=agents,
        helpdesk=helpdesk or MemoryHelpdesk(),
        assistant=assistant or ScriptedAssistant(),
        search=search or MemorySearch(),
        detector=FixedDetector(),
        events=LocalEvents(),
        shares=LocalShares(),
        audit=MemoryAudit(),
        desk=SupportDesk(conversations, agents, records, phrases, clock, OpeningHours()),
        probes={},
    )


@lru_cache(maxsize=1)
def _phrases() -> DomainPhrases:
    return DomainPhrases(DOMAIN)
