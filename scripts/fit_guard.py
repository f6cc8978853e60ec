"""Fit the guard's net: two layers that read a sentence and say which rule it breaks, from what the shared encoder makes of it.

    pip install -e '.[train]' && python scripts/fit_guard.py

It stands on the encoder's fourth layer and begins as the last two layers of the MiniLM that the encoder was fitted from; each kind of
breach has its own attention over the words. Fitted on `corpus/guard-examples.yaml`, the cast's authored lines, what counterparts and
learners say in the rated conversations, and the files of sentences in `tests/fixtures/guard` that something was made with. Two of the
cast, and an eighth of the other sentences, are not fitted on: the thresholds are chosen there, so that no more than `--wrongly` of the
lines of these two are caught, and what is printed is counted there. Seeded; a few minutes on two cores. Run it again after
`train_encoder.py`.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from train_encoder import base_model_folder
from transformers import BertModel

from rehearse.domain.guard_examples import load_guard_examples
from rehearse.domain.library import shipped_library, shipped_root
from rehearse.domain.rated import load_rated
from rehearse.domain.speaking import WORDED_RULES, Rule
from rehearse.perception.encoder import WEIGHTS, WIDTH, Encoder
from rehearse.perception.segments import sentences, words
from rehearse.validation.acting import AGREEING, ENDING, authored_sentences, load_bad, load_good

KNOWN_BAD = ("bad-first.yaml", "bad-second.yaml", "bad-third.yaml", "bad-fourth.yaml")
KNOWN_GOOD = "good-fourth.yaml"
RATED = ("d1-", "d2-", "d3-", "d4-", "ua-", "ub-")
"""Rated exchanges between a learner and a counterpart, by the beginning of their ids."""
OFFERS = frozenset({"name_offer", "state_intent", "assure_confidentiality", "propose_terms", "make_case"})
MOST_TOKENS = 44
NEGATIVES = 4000
"""How many of the sentences that break nothing are read in one epoch; there are far more of them."""
HELD_PERSONAS = ("priya-raman", "tomasz-wilk")
UP_TO_WORDS = (4, 9)
"""Classes of length, each with its own threshold: a fragment can mean anything, so more certainty is asked of it."""
YES, NO, OPEN = 1.0, 0.0, -1.0
"""Whether a sentence breaks a rule; OPEN where nobody asks: under the rule's leave, or where another rule catches it anyway."""


@dataclass(frozen=True)
class Sample:
    text: str
    breaks: tuple[float, ...]
    """For each of `WORDED_RULES`."""
    authored: bool = False
    held: bool = False


def breaks(rule: Rule | None = None, open_for: tuple[Rule, ...] = ()) -> tuple[float, ...]:
    """What a sentence breaks: one rule or none."""
    if rule in (Rule.CONCESSION, Rule.REFUSAL) or rule is None:
        return tuple(YES if r is rule else OPEN if r in open_for else NO for r in WORDED_RULES)
    # Caught by one of the rules that give no leave, it may break others as well.
    return tuple(YES if r is rule else OPEN for r in WORDED_RULES)


def samples(chance: random.Random) -> Iterator[Sample]:
    """Everything that is fitted on or held back, in a fixed order."""
    told = load_guard_examples(shipped_root())
    for rule, texts in told.broken.items():
        for text in texts:
            yield Sample(text, breaks(rule), held=chance.random() < 1 / 8)
    for text in told.fine:
        yield Sample(text, breaks(), held=chance.random() < 1 / 8)
    for name in KNOWN_BAD:
        for bad in load_bad(Path("tests/fixtures/guard") / name):
            if bad.rule in WORDED_RULES:
                yield Sample(bad.text, breaks(bad.rule), held=chance.random() < 1 / 8)
    for text in load_good(Path("tests/fixtures/guard") / KNOWN_GOOD):
        yield Sample(text, breaks(), held=chance.random() < 1 / 8)
    for persona in shipped_library().personas:
        for path, text in authored_sentences(persona):
            parts = set(path.split("."))
            leave = (Rule.CONCESSION,) if parts & AGREEING else (Rule.REFUSAL,) if parts & ENDING else ()
            yield Sample(text, breaks(open_for=leave), authored=True, held=persona.id in HELD_PERSONAS)
    yield from rated_samples()


