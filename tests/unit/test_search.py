"""Search over indexes whose order can be worked out by hand, and the index that follows files."""

import os
import stat
import threading
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from structlog.testing import capture_logs
from typer.testing import CliRunner

from knowledge_base.__main__ import app
from knowledge_base.article import (
    SUPPORT_ADDRESS,
    Article,
    ArticleErrors,
    Language,
    Section,
    load_articles,
)
from knowledge_base.encoder import Encoder, EncoderUnavailable, NgramEncoder, load_encoder
from knowledge_base.index import Index, LiveIndex, build_index
from knowledge_base.lexical import Lexical
from knowledge_base.search import search
from knowledge_base.sections import Sections, load_questions
from knowledge_base.vectors import encode_cached
from knowledge_base.words import content_words, words

ROOT = Path(__file__).parents[2]


class WordAxes:
    """An axis a word: the cosine of two texts is their share of words in common."""

    name = "word-axes"
    dim = 200

    def __init__(self) -> None:
        self.axes: dict[str, int] = {}
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.encoded += texts
        matrix = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in zip(matrix, texts, strict=True):
            for word in words(text):
                row[self.axes.setdefault(word, len(self.axes))] = 1
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        vectors: NDArray[np.float32] = matrix / np.maximum(lengths, 1)
        return vectors


def a_section(key: str, heading: str, language: Language = "en", body: str = "Text.") -> Section:
    slug, anchor = key.split("#")
    url = "https://support.example/"
    return Section(slug, anchor, heading, "Guide", language, "anyone", url, body, "0" * 16)


def an_index(
    *sections: Section,
    questions: dict[str, list[str]] | None = None,
    encoder: Encoder | None = None,
    cache: Path | None = None,
) -> Index:
    """An index of sections, each an article of its own."""
    articles = [
        Article(
            s.slug, "Guide", s.language, "anyone", (), s.url, date(2026, 2, 3), "published", (s,)
        )
        for s in sections
    ]
    return build_index(Sections(articles), questions or {}, encoder or WordAxes(), cache)


def keys(index: Index, query: str, language: Language = "en", limit: int = 5) -> list[str]:
    return [hit.section.key for hit in search(index, query, language, limit)]


BICYCLE = a_section("bicycle#lock", "Lock the bicycle")
VAN = a_section("van#park", "Park the van")
VELO = a_section("bicycle#lock", "Barrer le vélo", "fr")


# Words


def test_words_are_folded_and_split_at_apostrophes() -> None:
    assert words("L’Œuvre réservée, d'août 2025!") == [
        "l", "oeuvre", "reservee", "d", "aout", "2025",
    ]  # fmt: skip


def test_content_words_leave_out_grammar_and_keep_numbers() -> None:
    assert content_words("Comment est-ce que je paie l’étage 7?") == ["paie", "etage", "7"]


def test_words_that_ask_count_only_beside_a_subject() -> None:
    assert content_words("Qui peut voir ça?") == ["qui", "peut", "voir"]
    assert content_words("C’est qui ça?") == []


# The n-gram encoder


def alike(first: str, second: str) -> float:
    vectors = NgramEncoder().encode([first, second])
    return float(vectors[0] @ vectors[1])


def test_ngram_vectors_have_length_one_and_texts_without_words_none() -> None:
    vectors = NgramEncoder().encode(["une facture", "invoice", "?!", ""])
    assert vectors.dtype == np.float32
    assert vectors.shape == (4, NgramEncoder.dim)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 0, 0])


def test_case_and_accents_make_no_difference() -> None:
    assert alike("RÉSERVATION", "reservation") == pytest.approx(1)


def test_a_typing_error_is_nearer_than_another_word() -> None:
    assert alike("facturation", "facturtion") > 0.5 > 0.2 > alike("facturation", "tablettes")


def test_ngram_vectors_are_the_same_in_every_process() -> None:
    assert np.flatnonzero(NgramEncoder().encode(["csv"])[0]).tolist() == [
        419,
        599,
        1808,
        2117,
        2919,
        3904,
    ]


