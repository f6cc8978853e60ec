"""The shared encoder: one small model that reads a pair (the learner's words, what they answer).

It ships with the package (`weights/`), runs through onnxruntime and is fitted by `scripts/train_encoder.py`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

WEIGHTS = Path(__file__).parent / "weights"
WIDTH = 384
"""Numbers for each token, and for a text."""
_MIDDLE = "/bert/encoder/layer.3/output/LayerNorm/LayerNormalization_output_0"
"""What the fourth of the six layers gives: words in their sentence, not yet bent towards acts and levels."""


@dataclass(frozen=True)
class Card:
    """What the weights were fitted with: names of their outputs, thresholds, temperatures."""

    acts: tuple[str, ...]
    criteria: tuple[str, ...]
    nullable: tuple[str, ...]
    thresholds: tuple[float, ...]
    temperatures: tuple[float, ...]
    text_tokens: int
    context_tokens: int
    listening: dict[str, tuple[float, ...]]
    """For each of the listener's habits a constant and the weights of its signs (`rehearse.coaching.listening`)."""


@dataclass(frozen=True)
class Reading:
    """What the encoder makes of one pair.

    acts: probability of each act, shape (acts,); token_acts: of each act at each token, (tokens, acts); levels: calibrated
    probabilities, (criteria, 3); applies: whether a clarity criterion would be expected, (nullable,); empty: whether, read as a
    single sentence, it says nothing; attention: share of each token in a criterion's level, (criteria, tokens); offsets:
    (start, end) of each token in the learner's words.
    """

    acts: Floats
    token_acts: Floats
    levels: Floats
    applies: Floats
    empty: float
    attention: Floats
    offsets: tuple[tuple[int, int], ...]


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-x)), dtype=np.float32)


def _with_output(model: bytes, name: str) -> bytes:
    """A model in ONNX's format with one of its inner values, (batch, tokens, `WIDTH`), among its outputs.

    The format is protobuf, where what is appended to a message is added to it; every other output stays the same to the bit.
    """

    def varint(value: int) -> bytes:
        low, rest = value & 127, value >> 7
        return bytes([low | 128]) + varint(rest) if rest else bytes([low])

    def field(number: int, value: bytes | int) -> bytes:
        if isinstance(value, int):
            return varint(number << 3) + varint(value)
        return varint(number << 3 | 2) + varint(len(value)) + value

    dimensions = [field(2, b"batch"), field(2, b"tokens"), field(1, WIDTH)]
    tensor = field(1, 1) + field(2, b"".join(field(1, dimension) for dimension in dimensions))
    output = field(1, name.encode()) + field(2, field(1, tensor))
    return model + field(7, field(12, output))


