"""What each act did to the counterpart, in words that a debrief can use after "Renata …"."""

from __future__ import annotations

from rehearse.domain.acts import Act

EFFECTS: dict[Act, str] = {
    Act.APPRECIATE: "was thanked, which is a little",
    Act.STATE_INTENT: "knew what was wanted",
    Act.NAME_OFFER: "heard something particular",
    Act.LINK_GOAL: "saw what it had to do with the work",
    Act.MAKE_CASE: "heard a reason",
    Act.PROPOSE_TERMS: "could see what it would take",
    Act.PROPOSE_MEASURE: "could see how one would know",
    Act.ASSURE_CONFIDENTIALITY: "was told it stays between the two",
    Act.ACKNOWLEDGE_FEELING: "was seen",
    Act.ASK_OPEN: "was asked, and had room to answer",
    Act.REFLECT: "was heard",
    Act.NORMALISE: "felt less judged",
    Act.SHOW_HUMILITY: "met somebody who owns a limit",
    Act.ASK_ADVICE: "was asked for what they know",
    Act.OFFER_CHOICE: "was left a choice",
    Act.ANSWER_CONCERN: "got an answer to what they had raised",
    Act.AGREE_NEXT_STEP: "was offered a next step",
    Act.PRESSURE: "was pushed",
    Act.DISMISS: "was brushed aside",
    Act.LECTURE: "was lectured",
    Act.STEREOTYPE: "was judged by age",
    Act.SELF_PROMOTE: "heard somebody sell themselves",
    Act.BLAME: "was blamed, or heard blame",
    Act.OVERLOAD: "got too much at once",
    Act.HEDGE: "could not tell what was asked",
    Act.BREAK_ROLE: "was spoken past",
    Act.BREACH_CONFIDENCE: "heard a confidence repeated",
}