def test_an_unknown_encoder_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(
        EncoderUnavailable, match=r"no encoder is called '\./models/none'; allowed: "
    ):
        load_encoder("./models/none")


def test_the_default_encoder_is_loaded_by_its_name() -> None:
    assert isinstance(load_encoder("ngram"), NgramEncoder)


# BM25


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    scores = Lexical(["invoice csv", "invoice payer", "invoice month"]).scores("invoice csv")
    assert scores[0] > scores[1] == scores[2] > 0


def test_singular_and_plural_are_the_same_word() -> None:
    lexical = Lexical(["ancienne facture", "tablette"])
    assert lexical.scores("anciennes factures").tolist() == [1, 0]


def test_a_text_scores_one_for_its_own_words_and_zero_for_others() -> None:
    scores = Lexical(["invoice csv", "tablet kiosk", ""]).scores("invoice csv")
    assert scores.tolist() == [1, 0, 0]


def test_an_index_of_no_words_finds_nothing() -> None:
    assert Lexical([]).scores("invoice").shape == (0,)
    assert Lexical(["?"]).scores("invoice").tolist() == [0]


# Kept vectors


def test_only_new_texts_are_encoded(tmp_path: Path) -> None:
    encoder = WordAxes()
    first = encode_cached(encoder, ["one", "two"], tmp_path)
    again = encode_cached(encoder, ["two", "three", "one"], tmp_path)
    assert encoder.encoded == ["one", "two", "three"]
    assert np.array_equal(again[[2, 0]], first)


def test_vectors_of_another_encoder_are_not_taken(tmp_path: Path) -> None:
    encode_cached(WordAxes(), ["one"], tmp_path)
    other = WordAxes()
    other.name = "another"
    encode_cached(other, ["one"], tmp_path)
    assert other.encoded == ["one"]


@pytest.mark.parametrize("kept", [slice(0), slice(9), slice(-9), slice(1, None)])
def test_a_damaged_file_of_vectors_is_replaced(tmp_path: Path, kept: slice) -> None:
    encode_cached(WordAxes(), ["one"], tmp_path)
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[kept])
    encoder = WordAxes()
    encode_cached(encoder, ["one"], tmp_path)
    encode_cached(encoder, ["one"], tmp_path)
    assert encoder.encoded == ["one"]


def test_kept_vectors_are_read_by_whoever_runs_the_service(tmp_path: Path) -> None:
    encode_cached(WordAxes(), ["one"], tmp_path)
    [file] = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_an_index_built_again_encodes_nothing_again(tmp_path: Path) -> None:
    encoder = WordAxes()
    an_index(BICYCLE, VAN, encoder=encoder, cache=tmp_path)
    before = len(encoder.encoded)
    assert keys(an_index(BICYCLE, VAN, encoder=encoder, cache=tmp_path), "van") == ["van#park"]
    assert encoder.encoded[before:] == ["van"]


# Search


def test_the_section_that_shares_the_most_words_comes_first() -> None:
    index = an_index(VAN, BICYCLE, a_section("van#wash", "Wash the van"))
    assert keys(index, "lock my bicycle") == ["bicycle#lock"]
    assert keys(index, "wash the van") == ["van#wash", "van#park", "bicycle#lock"]


def test_equal_scores_keep_the_order_of_the_articles() -> None:
    index = an_index(a_section("b#b", "Same"), a_section("c#c", "Same"), a_section("a#a", "Same"))
    assert keys(index, "same") == ["b#b", "c#c", "a#a"]


def test_no_more_hits_come_back_than_asked_for() -> None:
    index = an_index(a_section("b#b", "Same"), a_section("c#c", "Same"), a_section("a#a", "Same"))
    assert keys(index, "same", limit=2) == ["b#b", "c#c"]


def test_a_section_found_by_several_passages_comes_once() -> None:
    index = an_index(BICYCLE, VELO, questions={"bicycle#lock": ["bicycle lock", "lock bicycle"]})
    assert keys(index, "lock bicycle") == ["bicycle#lock"]


def test_a_question_in_one_language_finds_the_section_in_the_other() -> None:
    [hit] = search(an_index(BICYCLE, VELO), "lock the bicycle", "fr")
    assert hit.section == VELO


