from __future__ import annotations

import json
import re
import zlib
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehearse import Rehearsal
from rehearse.coaching.carry import MOST_WORDS, CarryCard, carry_card, line_in, markdown_words
from rehearse.coaching.coach import Coach
from rehearse.coaching.conversation import Conversation
from rehearse.domain.assessment import Debrief
from rehearse.domain.carry_texts import CarryPart, load_carry_texts, shipped_carry_texts
from rehearse.domain.library import Library, shipped_library, shipped_root
from rehearse.domain.scenario import SCENARIO_IDS
from rehearse.domain.transcript import EvidenceSpan, Speaker, Transcript, Turn
from rehearse.errors import DataFileError
from rehearse.perception.encoder import Encoder
from rehearse.perception.segments import words

LEARNERS = Path(__file__).parents[1] / "fixtures" / "learners"
PLAYED = [
    ("pitch-to-boss", "marguerite-dunne", "skilled-1"),
    ("pitch-to-boss", "marguerite-dunne", "clumsy-1"),
    ("guide-hesitant-leader", "henrik-solberg", "skilled-1"),
    ("two-way-check-in", "henrik-solberg", "average-1"),
    ("agree-expectations", "adaeze-obi", "skilled-1"),
]


@cache
def played(scenario: str, persona: str, script: str) -> tuple[Conversation, Debrief]:
    rehearsal = Rehearsal.start(scenario, persona, seed=3)
    for line in (LEARNERS / scenario / f"{script}.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and rehearsal.ended.value == "open":
            rehearsal.say(line)
    debrief = rehearsal.finish()
    setting, now = rehearsal.engine.setting, rehearsal.now
    return Conversation(now.transcript, {e.turn: e.acts for e in now.exchanges}, setting, now), debrief


def card_of(scenario: str, persona: str, script: str) -> CarryCard:
    return carry_card(*played(scenario, persona, script), shipped_library(), shipped_carry_texts())


def page(pdf: bytes) -> str:
    """The words on the page, in order, as they are drawn."""
    [stream] = re.findall(rb"/FlateDecode.*?stream\n(.*?)\nendstream", pdf, re.DOTALL)
    drawn = re.findall(rb"\(((?:\\.|[^\\()])*)\) Tj", zlib.decompress(stream))
    return " ".join(re.sub(rb"\\(.)", rb"\1", d, flags=re.DOTALL).decode("cp1252") for d in drawn)


def is_one_harmless_page(pdf: bytes) -> bool:
    harmful = (b"/JavaScript", b"/JS", b"/URI", b"/Launch", b"/Annot", b"/EmbeddedFile", b"/AA")
    return pdf.startswith(b"%PDF-") and len(re.findall(rb"/Type /Page\b(?!s)", pdf)) == 1 and not any(h in pdf for h in harmful)


@pytest.mark.parametrize("key", PLAYED, ids="-".join)
def test_every_word_on_the_card_was_said_and_stands_in_its_place(key: tuple[str, str, str]) -> None:
    conversation, _ = played(*key)
    card = card_of(*key)
    assert [line.part for line in card.lines] == [p.part for p in shipped_carry_texts().card(key[0]).parts]
    used: list[str] = []
    for line in card.lines:
        if line.span is None:
            continue
        assert line.span.turn is conversation.transcript.turn(line.span.turn.turn_id)
        assert len(words(line.span.quote)) <= MOST_WORDS + 10
        theirs = line.part is CarryPart.OBJECTION
        assert (line.span.turn.speaker is Speaker.COUNTERPART) == theirs
        assert line.span.quote not in used
        used.append(line.span.quote)
        if line.part is CarryPart.QUESTION:
            assert line.span.quote.endswith("?")
        if not theirs:
            acts = conversation.acts[line.span.turn.number]
            assert not any(a.act.harmful and a.start < line.span.end and line.span.start < a.end for a in acts)
    assert json.loads(json.dumps(card.to_dict()))["title"] == card.title


def test_good_words_are_found_and_poor_ones_leave_blanks() -> None:
    skilled, clumsy = card_of(*PLAYED[0]), card_of(*PLAYED[1])
    assert sum(line.blank for line in skilled.lines) <= 1
    assert sum(line.blank for line in clumsy.lines) >= 3
    markdown = clumsy.to_markdown()
    for line in clumsy.lines:
        assert (line.prompt in markdown) == line.blank
        assert line.citation.passage.text in markdown


def test_a_transcript_from_elsewhere_has_a_card_too(encoder: Encoder, library: Library) -> None:
    coach = Coach(library, encoder)
    conversation = coach.read(
        Transcript(
            (
                Turn(Speaker.LEARNER, 1, "I'd like to show one director how I read the drivers' messages each morning."),
                Turn(Speaker.COUNTERPART, 1, "Nice. But who covers your desk while you do that?"),
                Turn(
                    Speaker.LEARNER,
                    2,
                    "I'd do it after the loads are out, half an hour on alternate Thursdays. What worries you most about it?",
                ),
            )
        )
    )
    card = carry_card(conversation, coach.debrief(conversation), library, shipped_carry_texts())
    assert card.title == shipped_carry_texts().card(None).title
    quotes = {line.part: line.span.quote for line in card.lines if line.span}
    assert quotes[CarryPart.QUESTION] == "What worries you most about it?"
    empty = Conversation(Transcript(), {})
    assert all(line.blank for line in carry_card(empty, coach.debrief(empty), library, shipped_carry_texts()).lines)


def test_a_personas_line_is_found_whatever_fills_its_slots() -> None:
    turn = Turn(Speaker.COUNTERPART, 1, "Hm. *(looks up)* “six weeks (or so)”, you say? On which Tuesday. Go on.")
    found = line_in(turn, ("Never said.", "*(looks up)* “{time}”, you say? On which Tuesday."))
    assert found is not None
    assert found.quote == "“six weeks (or so)”, you say? On which Tuesday."
    assert line_in(turn, ("Nothing of it.",)) is None


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=120))
def test_words_cannot_act_as_markdown(text: str) -> None:
    shown = markdown_words(text)
    assert "\n" not in shown
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]<>#|~]", shown)
    assert "://" not in shown


