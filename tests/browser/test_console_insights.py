"""The Insights tab: tiles, lines and tables tell what the server counts; gaps are played again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from bot.core import handoff
from bot.core.handoff import Ownership, ask_person
from tests.support.builders import start
from tests.support.desk_scenes import ANSWER, GAPS
from tests.support.desk_site import AGENTS, Desk, DeskSite

OpenDesk = Callable[..., Desk]
DAYS = 7
# What each chart draws of each day that the server counts, and what is said of it.
LINES: dict[str, dict[str, str]] = {
    "volume": {
        "conversations": "Conversations",
        "contained": "Settled by the bot",
        "handed_off": "Handed off",
    },
    "answers": {
        "helpful": "Helpful",
        "not_helpful": "Unhelpful",
        "abstained": "Unanswered questions",
    },
    "waits": {"wait_s": "Minutes"},
    "satisfied": {"satisfaction": "Mean rating"},
}
# The colours of what is drawn within a few pixels of a point: of a line, if it goes there.
INK = """
(canvas, [x, y]) => {
  const box = canvas.getBoundingClientRect();
  const scale = canvas.width / box.width;
  const [left, top] = [(x - box.x) * scale - 5, (y - box.y) * scale - 5].map(Math.round);
  const { data } = canvas.getContext("2d").getImageData(left, top, 11, 11);
  const found = [];
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] > 250) found.push([...data.slice(at, at + 3)]);
  }
  return found;
}
"""


@pytest.fixture(scope="module", autouse=True)
def busy_week(site: DeskSite) -> None:
    """On the n-th day back, n + 1 talks; the last asked for a person and waited n + 1 minutes."""
    services = site.services
    now = services.clock.now()
    for back in range(1, DAYS):
        at = now - timedelta(days=back)
        for number in range(back + 1):
            id_ = f"day-{back}-{number}"
            kept = start(services.conversations, id_, created_at=at, updated_at=at)
            visit = services.conversations.add_visit(
                kept, "asks", text="Où est ma facture?", payload=None, at=at
            )
            services.conversations.finish_turn(visit, [ANSWER], at=at)
            answer = services.conversations.messages(id_)[-1]
            services.conversations.add_feedback(
                id_, answer.id, helpful=number > 0, comment=None, at=at
            )
        kept = services.conversations.get(id_)
        services.conversations.change_owner(id_, ask_person(Ownership.of(kept), at, "asked"), at=at)
        _serve(site, id_, at + timedelta(minutes=back + 1), score=1 + back % 5)


def _serve(site: DeskSite, id_: str, at: datetime, score: int) -> None:
    talks = site.services.conversations
    claimed = handoff.claim(Ownership.of(talks.get(id_)), AGENTS[0].id)
    talks.change_owner(id_, claimed, at=at)
    talks.change_owner(id_, handoff.resolve(Ownership.of(talks.get(id_)), AGENTS[0].id), at=at)
    site.services.records.rate(id_, score, at=at)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_chart_draws_what_the_server_counts_of_each_day(desk: OpenDesk, scheme: str) -> None:
    page = desk("en", color_scheme=scheme).go("insights", ".chart canvas")
    with page.expect_response("**/insights?days=7") as answer:
        page.locator("#insights-days").select_option("7")
    days = answer.value.json()["report"]["days"]
    assert len(days) == DAYS
    begun = sum(day["conversations"] for day in days)
    expect(page.locator(".figures b").first).to_have_text(str(begun))
    for name, lines in LINES.items():
        card = page.locator(f"#chart-{name}")
        card.scroll_into_view_if_needed()
        ground = _color(card)
        area = card.locator(".u-over").bounding_box()
        assert area
        heights: dict[float, set[int]] = {}
        for number, day in enumerate(days):
            at = area["x"] + 1 + (area["width"] - 2) * number / (DAYS - 1)
            page.mouse.move(at, area["y"] + area["height"] / 2)
            told = [f"{words} {_figure(line, day[line])}" for line, words in lines.items()]
            expect(card.locator(".legend li:not(.pointed)")).to_have_text(told)
            for line, marker in zip(lines, card.locator(".u-cursor-pt").all(), strict=True):
                if day[line] is None:
                    continue
                spot = marker.bounding_box()
                assert spot
                x, y = spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2
                heights.setdefault(day[line], set()).add(round(y))
                inks = card.locator("canvas").evaluate(INK, [x, y])
                assert any(_contrast(ink, ground) >= 3 for ink in inks), (name, line, day["day"])
        drawn = [min(heights[value]) for value in sorted(heights)]
        assert all(max(found) - min(found) <= 1 for found in heights.values())
        assert drawn == sorted(set(drawn), reverse=True), "what is more stands higher"
        card.locator("summary").click()
        rows = card.locator("tbody tr").all_inner_texts()
        counted = [d for d in days if any(d[line] for line in lines)]
        assert [row.split("\t")[1:] for row in rows] == [
            [_figure(line, day[line]) for line in lines] for day in counted
        ]


def test_charts_stay_as_they_are_while_nothing_new_is_counted(
    desk: OpenDesk, site: DeskSite
) -> None:
    page = desk("en").go("insights", ".chart canvas")
    card = page.locator("#chart-volume")
    card.locator("summary").click()
    canvas = card.locator("canvas").element_handle()
    with page.expect_response("**/insights?days=30"):
        site.services.events.publish("console")
    begun = page.locator(".figures b").first
    before = int(begun.inner_text())
    start(site.services.conversations, "one-more", created_at=site.services.clock.now())
    with page.expect_response("**/insights?days=30"):
        site.services.events.publish("console")
    expect(begun).to_have_text(str(before + 1))
    expect(card.locator("details")).to_have_attribute("open", "")
    assert canvas.evaluate("node => node.isConnected")


def test_gaps_are_drafted_and_played_again(desk: OpenDesk, site: DeskSite) -> None:
    page = desk("en").go("insights", ".gap")
    with page.expect_download() as download:
        page.locator(".gap a.button").first.click()
    draft = Path(download.value.path()).read_text("utf-8")
    assert draft.count("status: draft") == 2
    assert any(text in draft for _, _, text in GAPS)
    page.locator("#gaps-replay").click()
    expect(page.locator(".gap.closed")).to_have_count(len(GAPS))
    expect(page.get_by_text(f"Gaps closed: {len(GAPS)} of {len(GAPS)}.")).to_be_visible()


def _figure(line: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{round(value / 6) / 10 if line == 'wait_s' else value:g}"


def _color(node: Locator) -> list[int]:
    shown: str = node.evaluate("node => getComputedStyle(node).backgroundColor")
    return [int(part) for part in shown.removeprefix("rgb(").removesuffix(")").split(",")]


def _contrast(one: list[int], other: list[int]) -> float:
    """As WCAG 2.2 defines it."""
    lights = sorted(_light(color) for color in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _light(color: list[int]) -> float:
    parts = [part / 255 for part in color]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