def test_a_section_without_the_visitors_language_is_left_out() -> None:
    assert keys(an_index(BICYCLE, VAN), "lock the bicycle", "fr") == []


def test_a_paragraph_of_the_body_finds_its_section_without_its_markup() -> None:
    body = "First.\n\n1. Press **Export Users**.\n2. See [the list](/articles/en/x#y)."
    index = an_index(BICYCLE, a_section("x#y", "Heading", body=body))
    [hit] = search(index, "press export users see list", "en")
    assert hit.section.key == "x#y"
    assert hit.dense == pytest.approx(np.sqrt(5 / 6))


def test_a_query_that_is_a_training_question_scores_one_whatever_else_is_near() -> None:
    questions = {
        "bicycle#lock": ["red paint", "blue tyre", "green bell"],
        "van#park": ["red paint job", "red paint shop", "red paint spot"],
    }
    first, _ = search(an_index(BICYCLE, VAN, questions=questions), "red paint", "en")
    assert first.section.key == "bicycle#lock"
    assert first.score == pytest.approx(1)


def test_a_training_question_is_recognised() -> None:
    questions = {"bicycle#lock": ["my ride was stolen"], "van#park": ["where to leave it"]}
    first, *_ = search(an_index(BICYCLE, VAN, questions=questions), "my ride was stolen", "en")
    assert first.section.key == "bicycle#lock"
    assert (first.score, first.bm25, first.dense, first.question) == pytest.approx((1, 1, 1, 1))


def test_a_section_without_questions_is_judged_by_its_best_passage() -> None:
    body = "Something else.\n\nMore of it.\n\nAnd the end."
    [hit] = search(an_index(a_section("x#y", "Lost keys", body=body)), "lost keys guide", "en")
    assert hit.score == pytest.approx(1)
    assert hit.question == 0


def test_several_likely_questions_outweigh_a_single_one() -> None:
    questions = {
        "bicycle#lock": ["red paint", "blue tyre", "green bell"],
        "van#park": ["red paint job", "red paint shop", "red paint spot"],
    }
    index = an_index(BICYCLE, VAN, questions=questions)
    first, second = search(index, "red paint kit", "en")
    assert (first.section.key, second.section.key) == ("van#park", "bicycle#lock")
    assert second.question > first.question


def test_the_score_is_the_weighted_mean_of_the_best_passages() -> None:
    index = an_index(BICYCLE, questions={"bicycle#lock": ["alpha beta", "alpha gamma"]})
    [hit] = search(index, "alpha beta zeta", "en")
    best = (2 / np.sqrt(6) + 0.35) / 1.35  # two words of three in common, and no better by words
    second = (1 / np.sqrt(6) + 0.35) / 1.35  # one of three, and "alpha" is rare enough to suffice
    assert hit.score == pytest.approx((best + second / 2) / 1.5)


@pytest.mark.parametrize(
    "query", ["", "   ", "?!", "comment est-ce que je fais", "how do I", "pourquoi?", "who"]
)
def test_a_query_without_content_finds_nothing(query: str) -> None:
    assert search(an_index(BICYCLE, VAN), query, "en") == []


def test_nothing_is_found_where_nothing_is_published() -> None:
    assert search(an_index(), "lock the bicycle", "en") == []


def test_questions_of_an_unpublished_section_are_left_out_and_logged() -> None:
    with capture_logs() as logs:
        index = an_index(BICYCLE, questions={"van#park": ["park the van"]})
    assert keys(index, "park the van") == ["bicycle#lock"]
    [entry] = logs
    assert entry["sections"] == ["van#park"]


def test_a_question_buried_in_a_long_message_is_found() -> None:
    index = an_index(BICYCLE, VAN)
    around = "We moved last week, boxes stand everywhere, nobody answers phones, staff left early."
    buried = search(index, f"{around} Lock the bicycle? {around}", "en")[0]
    [alone, *_] = search(index, "Lock the bicycle?", "en")
    assert buried.section.key == "bicycle#lock"
    assert buried.score == pytest.approx(alone.score)


