"""What can be read in a folder, and what is named and skipped. All rows are made up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rehearse.domain.library import shipped_root
from rehearse.domain.rated import load_rated
from rehearse.errors import DataFileError
from rehearse.validation import exchanges
from rehearse.validation.folder import read_folder
from rehearse.validation.questions import Kind, Source
from rehearse.validation.tables import TABLES, read_table

EPITOME = "seeker_post,response_post,er_level,ip_level,ex_level,group\n"
RATED_LINE = {
    "id": "x-1",
    "situation": "kick-off",
    "context": "I have never been good with the new screens.",
    "text": "Nobody sees this but us. What makes them hard?",
    "acts": [{"act": "ask_open", "quote": "What makes them hard?"}],
    "levels": {
        "emotional_reaction": 0,
        "interpretation": 0,
        "exploration": 1,
        "safety": 2,
        "dismissal": 0,
        "purpose": None,
        "specificity": None,
        "structure": None,
        "plainness": 2,
        "advice_giving": 0,
        "self_oriented": 0,
    },
}
PAIR_LINE = {"context": "I am worn out.", "text": "That sounds hard.", "ratings": {"interpretation": 2, "charm": 1}}


def write(path: Path, *lines: object) -> Path:
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n", encoding="utf-8")
    return path


def epitome(folder: Path, *rows: str) -> Path:
    path = folder / "epitome_reddit.csv"
    path.write_text(EPITOME + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def test_a_known_table_becomes_pairs_and_answers(tmp_path: Path) -> None:
    source = read_table(epitome(tmp_path, "I slept badly.,Oh no.,1,0,2,a", "Long day.,What happened?,0,,1,b"))
    assert [(p.context, p.text, p.group) for p in source.pairs] == [
        ("I slept badly.", "Oh no.", "a"),
        ("Long day.", "What happened?", "b"),
    ]
    assert {q.id: q.human for q in source.questions} == {
        "emotional_reaction": (1, 0),
        "interpretation": (0, None),
        "exploration": (2, 1),
    }
    assert not source.may_fit


def test_only_the_source_that_forbids_it_is_kept_from_fitting() -> None:
    assert [name for name, table in TABLES.items() if not table.may_fit] == ["epitome_reddit.csv"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,b,3,0,0,g", "line 2, er_level: 3 is out of range"),
        ("a,b,0.5,0,0,g", "line 2, er_level: 0.5 is out of range"),
        ("a,b,much,0,0,g", "line 2, er_level: it is not a number"),
        ("a,b,0", "line 2: it has too few fields"),
        ('a,"b" c,0,0,0,g', "it is not valid CSV"),
    ],
)
def test_a_bad_row_names_its_line_and_column_but_not_its_words(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(DataFileError) as caught:
        read_table(epitome(tmp_path, row))
    assert said in str(caught.value)
    assert "much" not in str(caught.value)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "warm_tough_offers.csv"
    path.write_text("text,group\nhello,a\n", encoding="utf-8")
    with pytest.raises(DataFileError, match="the column warm is missing"):
        read_table(path)


def test_what_cannot_be_read_is_skipped_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("notes", encoding="utf-8")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "uptake.csv").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "receptiveness.csv").write_text("id,text,receptive_z,group\n", encoding="utf-8")
    (tmp_path / "empty.jsonl").write_text("\n", encoding="utf-8")
    (tmp_path / "broken.jsonl").write_text("{oh\n", encoding="utf-8")
    write(tmp_path / "other.jsonl", {"hello": 1})
    write(tmp_path / "unknown.jsonl", {"text": "Yes.", "ratings": {"charm": 1}})
    (tmp_path / ".hidden").write_text("", encoding="utf-8")
    found = read_folder(tmp_path)
    assert not found.sources
    reasons = {s.file: s.reason for s in found.skipped}
    assert "not known" in reasons["notes.md"]
    assert "it is a folder" in reasons["deeper"]
    assert reasons["uptake.csv"] == "it is not UTF-8 text."
    assert reasons["receptiveness.csv"] == "it has no rows."
    assert "it is empty" in reasons["empty.jsonl"]
    assert reasons["broken.jsonl"].startswith("line 1")
    assert "neither “ratings”, nor" in reasons["other.jsonl"]
    assert "no criterion that is known" in reasons["unknown.jsonl"]
    assert len(reasons) == 8


def test_pairs_may_have_levels_or_a_scale(tmp_path: Path) -> None:
    write(tmp_path / "pairs.jsonl", PAIR_LINE, {**PAIR_LINE, "group": 7, "ratings": {"interpretation": None, "safety": 1.5}})
    ((name, source),) = read_folder(tmp_path).sources
    assert name == "pairs.jsonl"
    assert [p.group for p in source.pairs] == ["line 1", "7"]
    assert [(q.id, q.kind, q.human) for q in source.questions] == [
        ("interpretation", Kind.LEVELS, (2, None)),
        ("safety", Kind.SCALE, (None, 1.5)),
    ]
    assert "charm" in source.note


def test_files_in_our_form_are_one_source(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", RATED_LINE)
    write(tmp_path / "b.jsonl", {**RATED_LINE, "id": "x-2", "levels": None, "context": ""})
    ((name, source),) = read_folder(tmp_path).sources
    assert name == "a.jsonl, b.jsonl"
    asked = {q.id: q.human for q in source.questions}
    assert asked["safety"] == (2, None)
    assert asked["purpose"] == (None, None)
    assert asked["purpose expected"] == (0, None)
    assert asked["act ask_open"] == (1, 1)
    assert "act pressure" not in asked
    assert source.note == ""


def test_a_bad_line_in_our_form_is_named(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", RATED_LINE, {**RATED_LINE, "acts": [{"act": "ask_open", "quote": "not there"}]})
    (skipped,) = read_folder(tmp_path).skipped
    assert skipped.reason.startswith("line 2")


def test_what_the_weights_may_have_seen_is_left_out(tmp_path: Path) -> None:
    shipped = list(load_rated(shipped_root() / "corpus" / "rated"))
    seen, fresh = (next(r for r in shipped if r.levels and r.held_out is held) for held in (False, True))
    both = [json.loads(r.model_dump_json()) for r in (seen, fresh)]
    write(tmp_path / "a.jsonl", *both)
    ((_, source),) = read_folder(tmp_path).sources
    assert [p.text for p in source.pairs] == [fresh.text]
    assert "1 exchanges" in source.note
    write(tmp_path / "a.jsonl", both[0])
    found = read_folder(tmp_path)
    assert not found.sources
    assert "fitted on every exchange" in found.skipped[0].reason


def test_weights_fitted_under_another_rule_are_doubted(tmp_path: Path) -> None:
    open_to_fit = sum(not r.held_out for r in load_rated(shipped_root() / "corpus" / "rated"))
    card = tmp_path / "card.json"
    card.write_text(json.dumps({"fitted_on": open_to_fit - open_to_fit // 10}), encoding="utf-8")
    assert exchanges.doubt_about_weights(tmp_path) == ""
    card.write_text(json.dumps({"fitted_on": 12}), encoding="utf-8")
    assert exchanges.doubt_about_weights(tmp_path).startswith("CAUTION")


def test_answers_to_the_same_words_share_a_group(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", RATED_LINE, {**RATED_LINE, "id": "x-2", "context": f" {RATED_LINE['context']}".upper()})
    source = read_folder(tmp_path).sources[0][1]
    assert isinstance(source, Source)
    assert len({p.group for p in source.pairs}) == 1
