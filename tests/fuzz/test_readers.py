"""Every reader of what somebody else wrote: whatever it is given, it reads it or says in one of our own errors why it cannot."""

# ruff: noqa: PT017 -- what is expected here is either an answer or a refusal, and both are looked at

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest
from hostile import cases, one_case, over_and_over, spoilt, spoilt_bytes, texts
from hypothesis import given
from hypothesis import strategies as st

from rehearse.coaching.imported import Format, format_of, read_transcript
from rehearse.coaching.pdf import Paper, Section, paper_pdf
from rehearse.domain.idea import Passage
from rehearse.domain.library import shipped_root
from rehearse.domain.loading import load_cues, load_idea, record_from_text
from rehearse.domain.offer import OfferCard
from rehearse.domain.own_persona import form_in
from rehearse.domain.persona import Persona
from rehearse.domain.rated import RatedConversation, RatedExchange, read_rows
from rehearse.domain.scenario import Scenario
from rehearse.errors import RehearseError
from rehearse.storage.archive import restore_backup, write_backup
from rehearse.storage.documents import MOST_PASSAGES, read_document
from rehearse.storage.store import NewRehearsal, RehearsalStore

ROOT = shipped_root()
PERSONA = (ROOT / "personas" / "marguerite-dunne.yaml").read_text(encoding="utf-8")
SCENARIO = (ROOT / "corpus" / "scenarios" / "pitch-to-boss.yaml").read_text(encoding="utf-8")
IDEA = (ROOT / "corpus" / "ideas" / "voice-your-desire.md").read_text(encoding="utf-8")
RATED = "\n".join(sorted((ROOT / "corpus" / "rated").glob("*.jsonl"))[0].read_text(encoding="utf-8").split("\n")[:3])
TALK = "Learner: I'd like to show you how I read the forum.\nBoss: What would it take of my week?\nLearner: Half an hour."
VTT = "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\n<v Ana>I'd like to show you something.\n\n00:00:03.000 --> 00:00:04.000\n<v Boss>What?\n"
JSON = '{"opening": "Yes?", "turns": [{"speaker": "learner", "text": "A word."}, {"speaker": "Boss", "text": "Which?"}]}'
NEW = NewRehearsal("pitch-to-boss", "marguerite-dunne", "normal", 1, "embedded", "Yes?")
GUIDE = "# A programme\n\nMeet every second week. Say first what the hour is for.\n\n## Rules\n\n- What is said stays here.\n- Both may stop.\n"


@cases("reader", 60)
@given(text=st.one_of(texts, spoilt(TALK), spoilt(VTT), spoilt(JSON)), written=st.sampled_from(Format), learner=st.none() | texts)
def test_transcripts(text: str, written: Format, learner: str | None) -> None:
    with one_case("reader"):
        assert format_of("", text) in Format
        try:
            found = read_transcript(text, written, learner)
        except RehearseError as error:
            assert str(error)
        else:
            assert found.transcript.turns
            assert all(turn.text.strip() for turn in found.transcript.turns)


@pytest.mark.parametrize(
    ("name", "kind", "good"), [("marguerite-dunne", Persona, PERSONA), ("pitch-to-boss", Scenario, SCENARIO)]
)
def test_data_files(name: str, kind: type[Persona | Scenario], good: str) -> None:
    @cases("reader", 12)
    @given(text=st.one_of(spoilt(good), texts))
    def played(text: str) -> None:
        with one_case("reader"):
            try:
                assert record_from_text(f"{name}.yaml", text, kind).id == name
            except RehearseError as error:
                assert f"{name}.yaml" in str(error)

    played()


def test_ideas_and_cues(tmp_path: Path) -> None:
    path = tmp_path / "voice-your-desire.md"

    @cases("reader", 20)
    @given(text=st.one_of(spoilt(IDEA), texts))
    def played(text: str) -> None:
        path.write_text(text, encoding="utf-8", newline="")
        with one_case("reader"):
            for read in (load_idea, load_cues):
                try:
                    read(path)
                except RehearseError as error:
                    assert path.name in str(error)

    played()


@pytest.mark.parametrize("kind", [RatedExchange, RatedConversation])
def test_rated_rows(tmp_path: Path, kind: type[RatedExchange | RatedConversation]) -> None:
    path = tmp_path / "rows.jsonl"

    @cases("reader", 20)
    @given(data=st.one_of(spoilt(RATED).map(str.encode), texts.map(str.encode), st.binary(max_size=60)))
    def played(data: bytes) -> None:
        path.write_bytes(data)
        with one_case("reader"):
            for row in read_rows(path, kind, set()):
                assert isinstance(row, (kind, RehearseError))

    played()


