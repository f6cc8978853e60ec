"""Finding the words that somebody quotes: exactly, but for white space and the shapes of quotation marks, apostrophes and dashes.

Nothing fuzzier: a matcher that forgives more takes "I did promise" for a quote of "I did not promise".
"""

from __future__ import annotations

import re
import unicodedata

SHAPES = str.maketrans({s: p for p, shapes in {"'": "’‘‛ʼ`´", '"': "“”„‟«»", "-": "‐‑‒–—―−"}.items() for s in shapes})
"""Each sign to the plain one of its kind: one character to one, so that places stay what they are."""
_APOSTROPHE = "'"


def find_words(quote: str, text: str, *, any_case: bool = False) -> tuple[int, int] | None:
    """Where a quote first stands in a text as whole words, as `(start, end)` of the text itself; None where it does not.

    `any_case` lets capitals differ too, for what a person typed from memory.
    """
    parts = [re.escape(part) for part in unicodedata.normalize("NFC", quote).translate(SHAPES).split()]
    if not any(c.isalnum() for c in quote):
        return None
    # A word goes on behind an apostrophe: "I don" is no quote of "I don't".
    pattern = rf"(?<!\w)(?<!\w{_APOSTROPHE})" if parts[0][0].isalnum() else ""
    pattern += r"\s+".join(parts)
    pattern += rf"(?!{_APOSTROPHE}?\w)" if parts[-1][-1].isalnum() else ""
    match = re.search(pattern, text.translate(SHAPES), re.IGNORECASE if any_case else 0)
    return match.span() if match else None
