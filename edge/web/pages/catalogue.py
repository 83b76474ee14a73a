"""Every word that the page can say, as a gettext template: `python -m edge.web.pages.catalogue` writes it anew.

A translation starts from `locale/campus-edge.pot` and lies at `locale/LANGUAGE/LC_MESSAGES/campus-edge.mo`.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from edge import (
    alert_words,
    asset_words,
    camera_words,
    exterior_words,
    notice_words,
    post_words,
    response_words,
    statement_words,
    ticket_words,
    words,
)
from edge.config.pack_inspections import shipped_inspections
from edge.config.packs import shipped
from edge.flag_ends import ENDS
from edge.flag_evidence import SEEN
from edge.flag_words import FLAGS
from edge.floorplans import compared, kinds
from edge.rulebook import LIMITS
from edge.web.pages import (
    account,
    acting,
    alert_views,
    assessments,
    assets,
    campus,
    changing,
    confirming,
    devices,
    doors,
    firmware_views,
    frame,
    inspection_views,
    map_view,
    nearby,
    people,
    proving,
    releasing,
    replies,
    responses,
    signing,
    templates,
    tested,
    ticket_views,
    timeline,
    verdicts,
)
from edge.web.pages.language import DOMAIN, LOCALE
from edge.web.problem import TITLES
from rules.rights import ROLES

POT: Final = LOCALE / f"{DOMAIN}.pot"
HERE: Final = Path(__file__).parent
_CALLS: Final = frozenset({"_", "say", "many"})
_IN_TEMPLATE: Final = re.compile(r'\b(?:_|say|many)\("((?:[^"\\]|\\.)*)"(?:, "((?:[^"\\]|\\.)*)")?')


def from_templates() -> Iterator[str]:
    """What the templates mark."""
    for text in templates.sources().values():
        for found in _IN_TEMPLATE.finditer(text):
            yield from (one for one in found.groups() if one)


def from_code() -> Iterator[str]:
    """What the code marks where it stands."""
    for path in sorted(HERE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
                texts = node.args[: 2 if node.func.id == "many" else 1]
                yield from (
                    one.value for one in texts if isinstance(one, ast.Constant) and isinstance(one.value, str)
                )


def _of_checks() -> Iterator[str]:
    """What the pack of inspections asks, for it is shown on the page."""
    for check in shipped_inspections().checks.values():
        yield from (check.title, check.every.text)
        for question in check.form:
            yield question.ask
            yield from (one.text for one in question.choices)


def from_tables() -> Iterator[str]:
    """What stands in tables and is marked where it is shown."""
    plain: Iterable[Iterable[str]] = (
        *(table.values() for table in (words.VERDICTS, words.HELD, words.NOT_ARMED, words.UNANSWERED)),
        *(table.values() for table in (words.REFUSALS, words.MODES, replies.ON_A_PAGE, TITLES)),
        *(
            table.values()
            for table in (
                response_words.NAMES,
                response_words.SAYS,
                notice_words.STATES,
                notice_words.CODES,
                notice_words.CALLED,
                responses.KINDS,
                responses.MARKS,
            )
        ),
        shipped().transitions.reasons.values(),
        [text for row in campus.SCHOOL.values() for text in row if text],
        *(
            table.values()
            for table in (
                nearby.TITLES,
                proving.ASKS,
                responses.MARKS_SAY,
                devices.INPUT_KINDS,
                devices.INPUT_SAYS,
            )
        ),
        *(table.values() for table in (devices.CODES, doors.KINDS, doors.TYPES, doors.EGRESS)),
        *(table.values() for table in (doors.POWER, doors.SILENCE, signing.WHY_NOT, signing.SET_UP_WHY_NOT)),
        *(table.values() for table in (signing.WELCOME_WHY_NOT, people.ON_A_PAGE)),
        *(releasing.WHY_NOT.values(), confirming.WHY_NOT.values(), acting.WORDS),
        (account.WRONG, *account.ROLES.values()),
        *(ticket_views.BUTTONS.values(), ticket_views.KINDS.values(), ticket_views.FIELDS.values()),
        (*ticket_views.ALSO_SAID, ticket_views.FLAGGED),
        inspection_views.ALSO_SAID,
        *(
            table.values()
            for table in (firmware_views.VERDICTS, firmware_views.LISTS, firmware_views.MISSING)
        ),
        _of_checks(),
        assessments.ANSWERS.values(),
        *(ticket_words.FIELDS.values(), ticket_words.FORMS.values()),
        [ticket_words.AHEAD],
        *(exterior_words.RESULTS.values(), exterior_words.CODES.values()),
        (*map_view.LAYER_WORDS.values(), *compared.WORDS.values()),
        (*(one.word for one in kinds.KINDS.values()), *(word for *_others, word in map_view.DOOR_KEY)),
        *FLAGS.values(),
        *(ENDS.values(), SEEN.values(), words.DRY_RUN.values(), LIMITS.values()),
        (role.replace("-", " ") for role in ROLES),
        *(table.values() for table in (asset_words.FIELDS, asset_words.QUESTIONS, asset_words.CLASSES)),
        *(
            table.values()
            for table in (asset_words.STATES, asset_words.HOW, asset_words.FORMS, asset_words.DOWN)
        ),
        ("Cost", *assets.KINDS.values()),
        *camera_words.BLIND.values(),
        *(table.values() for table in (camera_words.PICTURES, camera_words.LOST, camera_words.ENGINES)),
        *(table.values() for table in (camera_words.FILES, camera_words.FILES_SAY, camera_words.FAILED)),
        camera_words.DELETED.values(),
        (replies.NOT_ON_DISK, devices.NOT_READ, words.SAID_NO),
        (*changing.WHY.values(), changing.NOT_TO_START, changing.NO_DRILLS),
        timeline.STANDINGS.values(),
        *(
            table.values()
            for table in (
                post_words.ROLES,
                statement_words.TO,
                statement_words.STATES,
                post_words.STATES,
                post_words.ROOM,
                post_words.TEACHER,
                post_words.SCREENS,
            )
        ),
        *(alert_words.DETECTED.values(), alert_words.DOUBTS.values()),
        (word for _symbol, _tone, word in alert_views.STATES.values()),
        *(words.LINKS.values(), words.TEST_CODES.values(), words.RETENTION.values()),
        (word for word, _tone, _symbol in tested.SHOWN_AS.values()),
        (shape.word for shape in verdicts.SHAPES.values()),
        (one[0] for one in doors.LANES),
        (text for _href, text, _right in frame.MENU),
        (text for word, _symbol, says in devices.SUPERVISION.values() for text in (word, says)),
        (word for word, _tone, _symbol in devices.INPUT_STATES.values()),
    )
    for table in plain:
        yield from table


def messages() -> list[str]:
    """All of them, each once."""
    return sorted({one for one in (*from_templates(), *from_code(), *from_tables()) if one})


def pot() -> str:
    """The template's text."""
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
    return "\n".join([head, *(f'msgid "{_quoted(one)}"\nmsgstr ""\n' for one in messages())])


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


if __name__ == "__main__":
    POT.write_text(pot(), encoding="utf-8")