@cases("reader", 40)
@given(text=st.one_of(texts, spoilt('{"lessons": "how I read the forum", "insight": "where parcels wait"}')))
def test_what_is_kept_as_text(text: str) -> None:
    with one_case("reader"):
        OfferCard.from_json(text)
        form_in(text)


def document(data: bytes, name: str) -> None:
    with one_case("document"):
        try:
            found = read_document(name, data)
        except RehearseError as error:
            assert str(error)
        else:
            assert found.title
            assert 0 < len(found.passages) <= MOST_PASSAGES


@cases("document", 40)
@given(text=st.one_of(spoilt(GUIDE), texts, over_and_over), name=texts)
def test_guidance_as_text(text: str, name: str) -> None:
    document(text.encode(), name)


@cases("document", 10)
@given(data=st.one_of(st.binary(max_size=400), spoilt_bytes(GUIDE.encode("utf-16"))))
def test_guidance_that_is_no_text(data: bytes) -> None:
    document(data, "guide.md")


def test_guidance_as_pdf() -> None:
    sections = tuple(Section(f"Part {n}", (("", GUIDE.replace("#", "").strip()),) * 3) for n in range(3))
    whole = paper_pdf(Paper("A programme", (), sections))
    assert read_document("a.pdf", whole).passages

    @cases("document", 30)
    @given(data=spoilt_bytes(whole))
    def played(data: bytes) -> None:
        document(data, "a.pdf")

    played()


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A good backup."""
    store = RehearsalStore(tmp_path / "from.db")
    store.add_learner_turn(store.create(NEW), 1, "Thanks for making the time.")
    file = tmp_path / "whole.zip"
    write_backup(store.database, file)
    store.close()
    return file


def signed_again(whole: Path, file: Path, table: str, lines: bytes) -> None:
    """The same backup with other lines in a table, and a manifest that agrees with them."""
    with zipfile.ZipFile(whole) as good, zipfile.ZipFile(file, "w") as bad:
        manifest = json.loads(good.read("manifest.json"))
        manifest["tables"][table]["sha256"] = hashlib.sha256(lines).hexdigest()
        for name in good.namelist():
            other = {"manifest.json": json.dumps(manifest).encode(), f"{table}.jsonl": lines}
            bad.writestr(name, other.get(name, good.read(name)))


def test_backups(tmp_path: Path, whole: Path) -> None:
    into = RehearsalStore(tmp_path / "into.db")
    kept = into.create(NEW)
    spoilt_file = tmp_path / "spoilt.zip"

    @cases("archive", 25)
    @given(data=st.one_of(spoilt_bytes(whole.read_bytes()), st.binary(max_size=80)))
    def played(data: bytes) -> None:
        spoilt_file.write_bytes(data)
        with one_case("archive"):
            try:
                restore_backup(tmp_path / "into.db", spoilt_file, tmp_path, replace=False)
            except RehearseError as error:
                assert "nothing was changed" in str(error)
            else:
                raise AssertionError("a database that holds something was overwritten")
        assert into.get(kept).opening == "Yes?"

    played()
    into.close()


def test_backups_whose_rows_were_changed_by_somebody_who_knows_how(tmp_path: Path, whole: Path) -> None:
    into = RehearsalStore(tmp_path / "into.db")
    kept = into.create(NEW)
    spoilt_file = tmp_path / "spoilt.zip"
    with zipfile.ZipFile(whole) as archive:
        good = {table: archive.read(f"{table}.jsonl").decode() for table in ("rehearsal", "turn")}

    @cases("archive", 25)
    @given(data=st.data(), table=st.sampled_from(sorted(good)))
    def played(data: st.DataObject, table: str) -> None:
        signed_again(whole, spoilt_file, table, data.draw(spoilt(good[table])).encode())
        before = [s.rehearsal_id for s in into.list(limit=100)]
        with one_case("archive"):
            try:
                restore_backup(tmp_path / "into.db", spoilt_file, tmp_path, replace=True)
            except RehearseError:
                assert [s.rehearsal_id for s in into.list(limit=100)] == before
                return
        for summary in into.list(limit=100):
            into.get(summary.rehearsal_id)
        into.delete_all()
        into.create(NEW)

    assert into.get(kept).opening == "Yes?"
    played()
    into.close()


def test_passages_are_words() -> None:
    """What the strategies above begin with is good, so that they are not all refused for the same reason."""
    assert len(read_transcript(TALK, Format.LINES).transcript.turns) == 3
    assert len(read_transcript(VTT, Format.WEBVTT, "Ana").transcript.turns) == 2
    assert len(read_transcript(JSON, Format.JSON, "learner").transcript.turns) == 3
    assert len(read_document("guide.md", GUIDE.encode()).passages) >= 2
    assert isinstance(load_idea(ROOT / "corpus" / "ideas" / "voice-your-desire.md").passages[0], Passage)
