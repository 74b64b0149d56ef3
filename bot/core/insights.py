"""The figures of the Insights tab, and what the knowledge base lacks.

Stores hand over facts, one object an event; they are counted here, so that all stores count alike.
Unanswered questions that mean the same are put together, whatever their language.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from bot.core.language import Language

# Cosine of two questions from which they count as the same gap; of a group, the mean counts.
SAME_GAP = 0.58
MOST_COMMENTS = 30
MOST_ARTICLES = 10
MOST_UNANSWERED = 50


@dataclass(frozen=True, slots=True)
class Begun:
    """A conversation. `is_used`: the visitor has written something."""

    at: datetime
    is_used: bool
    was_handed_off: bool


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay with people: from the wish for one to its end."""

    reason: str
    asked_at: datetime
    claimed_at: datetime | None = None
    outcome: str | None = None
    score: int | None = None
    comment: str | None = None
    rated_at: datetime | None = None

    @property
    def wait(self) -> timedelta | None:
        """How long the visitor waited; None if nobody came, or nobody was asked for."""
        if self.claimed_at is None or self.reason == "taken_over":
            return None
        return self.claimed_at - self.asked_at


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer from an article, and what the visitor thought of it."""

    at: datetime
    slug: str
    helpful: bool | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that happened in a stretch of time."""

    conversations: Sequence[Begun] = ()
    stays: Sequence[Stay] = ()
    answers: Sequence[Shown] = ()
    abstentions: Sequence[datetime] = ()


@dataclass(slots=True)
class Day:
    """The counts of one day; `wait_s` is the median of its waits, None without any."""

    day: date
    conversations: int = 0
    contained: int = 0
    handed_off: int = 0
    abstained: int = 0
    helpful: int = 0
    not_helpful: int = 0
    wait_s: float | None = None
    satisfaction: float | None = None


@dataclass(frozen=True, slots=True)
class Failing:
    """An article that was found unhelpful."""

    slug: str
    shown: int
    not_helpful: int


@dataclass(frozen=True, slots=True)
class Report:
    """What the tab shows of a stretch of time; days without anything are there as well."""

    days: Sequence[Day]
    reasons: Mapping[str, int]
    outcomes: Mapping[str, int]
    waits: int
    median_wait_s: float | None
    long_wait_s: float | None
    scores: Mapping[int, int]
    satisfaction: float | None
    comments: Sequence[Stay]
    failing_articles: Sequence[Failing]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that the bot had no answer to."""

    text: str
    language: Language
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Totals:
    """What was counted over all that is kept; the articles most often shown, with how often."""

    conversations: int
    contained: int
    handed_off: int
    abstained: int
    helpful: int
    not_helpful: int
    top_articles: Sequence[tuple[str, int]]
    unanswered: Sequence[Unanswered]


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that mean the same; `id` stays the same while they do. The first speaks for all."""

    id: str
    questions: Sequence[Unanswered] = field(default_factory=tuple)


def summarise(facts: Facts, since: datetime, until: datetime, zone: tzinfo) -> Report:
    """The report of the facts between two moments, by days of that time zone."""
    days = {day: Day(day) for day in _days(since.astimezone(zone), until.astimezone(zone))}

    def of(at: datetime) -> Day:
        local = at.astimezone(zone).date()
        return days.setdefault(local, Day(local))

    for begun in facts.conversations:
        day = of(begun.at)
        day.conversations += 1
        day.handed_off += begun.was_handed_off
        day.contained += begun.is_used and not begun.was_handed_off
    for at in facts.abstentions:
        of(at).abstained += 1
    for shown in facts.answers:
        of(shown.at).helpful += shown.helpful is True
        of(shown.at).not_helpful += shown.helpful is False
    _count_stays(facts.stays, of)
    waits = sorted(wait.total_seconds() for stay in facts.stays if (wait := stay.wait) is not None)
    scores = [stay.score for stay in facts.stays if stay.score is not None]
    commented = [stay for stay in facts.stays if stay.comment]
    return Report(
        days=[days[day] for day in sorted(days)],
        reasons=Counter(stay.reason for stay in facts.stays),
        outcomes=Counter(stay.outcome for stay in facts.stays if stay.outcome),
        waits=len(waits),
        median_wait_s=_at_share(waits, 0.5),
        long_wait_s=_at_share(waits, 0.9),
        scores={score: scores.count(score) for score in range(1, 6)},
        satisfaction=sum(scores) / len(scores) if scores else None,
        comments=sorted(commented, key=lambda stay: stay.asked_at, reverse=True)[:MOST_COMMENTS],
        failing_articles=_failing(facts.answers),
    )


