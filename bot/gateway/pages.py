"""The pages that a browser opens: the support page of the demo, the articles, the console.

The articles are rendered here, on the server: they can be read without JavaScript, found by search
engines, printed and linked to (`/articles/fr/past-invoices#find`). Every word of the templates
stands in both languages, side by side, in `templates/`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.core.errors import NotFound
from bot.core.formats import NBSP, day
from bot.core.language import Language
from bot.core.services import Services
from bot.gateway.access import ServicesDep
from bot.gateway.render import markdown_to_html, markdown_to_text
from bot.gateway.topics import TOPICS, Topic

if TYPE_CHECKING:
    from knowledge_base.article import Article, Section

WEB = Path(__file__).parent / "web"
MAX_QUERY_CHARS = 300
FOUND = 8
DESCRIPTION_CHARS = 155  # what a search engine shows

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Shelf(NamedTuple):
    """A topic with its articles, in the topic's order."""

    topic: Topic
    articles: list[Article]


@router.get("/")
def support_page(
    request: Request, services: ServicesDep, lang: Annotated[str, Query()] = "fr"
) -> HTMLResponse:
    """The made-up support page that carries the widget."""
    language: Language = "en" if lang == "en" else "fr"
    return _page("support.html", request, language, shelves=_shelves(services, language))


@router.get("/console")
def console_page() -> FileResponse:
    """The agents' console."""
    return FileResponse(WEB / "console" / "index.html", headers={"Cache-Control": "no-cache"})


@router.get("/articles/{language}")
def article_list(
    language: Language,
    request: Request,
    services: ServicesDep,
    q: Annotated[str, Query(max_length=MAX_QUERY_CHARS)] = "",
) -> HTMLResponse:
    """All articles by topic; with `q`, the sections that answer it, best first."""
    query = q.strip()
    found = services.search.find(query, language, FOUND) if query else []
    return _page(
        "articles.html",
        request,
        language,
        query=query,
        found=[(hit.section, _summary(hit.section)) for hit in found],
        shelves=_shelves(services, language),
    )


@router.get("/articles/{language}/{slug}")
def article_page(
    language: Language, slug: str, request: Request, services: ServicesDep
) -> HTMLResponse:
    """One article with all its sections."""
    article = services.search.article(slug, language)
    if article is None:
        raise NotFound("No such article.")
    twin: Language = "en" if language == "fr" else "fr"
    related = (services.search.article(other, language) for other in article.related)
    return _page(
        "article.html",
        request,
        language,
        article=article,
        topic=_topic_of(slug),
        sections=[(s, Markup(markdown_to_html(s.body))) for s in article.sections],
        description=_summary(article.sections[0]),
        related=[other for other in related if other],
        has_twin=services.search.article(slug, twin) is not None,
    )


def _page(name: str, request: Request, language: Language, **values: Any) -> HTMLResponse:
    other: Language = "en" if language == "fr" else "fr"
    text = _templates.get_template(name).render(
        language=language,
        other=other,
        say=_chooser(language),
        day=lambda value: day(value, language),
        site=str(request.base_url).rstrip("/"),
        is_demo=request.app.state.settings.is_demo,
        **values,
    )
    return HTMLResponse(text, headers={"Cache-Control": "no-cache", "Content-Language": language})


def _chooser(language: Language) -> Callable[[str, str], str]:
    """`say(french, english)` of the templates; in French, " : " gets its no-break space."""

    def say(french: str, english: str) -> str:
        if language == "en":
            return english
        return french.replace(" :", f"{NBSP}:").replace("« ", f"«{NBSP}").replace(" »", f"{NBSP}»")

    return say


def _shelves(services: Services, language: Language) -> list[Shelf]:
    by_slug = {article.slug: article for article in services.search.articles(language)}
    shelves = [
        Shelf(topic, [by_slug.pop(slug) for slug in topic.slugs if slug in by_slug])
        for topic in TOPICS
    ]
    shelves[-1].articles.extend(by_slug.values())  # written since, and not under a topic yet
    return [shelf for shelf in shelves if shelf.articles]


def _topic_of(slug: str) -> Topic:
    return next((topic for topic in TOPICS if slug in topic.slugs), TOPICS[-1])


def _summary(section: Section) -> str:
    """The beginning of a section in plain words, cut at a word."""
    words: Sequence[str] = markdown_to_text(section.body).split()
    text = ""
    for word in words:
        if len(text) + len(word) > DESCRIPTION_CHARS:
            return text.rstrip(" ,;:") + " …"
        text += word + " "
    return text.strip()