class Encoder:
    """Runs the model. Safe to use from several threads; one instance a process is enough.

    `remember` is how many readings are kept, because one turn is asked about several times.
    """

    def __init__(self, folder: Path = WEIGHTS, remember: int = 512) -> None:
        self._folder = folder
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        self.card = Card(
            acts=tuple(card["acts"]),
            criteria=tuple(card["criteria"]),
            nullable=tuple(card["nullable"]),
            thresholds=tuple(card["thresholds"]),
            temperatures=tuple(card["temperatures"]),
            text_tokens=card["text_tokens"],
            context_tokens=card["context_tokens"],
            listening={habit: tuple(weights) for habit, weights in card.get("listening", {}).items()},
        )
        self.read = lru_cache(maxsize=remember)(self._read)
        self._pool: tuple[int, ThreadPoolExecutor | None] = (0, None)

    @cached_property
    def name(self) -> str:
        """A short name of the weights that changes whenever they do."""
        return hashlib.sha256((self._folder / "encoder.onnx").read_bytes()).hexdigest()[:12]

    def read_ahead(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Read pairs of text and context side by side, for `read` to find soon: a turn is asked about sentence by sentence."""
        deque(self._readers.map(lambda pair: self.read(*pair), dict.fromkeys(pairs)), maxlen=0)

    @property
    def _readers(self) -> ThreadPoolExecutor:
        """Threads of this process: one that was forked off has none of its parent's."""
        process, pool = self._pool
        if pool is None or process != os.getpid():
            pool = ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1), thread_name_prefix="reader")
            self._pool = (os.getpid(), pool)
        return pool

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # Texts are short: a second thread is no faster, costs half as much processor time again, and changes no bit.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        model = _with_output((self._folder / "encoder.onnx").read_bytes(), _MIDDLE)
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def _pair(self, text: str, context: str) -> tuple[list[int], list[int], list[tuple[int, int]]]:
        """Ids, segment kinds and offsets, as the model was fitted: `[CLS] text [SEP] end-of-context [SEP]`."""
        cls, sep = self._tokenizer.token_to_id("[CLS]"), self._tokenizer.token_to_id("[SEP]")
        own = self._tokenizer.encode(text, add_special_tokens=False)
        other = self._tokenizer.encode(context, add_special_tokens=False)
        limit = self.card.text_tokens
        other_ids = other.ids[-self.card.context_tokens :]
        ids = [cls, *own.ids[:limit], sep] + ([*other_ids, sep] if other_ids else [])
        kinds = [0] * (len(own.ids[:limit]) + 2)
        kinds += [1] * (len(ids) - len(kinds))
        return ids, kinds, own.offsets[:limit]

    def _run(self, wanted: list[str], ids: list[list[int]], kinds: list[list[int]]) -> list[Floats]:
        width = max(len(row) for row in ids)
        feed = {
            "ids": np.array([row + [0] * (width - len(row)) for row in ids], dtype=np.int64),
            "mask": np.array([[1] * len(row) + [0] * (width - len(row)) for row in ids], dtype=np.int64),
            "kinds": np.array([row + [0] * (width - len(row)) for row in kinds], dtype=np.int64),
        }
        outputs: list[Floats] = self._session.run(wanted, feed)
        return outputs

    def _read(self, text: str, context: str = "") -> Reading:
        ids, kinds, offsets = self._pair(text, context)
        acts, tokens, levels, applies, attention = self._run(
            ["acts", "token_acts", "levels", "applies", "attention"], [ids], [kinds]
        )
        n = len(offsets)
        scaled = levels[0] / np.array(self.card.temperatures, dtype=np.float32)[:, None]
        scaled = np.exp(scaled - scaled.max(-1, keepdims=True))
        return Reading(
            acts=_sigmoid(acts[0]),
            token_acts=_sigmoid(tokens[0, 1 : n + 1]),
            levels=scaled / scaled.sum(-1, keepdims=True),
            applies=_sigmoid(applies[0, : len(self.card.nullable)]),
            empty=float(_sigmoid(applies[0, -1])),
            attention=attention[0, :, 1 : n + 1],
            offsets=tuple(offsets),
        )

    def embed(self, texts: list[str]) -> Floats:
        """Unit vectors of the texts, shape (texts, `WIDTH`)."""
        rows: list[Floats] = []
        for start in range(0, len(texts), 32):
            pairs = [self._pair(text or " ", "") for text in texts[start : start + 32]]
            rows.append(self._run(["embedding"], [p[0] for p in pairs], [p[1] for p in pairs])[0])
        return np.concatenate(rows) if rows else np.zeros((0, WIDTH), dtype=np.float32)

    def middle(self, texts: list[str]) -> list[Floats]:
        """For each text the middle layer's values at its tokens, shape (tokens, `WIDTH`); texts of like length are quicker."""
        found: list[Floats] = []
        for start in range(0, len(texts), 32):
            pairs = [self._pair(text or " ", "") for text in texts[start : start + 32]]
            (values,) = self._run([_MIDDLE], [p[0] for p in pairs], [p[1] for p in pairs])
            found += [row[: len(pair[0])] for row, pair in zip(values, pairs, strict=True)]
        return found


@cache
def shared_encoder() -> Encoder:
    """The encoder that ships, loaded once a process and only when first used."""
    return Encoder()
