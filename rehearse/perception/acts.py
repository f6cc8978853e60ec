"""The learner's dialogue acts, each with the exact words that show it.

Two readers agree on one answer: a trained model (`encoder`) that judges, and precise rules (`corpus/lexicon.yaml`) that are
right nearly every time they fire. Acts are read from the learner's words alone, except `answer_concern`, which exists only in
the light of what was raised.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rehearse.domain.acts import Act, ActSpan
from rehearse.domain.lexicon import Lexicon
from rehearse.perception.encoder import Encoder, Reading
from rehearse.perception.segments import Segment, clauses, sentences, snug, words

RULE_CONFIDENCE = 0.97
_WINDOW_CHARACTERS = 480
"""Turns longer than this are read in windows of whole sentences: the model was fitted on turns up to about this length."""


def detect_acts(text: str, context: str, encoder: Encoder, lexicon: Lexicon) -> tuple[ActSpan, ...]:
    """The acts in a turn, in order of their words; `context` is what the turn answers, empty where nothing was said.

    At most one span an act and window; deterministic.
    """
    found: list[ActSpan] = []
    for window in _windows(text):
        found += _by_model(text, window, context, encoder)
    found = _merge(found, list(_by_rule(text, lexicon)))
    found += _by_measure(text, found, lexicon)
    return tuple(sorted(found, key=lambda span: (span.start, span.end, span.act.value)))


def _windows(text: str) -> Iterator[Segment]:
    """The whole text if it is short; else runs of sentences."""
    if len(text) <= _WINDOW_CHARACTERS:
        yield Segment(0, len(text), text)
        return
    start = end = 0
    for sentence in sentences(text):
        if end > start and sentence.end - start > _WINDOW_CHARACTERS:
            yield Segment(start, end, text[start:end])
            start = sentence.start
        end = sentence.end
    yield Segment(start, end, text[start:end])


def _by_model(text: str, window: Segment, context: str, encoder: Encoder) -> Iterator[ActSpan]:
    alone = encoder.read(window.text, "")
    paired = encoder.read(window.text, context) if context else None
    for index, act_id in enumerate(encoder.card.acts):
        act = Act(act_id)
        if act is Act.ANSWER_CONCERN:
            if paired is None:
                continue
            reading = paired
        else:
            reading = alone
        probability = float(reading.acts[index])
        if probability < encoder.card.thresholds[index]:
            continue
        start, end = locate(window.text, reading, index)
        yield ActSpan.at(act, text, window.start + start, window.start + end, round(probability, 3))


def locate(text: str, reading: Reading, index: int) -> tuple[int, int]:
    """The run of words that shows the act best: around the token of highest probability, inside its sentence."""
    tokens = reading.token_acts[:, index]
    if not len(tokens):
        return 0, len(text)
    # A single high token is noise; a run of them is a phrase.
    smooth = np.convolve(tokens, np.ones(3) / 3, mode="same") if len(tokens) >= 3 else tokens
    peak = int(smooth.argmax())
    floor = max(0.12, 0.35 * float(smooth[peak]))
    left = right = peak
    while left > 0 and smooth[left - 1] >= floor:
        left -= 1
    while right + 1 < len(smooth) and smooth[right + 1] >= floor:
        right += 1
    start, end = reading.offsets[left][0], reading.offsets[right][1]
    home = next((s for s in sentences(text) if s.start <= reading.offsets[peak][0] < s.end), None)
    if home is not None:
        start, end = max(start, home.start), min(end, home.end)
        # People quote whole clauses, not the run of words that tipped a scale.
        inside = [c for c in clauses(text) if c.start < end and start < c.end and home.start <= c.start < home.end]
        if inside:
            start, end = inside[0].start, inside[-1].end
        if len(words(text[start:end])) < 3:
            start, end = home.start, home.end
    start, end = snug(text, start, end)
    return (start, end) if end > start else (0, len(text))


def _by_rule(text: str, lexicon: Lexicon) -> Iterator[ActSpan]:
    for sentence in sentences(text):
        for act, (pattern, unless) in lexicon.compiled.items():
            match = pattern.search(sentence.text)
            if match is None or (unless is not None and unless.search(sentence.text)):
                continue
            start, end = snug(text, sentence.start + match.start(), sentence.start + match.end())
            if end > start:
                yield ActSpan.at(act, text, start, end, RULE_CONFIDENCE)


def _merge(modelled: list[ActSpan], ruled: list[ActSpan]) -> list[ActSpan]:
    """Rules add what the model missed; where both speak of the same words the model's longer quote stays."""
    kept = list(modelled)
    for span in ruled:
        if not any(k.act is span.act for k in kept):
            kept.append(span)
    return kept


def _by_measure(text: str, found: list[ActSpan], lexicon: Lexicon) -> Iterator[ActSpan]:
    """`hedge` and `overload` are a matter of how much, so they are counted."""
    acts = {span.act for span in found}
    count = max(1, len(words(text)))
    soft = list(lexicon.softener_pattern.finditer(text))
    asked = {Act.AGREE_NEXT_STEP, Act.PROPOSE_TERMS, Act.ASK_OPEN, Act.NAME_OFFER} & acts
    if Act.HEDGE not in acts and not asked and len(soft) >= 4 and len(soft) / count >= 0.12:
        yield ActSpan.at(Act.HEDGE, text, *snug(text, soft[0].start(), soft[-1].end()))
    jargon = {match.group().lower(): match for match in lexicon.jargon_pattern.finditer(text)}
    if Act.OVERLOAD not in acts and len(jargon) >= 4 and len(jargon) / count >= 0.08:
        spots = sorted(jargon.values(), key=lambda m: m.start())
        yield ActSpan.at(Act.OVERLOAD, text, *snug(text, spots[0].start(), spots[-1].end()))
