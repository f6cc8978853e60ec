from __future__ import annotations

import json
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehearse.coaching.imported import MAX_CHARACTERS, Format, Imported, format_of, read_transcript
from rehearse.domain.transcript import Speaker
from rehearse.errors import TranscriptError


def turns(imported: Imported) -> list[tuple[str, str]]:
    return [(turn.turn_id, turn.text) for turn in imported.transcript.turns]


def lines(text: str, learner: str | None = None) -> list[tuple[str, str]]:
    return turns(read_transcript(text, Format.LINES, learner))


def vtt(text: str, learner: str | None = None) -> list[tuple[str, str]]:
    return turns(read_transcript("WEBVTT\n\n" + text, Format.WEBVTT, learner))


def as_json(value: object, learner: str | None = None) -> list[tuple[str, str]]:
    return turns(read_transcript(json.dumps(value), Format.JSON, learner))


@pytest.mark.parametrize(
    ("name", "text", "written"),
    [
        ("a.json", "hello", Format.JSON),
        ("a.vtt", "", Format.WEBVTT),
        ("a.MD", "[]", Format.LINES),
        ("a.txt", "WEBVTT", Format.LINES),
        ("-", "WEBVTT\n\n", Format.WEBVTT),
        ("-", ' [{"speaker": "learner"}]', Format.JSON),
        ("-", '{"turns": []}', Format.JSON),
        ("-", "[10:02] Ana: hello", Format.LINES),
        ("notes", "Ana: hello", Format.LINES),
    ],
)
def test_format_is_the_ending_or_else_the_content(name: str, text: str, written: Format) -> None:
    assert format_of(name, text) is written


def test_json_list_with_the_learner_first() -> None:
    said = [{"speaker": "learner", "text": "Hello."}, {"speaker": "counterpart", "text": "Yes?"}]
    assert as_json(said) == [("L1", "Hello."), ("C1", "Yes?")]


def test_the_counterpart_may_open() -> None:
    said = [{"speaker": "counterpart", "text": "Yes?"}, {"speaker": "learner", "text": "Hello."}]
    assert as_json({"turns": said}) == [("C0", "Yes?"), ("L1", "Hello.")]


def test_what_play_prints_can_be_read_back() -> None:
    played = {"opening": "Yes?", "turns": [{"learner": "Hello.", "counterpart": "Hm."}]}
    assert as_json(played) == [("C0", "Yes?"), ("L1", "Hello."), ("C1", "Hm.")]


def test_consecutive_entries_of_one_speaker_are_one_turn() -> None:
    said = [
        {"speaker": "Learner", "text": "One."},
        {"speaker": "learner", "text": "Two."},
        {"speaker": "counterpart", "text": "  "},
        {"speaker": "counterpart", "text": "Three."},
    ]
    assert as_json(said) == [("L1", "One.\nTwo."), ("C1", "Three.")]


def test_control_characters_and_lone_surrogates_are_left_out() -> None:
    assert as_json([{"speaker": "learner", "text": "a\x00b\x1b[31m\ud800c"}]) == [("L1", "ab[31mc")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"speaker": "learner"', r"Line 1, column \d+: not valid JSON"),
        ("[" * 100_000, "too deeply nested"),
        ("3", "has to be a list"),
        ('{"turn": []}', "has to be a list"),
        ("[1]", "Entry 1: it has to be an object"),
        ('[{"text": "a"}]', 'Entry 1: "speaker" is missing'),
        ('[{"speaker": "learner", "text": "a"}, {"speaker": "learner", "text": 3}]', "Entry 2: the words are missing"),
        ("[]", "no words"),
        ('[{"speaker": "counterpart", "text": "a"}]', "not clear who the learner is"),
    ],
)
def test_json_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(TranscriptError, match=message):
        read_transcript(text, Format.JSON)


def test_markdown_with_bold_names_headings_and_continuations() -> None:
    text = "# Talk\n\n**Ana:** Hi there\nmore of it\n\n---\n\n**Renata**: Go on.\n\n**Ana:** The plan: half an hour.\n"
    assert lines(text, "Ana") == [("L1", "Hi there\nmore of it"), ("C1", "Go on."), ("L2", "The plan: half an hour.")]


def test_bold_names_without_a_colon_in_a_quotation() -> None:
    text = "> **Learner** Thanks for the time.\n>\n> **Renata** Go on.\n> *a pause*\n"
    assert lines(text) == [("L1", "Thanks for the time."), ("C1", "Go on.\n*a pause*")]


@pytest.mark.parametrize(
    "text",
    [
        "Learner: Hi.\nBoss: Yes?",
        "learner: Hi.\nboss: Yes?",
        "ME: Hi.\nDr. Okafor: Yes?",
        "Counterpart: \n\nAna: Hi.\nCounterpart: Yes?",
        "- Learner: Hi.\n- Counterpart: Yes?",
        "[10:02] Learner: Hi.\n[10:03:11] Boss: Yes?",
        "Learner (10:02): Hi.\nBoss (10:03): Yes?",
        "  Learner: Hi.\n  Boss: Yes?",
        "---\ndate: today\n---\nLearner: Hi.\nBoss: Yes?",
        "\ufeffLearner: Hi.\r\nBoss: Yes?\r\n",
    ],
)
def test_ways_to_write_two_speakers(text: str) -> None:
    assert [words for _, words in lines(text)] == ["Hi.", "Yes?"]


