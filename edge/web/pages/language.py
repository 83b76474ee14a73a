"""The catalogue of the page's words (gettext). English stands in the sources; a translation is a file beside."""

import gettext
from pathlib import Path
from typing import Final

from edge.words import fill

DOMAIN: Final = "campus-edge"
LOCALE: Final = Path(__file__).parents[1] / "locale"

_translations: gettext.NullTranslations = gettext.translation(DOMAIN, LOCALE, languages=["en"], fallback=True)


def _(text: str) -> str:
    """The words to show for words of the source; as they stand where no translation has them."""
    # Of an empty text gettext would give the catalogue's own head.
    return _translations.gettext(text) if text else text


def many(one: str, more: str, count: int) -> str:
    """The form that a count asks for; `{n}` in it is the count."""
    return fill(_translations.ngettext(one, more, count), {"n": count})


def say(text: str, /, **values: object) -> str:
    """The words for `text`, its `{names}` replaced. Values are never parsed again."""
    return fill(_(text), values)
