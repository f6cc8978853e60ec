"""The guard: it lets authored lines pass, and keeps bad sentences from being shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearse.acting.guard import MOST_WORDS, Guard, Leave, fact_told
from rehearse.domain.guard_examples import load_guard_examples
from rehearse.domain.library import Library, shipped_root
from rehearse.domain.speaking import Rule
from rehearse.validation.acting import (
    Bad,
    RememberingEncoder,
    caught_without_leave,
    load_bad,
    load_good,
    passes,
    wrongly_caught,
)

BAD = Path(__file__).parent.parent / "fixtures" / "guard"
FREE = Leave(concede=False, end=False, hidden=(), most_words=MOST_WORDS)


def test_authored_lines_pass(library: Library, encoder: RememberingEncoder) -> None:
    """Every third counterpart; `scripts/measure_guard.py` takes them all."""
    checked, wrong = 0, []
    for persona in library.personas[::3]:
        n, found = wrongly_caught(persona, library, encoder)
        checked, wrong = checked + n, wrong + found
    assert checked > 1500
    assert len(wrong) / checked <= 0.02, [(w.rule.value, w.persona, w.path, w.sentence) for w in wrong[:40]]


def test_known_bad_sentences_are_caught(library: Library, encoder: RememberingEncoder, known_bad: tuple[Bad, ...]) -> None:
    missed = [bad.text for bad in known_bad if passes(bad, library, encoder)]
    assert len(known_bad) > 120
    assert len(missed) / len(known_bad) <= 0.05, missed


UNSEEN, LOOKS_BAD = "bad-fifth.yaml", "good-fifth.yaml"
REACHED, LOOKING_BAD = 0.95, 0.2
"""The bar for sentences that nothing was made with; and what is lost of good ones that were chosen because they look bad."""


def test_unknown_bad_sentences_are_caught(library: Library, encoder: RememberingEncoder) -> None:
    unknown = load_bad(BAD / UNSEEN)
    caught = sum(not passes(bad, library, encoder) for bad in unknown)
    assert len(unknown) >= 120
    assert caught / len(unknown) >= REACHED


def test_unknown_good_sentences_that_look_bad_mostly_pass(library: Library, encoder: RememberingEncoder) -> None:
    unknown = load_good(BAD / LOOKS_BAD)
    wrong = [sentence for sentence in unknown if caught_without_leave(sentence, library, encoder)]
    assert len(unknown) >= 60
    assert len(wrong) / len(unknown) <= LOOKING_BAD, wrong


def test_nothing_was_fitted_with_the_unknown_sentences() -> None:
    told = load_guard_examples(shipped_root())
    fitted = {*told.fine, *(text for texts in told.broken.values() for text in texts)}
    assert len(fitted) > 3000
    assert not fitted & {bad.text for bad in load_bad(BAD / UNSEEN)}
    assert not fitted & set(load_good(BAD / LOOKS_BAD))


def test_a_yes_in_other_words_is_heard_only_where_it_has_no_leave(library: Library, encoder: RememberingEncoder) -> None:
    said = "Bring your laptop along on Wednesday, I'd be glad to learn it from you."
    assert Guard(library.guard, encoder, FREE).check(said).rule is Rule.CONCESSION
    leave = Leave(concede=True, end=False, hidden=(), most_words=MOST_WORDS)
    assert not Guard(library.guard, encoder, leave).check(said).caught


def test_facts_are_heard_by_their_rare_words(library: Library) -> None:
    persona = library.persona("ben-castellano")
    shoebox = next(fact for fact in persona.facts if fact.id == "shoebox")
    assert fact_told(shoebox, "All of the crew's ideas went into the skip, still in the shoebox.", library.guard)
    assert not fact_told(shoebox, "My crew is short of people tonight.", library.guard)
    assert not fact_told(shoebox, "I carried it upstairs.", library.guard)


@pytest.mark.parametrize(("rule", "leave"), [(Rule.CONCESSION, "concede"), (Rule.REFUSAL, "end")])
def test_what_the_plan_decides_may_be_said(library: Library, encoder: RememberingEncoder, rule: Rule, leave: str) -> None:
    said = {Rule.CONCESSION: "Yes, let's do it.", Rule.REFUSAL: "I'm afraid the answer is no."}[rule]
    given = {"concede": False, "end": False, leave: True}
    assert Guard(library.guard, encoder, FREE).check(said).rule is rule
    assert not Guard(library.guard, encoder, Leave(**given, hidden=(), most_words=MOST_WORDS)).check(said).caught


def test_a_fact_told_in_two_halves_is_caught(library: Library, encoder: RememberingEncoder) -> None:
    for persona in library.personas:
        fact = max(persona.facts, key=lambda f: len(f.text))
        middle = fact.text.find(" ", len(fact.text) // 2)
        guard = Guard(library.guard, encoder, Leave(concede=False, end=True, hidden=(fact,), most_words=MOST_WORDS))
        first, second = fact.text[:middle] + ".", fact.text[middle + 1 :]
        caught = [guard.check(first), guard.check(second, [first])]
        assert any(verdict.rule is Rule.HIDDEN_FACT for verdict in caught), (persona.id, fact.text)


def test_repeated_and_long_are_counted(library: Library, encoder: RememberingEncoder) -> None:
    guard = Guard(library.guard, encoder, FREE)
    said = "The lorries leave before the lists are printed."
    assert guard.check(said, [said]).rule is Rule.REPEATED
    assert guard.check("The lorry waits at the gate " * 11 + "again.").rule is Rule.LENGTH
    assert guard.check("The lists are late.", [f"Depot {name} waits." for name in "ABCDE"]).rule is Rule.LENGTH
    assert guard.check("Das möchte ich heute lieber nicht besprechen.").rule is Rule.LANGUAGE