REAL_SECTIONS = Sections(load_articles(ROOT / "knowledge_base" / "articles", SUPPORT_ADDRESS))
REAL_INDEX = build_index(REAL_SECTIONS, load_questions(ROOT / "data" / "nlu"), NgramEncoder())


@given(st.text(max_size=300), st.sampled_from(("fr", "en")), st.integers(1, 30))
def test_any_text_gives_ordered_hits_in_the_language_asked(
    query: str, language: Language, limit: int
) -> None:
    hits = search(REAL_INDEX, query, language, limit)
    assert len(hits) <= limit
    assert len({hit.section.key for hit in hits}) == len(hits)
    assert {hit.section.language for hit in hits} <= {language}
    assert sorted(hits, key=lambda hit: (-hit.score, hit.section.key)) == hits
    for hit in hits:
        assert 0 < hit.score <= 1
        assert all(0 <= part <= 1.00001 for part in (hit.bm25, hit.dense, hit.question))


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("Comment puis-je voir plus de détails pour ma facture?", "invoice-details#csv"),
        ("Où puis-je trouver mes anciennes factures?", "past-invoices#find"),
        (
            "Pourquoi vois-je des frais par message malgré mon abonnement aux messages?",
            "per-message-fees",  # its sections lead to one another
        ),
        ("Soumettre une demande d'annulation formelle", "cancel-services#formal-request"),
        ("How do I link my EMR account to my Ocean account?", "link-emr-account#how-to"),
    ],
)
def test_the_vendors_own_questions_find_their_section_first(query: str, key: str) -> None:
    assert keys(REAL_INDEX, query, "fr")[0].startswith(key)


# The index that follows the files

ARTICLE = """\
---
slug: {slug}
title: Guide
language: en
audience: anyone
sections: [lock]
related: []
source_url: https://support.example/
reviewed_on: 2026-02-03
status: published
---

## {heading} {{#lock}}

Text.
"""


def write_article(folder: Path, slug: str, heading: str) -> Path:
    file = folder / "articles" / "en" / f"{slug}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(ARTICLE.format(slug=slug, heading=heading), encoding="utf-8")
    return file


def a_live_index(folder: Path, encoder: Encoder | None = None) -> LiveIndex:
    return LiveIndex(
        folder / "articles", folder / "nlu", encoder or WordAxes(), "https://support.example/form"
    )


def test_files_that_do_not_change_are_indexed_once(tmp_path: Path) -> None:
    write_article(tmp_path, "bicycle", "Lock the bicycle")
    live = a_live_index(tmp_path)
    assert live.current() is live.current()


def test_a_new_article_is_found_at_the_next_question(tmp_path: Path) -> None:
    write_article(tmp_path, "bicycle", "Lock the bicycle")
    live = a_live_index(tmp_path)
    assert keys(live.current(), "canoe") == []
    write_article(tmp_path, "canoe", "Moor the canoe")
    assert keys(live.current(), "canoe") == ["canoe#lock"]


def test_articles_that_contradict_one_another_are_not_published_until_mended(
    tmp_path: Path,
) -> None:
    for slug, label in (("bicycle", "Site Account"), ("canoe", "Site Acount")):
        file = write_article(tmp_path, slug, f"Lock the {slug}")
        file.write_text(f"{file.read_text(encoding='utf-8')}\nOpen **{label}**.\n", "utf-8")
    write_article(tmp_path, "scooter", "Lock the scooter")
    live = a_live_index(tmp_path)
    assert keys(live.current(), "lock canoe") == ["scooter#lock"]
    mended = file.read_text(encoding="utf-8").replace("Acount", "Account")
    file.write_text(mended, encoding="utf-8")
    assert keys(live.current(), "canoe") == ["canoe#lock"]


def test_a_changed_or_deleted_article_is_not_found_by_its_old_text(tmp_path: Path) -> None:
    write_article(tmp_path, "bicycle", "Lock the bicycle")
    write_article(tmp_path, "canoe", "Moor the canoe")
    live = a_live_index(tmp_path)
    live.current()
    write_article(tmp_path, "bicycle", "Lock the scooter")
    write_article(tmp_path, "canoe", "Moor the canoe").unlink()
    assert keys(live.current(), "bicycle") == []
    assert keys(live.current(), "canoe") == []
    assert keys(live.current(), "scooter") == ["bicycle#lock"]


