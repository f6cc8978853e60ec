"""The look, in one place: every colour is a token, and the tests hold each pair of them to its contrast."""

from __future__ import annotations

from typing import Any

SANS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Noto Sans", "Liberation Sans", "sans-serif"]
"""For what the tool says; nothing is fetched."""

TOKENS: dict[str, tuple[str, str]] = {
    "ground": ("#FBF8F3", "#15191B"),
    "surface": ("#FFFFFF", "#1E2427"),
    "ink": ("#22282B", "#ECE8E1"),
    "muted": ("#566068", "#A9B1B5"),
    "accent": ("#0F5C63", "#7CC4C9"),
    "accent-strong": ("#0A474D", "#9AD6DA"),
    "on-accent": ("#FFFFFF", "#0E1B1D"),
    "keep": ("#2C6140", "#8FCFA6"),
    "change": ("#8A4310", "#F0B184"),
    "unsure": ("#5B5470", "#C4BBDD"),
    "keep-ground": ("#EAF2EC", "#1F2E25"),
    "change-ground": ("#F8ECE1", "#33281F"),
    "unsure-ground": ("#EFEDF4", "#2A2833"),
    "learner": ("#E3EEEF", "#223639"),
    "counterpart": ("#F3EEE5", "#2A2824"),
    "line": ("#D8D2C7", "#3A4347"),
    "edge": ("#82796A", "#7D888D"),
    "focus": ("#B3471B", "#FFB38A"),
}
"""Each token in light and dark. Hairlines (`line`) are decoration; `edge` bounds controls and keeps 3:1."""

_GROUNDS = ("ground", "surface", "learner", "counterpart")
TEXT_PAIRS: tuple[tuple[str, str], ...] = (
    *((text, ground) for text in ("ink", "muted", "accent", "keep", "change", "unsure") for ground in _GROUNDS),
    *((kind, f"{kind}-ground") for kind in ("keep", "change", "unsure")),
    *((text, f"{kind}-ground") for text in ("ink", "muted") for kind in ("keep", "change", "unsure")),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
)
"""Text on ground, as the style sheet uses them: at least 4.5:1."""
EDGE_PAIRS: tuple[tuple[str, str], ...] = tuple(
    (edge, ground) for edge in ("edge", "focus") for ground in ("ground", "surface", "learner", "counterpart")
)
"""Edges of controls and the focus ring: at least 3:1."""


def luminance(colour: str) -> float:
    """Relative luminance of `#RRGGBB`, as WCAG 2.2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, from 1 to 21."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def token_css() -> str:
    """The tokens as custom properties: light on the root, dark under `.dark` and on pages without Gradio that shall be dark."""
    light = "".join(f"--{name}:{pair[0]};" for name, pair in TOKENS.items())
    dark = "".join(f"--{name}:{pair[1]};" for name, pair in TOKENS.items())
    bare = f"@media (prefers-color-scheme:dark){{:root:has(body.bare){{{dark}color-scheme:dark}}}}\n"
    return f":root{{{light}color-scheme:light}}\n:root:has(body.dark),.dark{{{dark}color-scheme:dark}}\n{bare}"


_ROLES = {
    "body_background_fill": "ground",
    "background_fill_primary": "surface",
    "background_fill_secondary": "ground",
    "body_text_color": "ink",
    "body_text_color_subdued": "muted",
    "block_background_fill": "ground",
    "block_border_color": "line",
    "block_label_background_fill": "ground",
    "block_label_text_color": "ink",
    "block_title_text_color": "ink",
    "block_info_text_color": "muted",
    "panel_background_fill": "ground",
    "border_color_primary": "line",
    "border_color_accent": "accent",
    "color_accent_soft": "learner",
    "input_background_fill": "surface",
    "input_background_fill_focus": "surface",
    "input_border_color": "edge",
    "input_border_color_focus": "accent",
    "input_border_color_hover": "accent",
    "input_placeholder_color": "muted",
    "button_primary_background_fill": "accent",
    "button_primary_background_fill_hover": "accent-strong",
    "button_primary_text_color": "on-accent",
    "button_primary_text_color_hover": "on-accent",
    "button_primary_border_color": "accent",
    "button_secondary_background_fill": "surface",
    "button_secondary_background_fill_hover": "learner",
    "button_secondary_text_color": "ink",
    "button_secondary_text_color_hover": "ink",
    "button_secondary_border_color": "edge",
    "link_text_color": "accent",
    "link_text_color_hover": "accent-strong",
    "link_text_color_active": "accent",
    "link_text_color_visited": "accent",
    "slider_color": "accent",
    "error_text_color": "change",
    "error_background_fill": "change-ground",
    "error_border_color": "change",
}


def _text_sizes() -> Any:
    """Gradio's large sizes in rem instead of pixels, so that a reader's own text size counts."""
    from gradio.themes.utils import sizes

    pixels = {name: int(getattr(sizes.text_lg, name).removesuffix("px")) for name in ("xxs", "xs", "sm", "md", "lg", "xl", "xxl")}
    return sizes.Size(name="text_rem", **{name: f"{size / 16:g}rem" for name, size in pixels.items()})


def gradio_theme() -> Any:
    """Gradio's own theme with this project's tokens in every role, so that no stock colour shows."""
    import gradio as gr

    values: dict[str, str] = {}
    for role, token in _ROLES.items():
        values[role], values[f"{role}_dark"] = TOKENS[token]
    theme = gr.themes.Base(font=SANS, font_mono=["ui-monospace", "monospace"], radius_size="sm", text_size=_text_sizes())
    return theme.set(
        **values,
        block_border_width="0px",
        block_shadow="none",
        block_padding="0px",
        input_border_width="1px",
        input_shadow="none",
        input_shadow_focus="none",
        button_large_radius="6px",
        button_primary_shadow="none",
        button_secondary_shadow="none",
    )
