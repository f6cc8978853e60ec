"""Refit the heads of the three mechanisms of empathy on the encoder that ships, when exchanges have come since it was fitted.

    pip install -e '.[train]' && python scripts/fit_heads.py

Nothing but three heads changes (where each looks, and what it makes of it), so acts, clarity, retrieval and the guard stay as they
are, to the bit. The heads begin as they were and are held near to that. Fitted on the exchanges as they are, without what was
answered, after a bare claim to understand, and joined with another answer to the same words; as in `train_encoder.py`, nothing of
the held-out fifth is read, and the temperatures are chosen on a tenth that is held apart. Seeded; a minute on two cores. A full
fit takes more than an hour and includes what this does.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional
from train_encoder import (
    ACTS,
    CRITERIA,
    Sample,
    answers_by_context,
    batches,
    claimed,
    encode_pair,
    help_for_rare,
    joined,
    load_tokenizer,
    temperature,
)

from rehearse.domain.library import shipped_root
from rehearse.domain.rated import load_rated
from rehearse.perception.encoder import WEIGHTS, Encoder

MECHANISMS = ("emotional_reaction", "interpretation", "exploration")
LAST = "/bert/encoder/layer.5/output/LayerNorm/LayerNormalization_output_0"
"""What the last layer gives for each token: all that a head sees."""
ALONE, CLAIMED, JOINED = 0.25, 0.2, 0.6
"""The shares of turns that are fitted on a second time: without what was answered, after a claim, with another answer."""
WEIGHTS_OF = {"as it is": 1.0, "alone": 0.5, "claimed": 0.5, "joined": 0.7}
"""What a sample of each kind counts."""
HELD_NEAR = 1e-3
"""How dear it is to move away from the heads as they were (a penalty on the squared change)."""
EPOCHS, BATCH, RATE, DROPPED = 6, 32, 3e-3, 0.1
NARROW = 63
"""The largest whole number of a weight: seven bits, as `train_encoder.export` quantizes, for processors that add in sixteen."""

Values = NDArray[np.float16]


@dataclass(frozen=True)
class Seen:
    """A sample as a head sees it: the last layer at each of the learner's tokens, (tokens, width), and the level of each mechanism."""

    values: Values
    levels: tuple[int, ...]
    weight: float = 1.0


@dataclass(frozen=True)
class Head:
    """Where a criterion looks, (width,), and what it makes of it, (3, width) and (3,)."""

    attend: NDArray[np.float32]
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


class Weights:
    """The shipped model as a graph whose heads can be read and written."""

    def __init__(self, path: Path) -> None:
        self.model = onnx.load(str(path))
        self._at = {tensor.name: tensor for tensor in self.model.graph.initializer}
        looking = next(n for n in self.model.graph.node if n.op_type == "MatMulInteger" and n.output[0].startswith("/attend/"))
        self._attend = looking.input[1].removesuffix("_quantized")

    def _read(self, name: str) -> NDArray[Any]:
        return onnx.numpy_helper.to_array(self._at[name]).copy()

    def _write(self, name: str, values: NDArray[Any]) -> None:
        self._at[name].CopyFrom(onnx.numpy_helper.from_array(values, name))

    def head(self, criterion: str) -> Head:
        """The head of a criterion as it is."""
        row = CRITERIA.index(criterion)
        whole, scale, zero = (self._read(f"{self._attend}_{part}") for part in ("quantized", "scale", "zero_point"))
        column = len(ACTS) + row
        attend = (whole[:, column].astype(np.float32) - np.float32(zero[column])) * scale[column]
        return Head(attend, self._read("level_weight")[row], self._read("level_bias")[row])

    def put(self, criterion: str, head: Head) -> None:
        """Put another head in its place; where it looks becomes whole numbers again."""
        row = CRITERIA.index(criterion)
        weight, bias = self._read("level_weight"), self._read("level_bias")
        weight[row], bias[row] = head.weight, head.bias
        whole, scale, zero = (self._read(f"{self._attend}_{part}") for part in ("quantized", "scale", "zero_point"))
        column, step = len(ACTS) + row, np.float32(np.abs(head.attend).max() / NARROW)
        whole[:, column], scale[column], zero[column] = np.round(head.attend / step), step, 0
        for name, values in (("level_weight", weight), ("level_bias", bias)):
            self._write(name, values)
        for part, values in (("quantized", whole), ("scale", scale), ("zero_point", zero)):
            self._write(f"{self._attend}_{part}", values)

    def seen(self, samples: list[tuple[Sample, float]]) -> list[Seen]:
        """What the last layer gives for each sample, with what it counts."""
        shown = onnx.ModelProto()
        shown.CopyFrom(self.model)
        shown.graph.output.append(onnx.helper.make_tensor_value_info(LAST, onnx.TensorProto.FLOAT, ["batch", "tokens", None]))
        session = onnxruntime.InferenceSession(shown.SerializeToString(), providers=["CPUExecutionProvider"])
        tokenizer = load_tokenizer()
        found = []
        for row, weight in samples:
            ids, kinds, _ = encode_pair(tokenizer, row.text, row.context)
            feed = {"ids": ids, "mask": [1] * len(ids), "kinds": kinds}
            (values,) = session.run([LAST], {name: np.array([told], dtype=np.int64) for name, told in feed.items()})
            levels = tuple(getattr(row.levels, name) for name in MECHANISMS)
            found.append(Seen(values[0, : kinds.count(0)].astype(np.float16), levels, weight))
        return found