def test_a_sentence_with_a_colon_is_nobodys_turn() -> None:
    text = "Learner: Two things.\nthe first: time.\nHere is the second: half an hour.\nBoss: Fine."
    assert lines(text)[0] == ("L1", "Two things.\nthe first: time.\nHere is the second: half an hour.")


def test_an_indented_line_belongs_to_who_speaks() -> None:
    text = "Learner: Two things.\n  Time: half an hour.\nBoss: Fine."
    assert lines(text) == [("L1", "Two things.\nTime: half an hour."), ("C1", "Fine.")]


def test_names_are_matched_by_a_part_and_everybody_else_is_the_counterpart() -> None:
    text = "Ana Lee: Hi.\nBo: Yes?\nCy: And me?\nAna Lee: Good."
    imported = read_transcript(text, Format.LINES, "ana")
    assert turns(imported) == [("L1", "Hi."), ("C1", "Yes?\nAnd me?"), ("L2", "Good.")]
    assert imported.names == {Speaker.LEARNER: "Ana Lee", Speaker.COUNTERPART: "Bo, Cy"}


def test_an_unclear_learner_lists_the_speakers_with_their_lines() -> None:
    with pytest.raises(TranscriptError) as caught:
        lines("Ana: Hi.\nBo: Yes?\nAna: Good.")
    assert "Ana (2, first in line 1), Bo (1, first in line 2)" in str(caught.value)
    assert "--learner NAME" in str(caught.value)


def test_a_name_that_nobody_has() -> None:
    with pytest.raises(TranscriptError, match=r"No speaker is called “Zoe”.*Speakers found: Ana"):
        lines("Ana: Hi.\nBo: Yes?", "Zoe")


def test_words_before_the_first_speaker_are_not_dropped() -> None:
    with pytest.raises(TranscriptError, match="Line 2: “so we met” stands before the first speaker"):
        lines("\nso we met\nLearner: Hi.")


@pytest.mark.parametrize("text", ["", " \n\t\n", "\x00\x01"])
def test_nothing_to_read(text: str) -> None:
    for written in (Format.LINES,):
        with pytest.raises(TranscriptError):
            read_transcript(text, written)


def test_too_much_to_read() -> None:
    with pytest.raises(TranscriptError, match="Give one conversation at a time"):
        lines("Learner: " + "a" * MAX_CHARACTERS)


def test_webvtt_with_voice_tags_prefixes_and_split_sentences() -> None:
    text = (
        "1\n00:00:01.000 --> 00:00:03.000\n<v Ana Lee>Hello <b>there</b></v>\n\n"
        "2\n00:03.000 --> 00:05.000\nand thanks &amp; all.\n\n"
        "00:00:06.000 --> 00:00:07.000\n<v.loud Bo>Yes?</v>\n\n"
        "00:00:08.000 --> 00:00:09.000\nAna Lee: Good."
    )
    assert vtt(text, "Ana") == [("L1", "Hello there and thanks & all."), ("C1", "Yes?"), ("L2", "Good.")]


def test_webvtt_with_two_voices_in_a_cue() -> None:
    text = "00:01.000 --> 00:03.000\n<v Learner>Hello.</v> <v Bo>Yes?</v>"
    assert vtt(text) == [("L1", "Hello."), ("C1", "Yes?")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello", "begins with WEBVTT"),
        ("WEBVTT\n\n00:01 --> x\nLearner: Hi.", "Line 3: the times cannot be read"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nhello", "not said who speaks in the cue at 00:00:01.000"),
        ("WEBVTT", "no words"),
    ],
)
def test_webvtt_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(TranscriptError, match=message):
        read_transcript(text, Format.WEBVTT)


_WORDS = st.text(alphabet=st.characters(codec="utf-8"), max_size=40)


@settings(max_examples=150, deadline=None)
@given(text=st.text(alphabet="AnaBo: \n*_>#-[]()0123456789.“”\t\r\x00é<v>", max_size=120), written=st.sampled_from(Format))
def test_whatever_comes_is_read_or_refused(text: str, written: Format) -> None:
    with suppress(TranscriptError):
        assert read_transcript(text, written, "Ana").transcript.learner_turns()


@settings(max_examples=100, deadline=None)
@given(said=st.lists(st.tuples(st.sampled_from(["learner", "counterpart"]), _WORDS), max_size=8))
def test_sides_alternate_and_nothing_is_lost(said: list[tuple[str, str]]) -> None:
    source = json.dumps([{"speaker": speaker, "text": text} for speaker, text in said])
    try:
        imported = read_transcript(source, Format.JSON)
    except TranscriptError:
        return
    speakers = [turn.speaker for turn in imported.transcript.turns]
    assert all(a is not b for a, b in pairwise(speakers))
    kept = "".join(turn.text for turn in imported.transcript.turns)
    assert kept.count("e") == sum(text.count("e") for _, text in said)
