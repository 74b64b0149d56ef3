"""French punctuation of Québec: where a no-break space belongs, and where no space does.

One before a colon and inside guillemets; none before a semicolon, an exclamation mark or a question
mark. The rules look at what readers see; code, link targets and addresses are left alone.
"""

import re
from collections.abc import Iterator

from knowledge_base.article import ArticleSource, Fault

NOT_PROSE = re.compile(r"`[^`]*`|\]\([^)]*\)|https?://\S+|\{#?[a-z_-]+\}")
SET_APART = "\u00a0\u202f"  # no-break space, and the narrow one, which is as good

RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"(?<![{SET_APART}\d]):(?=\W|$)"), "no no-break space before « : »"),
    (re.compile(rf"«(?![{SET_APART}])"), "no no-break space after «"),
    (re.compile(rf"(?<![{SET_APART}])»"), "no no-break space before »"),
    (re.compile(rf"[ {SET_APART}][;!?]"), "a space before ; ! or ?"),
    (re.compile(r"(?<=\w)'(?=\w)"), "a straight apostrophe; write ’"),
    (re.compile(r'(?<!\w)"\w'), "straight quotation marks; write « »"),
)


def punctuation_faults(source: ArticleSource) -> Iterator[Fault]:
    """Faults of punctuation in the title and the text of a French article, one a rule and line."""
    title = source.line_of("title")
    body = source.lines.index("---", 1) + 1
    for number, line in enumerate(source.lines, start=1):
        if number == title:
            prose = str(source.front["title"])
        elif number > body:
            prose = NOT_PROSE.sub("", line)
        else:
            continue
        for pattern, message in RULES:
            if match := pattern.search(prose):
                place = prose[max(0, match.start() - 15) : match.end() + 5].strip()
                yield Fault(source.file, number, f"{message}: …{place}…")
