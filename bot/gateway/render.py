"""Markdown to HTML that is safe to insert into a page, whoever wrote the text."""

from __future__ import annotations

from functools import lru_cache
from html import escape, unescape

import nh3
from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")
_TAGS = set(
    "p br strong em ul ol li blockquote code pre a h1 h2 h3 h4 hr "
    "table thead tbody tr th td".split()
)
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"https", "http", "mailto", "tel"}


@lru_cache(maxsize=2_000)
def markdown_to_html(text: str) -> str:
    """Sanitised HTML of a Markdown text: no script, no style, links of harmless schemes only."""
    return nh3.clean(
        _MARKDOWN.render(text),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )


def plain_to_html(text: str) -> str:
    """HTML of a visitor's text, shown as it was typed."""
    return "<p>" + escape(text, quote=False).replace("\n", "<br>") + "</p>"


def markdown_to_text(text: str) -> str:
    """The words of a Markdown text without its marks, as a search engine would show them."""
    return unescape(nh3.clean(_MARKDOWN.render(text), tags=set()))
