"""Where code names an article or one of its sections, that one is published."""

from __future__ import annotations

import re
from pathlib import Path

from actions.answers import CANCELLING
from bot.core.fee_diagnosis import SECTIONS, SECTIONS_OF_NON_ADMINS
from knowledge_base.article import load_articles
from knowledge_base.sections import Sections

ROOT = Path(__file__).parents[2]
ARTICLES = load_articles(ROOT / "knowledge_base" / "articles", "https://ocean.tip/support")
LABELS = ROOT / "bot" / "gateway" / "web" / "console" / "labels.js"


def test_the_section_beside_each_finding_is_published() -> None:
    named = {*SECTIONS.values(), *SECTIONS_OF_NON_ADMINS.values()}
    assert named - set(Sections(ARTICLES).keys) == set()


def test_the_articles_beside_which_a_request_to_cancel_is_offered_are_published() -> None:
    assert CANCELLING - {article.slug for article in ARTICLES} == set()


def test_the_console_knows_the_title_of_every_article() -> None:
    block = re.search(r"^  article: \{(.*?)^  \},", LABELS.read_text(encoding="utf-8"), re.M | re.S)
    assert block is not None
    titles = set(re.findall(r'"([^"]*)"', block[1]))
    assert {a.slug for a in ARTICLES} | {a.title for a in ARTICLES} == titles