def group(
    questions: Sequence[Unanswered], alike: Sequence[Sequence[float]], threshold: float = SAME_GAP
) -> list[Gap]:
    """Puts questions together by the mean cosine between groups, greatest gaps first.

    `alike[i][j]` is the cosine of questions i and j. Average linkage: a question that resembles
    just one of a group does not drag its own kind along.
    """
    groups: list[list[int]] = []
    for number in range(len(questions)):
        best, best_mean = None, threshold
        for members in groups:
            mean = sum(alike[number][other] for other in members) / len(members)
            if mean >= best_mean:
                best, best_mean = members, mean
        if best is None:
            groups.append([number])
        else:
            best.append(number)
    groups = _merged(groups, alike, threshold)
    gaps = [_gap([questions[n] for n in _central_first(members, alike)]) for members in groups]
    return sorted(gaps, key=lambda gap: -len(gap.questions))


def _merged(
    groups: list[list[int]], alike: Sequence[Sequence[float]], threshold: float
) -> list[list[int]]:
    """Groups that began apart and turned out to be one."""
    merged: list[list[int]] = []
    for members in sorted(groups, key=len, reverse=True):
        for other in merged:
            pairs = [alike[a][b] for a in members for b in other]
            if sum(pairs) / len(pairs) >= threshold:
                other.extend(members)
                break
        else:
            merged.append(list(members))
    return merged


def _central_first(members: list[int], alike: Sequence[Sequence[float]]) -> list[int]:
    """The members, that which is nearest to all others first."""
    return sorted(members, key=lambda n: -sum(alike[n][other] for other in members))


def _gap(questions: list[Unanswered]) -> Gap:
    texts = "\n".join(sorted(question.text for question in questions))
    return Gap(hashlib.sha256(texts.encode()).hexdigest()[:12], questions)


def _days(first: datetime, last: datetime) -> Iterable[date]:
    for number in range((last.date() - first.date()).days + 1):
        yield first.date() + timedelta(days=number)


def _count_stays(stays: Sequence[Stay], of: Callable[[datetime], Day]) -> None:
    waits: dict[date, list[float]] = defaultdict(list)
    scores: dict[date, list[int]] = defaultdict(list)
    for stay in stays:
        day = of(stay.asked_at)
        if stay.wait is not None:
            waits[day.day].append(stay.wait.total_seconds())
        if stay.score is not None:
            scores[day.day].append(stay.score)
        day.wait_s = _at_share(sorted(waits[day.day]), 0.5)
        given = scores[day.day]
        day.satisfaction = sum(given) / len(given) if given else None


def _failing(answers: Sequence[Shown]) -> list[Failing]:
    shown = Counter(answer.slug for answer in answers)
    bad = Counter(answer.slug for answer in answers if answer.helpful is False)
    ranked = sorted(bad.items(), key=lambda item: (-item[1], item[0]))
    return [Failing(slug, shown[slug], count) for slug, count in ranked[:MOST_ARTICLES]]


def _at_share(ordered: Sequence[float], share: float) -> float | None:
    """The value that this share of the ordered ones stays at or under; None of none."""
    if not ordered:
        return None
    return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)]
