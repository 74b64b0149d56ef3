"""The command line of the knowledge base: check articles, try the search, import from Zendesk."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from knowledge_base.article import SUPPORT_ADDRESS, ArticleErrors, Language, load_articles

HERE = Path(__file__).parent
ARTICLES = HERE / "articles"
QUESTIONS = HERE.parent / "data" / "nlu"

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)
console = Console(highlight=False)

Articles = Annotated[Path, typer.Option(help="Folder that holds fr/ and en/.")]
Questions = Annotated[Path, typer.Option(help="Folder of Rasa's NLU files.")]
Support = Annotated[str, typer.Option(help="Address that the articles' placeholder stands for.")]


@app.command()
def check(articles: Articles = ARTICLES, support_address: Support = SUPPORT_ADDRESS) -> None:
    """Report every fault of the articles, one a line; exit with 1 if there is any."""
    from knowledge_base.check import check as faults_of

    faults = faults_of(articles, support_address)
    for fault in faults:
        typer.echo(fault)
    if faults:
        raise typer.Exit(1)
    console.print("The articles are in order.")


@app.command("search")
def search_articles(
    query: Annotated[str, typer.Argument(help="A question, in French or English.")],
    language: Annotated[Language, typer.Option(help="Language of the sections shown.")] = "fr",
    limit: Annotated[int, typer.Option(help="How many sections at most.", min=1)] = 5,
    encoder: Annotated[
        str, typer.Option(help="`ngram`, or a sentence-transformers folder or id.")
    ] = "ngram",
    articles: Articles = ARTICLES,
    questions: Questions = QUESTIONS,
    support_address: Support = SUPPORT_ADDRESS,
) -> None:
    """Show which sections a question finds, with the parts of their scores."""
    from knowledge_base.encoder import EncoderUnavailable, load_encoder
    from knowledge_base.index import build_index
    from knowledge_base.search import search
    from knowledge_base.sections import Sections, load_questions

    try:
        sections = Sections(load_articles(articles, support_address))
        index = build_index(sections, load_questions(questions), load_encoder(encoder))
    except (ArticleErrors, EncoderUnavailable) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    hits = search(index, query, language, limit)
    if not hits:
        console.print("Nothing found.")
        return
    table = Table("Score", "BM25", "Dense", "Question", "Section", "Heading")
    for hit in hits:
        numbers = (hit.score, hit.bm25, hit.dense, hit.question)
        heading = escape(hit.section.heading)
        table.add_row(*(f"{number:.3f}" for number in numbers), hit.section.key, heading)
    console.print(table)


@app.command("sections")
def list_sections(
    articles: Articles = ARTICLES, support_address: Support = SUPPORT_ADDRESS
) -> None:
    """List the keys of the published sections, in their order."""
    from knowledge_base.sections import Sections

    try:
        sections = Sections(load_articles(articles, support_address))
    except ArticleErrors as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    for key in sections.keys:
        typer.echo(key)


@app.command("import-zendesk")
def import_zendesk(
    url: Annotated[str, typer.Option(help="Address of the Help Center, https://….")],
    locale: Annotated[
        list[str] | None, typer.Option(help="Locale to import; may be repeated.")
    ] = None,
    articles: Articles = ARTICLES,
    write: Annotated[
        bool, typer.Option("--apply", help="Write the drafts; otherwise only show them.")
    ] = False,
) -> None:
    """Bring public articles in as drafts, after showing what would change."""
    from difflib import unified_diff

    from rich.syntax import Syntax

    from knowledge_base.zendesk_import import ImportFailed, apply, fetch, plan

    try:
        remote = fetch(url, locale or ["fr", "en-us"])
    except ImportFailed as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    changes = plan(articles, remote, date.today())
    table = Table("What", "File", "Why")
    for change in changes:
        name = str(change.file.relative_to(articles))
        table.add_row(change.action, escape(name), escape(change.why))
        if change.text is not None:
            lines = unified_diff(
                change.before.splitlines(), change.text.splitlines(), name, name, lineterm=""
            )
            console.print(Syntax("\n".join(lines), "diff", word_wrap=True))
    console.print(table)
    if write:
        console.print(f"Written: {apply(changes)}. They are drafts: read, mend, then publish them.")
    elif any(change.text is not None for change in changes):
        console.print("Nothing has been written; --apply writes it.")


if __name__ == "__main__":
    app()
