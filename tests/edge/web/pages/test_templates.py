"""What holds for every template: words in the catalogue, quoted attributes, nothing inline, nothing from elsewhere."""

import re

import pytest

from edge.snapshot import snapshot
from edge.web.courtesy import at_once
from edge.web.pages import catalogue, statics, templates, times
from edge.web.pages.moment import Moment
from edge.web.pages.scene import scene
from edge.web.pages.screens import SCREENS, live_parts
from rules.model.moments import Instant
from tests.edge.campus import BOX, D1, D2, NOON, PLAN, locked_down

SOURCES = {name: text for name, text in templates.sources().items() if name.endswith(".html")}
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


@pytest.mark.parametrize("name", SOURCES)
def test_every_value_in_an_attribute_is_quoted(name: str) -> None:
    assert re.findall(r"=\s*\{\{", SOURCES[name]) == []


@pytest.mark.parametrize("name", templates.sources())
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(name: str) -> None:
    text = templates.sources()[name]

    assert re.findall(r"<style|\sstyle\s*=|<script(?![^>]* src=)|\son[a-z]+\s*=|javascript:", text) == []
    assert re.findall(r"(?:src|href)\s*=\s*\"(?:https?:)?//", text) == []
    assert "|safe" not in text.replace(" ", "")


@pytest.mark.parametrize("name", SOURCES)
def test_every_word_of_a_template_is_marked_for_translation(name: str) -> None:
    bare = CODE.sub("", COMMENT.sub("", SOURCES[name]))
    between = re.sub(r"<[^>]*>", " ", bare)
    said = re.findall(r'(?:aria-label|title|alt|placeholder|content)="([^"]*[A-Za-z]{3,}[^"]*)"', bare)

    assert re.findall(r"[A-Za-z]{2,}", between) == []
    assert [one for one in said if not re.match(r"width=|light dark", one)] == []


def test_the_catalogue_holds_every_word_that_the_page_can_say() -> None:
    """After a change: python -m edge.web.pages.catalogue."""
    assert catalogue.POT.read_text(encoding="utf-8") == catalogue.pot()


@pytest.mark.parametrize("screen", SCREENS)
def test_no_part_that_the_stream_sends_is_typed_into_but_in_a_form_which_a_patch_leaves_alone(
    screen: str,
) -> None:
    for part in live_parts(SCREENS[screen]):
        source = templates.sources()[f"parts/{part}.html"]
        assert source.count("<form") == source.count("</form>")
        text = re.sub(r"<form.*?</form>", "", source, flags=re.DOTALL)
        assert re.findall(r"<textarea|<input(?! type=\"hidden\")|<select", text) == []


def test_what_is_loaded_at_first_is_small() -> None:
    sizes = {name: len(one.packed) for name, one in statics.FILES.items()}
    of_every_page = sum(sizes.pop(one) for one in ("icon.svg", "page.css", "page.js", "forms.js", "patch.js"))

    assert of_every_page < 15_000
    # What one page alone loads: its own script, and where it shows pictures four of them.
    assert max(sizes.values()) < 5_000
    assert sum(size for name, size in sizes.items() if name.startswith("camera")) < 9_000


def test_a_row_kept_from_the_moment_before_is_as_one_made_anew() -> None:
    zone = times.zone_of("America/Chicago")

    def drawn(now: Instant) -> list[tuple[str, templates.Ages]]:
        state = locked_down({D1: "secured", D2: "not_latched"})
        moment = Moment(scene(snapshot(PLAN, state, now, BOX), PLAN, state, zone, duress=False))
        screens = ((SCREENS["incident"], "inc-1", ("count", "ledger")), (SCREENS["doors"], "", ("doors",)))
        return [
            at_once(moment.part(screen, of, name, streamed=streamed))
            for screen, of, names in screens
            for name in names
            for streamed in (True, False)
        ]

    drawn(NOON)
    later = NOON.plus(900_000)
    kept = drawn(later)
    templates._KEPT.clear()

    assert kept == drawn(later)
    assert any(f"led:{D1}" in ages for _html, ages in kept)