def test_a_change_that_keeps_the_size_of_the_file_is_seen(tmp_path: Path) -> None:
    file = write_article(tmp_path, "bicycle", "Lock the bicycle")
    live = a_live_index(tmp_path)
    live.current()
    write_article(tmp_path, "bicycle", "Lock the trailer")
    os.utime(file, (0, 0))  # two writes within a tick of the file system's clock look like one
    assert keys(live.current(), "trailer") == ["bicycle#lock"]


def test_new_training_questions_are_found_too(tmp_path: Path) -> None:
    write_article(tmp_path, "bicycle", "Lock the bicycle")
    live = a_live_index(tmp_path)
    live.current()
    (tmp_path / "nlu").mkdir()
    text = "nlu:\n- intent: faq/bicycle.lock\n  examples: |\n    - stolen ride\n"
    (tmp_path / "nlu" / "faq.yml").write_text(text, encoding="utf-8")
    assert search(live.current(), "stolen ride", "en")[0].question == pytest.approx(1)


def test_faulty_articles_leave_the_last_good_index_and_are_logged_once(tmp_path: Path) -> None:
    file = write_article(tmp_path, "bicycle", "Lock the bicycle")
    live = a_live_index(tmp_path)
    good = live.current()
    file.write_text("no front matter", encoding="utf-8")
    with capture_logs() as logs:
        assert live.current() is good
        assert live.current() is good
    [entry] = logs
    assert f"{file}:1: no front matter" in entry["faults"]
    write_article(tmp_path, "bicycle", "Lock the unicycle")
    assert keys(live.current(), "unicycle") == ["bicycle#lock"]


def test_faulty_articles_at_the_first_question_are_an_error_until_mended(tmp_path: Path) -> None:
    live = a_live_index(tmp_path)
    with pytest.raises(ArticleErrors, match="no article found"):
        live.current()
    write_article(tmp_path, "bicycle", "Lock the bicycle")
    assert keys(live.current(), "bicycle") == ["bicycle#lock"]


def test_while_one_thread_builds_the_others_use_the_index_there_is(tmp_path: Path) -> None:
    building, may_end = threading.Event(), threading.Event()

    class Slow(WordAxes):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            if any("canoe" in text for text in texts):
                building.set()
                assert may_end.wait(timeout=10)
            return super().encode(texts)

    write_article(tmp_path, "bicycle", "Lock the bicycle")
    live = a_live_index(tmp_path, Slow())
    old = live.current()
    write_article(tmp_path, "canoe", "Moor the canoe")
    thread = threading.Thread(target=live.current)
    thread.start()
    try:
        assert building.wait(timeout=10)
        assert live.current() is old
    finally:
        may_end.set()
        thread.join(timeout=10)
    assert "canoe#lock" in live.current().keys


# The command line


def test_the_command_shows_hits_with_their_scores() -> None:
    query = "où sont mes anciennes factures"
    result = CliRunner().invoke(app, ["search", query, "--limit", "1"], env={"COLUMNS": "120"})
    assert result.exit_code == 0
    assert "past-invoices#find" in result.stdout
    assert "Retrouver une ancienne facture" in result.stdout


def test_the_command_says_when_nothing_is_found() -> None:
    result = CliRunner().invoke(app, ["search", "comment je fais", "--language", "en"])
    assert (result.exit_code, result.stdout) == (0, "Nothing found.\n")


def test_the_command_lists_the_sections() -> None:
    result = CliRunner().invoke(app, ["sections"])
    assert result.stdout.splitlines() == list(REAL_SECTIONS.keys)


@pytest.mark.parametrize("command", [["sections"], ["search", "bicycle"]])
def test_the_command_tells_faults_and_fails(tmp_path: Path, command: list[str]) -> None:
    result = CliRunner().invoke(app, [*command, "--articles", str(tmp_path)])
    assert result.exit_code == 1
    assert "no article found" in result.stderr
