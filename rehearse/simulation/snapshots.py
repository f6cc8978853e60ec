"""Snapshots as text and back, for whoever keeps them; exact both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from pydantic import TypeAdapter

from rehearse.domain.state import Ending, State
from rehearse.domain.transcript import Speaker, Transcript, Turn
from rehearse.simulation.appraisal import Track
from rehearse.simulation.snapshot import Exchange, Memory, Snapshot


@dataclass(frozen=True)
class Inner:
    """The part of a snapshot that is not in the exchanges."""

    state: State
    track: Track
    memory: Memory
    ending: Ending


@cache
def _exchange_adapter() -> TypeAdapter[Exchange]:
    return TypeAdapter(Exchange)


@cache
def _inner_adapter() -> TypeAdapter[Inner]:
    return TypeAdapter(Inner)


def dump_exchange(exchange: Exchange) -> str:
    """One exchange as JSON."""
    return _exchange_adapter().dump_json(exchange).decode()


def dump_inner(snapshot: Snapshot) -> str:
    """What a snapshot holds beside its exchanges, as JSON."""
    inner = Inner(snapshot.state, snapshot.track, snapshot.memory, snapshot.ending)
    return _inner_adapter().dump_json(inner).decode()


def load_snapshot(opening: str, exchanges: Sequence[str], inner: str) -> Snapshot:
    """The snapshot that `dump_exchange` and `dump_inner` were given."""
    told = tuple(_exchange_adapter().validate_json(e) for e in exchanges)
    held = _inner_adapter().validate_json(inner)
    turns = [Turn(Speaker.COUNTERPART, 0, opening)] if opening else []
    for exchange in told:
        turns.append(Turn(Speaker.LEARNER, exchange.turn, exchange.learner))
        turns.append(Turn(Speaker.COUNTERPART, exchange.turn, exchange.counterpart))
    return Snapshot(held.state, Transcript(tuple(turns)), held.track, held.memory, told, held.ending)
