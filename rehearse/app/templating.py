"""Page fragments: Jinja templates with escaping on, so that no words of a person are ever read as HTML."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from rehearse.app import portraits
from rehearse.app.strings import counted, language, text
from rehearse.app.wording import day, own_place
from rehearse.storage.off_record import is_off_record

FOLDER = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """The one environment; a name that was not passed to a template raises."""
    env = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # The files come with the package: nobody edits them under a running server.
        auto_reload=False,
    )
    env.globals.update(t=text, tn=counted, language=language, portrait=portrait, is_off_record=is_off_record)
    env.globals.update(day=day, own_place=own_place)
    return env


def portrait(persona_id: str) -> Markup:
    """A persona's drawn portrait; it holds nothing but numbers computed from the id."""
    return Markup(portraits.draw(persona_id))  # noqa: S704


def render(template: str, /, **values: object) -> str:
    """One fragment as HTML."""
    return environment().get_template(template).render(values)
