"""The public sets of rated conversations that are known by the names of their files.

Nothing is fitted on any of them here, and which reading is held against which column was written down before it was measured.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rehearse.domain.acts import Act
from rehearse.errors import DataFileError
from rehearse.validation.questions import (
    Kind,
    Question,
    Reader,
    Source,
    act_score,
    any_act,
    asks,
    at_least_one,
    level_of,
    listening,
    score_of,
)
from rehearse.validation.readings import Pair

_COORDINATING = (Act.MAKE_CASE, Act.PROPOSE_TERMS, Act.OFFER_CHOICE, Act.AGREE_NEXT_STEP)
_MEAN = "mean of the five empathy criteria, equal weights, dismissal against"


@dataclass(frozen=True, slots=True)
class Column:
    """A column that people filled, and what it is compared with."""

    name: str
    question_id: str
    kind: Kind
    ours: str
    read: Reader
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A known file: which columns hold the pair and which the ratings."""

    title: str
    text: str
    context: str | None
    columns: tuple[Column, ...]
    may_fit: bool
    acts: bool = False
    note: str = field(default="")


TABLES: dict[str, Table] = {
    "epitome_reddit.csv": Table(
        "EPITOME, Reddit part (Sharma, Miner, Atkins and Althoff 2020)",
        text="response_post",
        context="seeker_post",
        columns=(
            Column(
                "er_level",
                "emotional_reaction",
                Kind.LEVELS,
                "level of emotional_reaction",
                level_of("emotional_reaction"),
                "macro-F1, trained there: majority .27, frozen MiniLM .62, TF-IDF .67, the authors' transformer .745",
            ),
            Column(
                "ip_level",
                "interpretation",
                Kind.LEVELS,
                "level of interpretation",
                level_of("interpretation"),
                "macro-F1, trained there: majority .23, frozen MiniLM .50, TF-IDF .55, the authors' transformer .626",
            ),
            Column(
                "ex_level",
                "exploration",
                Kind.LEVELS,
                "level of exploration",
                level_of("exploration"),
                "macro-F1, trained there: majority .31, frozen MiniLM .48, TF-IDF .58, the authors' transformer .726",
            ),
        ),
        may_fit=False,
        note="Peer support in distress, written by strangers; nothing of it was seen in fitting.",
    ),
    "receptiveness.csv": Table(
        "Receptiveness to opposing views (Yeomans, Minson, Collins, Chen and Gino 2020)",
        text="text",
        context=None,
        columns=(
            Column(
                "receptive_z",
                "receptiveness",
                Kind.SCALE,
                _MEAN,
                listening,
                "Spearman, trained there: length .05, MiniLM .37, TF-IDF and ridge .43",
            ),
        ),
        may_fit=True,
        note="What was answered is not in the file, so the coach reads each reply without it.",
    ),
    "uptake.csv": Table(
        "Uptake of student contributions (Demszky and others 2021)",
        text="teacher_text",
        context="student_text",
        columns=(
            Column(
                "uptake_zscore",
                "uptake, by interpretation",
                Kind.SCALE,
                "expected level of interpretation",
                score_of("interpretation"),
                "Spearman: length .36, shared tokens .52, MiniLM .56",
            ),
            Column(
                "uptake_zscore",
                "uptake, by reflecting",
                Kind.SCALE,
                "probability of the act reflect",
                act_score(Act.REFLECT),
                "Spearman: length .36, shared tokens .52, MiniLM .56",
            ),
        ),
        may_fit=True,
        acts=True,
        note="Teachers of mathematics; building on an answer is near to reflecting, but is not the same.",
    ),
    "warm_tough_offers.csv": Table(
        "Warm and tough offers (Jeong, Minson, Yeomans and Gino 2019)",
        text="text",
        context=None,
        columns=(
            Column(
                "warm",
                "warm",
                Kind.YES_NO,
                f"{_MEAN}; yes above the file's own median",
                listening,
                "macro-F1, trained there: length .66, TF-IDF .86",
            ),
        ),
        may_fit=True,
        note="The label is the instruction under which the offer was written, not a rating.",
    ),
    "casino_utterances.csv": Table(
        "CaSiNo negotiations (Chawla and others 2021)",
        text="text",
        context="prev_utterance",
        columns=(
            Column(
                "showing_empathy",
                "showing_empathy",
                Kind.YES_NO,
                "emotional_reaction at level 1 or 2",
                at_least_one("emotional_reaction"),
                "macro-F1, trained there: .66",
            ),
            Column(
                "elicit_pref",
                "elicit_pref",
                Kind.YES_NO,
                "exploration at level 1 or 2, or the act ask_open",
                asks,
                "macro-F1, trained there: .85",
            ),
            Column(
                "promote_coordination",
                "promote_coordination",
                Kind.YES_NO,
                "any of the acts " + ", ".join(_COORDINATING),
                any_act(_COORDINATING),
                "macro-F1, trained there: .78",
            ),
        ),
        may_fit=True,
        acts=True,
        note="Bargaining over camping supplies; asking which goods somebody prefers is logistics in our guide.",
    ),
}
"""By the name of the file."""


def read_table(path: Path) -> Source:
    """A known file as pairs and people's answers; `DataFileError` names line and column."""
    table = TABLES[path.name]
    rows = _rows(path, table)
    pairs = tuple(
        Pair(row[table.context] if table.context else "", row[table.text], row.get("group") or f"row {number}")
        for number, row in rows
    )
    columns = tuple(
        Question(
            column.question_id,
            column.kind,
            column.ours,
            column.read,
            tuple(_number(path, number, column, row[column.name]) for number, row in rows),
            column.reference,
        )
        for column in table.columns
    )
    return Source(table.title, pairs, columns, table.may_fit, table.acts, table.note)


def _rows(path: Path, table: Table) -> list[tuple[int, dict[str, str]]]:
    needed = [table.text, *([table.context] if table.context else []), *dict.fromkeys(c.name for c in table.columns)]
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [name for name in needed if name not in (reader.fieldnames or ())]
            if missing:
                raise DataFileError(path, "header", f"the column {', '.join(missing)} is missing.", "add it.")
            rows = []
            for row in reader:
                if any(row[name] is None for name in needed):
                    raise DataFileError(path, f"line {reader.line_num}", "it has too few fields.", "complete it.")
                rows.append((reader.line_num, row))
    except csv.Error as error:
        raise DataFileError(path, "table", f"it is not valid CSV ({error}).", "save it again as CSV.") from None
    return rows


_ALLOWED: dict[Kind, Callable[[float], bool]] = {
    Kind.LEVELS: lambda v: v in (0, 1, 2),
    Kind.YES_NO: lambda v: v in (0, 1),
    Kind.SCALE: math.isfinite,
}


def _number(path: Path, line: int, column: Column, cell: str) -> float | None:
    if cell.strip().lower() in {"", "na", "nan"}:
        return None
    try:
        value = float(cell)
    except ValueError:
        raise DataFileError(path, f"line {line}, {column.name}", "it is not a number.", "correct that cell.") from None
    if not _ALLOWED[column.kind](value):
        raise DataFileError(path, f"line {line}, {column.name}", f"{value:g} is out of range.", "correct that cell.")
    return value
