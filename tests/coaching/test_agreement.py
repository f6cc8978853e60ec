from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest

from rehearse import Rehearsal
from rehearse.coaching.agreement import MOST_QUOTES, Agreement, draft_agreement
from rehearse.coaching.conversation import Conversation
from rehearse.domain.acts import Act, ActSpan
from rehearse.domain.carry_texts import shipped_carry_texts
from rehearse.domain.library import shipped_library
from rehearse.domain.transcript import Speaker, Transcript, Turn

LEARNERS = Path(__file__).parents[1] / "fixtures" / "learners"
PLAYED = [
    ("agree-expectations", "adaeze-obi", "skilled-1"),
    ("agree-expectations", "adaeze-obi", "average-1"),
    ("agree-expectations", "adaeze-obi", "clumsy-1"),
    ("guide-hesitant-leader", "henrik-solberg", "skilled-2"),
]


@cache
def played(scenario: str, persona: str, script: str) -> Conversation:
    rehearsal = Rehearsal.start(scenario, persona, seed=3)
    for line in (LEARNERS / scenario / f"{script}.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and rehearsal.ended.value == "open":
            rehearsal.say(line)
    setting, now = rehearsal.engine.setting, rehearsal.now
    return Conversation(now.transcript, {e.turn: e.acts for e in now.exchanges}, setting, now)


def draft(conversation: Conversation) -> Agreement:
    return draft_agreement(conversation, shipped_library(), shipped_carry_texts())


def told(*lines: str) -> Conversation:
    """A talk in which every turn of the learner proposes terms; the counterpart's lines begin with `>`."""
    turns: list[Turn] = []
    for line in lines:
        learner = not line.startswith(">")
        number = sum(t.speaker is Speaker.LEARNER for t in turns) + learner
        turns.append(Turn(Speaker.LEARNER if learner else Speaker.COUNTERPART, number, line.removeprefix("> ")))
    acts = {t.number: (ActSpan.at(Act.PROPOSE_TERMS, t.text, 0, len(t.text)),) for t in turns if t.speaker is Speaker.LEARNER}
    return Conversation(Transcript(tuple(turns)), acts)


def quoted(agreement: Agreement) -> dict[str, list[str]]:
    return {term.id: [q.quote for q in term.quotes] for term in agreement.terms}


@pytest.mark.parametrize("key", PLAYED, ids="-".join)
def test_every_word_was_said_and_every_gap_is_named(key: tuple[str, str, str]) -> None:
    conversation = played(*key)
    agreement = draft(conversation)
    markdown = agreement.to_markdown()
    for term in agreement.terms:
        assert len(term.quotes) <= MOST_QUOTES
        assert term.blank == (term.heading in agreement.gaps) == (term.prompt in markdown)
        for quote in term.quotes:
            assert quote.turn is conversation.transcript.turn(quote.turn.turn_id)
            assert quote.quote in quote.turn.text
    # Nothing stands on the page but quotes and the texts of the form.
    for said in re.findall(r"“(.+)” \((?:you|the other person)", markdown):
        plain = re.sub(r"\\(.)", r"\1", said)
        assert any(plain in " ".join(t.text.split()) for t in conversation.transcript.turns)
    assert json.loads(json.dumps(agreement.to_dict()))["gaps"] == list(agreement.gaps)


def test_a_skilled_kick_off_fills_the_page_and_a_clumsy_one_leaves_it_blank() -> None:
    found = quoted(draft(played(*PLAYED[0])))
    assert found["how_long"][:2] == ["Six weeks", "thirty minutes"]
    assert found["how_often"] == ["every other Tuesday"]
    assert found["where"] == ["at the depot"]
    assert found["who"] == ["just the two of us"]
    assert any("sign that it worked" in q for q in found["measures"])
    assert any("the two of us until you say otherwise" in q for q in found["confidentiality"])
    assert any("drone pictures" in q for q in found["objective"])
    clumsy = draft(played(*PLAYED[2]))
    assert len(clumsy.gaps) >= 5
    assert clumsy.agreed is False
    assert "## Still open" in clumsy.to_markdown()


def test_the_mentees_own_wish_stands_under_the_objective() -> None:
    agreement = draft(played(*PLAYED[3]))
    [objective] = [t for t in agreement.terms if t.id == "objective"]
    assert any(q.turn.speaker is Speaker.COUNTERPART for q in objective.quotes)


@pytest.mark.parametrize(
    ("line", "field", "expected"),
    [
        ("We could meet for half an hour every two weeks, in your office.", "how_often", ["every two weeks"]),
        ("We could meet for half an hour every two weeks, in your office.", "how_long", ["half an hour"]),
        ("We could meet for half an hour every two weeks, in your office.", "where", ["in your office"]),
        ("I'd say four or five sessions, not weekly but once a month.", "how_long", ["four or five sessions"]),
        ("I'd say four or five sessions, not weekly but once a month.", "how_often", ["once a month"]),
        ("It took me five weeks to learn it.", "how_long", []),
        ("I'd show you how I read the forum every morning.", "how_often", []),
        ("Two years ago I was at the depot.", "where", []),
        ("How often should we meet?", "how_often", []),
        ("We'd meet at the depot and not in your office.", "where", ["at the depot"]),
        ("It would be just you and me.", "who", ["just you and me"]),
    ],
)
def test_terms_are_the_exact_words_and_nothing_that_was_not_proposed(line: str, field: str, expected: list[str]) -> None:
    assert quoted(draft(told(line)))[field] == expected


def test_the_counterparts_questions_settle_nothing_and_their_statements_do() -> None:
    found = draft(told("What would suit you?", "> Would it be every week? I'd rather meet once a month, at the depot.", "Good."))
    assert quoted(found)["how_often"] == ["once a month"]
    assert quoted(found)["where"] == ["at the depot"]
    assert found.agreed is None
    [quote] = next(t for t in found.terms if t.id == "where").quotes
    assert quote.turn.turn_id == "C1"


def test_nothing_said_nothing_agreed() -> None:
    empty = draft(Conversation(Transcript(), {}))
    assert len(empty.gaps) == len(empty.terms)
    assert "“" not in empty.to_markdown()


def test_words_cannot_act_as_markup() -> None:
    markdown = draft(
        told("We could meet at the desk <script>alert(1)</script>. Nothing *leaves* this [room](http://x.y).")
    ).to_markdown()
    assert "room" in markdown
    assert not re.search(r"(?<!\\)[<\]\[]", markdown)


@pytest.mark.parametrize("key", PLAYED, ids="-".join)
def test_the_agreement_prints_on_one_page(key: tuple[str, str, str]) -> None:
    from rehearse.coaching.pdf import agreement_pdf

    agreement = draft(played(*key))
    pdf = agreement_pdf(agreement)
    assert len(re.findall(rb"/Type /Page\b(?!s)", pdf)) == 1
    assert pdf == agreement_pdf(agreement)
