from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rehearse.domain.library import Library
from rehearse.export import check_titles, escaped, idea_title, persona_title, scenario_title


class _Shown(HTMLParser):
    """The tags and the text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def _shown(words: str) -> _Shown:
    markdown = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable(["table", "strikethrough"])
    return _Shown(markdown.render(escaped(words)))


@pytest.mark.parametrize(
    "words",
    [
        "# no heading",
        "- no list",
        "1. no list",
        "2) no list",
        "> no quotation",
        "*no* _stress_ **at** __all__ ~~none~~",
        "`no code` ```\nno fence",
        "[no](http://example.org) ![picture](x.png) <http://example.org>",
        "<script>alert(1)</script> <b>no</b> <!-- none -->",
        "&lt; &amp; &#65;",
        "a | b\n---|---\n1 | 2",
        "heading\n===",
        "rule\n\n---\n\n***",
        "    no code block",
        "[a]: http://example.org\n\n[a]",
        "back\\slash \\* \\",
        "+ plus\n= equals",
    ],
)
def test_nothing_in_peoples_words_renders(words: str) -> None:
    shown = _shown(words)
    assert shown.tags <= {"p"}
    assert shown.text.split() == words.split()


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab1 .#*_[]()<>&|~`\\-+=!:\n$", max_size=60))
def test_any_words_come_out_as_they_went_in(words: str) -> None:
    shown = _shown(words)
    assert shown.tags <= {"p"}
    assert shown.text.split() == words.split()


@pytest.mark.parametrize("words", ["https://example.org", "www.example.org", ":smile:", "ftp://a.b"])
def test_what_some_readers_make_a_link_or_a_picture_of(words: str) -> None:
    assert escaped(words) != words
    assert escaped(words).replace("\\", "") == words


def test_titles_fall_back_to_ids(library: Library) -> None:
    assert idea_title(library, "gone") == "gone"
    assert persona_title(library, "gone") == ("gone", "")
    assert scenario_title(library, "gone") == "gone"
    assert check_titles(library, "gone") == {}
