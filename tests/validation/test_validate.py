"""`rehearse validate` from the folder to the table. All rows are made up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from rehearse.cli_output import CommandGroup
from rehearse.cli_validate import validate
from rehearse.domain.acts import Act
from rehearse.domain.library import Library
from rehearse.perception.encoder import Encoder
from rehearse.session import rate_exchange
from rehearse.validation.readings import Pair, judge, judge_all

PAIRS = [
    ("The demo went wrong in front of everyone.", "I'm so sorry, that must have been humiliating.", 2, 2, 0),
    ("The demo went wrong in front of everyone.", "Have you read the manual for the projector?", 0, 0, 0),
    ("I never know what to say in that room.", "Is it the room or the people in it that silences you?", 0, 0, 2),
    ("I never know what to say in that room.", "Lunch is at noon today.", 0, 0, 0),
    ("They left me off the list again.", "I hope it gets better soon.", 1, 0, 0),
    ("They left me off the list again.", "So it isn't the list, it's being forgotten.", 0, 2, 0),
    ("I am up at four every night.", "What keeps you awake?", 0, 0, 1),
    ("I am up at four every night.", "I understand how you feel.", 0, 1, 0),
    ("My report came back with nine notes.", "It makes me angry for you to read that.", 2, 0, 0),
    ("My report came back with nine notes.", "The printer is on the second floor.", 0, 0, 0),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = ["seeker_post,response_post,er_level,ip_level,ex_level,group"]
    lines += [f'"{context}","{text}",{er},{ip},{ex},{context[:9]}' for context, text, er, ip, ex in PAIRS]
    (tmp_path / "epitome_reddit.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    lines = ["id,item,text,warm,group"]
    lines += [f'{i},lamp,"{text}",{int(er > 0)},{i}' for i, (_, text, er, _, _) in enumerate(PAIRS)]
    (tmp_path / "warm_tough_offers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "todo.txt").write_text("nothing", encoding="utf-8")
    return tmp_path


def run(*arguments: str) -> Result:
    app = typer.Typer(cls=CommandGroup, rich_markup_mode=None)
    app.command()(validate)
    app.command("other")(lambda: None)
    return CliRunner().invoke(app, ["validate", *arguments])


def test_readings_are_the_products_own(encoder: Encoder, library: Library) -> None:
    for context, text in [*[p[:2] for p in PAIRS[:4]], ("", "Could we meet for half an hour on Friday?")]:
        ours = judge(Pair(context, text, ""), encoder, library.lexicon, acts=True)
        product = rate_exchange(context, text)
        assert {c: ours.levels[c] for c in product.ratings} == product.ratings
        assert ours.acts == {span.act for span in product.acts}
        assert set(ours.act_probabilities) == set(Act)


def test_readings_keep_their_order(encoder: Encoder, library: Library) -> None:
    pairs = [Pair(context, text, "") for context, text, *_ in PAIRS]
    together = judge_all(pairs, encoder, library.lexicon, acts=False)
    assert together == [judge(pair, encoder, library.lexicon, acts=False) for pair in pairs]
    assert judge_all([], encoder, library.lexicon, acts=False) == []
    assert not together[0].acts


def test_nothing_said_is_nothing_rated(encoder: Encoder, library: Library) -> None:
    assert set(judge(Pair("Well?", " ", ""), encoder, library.lexicon, acts=False).levels.values()) == {None}


def test_json_is_one_document_without_any_words_of_the_files(folder: Path) -> None:
    result = run(str(folder), "--json", "--bootstrap", "20")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert [f["file"] for f in document["files"]] == ["epitome_reddit.csv", "warm_tough_offers.csv"]
    assert document["skipped"][0]["file"] == "todo.txt"
    assert (document["bootstrap"], document["seed"]) == (20, 7)
    first = document["files"][0]
    assert [c["criterion"] for c in first["criteria"]] == ["emotional_reaction", "interpretation", "exploration"]
    assert (first["pairs"], first["groups"], first["may_fit"]) == (10, 5, False)
    reaction = first["criteria"][0]
    assert reaction["n"] == 10
    assert reaction["macro_f1"]["low"] <= reaction["macro_f1"]["value"] <= reaction["macro_f1"]["high"]
    assert set(reaction["baselines"]) == {"majority_macro_f1", "length_macro_f1", "length_spearman"}
    assert all(text not in result.stdout and context not in result.stdout for context, text, *_ in PAIRS)


def test_the_same_seed_gives_the_same_document(folder: Path) -> None:
    one, two, other = (run(str(folder), "--json", "--bootstrap", "20", "--seed", s).stdout for s in ("7", "7", "9"))
    assert one == two != other


def test_only_what_may_be_fitted_is_probed(folder: Path) -> None:
    document = json.loads(run(str(folder), "--json", "--bootstrap", "0", "--probe").stdout)
    epitome, offers = document["files"]
    assert all(c["probe"] is None for c in epitome["criteria"])
    assert offers["criteria"][0]["probe"] is not None
    assert offers["criteria"][0]["macro_f1"]["low"] is None


def test_people_read_tables(folder: Path) -> None:
    plain = run(str(folder), "--bootstrap", "10")
    assert plain.exit_code == 0, plain.output
    assert "emotional_reaction" in plain.stdout
    assert "Skipped todo.txt" in plain.stdout
    page = run(str(folder), "--markdown", "--bootstrap", "10").stdout
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + 3 + 1
    assert len({row.count("|") for row in rows}) == 1


def test_a_folder_with_nothing_in_it_is_an_error(tmp_path: Path) -> None:
    result = run(str(tmp_path), "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["files"] == []
    assert "nothing in it can be measured on" in result.stderr


def test_an_encoder_replaced_half_way_is_not_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signs = iter(["one", "two"])
    monkeypatch.setattr("rehearse.validation.report.weights_id", lambda: next(signs))
    result = run(str(folder), "--json", "--bootstrap", "0")
    assert result.exit_code == 3
    assert "replaced while" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("arguments", [["--json", "--markdown"], ["--bootstrap", "-1"]])
def test_contradictions_are_refused(folder: Path, arguments: list[str]) -> None:
    assert run(str(folder), *arguments).exit_code == 2


def test_pages_have_their_markers() -> None:
    root = Path(__file__).parents[2]
    for page, sections in {
        "docs/validity.md": ["in short", "people", "held out", "length", "padding", "clarity pairs"],
        "corpus/rated/CARD.md": ["contents", "agreement"],
    }.items():
        text = (root / page).read_text(encoding="utf-8")
        for section in sections:
            assert text.count(f"<!-- {section}: begin -->") == text.count(f"<!-- {section}: end -->") == 1
