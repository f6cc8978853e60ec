from __future__ import annotations

import re
from pathlib import Path

import pytest

from rehearse.app import routes, theme
from rehearse.app.theme import EDGE_PAIRS, TEXT_PAIRS, TOKENS, contrast

CSS = (routes.STATIC / "rehearse.css").read_text("utf-8")


@pytest.mark.parametrize("which", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_is_readable_on_its_ground(text: str, ground: str, which: int) -> None:
    assert contrast(TOKENS[text][which], TOKENS[ground][which]) >= 4.5


@pytest.mark.parametrize("which", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("edge", "ground"), EDGE_PAIRS)
def test_edges_of_controls_are_seen(edge: str, ground: str, which: int) -> None:
    assert contrast(TOKENS[edge][which], TOKENS[ground][which]) >= 3.0


def test_contrast_is_what_the_standard_says() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#FFFFFF", "#F97316") == pytest.approx(2.8, abs=0.01)


def test_style_sheet_uses_only_tokens_for_colour() -> None:
    own = {"serif", "sans", "radius"}
    used = set(re.findall(r"var\(--([a-z-]+)\)", CSS))
    assert used - own <= set(TOKENS)
    without_bare = "\n".join(line for line in CSS.splitlines() if ".bare" not in line)
    assert not re.findall(r"#[0-9A-Fa-f]{6}\b|rgba?\(", without_bare)


def test_nothing_is_fetched_from_elsewhere() -> None:
    assert "@import" not in CSS
    for file in [
        *Path(theme.__file__).parent.rglob("*.html"),
        *Path(theme.__file__).parent.rglob("*.js"),
        routes.STATIC / "rehearse.css",
    ]:
        assert not re.search(r"(?:src|href|url)\s*[=(]\s*[\"']?(?:https?:)?//", file.read_text("utf-8")), file


def test_gradio_theme_takes_every_colour_from_the_tokens() -> None:
    built = theme.gradio_theme()
    assert built.button_primary_background_fill == TOKENS["accent"][0]
    assert built.button_primary_background_fill_dark == TOKENS["accent"][1]
    assert built._stylesheets == []


def test_motion_and_focus_are_considered() -> None:
    assert "prefers-reduced-motion" in CSS
    assert "outline: 3px solid var(--focus)" in CSS
