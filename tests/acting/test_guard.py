"""The guard: it lets authored lines pass, and keeps bad sentences from being shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearse.acting.guard import MOST_WORDS, Guard, Leave
from rehearse.domain.library import Library
from rehearse.domain.speaking import Rule
from rehearse.validation.acting import Bad, RememberingEncoder, load_bad, passes, wrongly_caught

BAD = Path(__file__).parent.parent / "fixtures" / "guard"
FREE = Leave(concede=False, end=False, hidden=(), most_words=MOST_WORDS)


def test_authored_lines_pass(library: Library, encoder: RememberingEncoder) -> None:
    checked, wrong = 0, []
    for persona in library.personas:
        n, found = wrongly_caught(persona, library, encoder)
        checked, wrong = checked + n, wrong + found
    assert len(library.personas) == 12
    assert checked > 5000
    assert len(wrong) / checked <= 0.02, [(w.rule.value, w.persona, w.path, w.sentence) for w in wrong[:40]]


def test_known_bad_sentences_are_caught(library: Library, encoder: RememberingEncoder, known_bad: tuple[Bad, ...]) -> None:
    missed = [bad.text for bad in known_bad if passes(bad, library, encoder)]
    assert len(known_bad) > 120
    assert len(missed) / len(known_bad) <= 0.05, missed


def test_unknown_bad_sentences_are_mostly_caught(library: Library, encoder: RememberingEncoder) -> None:
    """Sentences that no rule was made for: the guard is words, and it cannot know all of them. `docs/acting.md` says how many."""
    unknown = load_bad(BAD / "bad-third.yaml")
    caught = sum(not passes(bad, library, encoder) for bad in unknown)
    assert len(unknown) > 50
    assert caught / len(unknown) >= 0.55


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
