"""What the sentence embedding learns from: pairs of sentences, our articles, our messages.

And how a hurried person would have typed them.
"""

import gzip
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml
from lingua import Language, LanguageDetector, LanguageDetectorBuilder

# The licences of these allow weights trained on them to be passed on (models/README.md names them).
SOURCES = frozenset(
    "adobe-workfront python-docs-fr tatoeba ms-d365ops gnome-user-docs ms-alchemy"
    " cds-notification-admin".split()
)
ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")  # Rasa's [text](entity), [text]{…}
HEADING = re.compile(r"^## (?P<heading>.+?) \{#(?P<anchor>[a-z0-9-]+)\}\s*$", re.MULTILINE)
MARKUP = re.compile(r"\*\*|`|^\s*(?:[-*>]|\d+[.)])\s+|\]\([^)]*\)|\[", re.MULTILINE)


Passages = dict[str, dict[str, list[str]]]
"""By label, then by language: the heading of a section, then its paragraphs, as plain text."""
Typos = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence in both languages."""

    en: str
    fr: str


@dataclass(frozen=True, slots=True)
class Question:
    """A training message and its label, `faq/<slug>.<anchor>` or the name of a flow."""

    text: str
    label: str


def read_pairs(file: Path) -> list[Pair]:
    """The pairs of a gzipped table `source, en, fr` with a header line.

    Each French sentence once; without sources of unknown licence, code, and very long lines.
    """
    pairs: dict[str, Pair] = {}
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            source, en, fr = line.rstrip("\n").split("\t")
            is_prose = sum(character.isalpha() for character in en) >= 0.6 * len(en)
            is_sentence = 4 <= len(en) <= 240 and 4 <= len(fr) <= 280
            if source in SOURCES and is_prose and is_sentence:
                pairs.setdefault(fr.lower(), Pair(en, fr))
    return list(pairs.values())


def read_questions(folder: Path) -> list[Question]:
    """All examples of all intents in Rasa's NLU files, in the order of the files."""
    questions: dict[tuple[str, str], Question] = {}
    for file in sorted(folder.rglob("*.yml")):
        for block in yaml.safe_load(file.read_text(encoding="utf-8")).get("nlu") or []:
            if label := block.get("intent"):
                for line in (block.get("examples") or "").splitlines():
                    text = ENTITY.sub(r"\1", line.strip().removeprefix("-").strip())
                    if text:
                        questions[text, label] = Question(text, label)
    return list(questions.values())


def read_passages(articles: Path) -> Passages:
    """The sections that exist in both languages, by the label of the questions they answer."""
    passages: Passages = {}
    for file in sorted(articles.glob("*/*.md")):
        title = re.search(r"^title: (.+)$", text := file.read_text(encoding="utf-8"), re.MULTILINE)
        _, *parts = HEADING.split(text)
        for heading, anchor, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            blocks = (" ".join(MARKUP.sub(" ", b).split()) for b in re.split(r"\n\s*\n", body))
            first = f"{heading}. {title[1] if title else ''}"
            by_language = passages.setdefault(f"faq/{file.stem}.{anchor}", {})
            by_language[file.parent.name] = [first, *(block for block in blocks if block)]
    return {label: both for label, both in passages.items() if both.keys() == {"fr", "en"}}


def passage_pairs(passages: Passages) -> list[Pair]:
    """The paragraphs that stand at the same place in both languages."""
    return [
        Pair(en, fr)
        for languages in passages.values()
        if len(languages["en"]) == len(languages["fr"])
        for en, fr in zip(languages["en"], languages["fr"], strict=True)
    ]


KEYBOARD = "qwertyuiop asdfghjkl zxcvbnm"
SHORT = {
    "pour": "pr", "comment": "cmt", "pourquoi": "pk", "vous": "vs", "dans": "ds",
    "quand": "qd", "quelqu'un": "qqn", "toujours": "tjrs", "rendez-vous": "rdv",
    "please": "pls", "you": "u", "message": "msg", "messages": "msgs", "information": "info",
    "appointment": "appt", "because": "bc", "about": "abt",
}  # fmt: skip
# Letters that sound like others, as people write who go by the ear.
SOUNDS = (
    ("qu", "k"), ("ph", "f"), ("eau", "o"), ("au", "o"), ("ez", "er"), ("er", "é"), ("é", "er"),
    ("ss", "s"), ("ll", "l"), ("nn", "n"), ("mm", "m"), ("rr", "r"), ("tt", "t"), ("cc", "c"),
    ("tion", "sion"), ("ais", "é"), ("ait", "é"), ("ent", "en"), ("ant", "ent"), ("en", "an"),
    ("ie", "y"), ("ck", "k"), ("ea", "ee"), ("ei", "ie"), ("able", "ible"), ("ence", "ance"),
    ("ç", "ss"), ("c", "s"), ("c", "k"), ("ge", "je"), ("x", "ks"), ("th", "t"), ("oi", "oua"),
)  # fmt: skip


def with_typos(text: str, chance: random.Random, rate: float = 0.12) -> str:
    """The text as a hurried person types it.

    Letters lost, doubled, swapped or written by ear, words run together, apostrophes gone.
    """
    if chance.random() < 0.3:
        text = text.replace("'", "").replace("’", "")
    typed = [_mistyped(word, chance) if chance.random() < rate else word for word in text.split()]
    gaps = ["" if chance.random() < rate / 8 else " " for _ in typed]
    return "".join(gap + word for gap, word in zip(gaps, typed, strict=True)).strip()


def _mistyped(word: str, chance: random.Random) -> str:
    if (short := SHORT.get(word.lower())) and chance.random() < 0.5:
        return short
    if len(word) < 4:
        return word
    heard = [(sound, other) for sound, other in SOUNDS if sound in word.lower()]
    if heard and chance.random() < 0.4:
        sound, other = chance.choice(heard)
        return word.lower().replace(sound, other, 1)
    at = chance.randrange(1, len(word) - 1)
    before, letter, after = word[:at], word[at], word[at + 1 :]
    ways = [
        before + after,
        before + letter + letter + after,
        before + after[:1] + letter + after[1:],
        before + (_key_beside(letter, chance) or letter) + after,
    ]
    return chance.choice(ways)


def _key_beside(letter: str, chance: random.Random) -> str:
    place = KEYBOARD.find(letter.lower())
    beside = KEYBOARD[max(0, place - 1)] + KEYBOARD[place + 1 : place + 2] if place >= 0 else ""
    return chance.choice(beside.split() or [""])[:1]


def is_french(text: str) -> bool:
    """Whether the text is rather French than English; French if in doubt."""
    return _detector().detect_language_of(text) != Language.ENGLISH


@lru_cache(maxsize=1)
def _detector() -> LanguageDetector:
    return LanguageDetectorBuilder.from_languages(Language.FRENCH, Language.ENGLISH).build()