def samples(rows: list[Sample], rng: random.Random) -> Iterator[tuple[Sample, float]]:
    """What is fitted on, and what each counts."""
    mates = answers_by_context(rows)
    for row in rows:
        yield row, WEIGHTS_OF["as it is"]
        if row.context and rng.random() < ALONE:
            yield row.model_copy(update={"context": ""}), WEIGHTS_OF["alone"]
        if row.context and rng.random() < CLAIMED:
            yield claimed(row, rng), WEIGHTS_OF["claimed"]
        if row.context in mates and rng.random() < JOINED and (both := joined(row, mates[row.context], rng)).joined:
            yield both, WEIGHTS_OF["joined"]


class Moved(nn.Module):
    """A head, and how far it has moved from where it was."""

    def __init__(self, head: Head) -> None:
        super().__init__()
        self.was = [torch.from_numpy(part) for part in (head.attend, head.weight, head.bias)]
        self.by = nn.ParameterList([nn.Parameter(torch.zeros_like(part)) for part in self.was])

    def parts(self) -> list[torch.Tensor]:
        return [was + by for was, by in zip(self.was, self.by, strict=True)]

    def forward(self, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        attend, weight, bias = self.parts()
        share = torch.softmax(values @ attend + mask, dim=1)
        return (share.unsqueeze(-1) * values).sum(1) @ weight.T + bias

    def head(self) -> Head:
        attend, weight, bias = (part.detach().numpy() for part in self.parts())
        return Head(attend, weight, bias)


def padded_values(part: list[Seen]) -> tuple[torch.Tensor, torch.Tensor]:
    """Values of one shape, (batch, tokens, width), and what keeps the head from looking behind their end."""
    longest = max(len(s.values) for s in part)
    values = np.zeros((len(part), longest, part[0].values.shape[1]), dtype=np.float32)
    mask = np.full((len(part), longest), -1e4, dtype=np.float32)
    for row, one in enumerate(part):
        values[row, : len(one.values)], mask[row, : len(one.values)] = one.values, 0.0
    return torch.from_numpy(values), torch.from_numpy(mask)


def fit(head: Head, seen: list[Seen], which: int, seed: int) -> Head:
    """The head of one mechanism, moved to what the samples say."""
    rng, moved = random.Random(seed), Moved(head)
    rare = help_for_rare(np.bincount([s.levels[which] for s in seen], minlength=3))
    optimizer = torch.optim.Adam(moved.parameters(), lr=RATE)

    def parts() -> list[list[Seen]]:
        return batches(seen, BATCH, rng, lambda s: len(s.values), 6)

    steps = EPOCHS * len(parts())
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(0.0, 1.0 - step / steps))
    for _ in range(EPOCHS):
        for part in parts():
            values, mask = padded_values(part)
            logits = moved(functional.dropout(values, DROPPED), mask)
            levels, weight = torch.tensor([s.levels[which] for s in part]), torch.tensor([s.weight for s in part])
            loss = functional.cross_entropy(logits, levels, weight=rare, label_smoothing=0.05, reduction="none")
            near = sum((by**2).sum() for by in moved.by)
            optimizer.zero_grad()
            ((loss * weight).mean() + HELD_NEAR * near).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return moved.head()


@torch.no_grad()
def probabilities(head: Head, seen: list[Seen]) -> NDArray[np.float32]:
    """Of the three levels for each sample, in order, (samples, 3)."""
    moved = Moved(head)
    rows = [torch.softmax(moved(*padded_values([one])), -1)[0].numpy() for one in seen]
    return np.array(rows, dtype=np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(2)
    rng = random.Random(args.seed)
    rows = [Sample(**dict(r)) for r in load_rated(shipped_root() / "corpus" / "rated") if not r.held_out]
    rng.shuffle(rows)
    calibration, fitted = ([r for r in part if r.levels] for part in (rows[: len(rows) // 10], rows[len(rows) // 10 :]))
    weights = Weights(WEIGHTS / "encoder.onnx")
    seen, apart = weights.seen(list(samples(fitted, rng))), weights.seen([(row, 1.0) for row in calibration])
    print(f"{len(seen)} samples of {len(fitted)} exchanges to fit on, {len(apart)} for temperatures", flush=True)

    card = json.loads((WEIGHTS / "card.json").read_text(encoding="utf-8"))
    for which, name in enumerate(MECHANISMS):
        head = fit(weights.head(name), seen, which, args.seed)
        told, truth = probabilities(head, apart), np.array([s.levels[which] for s in apart])
        card["temperatures"][CRITERIA.index(name)] = temperature(told, truth)
        before = (probabilities(weights.head(name), apart).argmax(1) == truth).mean()
        print(f"{name}: {before:.3f} of the tenth held apart read rightly before, {(told.argmax(1) == truth).mean():.3f} now")
        weights.put(name, head)
    card.setdefault("body_fitted_on", card["fitted_on"])
    card["fitted_on"] = len(rows) - len(rows) // 10

    args.out.mkdir(parents=True, exist_ok=True)
    onnx.save(weights.model, str(args.out / "encoder.onnx"))
    (args.out / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    # The guard stands on the fourth layer, which is the same to the bit: only the name of the whole has changed.
    guard = json.loads((WEIGHTS / "guard.json").read_text(encoding="utf-8"))
    guard["encoder"] = Encoder(args.out).name
    (args.out / "guard.json").write_text(json.dumps(guard, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
