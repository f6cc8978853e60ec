"""Measure everything that `docs/validity.md` tells and write it between the page's markers, in one command.

    python scripts/update_validity.py [DATA_DIR]     # needs: pip install -e '.[validate]'

Without DATA_DIR (a folder of conversations that people rated) that section keeps its last figures. Run it after every new fit.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import numpy as np
from pages import place

from rehearse.domain.library import shipped_library, shipped_root
from rehearse.domain.rated import RatedExchange, load_rated
from rehearse.domain.rubric import CLARITY_CRITERIA
from rehearse.perception.encoder import shared_encoder
from rehearse.session import ExchangeRating, rate_exchange
from rehearse.validation.questions import Kind
from rehearse.validation.report import FileReport, Report, markdown, number, validate, weights_id

PAGE = Path("docs/validity.md")
CLARITY_PAIRS = Path("tests/fixtures/clarity_pairs.json")
PADDED_TURNS = 200
EMPTY = (
    "That is really all there is to it. So there it is. Anyway, that is how it stands.",
    "I just wanted to mention it. It is what it is, as they say. That's about it from me.",
    "So, yes. That was what I had in mind, more or less. I think that's everything for the moment.",
    "Well, there we are. These things are how they are. That's the long and the short of it.",
)
"""Sets of three sentences that say nothing, in turn."""


def clarity(rating: ExchangeRating) -> float | None:
    """The mean of the clarity scores that there are."""
    scores = [s for c in CLARITY_CRITERIA if (s := rating.scores[c]) is not None]
    return fmean(scores) if scores else None


def clarity_pairs() -> str:
    pairs = json.loads(CLARITY_PAIRS.read_text(encoding="utf-8"))
    means = [[clarity(rate_exchange(p["context"], p[side])) for side in ("clear", "unclear")] for p in pairs]
    gaps = [clear - unclear for clear, unclear in means if clear is not None and unclear is not None]
    right = sum(gap > 0 for gap in gaps)
    return (
        f"Encoder `{weights_id()}`: {right} of {len(pairs)} pairs ordered rightly ({right / len(pairs):.0%}); mean gap "
        f"{fmean(gaps):.0f} points, smallest {min(gaps):.0f}; {len(pairs) - len(gaps)} pairs not rated."
    )


def common_clarity(before: ExchangeRating, after: ExchangeRating) -> float:
    """How far the mean moves over the criteria that are rated both times."""
    moves = [b - a for c in CLARITY_CRITERIA if (a := before.scores[c]) is not None and (b := after.scores[c]) is not None]
    return fmean(moves) if moves else 0.0


def padding(rows: Sequence[RatedExchange]) -> str:
    """Turns whose clarity rises when three empty sentences are put after or before them."""
    drawn = np.random.default_rng(7).permutation(len(rows))[:PADDED_TURNS]
    moves: dict[str, list[tuple[float, float, bool]]] = {"after": [], "before": []}
    not_rated = 0
    for turn, row in enumerate(rows[i] for i in drawn):
        plain, empty = rate_exchange(row.context, row.text), EMPTY[turn % len(EMPTY)]
        bare = clarity(plain)
        if bare is None:
            not_rated += 1
            continue
        for where, text in (("after", f"{row.text} {empty}"), ("before", f"{empty} {row.text}")):
            padded = rate_exchange(row.context, text)
            levels = [(plain.ratings[c], padded.ratings[c]) for c in CLARITY_CRITERIA]
            level_up = any(a is not None and b is not None and b > a for a, b in levels)
            moves[where].append(((clarity(padded) or 0.0) - bare, common_clarity(plain, padded), level_up))
    lines = [
        f"Encoder `{weights_id()}`; {len(drawn) - not_rated} turns of the held-out fifth, those with an ask first ({not_rated} more "
        "were too short to be rated without the padding).",
        "",
        "| padding | mean as shown rises | by more than 1 point | largest rise | mean of what is rated both times rises | "
        "by more than 1 point | a level rises | mean change |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for where, found in moves.items():
        shown, common = [s for s, _, _ in found], [c for _, c, _ in found]
        lines.append(
            f"| {where} | {sum(s > 0 for s in shown)} | {sum(s > 1 for s in shown)} | {max(0.0, *shown):.0f} | "
            f"{sum(c > 0 for c in common)} | {sum(c > 1 for c in common)} | {sum(up for _, _, up in found)} | {fmean(shown):+.1f} |"
        )
    return "\n".join(lines)


def in_short(people: Report, own: FileReport) -> str:
    """What follows from the figures, by rule: nothing here is typed by hand."""
    held_out = {a.question.id: a.macro_f1.value for a in own.agreements}
    lines = [
        f"By rule from the tables below (encoder `{people.weights}`): better than length alone means that the whole interval lies above what length alone "
        "reaches in the same file.",
        "",
    ]
    for file in people.files:
        for agreement in file.agreements:
            scale = agreement.question.kind is Kind.SCALE
            ours = agreement.spearman if scale else agreement.macro_f1
            length = abs(agreement.people_with_length or 0.0) if scale else (agreement.length_macro_f1 or 0.0)
            if ours.value is None or ours.low is None or ours.high is None:
                continue
            verdict = "no better than" if ours.high < length else "not surely better than"
            verdict = "**better** than" if ours.low > length else f"**{verdict}**"
            what = "Spearman" if scale else "macro-F1"
            line = (
                f"- `{file.file}`, {agreement.question.id}: {verdict} length alone ({what} {ours.value:.2f} against {length:.2f})"
            )
            inside = held_out.get(agreement.question.id)
            lines.append(line + (f"; on our own held-out fifth {inside:.2f}." if inside is not None and not scale else "."))
    return "\n".join(lines)


def lengths(file: FileReport) -> str:
    lines = ["| criterion | labels with length | score with length |", "|---|---|---|"]
    for agreement in file.agreements:
        if agreement.question.id.startswith("act ") or agreement.question.id.endswith(" expected"):
            continue
        people, ours = number(agreement.people_with_length), number(agreement.ours_with_length)
        lines.append(f"| `{agreement.question.id}` | {people} | {ours} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", help="a folder of conversations that people rated")
    parser.add_argument("--bootstrap", type=int, default=500)
    parser.add_argument("--page", type=Path, default=PAGE)
    args = parser.parse_args()
    encoder, lexicon = shared_encoder(), shipped_library().lexicon
    rated = shipped_root() / "corpus" / "rated"

    def say(words: str) -> None:
        print(words, flush=True)

    say("clear and unclear pairs")
    place(args.page, "clarity pairs", clarity_pairs())
    say("padding")
    asks = [r for r in load_rated(rated) if r.held_out and r.levels is not None and r.levels.purpose is not None]
    # Where too few of the fifth have an ask, answers that are only plain or not fill up the count.
    others = [r for r in load_rated(rated) if r.held_out and r.levels is not None and r.levels.purpose is None]
    place(args.page, "padding", padding([*asks, *others][: max(PADDED_TURNS, len(asks))]))
    own = validate(rated, encoder, lexicon, resamples=args.bootstrap, say=say)
    place(args.page, "held out", markdown(own.files_only()))
    place(args.page, "length", lengths(own.files[0]))
    talks = validate(rated / "conversations", encoder, lexicon, resamples=args.bootstrap, say=say)
    place(args.page, "conversations", markdown(talks.files_only()))
    if args.data is not None:
        people = validate(args.data, encoder, lexicon, resamples=args.bootstrap, with_probe=True, say=say)
        place(args.page, "people", markdown(people.files_only()))
        place(args.page, "in short", in_short(people, own.files[0]))
    say(f"wrote {args.page}")


if __name__ == "__main__":
    main()
