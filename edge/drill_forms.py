"""What is asked about drills, as it comes in over HTTP, the socket or a page: bounded, read once, in one place."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from rules.model.drill_asks import (
    BeginDrill,
    CancelDrill,
    CloseFinding,
    DrillAsk,
    EndDrill,
    FillField,
    GiveNotice,
    LogDrill,
    PlanDrill,
    StartDrill,
)
from rules.model.ids import ButtonId, DrillId, ZoneId
from rules.model.responses import Response

NO_CONTROL: Final = r"^[^\x00-\x1f\x7f-\x9f]*$"
Id = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[!-~]+$")]
Words = Annotated[str, Meta(min_length=1, max_length=2_000, pattern=NO_CONTROL)]
MaybeWords = Annotated[str, Meta(max_length=2_000, pattern=NO_CONTROL)]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="Local day, YYYY-MM-DD.")]
Time = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="Local time, HH:MM.")]
Minutes = Annotated[int, Meta(ge=1, le=180, description="Enrolled buttons are real again after these.")]
Zones = Annotated[list[Id], Meta(min_length=1, max_length=1_000)]
Buttons = Annotated[list[Id], Meta(max_length=1_000)]


class _Form(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An unknown member is a mistake that somebody should hear of."""


class Failure(_Form, frozen=True, kw_only=True):
    """What is to count as failed; nothing on a device is touched for it."""

    what: Literal["door", "output", "button"]
    id: Id


Failures = Annotated[list[Failure], Meta(max_length=200)]


class _What(_Form, frozen=True, kw_only=True):
    """type: of the drill pack. response: null: that of the type."""

    type: Id
    kind: Literal["drill", "exercise"] = "drill"
    response: Response | None = None
    zones: Zones
    buttons: Buttons = []
    failures: Failures = []


class Plan(_What, frozen=True, kw_only=True):
    """announced: false: whoever may not start drills does not see it coming."""

    date: Day
    time: Time
    announced: bool = True
    note: MaybeWords = ""


class Begin(_What, frozen=True, kw_only=True):
    """waits: nothing is opened yet; the first press of an enrolled button does."""

    minutes: Minutes = 30
    waits: bool = False


class Start(_Form, frozen=True, kw_only=True):
    """Of a planned one."""

    minutes: Minutes = 30
    waits: bool = False


class Reason(_Form, frozen=True, kw_only=True):
    reason: MaybeWords = ""


class Notice(_Form, frozen=True, kw_only=True):
    """whom: `parents`, `staff`, `responders`, `county` or what the law names."""

    whom: Id
    how: Words


class Log(_Form, frozen=True, kw_only=True):
    """A drill that this box had no part in. note: who says so, and how it went."""

    type: Id
    date: Day
    time: Time
    note: Words


class Field(_Form, frozen=True, kw_only=True):
    field: Id
    text: Words


class Finding(_Form, frozen=True, kw_only=True):
    """One of both: a ticket (`187`, or as it is said: `lincoln-hs-187`), or how the plan is changed."""

    ticket: Annotated[str, Meta(max_length=128, pattern=r"^(([!-~]*-)?[0-9]{1,9})?$")] = ""
    change: MaybeWords = ""


class NotADay(ValueError):
    """A date that no calendar has."""


OF_VERBS: Final[Mapping[str, type[_Form]]] = {
    "plan": Plan,
    "begin": Begin,
    "start": Start,
    "end": Reason,
    "cancel": Reason,
    "notice": Notice,
    "log": Log,
    "field": Field,
    "finding": Finding,
}
"""By the verb, of command line and API."""


def read(verb: str, asked: Any) -> _Form:
    """The form of a verb, from plain values. Raises `msgspec.ValidationError`, KeyError for a verb there is not."""
    form: _Form = msgspec.convert(asked, OF_VERBS[verb])
    return form


def ask_of(form: _Form, drill: str = "", finding: int = -1) -> DrillAsk:
    """What a form asks, of the drill it is about. Raises NotADay."""
    of = DrillId(drill)
    match form:
        case Plan():
            return PlanDrill(
                form.type, form.kind, form.response, _zones(form), _buttons(form), _failures(form),
                _day(form.date), _minute(form.time), form.announced, form.note,
            )  # fmt: skip
        case Begin():
            return BeginDrill(
                form.type, form.kind, form.response, _zones(form), _buttons(form), _failures(form), form.minutes, form.waits
            )  # fmt: skip
        case Start():
            return StartDrill(of, form.minutes, form.waits)
        case Notice():
            return GiveNotice(of, form.whom, form.how)
        case Log():
            return LogDrill(form.type, _day(form.date), _minute(form.time), form.note)
        case Field():
            return FillField(of, form.field, form.text)
        case Finding():
            return CloseFinding(of, finding, form.ticket, form.change)
        case _:
            raise TypeError(f"{type(form).__name__} is asked by its verb")


def ask_for(verb: str, form: _Form, drill: str = "", finding: int = -1) -> DrillAsk:
    """What a verb asks with its form. Raises NotADay."""
    if isinstance(form, Reason):
        of = DrillId(drill)
        return EndDrill(of, form.reason) if verb == "end" else CancelDrill(of, form.reason)
    return ask_of(form, drill, finding)


def ticket_number(text: str) -> int:
    """`187` of `187` and of `lincoln-hs-187`: of what the form let through."""
    return int(text.rpartition("-")[2])


def _zones(form: _What) -> tuple[ZoneId, ...]:
    return tuple(ZoneId(one) for one in form.zones)


def _buttons(form: _What) -> tuple[ButtonId, ...]:
    return tuple(ButtonId(one) for one in form.buttons)


def _failures(form: _What) -> tuple[tuple[str, str], ...]:
    return tuple((one.what, one.id) for one in form.failures)


def _day(text: str) -> int:
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        raise NotADay(f"{text} is no day") from None


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])
