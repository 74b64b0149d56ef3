"""How figures are counted, and how questions become gaps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from bot.adapters.memory import HeldClock, MemorySearch, ScriptedAssistant, memory_services
from bot.core import gaps
from bot.core.conversations import Reply
from bot.core.gaps import Replayed
from bot.core.insights import Begun, Facts, Gap, Shown, Stay, Unanswered, group, summarise
from bot.core.language import Language
from bot.gateway.insights import replay_gaps
from knowledge_base.article import load_articles
from tests.support.builders import NOW, a_section, an_agent, an_answer, start

TORONTO = ZoneInfo("America/Toronto")
MINUTE = timedelta(minutes=1)


def asked(text: str, language: Language = "fr") -> Unanswered:
    return Unanswered(text, language, NOW)


# --- Figures -------------------------------------------------------------------------------------


def test_a_day_is_the_team_s_own_and_empty_days_are_there_too() -> None:
    # 02:30 UTC is the evening before in Toronto.
    late = datetime(2026, 3, 10, 2, 30, tzinfo=UTC)
    facts = Facts(conversations=[Begun(late, is_used=True, was_handed_off=False)])
    report = summarise(facts, NOW - timedelta(days=2), NOW, TORONTO)
    assert [(day.day, day.conversations, day.contained) for day in report.days] == [
        (date(2026, 3, 8), 0, 0),
        (date(2026, 3, 9), 1, 1),
        (date(2026, 3, 10), 0, 0),
    ]


def test_what_the_bot_resolved_is_what_was_used_and_never_handed_off() -> None:
    begun = [
        Begun(NOW, is_used=True, was_handed_off=False),
        Begun(NOW, is_used=True, was_handed_off=True),
        Begun(NOW, is_used=False, was_handed_off=False),
    ]
    (day,) = summarise(Facts(conversations=begun), NOW, NOW, UTC).days
    assert (day.conversations, day.contained, day.handed_off) == (3, 1, 1)


def test_waits_are_of_those_who_were_served_and_had_asked() -> None:
    stays = [Stay("asked", NOW, NOW + wait * MINUTE) for wait in (1, 2, 3, 4, 30)]
    stays += [Stay("asked", NOW), Stay("taken_over", NOW, NOW)]
    report = summarise(Facts(stays=stays), NOW, NOW, UTC)
    assert (report.waits, report.median_wait_s, report.long_wait_s) == (5, 180, 1800)
    assert report.days[0].wait_s == 180
    assert dict(report.reasons) == {"asked": 6, "taken_over": 1}


def test_satisfaction_is_the_mean_of_the_ratings_given() -> None:
    stays = [
        Stay("asked", NOW, NOW, "resolved", score, comment)
        for score, comment in ((5, "Merci!"), (2, None), (None, None))
    ]
    report = summarise(Facts(stays=stays), NOW, NOW, UTC)
    assert (report.satisfaction, report.scores) == (3.5, {1: 0, 2: 1, 3: 0, 4: 0, 5: 1})
    assert [stay.comment for stay in report.comments] == ["Merci!"]
    assert dict(report.outcomes) == {"resolved": 3}


def test_failing_articles_are_those_found_unhelpful_worst_first() -> None:
    answers = [Shown(NOW, "good", helpful=True), Shown(NOW, "silent")]
    answers += [Shown(NOW, "bad", helpful=False)] * 2 + [Shown(NOW, "bad")]
    answers += [Shown(NOW, "worse", helpful=False)] * 3
    report = summarise(Facts(answers=answers), NOW, NOW, UTC)
    found = [(one.slug, one.shown, one.not_helpful) for one in report.failing_articles]
    assert found == [("worse", 3, 3), ("bad", 3, 2)]


def test_nothing_at_all_is_a_report_without_means() -> None:
    report = summarise(Facts(), NOW, NOW, UTC)
    assert (report.median_wait_s, report.long_wait_s, report.satisfaction) == (None, None, None)


# --- Gaps ----------------------------------------------------------------------------------------


def test_questions_that_mean_the_same_are_one_gap_whatever_their_language() -> None:
    questions = [
        asked("Puis-je fusionner deux sites?"),
        asked("Quelle heure est-il?"),
        asked("Can I merge two sites?", "en"),
        asked("Fusion de sites possible?"),
    ]
    alike = [
        [1.0, 0.1, 0.8, 0.9],
        [0.1, 1.0, 0.1, 0.2],
        [0.8, 0.1, 1.0, 0.7],
        [0.9, 0.2, 0.7, 1.0],
    ]
    found = group(questions, alike)
    assert [[q.text for q in gap.questions] for gap in found] == [
        ["Puis-je fusionner deux sites?", "Fusion de sites possible?", "Can I merge two sites?"],
        ["Quelle heure est-il?"],
    ]


def test_resembling_one_of_a_group_is_not_enough() -> None:
    alike = [[1.0, 0.9, 0.1], [0.9, 1.0, 0.7], [0.1, 0.7, 1.0]]
    found = group([asked("a"), asked("b"), asked("c")], alike)
    assert [len(gap.questions) for gap in found] == [2, 1]


def test_a_gap_keeps_its_name_while_its_questions_stay_in_whatever_order() -> None:
    questions = [asked("a"), asked("b")]
    alike = [[1.0, 0.9], [0.9, 1.0]]
    (first,) = group(questions, alike)
    (second,) = group(questions[::-1], alike)
    assert first.id == second.id


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        (("answer", "answer"), "closed"),
        (("answer", "abstain"), "partly"),
        (("clarify", "abstain"), "open"),
    ],
)
def test_a_gap_is_closed_when_all_its_questions_are_answered(
    kinds: tuple[str, ...], state: str
) -> None:
    assert gaps.state_of([Replayed("?", kind, None) for kind in kinds]) == state


def test_questions_are_played_again_each_in_a_talk_of_its_own_that_leaves_nothing(
    clock: HeldClock,
) -> None:
    assistant = ScriptedAssistant(
        [an_answer(topic="faq/sites")], [Reply("abstain", "Je ne sais pas.", "abstain")]
    )
    services = memory_services(clock, assistant=assistant)
    replayed = gaps.replay(Gap("g", [asked("Un?"), asked("/restart", "en")]), services)
    assert [(one.kind, one.topic) for one in replayed] == [
        ("answer", "faq/sites"),
        ("abstain", "abstain"),
    ]
    assert [(a.text, a.language) for a in assistant.asked] == [("Un?", "fr"), ("restart", "en")]
    assert len({a.conversation_id for a in assistant.asked}) == 2
    assert services.figures.totals().conversations == 0


def test_a_gap_with_more_questions_than_are_played_at_once_can_close_and_blocks_no_other_for_ever(
    clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = memory_services(clock, assistant=ScriptedAssistant([an_answer()]))
    large = Gap("large", [asked(f"Un {n}?") for n in range(gaps.MOST_REPLAYED + 1)])
    monkeypatch.setattr(gaps, "find_gaps", lambda _: [large, Gap("small", [asked("Deux?")])])
    (replayed,) = replay_gaps(an_agent(), services).gaps
    assert (replayed.id, replayed.state) == ("large", "closed")


def test_a_gap_opens_and_closes_with_the_articles(clock: HeldClock) -> None:
    abstains = [Reply("abstain", "Je ne sais pas.", "abstain")]
    services = memory_services(clock, assistant=ScriptedAssistant(abstains, [an_answer()]))
    kept = start(services.conversations, "c")
    visit = services.conversations.add_visit(kept, "1", text="Fusion?", payload=None, at=NOW)
    services.conversations.finish_turn(visit, abstains, at=NOW)
    (gap,) = gaps.find_gaps(services)
    assert gaps.state_of(gaps.replay(gap, services)) == "open"
    # Somebody writes the article: the same question is answered now.
    assert gaps.state_of(gaps.replay(gap, services)) == "closed"


def test_a_draft_holds_both_languages_the_questions_and_no_answer_of_its_own() -> None:
    gap = Gap("g", [asked("Puis-je fusionner deux sites?"), asked("Merge sites?", "en")])
    text = gaps.draft_article(gap, a_section(), date(2026, 3, 10))
    for line in (
        "slug: puis-je-fusionner-deux-sites",
        "language: fr",
        "language: en",
        "status: draft",
        "related: [invoice-details]",
        "- Merge sites?",
    ):
        assert line in text
    assert text.count("status: draft") == 2


def test_a_draft_that_has_been_written_is_an_article(tmp_path: Path) -> None:
    gap = Gap("g", [asked("Puis-je fusionner deux sites?"), asked("Merge sites?", "en")])
    text = gaps.draft_article(gap, None, date(2026, 3, 10)).replace("draft", "published")
    for stub in text.split("<!-- ")[1:]:
        name, _, content = stub.partition(" -->\n")
        if name.endswith(".md"):
            file = tmp_path / name
            file.parent.mkdir()
            file.write_text(content, encoding="utf-8")
    articles = load_articles(tmp_path, "support@example.com")
    assert [article.language for article in articles] == ["fr", "en"]
    assert all(len(article.sections) == 1 for article in articles)


@pytest.mark.parametrize("question", ["--> <script>", "why ---> here", "why ----!> here"])
def test_a_question_cannot_close_the_comment_that_it_stands_in(question: str) -> None:
    text = gaps.draft_article(Gap("g", [asked(question)]), None, date(2026, 3, 10))
    assert "--" not in text.split("<!-- Questions")[1].split("\n-->")[0]


def test_any_question_makes_a_title_that_can_be_read_back() -> None:
    question = 'C:\\temp dit "non": # &a *b\u202e pourquoi?'
    text = gaps.draft_article(Gap("g", [asked(question)]), None, date(2026, 3, 10))
    head = yaml.safe_load(text.split("---\n")[1])
    assert head["title"] == question.replace('"', "'")


def test_the_nearest_section_is_in_the_language_asked_for(clock: HeldClock) -> None:
    services = memory_services(clock)
    english = a_section("sites#merge", language="en")
    search = MemorySearch([english], {"Fusion?": {"sites#merge": gaps.NEAR_AT}})
    object.__setattr__(services, "search", search)
    gap = Gap("g", [asked("Fusion?")])
    assert gaps.nearest(gap, "en", services) == english


def test_what_only_happens_to_be_nearest_is_not_called_near(clock: HeldClock) -> None:
    search = MemorySearch([a_section("sites#merge")], {"Météo?": {"sites#merge": 0.47}})
    services = memory_services(clock, search=search)
    assert gaps.nearest(Gap("g", [asked("Météo?")]), "fr", services) is None
