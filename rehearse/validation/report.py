"""The account of a folder: one document for machines, tables in Markdown for pages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from rehearse.domain.lexicon import Lexicon
from rehearse.errors import OperatorError
from rehearse.perception.encoder import WEIGHTS, Encoder
from rehearse.validation.folder import Skipped, read_folder
from rehearse.validation.measures import Agreement, Estimate, compare, measure, need_statistics
from rehearse.validation.probe import probe, views_of
from rehearse.validation.questions import Kind, Source
from rehearse.validation.readings import judge_all


@dataclass(frozen=True, slots=True)
class FileReport:
    """What was found in one file, or in several of the same form."""

    file: str
    source: Source
    agreements: tuple[Agreement, ...]

    @property
    def groups(self) -> int:
        """How many conversations or situations the pairs come from."""
        return len({pair.group for pair in self.source.pairs})

    def to_dict(self) -> dict[str, object]:
        """As programs read it; no text of the file is in it."""
        return {
            "file": self.file,
            "title": self.source.title,
            "note": self.source.note,
            "may_fit": self.source.may_fit,
            "pairs": len(self.source.pairs),
            "groups": self.groups,
            "criteria": [agreement.to_dict() for agreement in self.agreements],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The whole account of a folder."""

    weights: str
    """The first signs of the SHA-256 of the encoder that read."""
    resamples: int
    seed: int
    files: tuple[FileReport, ...]
    skipped: tuple[Skipped, ...]

    def files_only(self) -> Report:
        """Without what was skipped, for a page about what was measured."""
        return replace(self, skipped=())

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "weights": self.weights,
            "bootstrap": self.resamples,
            "seed": self.seed,
            "files": [file.to_dict() for file in self.files],
            "skipped": [{"file": s.file, "reason": s.reason} for s in self.skipped],
        }


def weights_id(folder: Path = WEIGHTS) -> str:
    """Which encoder it was: twelve signs that change with every new fit."""
    return hashlib.sha256((folder / "encoder.onnx").read_bytes()).hexdigest()[:12]


def validate(
    folder: Path,
    encoder: Encoder,
    lexicon: Lexicon,
    *,
    resamples: int = 500,
    seed: int = 7,
    with_probe: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Report:
    """Measure on every file of the folder; `say` hears what is being read. Raises `OperatorError` without the libraries."""
    need_statistics()
    weights = weights_id()
    found = read_folder(folder)
    files = []
    for name, source in found.sources:
        say(f"{name}: {len(source.pairs)} pairs")
        if source.judge is not None:
            judgements = source.judge(encoder)
        else:
            judgements = judge_all(source.pairs, encoder, lexicon, acts=source.acts)
        agreements = [measure(source, q, judgements, resamples, seed) for q in source.questions]
        if with_probe and source.may_fit:
            views = views_of(source.pairs, encoder)
            agreements = [
                replace(a, probe=probe(compare(source, a.question, judgements), views, a.question.kind)) for a in agreements
            ]
        files.append(FileReport(name, source, tuple(agreements)))
    if weights_id() != weights:
        raise OperatorError("The encoder was replaced while it was being measured. Measure again.")
    return Report(weights, resamples, seed, tuple(files), found.skipped)


# Tables ---------------------------------------------------------------------------------------------------------------

HEADINGS = (
    "criterion", "n", "macro-F1", "majority", "length only", "kappa", "Spearman", "people ~ length", "ours ~ length",
    "unsure", "macro-F1 if sure",
)  # fmt: skip


def cells(agreement: Agreement) -> list[str]:
    """One row of the table, in the order of `HEADINGS`."""
    return [
        agreement.question.id,
        str(agreement.n),
        interval(agreement.macro_f1),
        number(agreement.majority_macro_f1),
        number(agreement.length_macro_f1),
        interval(agreement.kappa),
        interval(agreement.spearman),
        number(agreement.people_with_length),
        number(agreement.ours_with_length),
        "" if agreement.unsure is None else f"{agreement.unsure:.0%}",
        number(agreement.sure_macro_f1),
    ]


SHORT_HEADINGS = (
    "criterion", "n", "macro-F1", "95 %", "major.", "length", "kappa", "rho",
    "people\n~length", "ours\n~length", "unsure", "if sure",
)  # fmt: skip


def short_cells(agreement: Agreement) -> list[str]:
    """One row for a terminal, in the order of `SHORT_HEADINGS`; the interval is of macro-F1, for a scale of Spearman's rho."""
    main = agreement.spearman if agreement.question.kind is Kind.SCALE else agreement.macro_f1
    return [
        agreement.question.id,
        str(agreement.n),
        number(agreement.macro_f1.value),
        "" if main.low is None or main.high is None else f"[{main.low:.2f}, {main.high:.2f}]",
        number(agreement.majority_macro_f1),
        number(agreement.length_macro_f1),
        number(agreement.kappa.value),
        number(agreement.spearman.value),
        number(agreement.people_with_length),
        number(agreement.ours_with_length),
        "" if agreement.unsure is None else f"{agreement.unsure:.0%}",
        number(agreement.sure_macro_f1),
    ]


def footnotes(file: FileReport) -> Iterator[str]:
    """What the table has no room for: what was compared, F1 by class, what others reached."""
    if file.source.note:
        yield file.source.note
    for agreement in file.agreements:
        parts = [f"ours: {agreement.question.ours}"]
        if agreement.class_f1:
            parts.append("F1 by class " + ", ".join(f"{k}: {number(v)}" for k, v in agreement.class_f1.items()))
        if agreement.not_rated:
            parts.append(f"{agreement.not_rated} not rated by the coach")
        if agreement.probe is not None:
            parts.append(f"probe {number(agreement.probe)}")
        if agreement.question.reference:
            parts.append(f"others, on a part kept apart: {agreement.question.reference}")
        yield f"{agreement.question.id} – {'; '.join(parts)}."


def number(value: float | None) -> str:
    """Two places, or nothing."""
    return "" if value is None else f"{value:.2f}"


def interval(estimate: Estimate) -> str:
    """The value, and its interval where there is one."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return number(estimate.value)
    return f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def markdown(report: Report) -> str:
    """Every file as a section with a table."""
    lines = [
        f"Encoder `{report.weights}`; intervals: 95 %, {report.resamples} bootstrap draws of whole groups, seed {report.seed}.",
    ]
    for file in report.files:
        lines += ["", f"### {file.source.title}", ""]
        fit = "may be fitted on" if file.source.may_fit else "only measured on"
        lines += [f"`{file.file}`: {len(file.source.pairs)} pairs, {file.groups} groups; {fit}.", ""]
        lines += [f"| {' | '.join(HEADINGS)} |", "|---" * len(HEADINGS) + "|"]
        lines += [f"| {' | '.join(cells(agreement))} |" for agreement in file.agreements]
        lines += ["", *(f"- {line}" for line in footnotes(file))]
    if report.skipped:
        lines += ["", "Skipped:", "", *(f"- `{s.file}`: {s.reason}" for s in report.skipped)]
    return "\n".join(lines) + "\n"
