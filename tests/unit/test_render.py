"""Markdown as safe HTML. Each case passes through all guards but the one that it is there for."""

from __future__ import annotations

import pytest

from bot.gateway.render import markdown_to_html, markdown_to_text, plain_to_html


def test_written_tags_are_words() -> None:
    assert markdown_to_html("a <b>c</b>") == "<p>a &lt;b&gt;c&lt;/b&gt;</p>\n"


def test_no_picture_is_fetched_from_elsewhere() -> None:
    assert "<img" not in markdown_to_html("![pixel](https://spy.example.com/p.png)")


@pytest.mark.parametrize("address", ["ftp://h.example.com/f", "intent://x#Intent;end", "ms-word:x"])
def test_a_link_of_another_scheme_leads_nowhere(address: str) -> None:
    html = markdown_to_html(f"[see]({address})")
    assert "href" not in html
    assert "see" in html


@pytest.mark.parametrize(
    "address", ["https://a.example.com", "mailto:a@b.example", "tel:+15145550100"]
)
def test_a_harmless_link_tells_nobody_where_it_was_found(address: str) -> None:
    html = markdown_to_html(f"[see]({address})")
    assert f'href="{address}"' in html
    assert 'rel="noopener noreferrer nofollow"' in html


@pytest.mark.parametrize("text", ["```js\nx\n```", "|a|\n|:-:|\n|b|"])
def test_nothing_is_styled_or_classed(text: str) -> None:
    html = markdown_to_html(text)
    assert "class=" not in html
    assert "style=" not in html


def test_a_numbered_list_goes_on_where_it_stopped() -> None:
    assert '<ol start="3">' in markdown_to_html("3. three")


def test_lines_of_a_message_stay_lines() -> None:
    assert markdown_to_html("a\nb") == "<p>a<br>\nb</p>\n"


def test_a_visitor_is_shown_what_was_typed() -> None:
    typed = '*a* <img src=x onerror="b()"> &amp;\n[c](https://d.example.com)'
    assert plain_to_html(typed) == (
        '<p>*a* &lt;img src=x onerror="b()"&gt; &amp;amp;<br>[c](https://d.example.com)</p>'
    )


def test_a_summary_has_the_words_alone() -> None:
    assert markdown_to_text("**Bill** & [pay](https://a.example.com) <b>").strip() == (
        "Bill & pay <b>"
    )
