"""The agents' calls for figures and for what the knowledge base lacks."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from bot.core import gaps as core
from bot.core.errors import NotFound
from bot.core.insights import Gap, Report, Totals, summarise
from bot.core.language import Language
from bot.core.services import Services
from bot.gateway.access import ChangingAgent, ReadingAgent, ServicesDep, check_origin
from bot.gateway.errors import responses
from bot.gateway.schemas.insights import (
    ArticleCount,
    DayOut,
    FailingOut,
    GapOut,
    GapQuestion,
    Gaps,
    Insights,
    NearestSection,
    RatingComment,
    Replay,
    ReplayedGap,
    ReplayedQuestion,
    ReportOut,
    UnansweredQuestion,
    Votes,
)
from bot.gateway.schemas.wire import Nothing, empty_means

router = APIRouter(
    prefix="/api/v1/agent/insights", tags=["agent"], dependencies=[Depends(check_origin)]
)
DAYS = 30
Days = Annotated[
    int,
    Query(ge=1, le=366, description="How many days back, today included."),
    empty_means(DAYS),
]
GapLanguage = Annotated[
    Language, Query(description="In which to show the nearest section."), empty_means("fr")
]


@router.get("", responses=responses(401))
def read_insights(_agent: ReadingAgent, services: ServicesDep, days: Days = DAYS) -> Insights:
    """Counts over all conversations, and a report of the last days."""
    zone = services.desk.hours.zone
    until = services.clock.now()
    today = until.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    since = today - timedelta(days=days - 1)
    report = summarise(services.figures.facts(since), since, until, zone)
    return _insights(services.figures.totals(), report)


@router.get("/gaps", responses=responses(401))
def list_gaps(_agent: ReadingAgent, services: ServicesDep, language: GapLanguage = "fr") -> Gaps:
    """Questions without an answer, those that mean the same together, most often asked first."""
    return Gaps(gaps=[_gap(gap, language, services) for gap in core.find_gaps(services)])


@router.get(
    "/gaps/{gap_id}/draft",
    response_class=Response,
    responses={200: {"content": {"text/markdown": {}}}, **responses(401, 404)},
)
def draft_article(
    gap_id: Annotated[str, Path(description="The gap's id.")],
    _agent: ReadingAgent,
    services: ServicesDep,
) -> Response:
    """The beginning of an article for a gap, in both languages, to be finished by hand."""
    gap = next((one for one in core.find_gaps(services) if one.id == gap_id), None)
    if gap is None:
        raise NotFound("No such gap: its questions have changed, or are answered. Look again.")
    found = core.nearest(gap, gap.questions[0].language, services)
    today = services.clock.now().astimezone(services.desk.hours.zone).date()
    return Response(
        core.draft_article(gap, found, today),
        media_type="text/markdown; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="article-{gap_id}.md"'},
    )


@router.post("/gaps/replay", responses=responses(401, 403))
def replay_gaps(
    _agent: ChangingAgent, services: ServicesDep, _body: Nothing | None = None
) -> Replay:
    """Asks the questions of the greatest gaps again, and says which gaps have closed.

    As many as a caller can wait for, and at least the first: none is too great to close.
    """
    asked = 0
    replayed: list[ReplayedGap] = []
    for gap in core.find_gaps(services):
        asked += len(gap.questions)
        if replayed and asked > core.MOST_REPLAYED:
            break
        answers = core.replay(gap, services)
        replayed.append(
            ReplayedGap(
                id=gap.id,
                state=core.state_of(answers),
                questions=[ReplayedQuestion.model_validate(answer) for answer in answers],
            )
        )
    return Replay(gaps=replayed)


def _gap(gap: Gap, language: Language, services: Services) -> GapOut:
    found = core.nearest(gap, language, services)
    return GapOut(
        id=gap.id,
        questions=[GapQuestion.model_validate(question) for question in gap.questions],
        nearest=found
        and NearestSection(
            key=found.key, heading=found.heading, title=found.article_title, url=found.url
        ),
    )


def _insights(totals: Totals, report: Report) -> Insights:
    return Insights(
        report=_report(report),
        conversations=totals.conversations,
        contained=totals.contained,
        handed_off=totals.handed_off,
        abstained=totals.abstained,
        feedback=Votes(helpful=totals.helpful, not_helpful=totals.not_helpful),
        top_articles=[ArticleCount(slug=slug, count=n) for slug, n in totals.top_articles],
        unanswered=[UnansweredQuestion.model_validate(one) for one in totals.unanswered],
    )


def _report(report: Report) -> ReportOut:
    return ReportOut(
        days=[DayOut.model_validate(day) for day in report.days],
        reasons=dict(report.reasons),
        outcomes=dict(report.outcomes),
        waits=report.waits,
        median_wait_s=report.median_wait_s,
        long_wait_s=report.long_wait_s,
        scores=dict(report.scores),
        satisfaction=report.satisfaction,
        comments=[
            RatingComment(score=stay.score, comment=stay.comment or "", rated_at=stay.rated_at)
            for stay in report.comments
        ],
        failing_articles=[FailingOut.model_validate(one) for one in report.failing_articles],
    )
