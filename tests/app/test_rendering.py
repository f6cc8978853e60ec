from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearse.app import chart, scorecard
from rehearse.app.lookback import LookBack, guess_words, lookback_html
from rehearse.app.parts import notice
from rehearse.app.portraits import draw
from rehearse.app.prepare import default_persona
from rehearse.app.sample import SAMPLE_ID
from rehearse.app.templating import environment, render
from rehearse.app.wording import anchor_of, first_clause, link_of, pieces
from rehearse.domain.assessment import Rating, Remark, RemarkKind, Unrated, UnratedReason
from rehearse.domain.idea import Citation
from rehearse.domain.library import Library
from rehearse.domain.transcript import EvidenceSpan, Speaker, Turn
from rehearse.session import Rehearsal

HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> {{ 7*7 }} ${7*7} [a](javascript:alert(1)) \"quoted\" & 'single' "
    "I'd show you how I read the forum every Tuesday at ten."
)


class Balance(HTMLParser):
    """Counts tags, so that a fragment that does not close what it opens is found."""

    VOID = frozenset({"input", "br", "meta", "link", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


def checked(html: str) -> Balance:
    parser = Balance()
    parser.feed(html)
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids)), "an id stands twice"
    assert "script" not in parser.seen
    assert "img" not in parser.seen
    return parser


def look(rehearsal: Rehearsal, **values: object) -> str:
    return lookback_html(LookBack("abc", rehearsal, rehearsal.finish(), **values))  # type: ignore[arg-type]


def test_lookback_shows_every_part(talk: Rehearsal) -> None:
    html = look(talk, guess=40, focus="specificity")
    checked(html)
    for heading in (
        "What to keep",
        "What to change",
        "How it landed",
        "Trust over the turns",
        "Your goal",
        "The six ideas in this talk",
    ):
        assert heading in html
    for idea in talk.coach.library.corpus.ideas:
        assert idea.title in html
    for check in talk.engine.setting.scenario.checks:
        assert check.title in html
    assert html.index("Plain words") < html.index("Clarity, all parts")
    assert "your skill" in html
    assert 'href="download/abc.md"' in html
    assert html.index('id="keep"') < html.index('id="scores"')


def test_sample_offers_no_branch_and_no_download(talk: Rehearsal) -> None:
    html = lookback_html(LookBack(SAMPLE_ID, talk, talk.finish()))
    assert "do/branch" not in html
    assert "download/" not in html
    checked(html)


def test_words_of_a_person_are_never_html() -> None:
    rehearsal = Rehearsal.start("pitch-to-boss", "marguerite-dunne", "normal", 3)
    rehearsal.say(HOSTILE)
    html = look(rehearsal)
    checked(html)
    assert "&lt;script&gt;" in html
    assert "{{ 7*7 }}" in html


def test_notice_is_escaped() -> None:
    html = notice("<b>bold</b>")
    assert "&lt;b&gt;" in html
    assert 'role="alert"' in html


def test_escaping_is_on_for_every_template() -> None:
    env = environment()
    assert env.autoescape is True
    for name in env.list_templates():
        source = env.loader.get_source(env, name)[0] if env.loader else ""
        assert "|safe" not in source or name == "bare.html", name


def learner(words: str) -> Turn:
    return Turn(Speaker.LEARNER, 1, words)


def remark(turn: Turn, start: int, end: int, library: Library, kind: RemarkKind = RemarkKind.KEEP) -> Remark:
    citation = Citation.of(library.corpus, "assure-confidentiality")
    return Remark(kind, "safety", "empathy", EvidenceSpan(turn, start, end), citation, "Because.")


@given(st.text(min_size=4, max_size=60), st.lists(st.tuples(st.integers(0, 3), st.integers(1, 8)), max_size=4))
def test_marking_loses_no_character(words: str, spans: list[tuple[int, int]]) -> None:
    from rehearse.domain.library import shipped_library

    turn = learner(words)
    remarks = [remark(turn, s, min(len(words), s + n), shipped_library()) for s, n in spans]
    assert "".join(p.text for p in pieces(words, remarks)) == words


def test_overlapping_quote_leads_to_its_turn(library: Library) -> None:
    turn = learner("one two three four")
    first, second = remark(turn, 0, 7, library), remark(turn, 4, 13, library)
    assert link_of(first, [first, second]) == anchor_of(first)
    assert link_of(second, [first, second]) == "L1"


def test_first_clause_is_short() -> None:
    assert first_clause("You said what you would teach, so she can picture it.") == "You said what you would teach"
    assert first_clause("Short.") == "Short."
    assert len(first_clause("word " * 60)) < 90


def test_portraits_are_stable_and_distinct(library: Library) -> None:
    drawn = {p.id: draw(p.id) for p in library.personas}
    assert drawn == {p.id: draw(p.id) for p in library.personas}
    assert len(set(drawn.values())) == len(drawn)
    for svg in drawn.values():
        assert 'aria-hidden="true"' in svg
        assert "http" not in svg


def test_unrated_says_why_and_has_no_number(talk: Rehearsal, library: Library) -> None:
    debrief = talk.finish()
    debrief.ratings["safety"] = Unrated("safety", UnratedReason.NO_OPPORTUNITY)
    shown = scorecard.skills(debrief, library, None)
    row = next(r for s in shown for r in s.rows if r.title == "Safety")
    assert row.unrated == "no_opportunity"
    html = look(talk)
    checked(html)
    assert scorecard.mean_score([Unrated("safety", UnratedReason.TOO_SHORT)]) is None


def test_total_is_the_mean_of_what_was_rated() -> None:
    ratings: list[Rating | Unrated] = [
        Rating("purpose", 2, 90),
        Rating("structure", 1, 50),
        Unrated("plainness", UnratedReason.TOO_SHORT),
    ]
    assert scorecard.mean_score(ratings) == 70


def test_reversed_criterion_shows_good_as_good(talk: Rehearsal, library: Library) -> None:
    debrief = talk.finish()
    debrief.ratings["dismissal"] = Rating("dismissal", 0, 90)
    row = next(r for s in scorecard.skills(debrief, library, None) for r in s.rows if r.title == "Brushing aside")
    assert (row.level, row.good, row.quote) == ("none", 2, "")


@pytest.mark.parametrize(
    ("guess", "total", "words"),
    [(None, 50, ""), (80, 50, "kinder"), (20, 50, "better than"), (52, 50, "much as"), (50, None, "too little")],
)
def test_guess_beside_the_total(guess: int | None, total: int | None, words: str) -> None:
    assert words in guess_words(guess, total)


def test_chart_and_table_tell_the_same(talk: Rehearsal) -> None:
    rows = chart.trust_rows(talk.history)
    dots = chart.points(talk.history, frozenset({2}))
    assert [r.trust for r in rows] == [d.trust for d in dots]
    assert [d.turned for d in dots] == [False, False, True, False]
    svg = chart.trust_chart(talk.history, frozenset({2}), 0.5)
    assert 'role="img"' in svg
    assert len(re.findall(r'class="(?:dot|turned)"', svg)) == len(dots)
    assert 'class="turned"' in svg


def test_default_counterpart_fits_the_scenario(library: Library) -> None:
    for scenario in library.scenarios:
        assert scenario.id in library.persona(default_persona(library, scenario.id)).scenarios


def test_a_name_that_was_not_passed_is_an_error() -> None:
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        render("message.html", heading="x", words="y")