def rated_samples() -> Iterator[Sample]:
    """What was said to learners in the rated exchanges, which may hold a yes or a no; and learners' offers, which are no one else's."""
    seen: set[str] = set()
    for exchange in load_rated(shipped_root() / "corpus" / "rated"):
        if not exchange.id.startswith(RATED) or exchange.held_out:
            continue
        for heard in sentences(exchange.context):
            if heard.text not in seen and len(heard.text) > 3:
                seen.add(heard.text)
                yield Sample(heard.text, breaks(open_for=(Rule.CONCESSION, Rule.REFUSAL)))
        offered = [act.quote for act in exchange.acts if act.act.value in OFFERS]
        for said in sentences(exchange.text):
            mine = re.search(r"\b(?:I|I'd|I'll|I'm|me)\b", said.text) and re.search(r"\byou(?:r|'d|'ll)?\b", said.text)
            if mine and said.text not in seen and any(quote in said.text for quote in offered):
                seen.add(said.text)
                yield Sample(said.text, breaks(Rule.OTHER_ROLE))


class Net(nn.Module):
    """From the encoder's middle layer to the log odds of each breach."""

    def __init__(self) -> None:
        super().__init__()
        base = BertModel.from_pretrained(base_model_folder(), add_pooling_layer=False, attn_implementation="eager")
        self.layers = nn.ModuleList(base.encoder.layer[-2:])
        self.attend = nn.Linear(WIDTH, len(WORDED_RULES))
        self.dropout = nn.Dropout(0.2)
        self.weight = nn.Parameter(torch.randn(len(WORDED_RULES), WIDTH) * 0.02)
        self.bias = nn.Parameter(torch.full((len(WORDED_RULES),), -2.0))

    def forward(self, middle: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        hidden = middle
        away = (1.0 - mask) * -1e4
        for layer in self.layers:
            given = layer(hidden, away[:, None, None, :])
            hidden = given[0] if isinstance(given, tuple) else given
        attention = torch.softmax(self.attend(hidden) + away[:, :, None], dim=1)
        pooled = torch.einsum("btk,bth->bkh", attention, hidden)
        return (self.dropout(pooled) * self.weight).sum(-1) + self.bias


def tensors(values: list[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
    """Padded values and their mask."""
    width = min(MOST_TOKENS, max(len(v) for v in values))
    middle, mask = torch.zeros(len(values), width, WIDTH), torch.zeros(len(values), width)
    for row, value in enumerate(values):
        n = min(width, len(value))
        middle[row, :n] = torch.from_numpy(value[:n].astype(np.float32))
        mask[row, :n] = 1.0
    return middle, mask


def fit(rows: list[Sample], values: list[np.ndarray], args: argparse.Namespace) -> Net:
    """Fit on all breaches and on as many other sentences of each epoch's own choice."""
    torch.manual_seed(args.seed)
    chance = random.Random(args.seed)
    net = Net()
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.rate, weight_decay=0.02)
    rare = [i for i, row in enumerate(rows) if YES in row.breaks or (not row.authored and OPEN not in row.breaks)]
    common = sorted(set(range(len(rows))) - set(rare))
    steps = args.epochs * ((len(rare) + min(NEGATIVES, len(common))) // args.batch + 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(1.0, s / 30) * max(0.02, 1 - s / steps))
    for epoch in range(args.epochs):
        net.train()
        chosen = rare + chance.sample(common, min(NEGATIVES, len(common)))
        chosen.sort(key=lambda i: len(values[i]) + 4 * chance.random())
        cut = [chosen[i : i + args.batch] for i in range(0, len(chosen), args.batch)]
        chance.shuffle(cut)
        total = 0.0
        for batch in cut:
            truth = torch.tensor([rows[i].breaks for i in batch])
            with torch.autocast("cpu", dtype=torch.bfloat16):
                odds = net(*tensors([values[i] for i in batch]))
            known, yes = (truth >= 0).float(), truth.clamp(0.0)
            # A little doubt in every label, and breaches count three times: there are fewer of them.
            each = functional.binary_cross_entropy_with_logits(odds.float(), yes * 0.97 + 0.01, reduction="none")
            loss = (each * known * (1 + 2 * yes)).sum() / known.sum()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: {total / len(cut):.4f}", flush=True)
    return net


def odds_of(net: Net, values: list[np.ndarray]) -> np.ndarray:
    """Log odds of each breach, (sentences, rules)."""
    net.eval()
    found = np.zeros((len(values), len(WORDED_RULES)), dtype=np.float32)
    order = sorted(range(len(values)), key=lambda i: len(values[i]))
    with torch.no_grad():
        for start in range(0, len(order), 128):
            part = order[start : start + 128]
            found[part] = net(*tensors([values[i] for i in part])).numpy()
    return found


def choose_thresholds(odds: np.ndarray, truth: np.ndarray, lengths: np.ndarray, wrongly: float) -> list[float]:
    """For each class of length the log odds that no more than `wrongly` of the lines that may be said pass with any rule."""
    worst = np.where(truth == NO, odds, -np.inf).max(1)
    classes = np.searchsorted(UP_TO_WORDS, lengths)
    return [float(np.quantile(worst[classes == c], 1 - wrongly)) for c in range(len(UP_TO_WORDS) + 1)]


def export(net: Net, folder: Path) -> None:
    """Write `guard.onnx` (int8 weights)."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    net.eval()
    plain = folder / "guard.fp32.onnx"
    dynamic = {0: "batch", 1: "tokens"}
    torch.onnx.export(
        net, (torch.zeros(2, 9, WIDTH), torch.ones(2, 9)), str(plain), input_names=["middle", "mask"], output_names=["odds"],
        opset_version=17, dynamo=False, dynamic_axes={"middle": dynamic, "mask": dynamic, "odds": {0: "batch"}},
    )  # fmt: skip
    quantize_dynamic(str(plain), str(folder / "guard.onnx"), weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    plain.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--wrongly", type=float, default=0.025)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    rows = sorted(samples(random.Random(args.seed)), key=lambda row: len(row.text))
    encoder = Encoder()
    values = [value.astype(np.float16) for value in encoder.middle([row.text for row in rows])]
    fitted = [i for i, row in enumerate(rows) if not row.held]
    held = [i for i, row in enumerate(rows) if row.held]
    print(f"{len(fitted)} sentences to fit on, {len(held)} for thresholds", flush=True)
    net = fit([rows[i] for i in fitted], [values[i] for i in fitted], args)

    odds, truth = odds_of(net, [values[i] for i in held]), np.array([rows[i].breaks for i in held])
    lines = np.array([rows[i].authored for i in held])
    lengths = np.array([len(words(rows[i].text)) for i in held])
    limits = choose_thresholds(odds[lines], truth[lines], lengths[lines], args.wrongly)
    caught = odds >= np.array(limits)[np.searchsorted(UP_TO_WORDS, lengths)][:, None]
    wrongly = float((caught & (truth == NO))[lines].any(1).mean())
    print(f"from log odds {[round(limit, 2) for limit in limits]}: {wrongly:.2%} of {lines.sum()} held lines of the cast caught")
    fine = ~lines & (truth == NO).all(1)
    print(f"held sentences that only look bad: {caught[fine].any(1).mean():.1%} of {fine.sum()} caught")
    for k, rule in enumerate(WORDED_RULES):
        bad = truth[:, k] == YES
        print(f"{rule.value}: {caught[bad].any(1).mean():.0%} of {bad.sum()} held caught")
    bad = (truth == YES).any(1)
    print(f"all: {caught[bad].any(1).mean():.1%} of {bad.sum()} held caught")
    export(net, args.out)
    card = {
        "kinds": [rule.value for rule in WORDED_RULES],
        "up_to_words": UP_TO_WORDS,
        "thresholds": [round(limit, 3) for limit in limits],
        "encoder": encoder.name,
        "most_tokens": MOST_TOKENS,
        "seed": args.seed,
    }
    (args.out / "guard.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