def test_the_texts_are_sound_and_a_wrong_passage_is_named(tmp_path: Path, library: Library) -> None:
    texts = shipped_carry_texts()
    assert {c.scenario for c in texts.cards} == {*SCENARIO_IDS, "any"}
    known = {p.passage_id for p in library.corpus.passages()}
    assert all(p.passage in known for c in texts.cards for p in c.parts)
    (tmp_path / "corpus").mkdir()
    shipped = (shipped_root() / "corpus" / "carry.yaml").read_text(encoding="utf-8")
    (tmp_path / "corpus" / "carry.yaml").write_text(
        shipped.replace("passage: say-it-plainly", "passage: say-it-twice"), encoding="utf-8"
    )
    with pytest.raises(DataFileError, match="say-it-twice"):
        load_carry_texts(tmp_path, library.corpus)
    (tmp_path / "corpus" / "carry.yaml").write_text(shipped.replace("part: ask\n", "part: answer\n", 1), encoding="utf-8")
    with pytest.raises(DataFileError, match="one opening"):
        load_carry_texts(tmp_path, library.corpus)


# As PDF ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", PLAYED, ids="-".join)
def test_the_card_prints_on_one_page_with_typographic_quotes(key: tuple[str, str, str]) -> None:
    from rehearse.coaching.pdf import card_pdf

    card = card_of(*key)
    pdf = card_pdf(card)
    assert is_one_harmless_page(pdf)
    assert pdf == card_pdf(card)
    shown = page(pdf)
    for line in card.lines:
        assert line.heading in shown
        assert line.span is None or f"“{' '.join(line.span.quote.split())}”" in shown


def with_words(text: str, card: CarryCard) -> CarryCard:
    """The card with the same words in every place."""
    span = EvidenceSpan(Turn(Speaker.LEARNER, 1, text), 0, len(text))
    return replace(card, lines=tuple(replace(line, span=span) for line in card.lines))


@settings(max_examples=20, deadline=None)
@given(st.text(min_size=1, max_size=200).flatmap(lambda t: st.sampled_from([t, t * 40, t.replace(" ", "") * 300])))
def test_no_words_break_the_page(text: str) -> None:
    from rehearse.coaching.pdf import card_pdf

    assert is_one_harmless_page(card_pdf(with_words(text, card_of(*PLAYED[1]))))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{nb} pages) Tj /JavaScript (app.alert(1)", "{nb} pages) Tj /JavaScript (app.alert(1)"),
        ("**bold** __under__ [x](https://example.org) <b>", "**bold** __under__ [x](https://example.org) <b>"),
        ("one\ntwo\r\n\tthree\x00\x1b[31m", "one two three[31m"),
        ("“Żółw” – naïve… ‘5 €’", "“Zólw” – naïve… ‘5 €’"),
        ("\u202egnp.exe\u200b so\u00adft", "gnp.exe soft"),
    ],
)
def test_what_is_shown_is_what_was_said(text: str, shown: str) -> None:
    from rehearse.coaching.pdf import card_pdf

    assert f"“{shown}” (you, turn 1)" in page(card_pdf(with_words(text, card_of(*PLAYED[1]))))


def test_what_cannot_be_shown_is_said_to_be_missing() -> None:
    from rehearse.coaching.pdf import CUT_NOTE, LOST_NOTE, card_pdf

    card = card_of(*PLAYED[1])
    assert LOST_NOTE in page(card_pdf(with_words("会いましょう", card)))
    assert CUT_NOTE in page(card_pdf(with_words("a few words " * 500, card)))
    assert LOST_NOTE not in page(card_pdf(card))
    assert CUT_NOTE not in page(card_pdf(card))
