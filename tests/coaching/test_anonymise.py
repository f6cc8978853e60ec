from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehearse.coaching.anonymise import anonymise
from rehearse.domain.transcript import Speaker, Transcript, Turn


def talk(*lines: str) -> Transcript:
    """Lines by learner and counterpart in turn, the learner first."""
    sides = (Speaker.LEARNER, Speaker.COUNTERPART)
    return Transcript(tuple(Turn(sides[n % 2], n // 2 + 1, line) for n, line in enumerate(lines)))


def said(line: str, learner: str = "Jo Park", counterpart: tuple[str, ...] = ("Renata Okafor",)) -> str:
    found, _ = anonymise(talk(line), learner, counterpart)
    return found.turns[0].text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Thanks for the time, Renata.", "Thanks for the time, the counterpart."),
        ("Renata, may I begin?", "The counterpart, may I begin?"),
        ("It's Renata's call, and Ms Okafor knows it.", "It's the counterpart's call, and the counterpart knows it."),
        ("Renata Okafor’s team asked.", "The counterpart’s team asked."),
        ("RENATA! I asked Maya Lindt and Maya said no.", "The counterpart! I asked Person A and Person A said no."),
        ("Dr. Lindt told Priya, and Priya told Ms Lindt.", "Person A told Person B, and Person B told Person A."),
        ("Write to renata.okafor@firm.example or @rokafor.", "Write to [address] or [address]."),
        ("I asked my manager Zbigniew about it.", "I asked my manager Person A about it."),
        ("thanks renata, that is kind", "thanks the counterpart, that is kind"),
        ("Hi Oluwaseun, thanks for coming.", "Hi Person A, thanks for coming."),
    ],
)
def test_names_become_roles(line: str, expected: str) -> None:
    assert said(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "May I ask something? Will you read it by May 5th, or in April?",
        "Mark my words: there is a grace period, and I hope it will do.",
        "Will it help? We use Excel, Teams and Slack on Monday in Berlin.",
        "Grace is what this asks for. Hope dies last. Joy of all kinds.",
        "I told HR. I asked Finance. Thanks, Everyone. Nobody said so.",
        "We rose to it, and the bill was long. I will frank the letter.",
    ],
)
def test_ordinary_words_stay(line: str) -> None:
    assert said(line) == line


def test_a_speaker_called_like_a_word_is_found_where_it_can_be_nothing_else() -> None:
    def names(line: str) -> str:
        return said(line, "Will Marsh", ("May Grant", "Mark"))

    assert names("Will you help, May? Will said so.") == "Will you help, the counterpart? The learner said so."
    assert names("May I? In May, Mark my words, I asked Mark.") == "May I? In May, Mark my words, I asked the counterpart."
    assert names("Will, could you? I'm Will.") == "The learner, could you? I'm the learner."
    assert names("We got the grant. May Grant told us.") == "We got the grant. The counterpart told us."


def test_a_surname_that_comes_up_later_is_found() -> None:
    found, _ = anonymise(
        talk("Thanks, Renata Brzezinska.", "Ask Maya Lindt.", "Ms Brzezinska and Lindt agree."), "Jo", ("Renata",)
    )
    assert [t.text for t in found.turns] == ["Thanks, the counterpart.", "Ask Person A.", "The counterpart and Person A agree."]


def test_names_that_are_little_words_elsewhere() -> None:
    assert (
        said("An hour? Do you mind? In my office, so be it.", "An Do", ("My So",))
        == "An hour? Do you mind? In my office, so be it."
    )


def test_roles_in_place_of_names_are_no_names() -> None:
    line = "The learner asked me, and I asked my boss: you decide."
    assert said(line, "me", ("Boss", "Counterpart", "Speaker 1")) == line


def test_the_mapping_says_who_became_what_and_people_keep_their_letter() -> None:
    found, mapping = anonymise(talk("I met Maya.", "Tell Priya and Maya.", "Priya said yes, Renata."), "Jo", ("Renata",))
    assert [t.text for t in found.turns] == [
        "I met Person A.",
        "Tell Person B and Person A.",
        "Person B said yes, the counterpart.",
    ]
    assert mapping == {"Maya": "Person A", "Priya": "Person B", "Renata": "the counterpart"}


def test_more_people_than_letters() -> None:
    names = [f"{a}{b}olt" for a in "BDFGK" for b in "aeiouy"]
    found, mapping = anonymise(talk(" ".join(f"I asked {n}." for n in names)), "Jo")
    assert found.turns[0].text.endswith("I asked Person AD.")
    assert len(set(mapping.values())) == len(names)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "Renata",
                "okafor",
                "Ms Okafor",
                "Jo Park",
                "said",
                "asked",
                "Maya",
                ".",
                "?",
                ",",
                "the rota",
                "May",
                "will",
                "x@y.de",
            ]
        ),
        min_size=1,
        max_size=25,
    )
)
def test_no_known_name_is_left_and_doing_it_twice_changes_nothing(parts: list[str]) -> None:
    once, _ = anonymise(talk(" ".join(parts), "Yes."), "Jo Park", ("Renata Okafor",))
    text = once.turns[0].text
    assert not any(name in text for name in ("Renata", "Okafor", "Park", "Maya", "@"))
    assert [(t.speaker, t.number) for t in once.turns] == [(Speaker.LEARNER, 1), (Speaker.COUNTERPART, 1)]
    assert anonymise(once, "Jo Park", ("Renata Okafor",))[0] == once


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    anonymise(talk(text), text[:20], (text[5:30],))


def test_small_letters_without_names_are_left_alone() -> None:
    line = "could we meet on tuesday at nine? i'd bring the list, and you say which of it matters."
    assert said(line) == line
