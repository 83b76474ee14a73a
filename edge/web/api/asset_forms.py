"""The forms of the inventory's API: what is asked, and what is answered."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from edge.web.api.forms import NO_CONTROL, Asked, Cursor, Id, MaybeWords, Time

Slug = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9_][a-z0-9._-]*$")]
Field = Annotated[str, Meta(max_length=500, pattern=NO_CONTROL)]
Said = Annotated[
    dict[Slug, Field], Meta(max_length=40, description="Fields by name; an empty value takes one away.")
]
State = Literal["ordered", "stock", "deployed", "repair", "lost", "retired"]
Question = Literal["any", "name", "zone", "responsible", "role", "supported_until"]
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_CONTROL)]
Date = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Number = Annotated[int, Meta(ge=0, le=2**53)]


class AssetsAsked(Asked, frozen=True, kw_only=True):
    """Which assets. zone: what lies in it or below; an empty one: of which nobody said where. search: in any word."""

    after: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=500)] = 200
    class_: Literal["safety", "operational", "digital"] | None = msgspec.field(name="class", default=None)
    type: Slug | None = None
    zone: Annotated[str, Meta(max_length=64)] | None = None
    state: State | None = None
    unknown: Question | None = None
    where: Literal["issued", "missed", "recommission", "devices"] | None = None
    search: Annotated[str, Meta(max_length=100, pattern=NO_CONTROL)] | None = None


class Asset(Struct, frozen=True, kw_only=True):
    """said: fields, texts and persons by name. unknown: which of the five questions nobody answered.

    device: what kind of configured device it is; empty: none.
    """

    id: str
    said: dict[str, str]
    unknown: list[str]
    device: str


class Need(Struct, frozen=True, kw_only=True):
    """What it needs, and how; down: why that does not do its work now, empty where it does as far as is known."""

    id: str
    how: str
    name: str
    down: str


class Falls(Struct, frozen=True, kw_only=True):
    """What stops with it: by what it needs directly, and how."""

    id: str
    how: str
    by: str
    name: str


class DownBy(Struct, frozen=True, kw_only=True):
    id: str
    how: str
    why: str
    name: str


class StandingFlag(Struct, frozen=True, kw_only=True):
    code: str
    args: list[str]
    since: Time


class Report(Struct, frozen=True, kw_only=True):
    """Of somebody who did not sign in: not trusted. text, name: as they wrote them, gone where erased."""

    number: int
    at: Time
    text: str = ""
    name: str = ""
    asset: str = ""
    asset_name: str = ""


class Change(Struct, frozen=True, kw_only=True):
    """said: words of it that still stand. place: in the record."""

    at: Time
    actor: str
    kind: str
    data: dict[str, Any]
    said: dict[str, str]
    place: str


class AssetWhole(Asset, frozen=True, kw_only=True):
    """down: why it does not do its work now. down_by: the nearest thing that it needs and that does not do its work.

    told_serial: the serial number that the device says of itself; empty: it says none.
    """

    told_serial: str
    needs: list[Need]
    if_it_fails: list[Falls]
    if_it_fails_count: int
    down: str
    down_by: DownBy | None
    flags: list[StandingFlag]
    reports: list[Report]
    changes: list[Change]


class Counts(Struct, frozen=True, kw_only=True):
    """unknown: of how many assets each question is open. with_unknown: of how many any is."""

    total: int
    classes: dict[str, int]
    states: dict[str, int]
    types: dict[str, int]
    unknown: dict[str, int]
    with_unknown: int
    reports: int


class PlanAsked(Asked, frozen=True, kw_only=True):
    zone: Id | None = None
    class_: Literal["safety", "operational", "digital"] | None = msgspec.field(name="class", default=None)


class Year(Struct, frozen=True, kw_only=True):
    """cost_cents: of what each cost when it was bought. overdue: should have been replaced in an earlier year.

    items: the dearest of them, as far as they fit; all of them are in the table.
    """

    year: int
    count: int
    overdue: int
    cost_cents: int
    without_cost: int
    items: list[Asset]


class Plan(Struct, frozen=True, kw_only=True):
    """Five years. unknown: of so many nobody knows when. later: are due after them."""

    years: list[Year]
    unknown: int
    later: int


class IssuedAsked(Asked, frozen=True, kw_only=True):
    after: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=500)] = 200
    person: Annotated[str, Meta(max_length=100, pattern=NO_CONTROL)] | None = None
    zone: Id | None = None


class Issued(Asset, frozen=True, kw_only=True):
    late: bool


class Stock(Struct, frozen=True, kw_only=True):
    type: str
    count: int
    minimum: int
    low: bool


class Round(Struct, frozen=True, kw_only=True):
    """ended_at, missing null: it is under way."""

    number: int
    zone: str
    type: str
    began_at: Time
    ended_at: Time | None
    expected: int
    missing: int | None
    seen: int


class RoundWhole(Round, frozen=True, kw_only=True):
    """unseen: how many; items: the first 500 of them."""

    unseen: int
    items: list[Asset]


class NewAsset(Asked, frozen=True, kw_only=True):
    """id: one of your own; else the box gives the next number."""

    said: Said
    id: Slug | None = None


class Write(Asked, frozen=True, kw_only=True):
    said: Said


class Turn(Asked, frozen=True, kw_only=True):
    """said: what changes with it, such as zone and person of one that is reassigned."""

    state: State
    reason: MaybeWords = ""
    said: Said = msgspec.field(default_factory=dict)


class Replace(Asked, frozen=True, kw_only=True):
    serial: Name
    reason: MaybeWords = ""
    said: Said = msgspec.field(default_factory=dict)


class Commission(Asked, frozen=True, kw_only=True):
    """by: who tried it out. day: when."""

    by: Name
    day: Date


class Issue(Asked, frozen=True, kw_only=True):
    person: Name
    due: Date | None = None


class Return(Asked, frozen=True, kw_only=True):
    note: MaybeWords = ""


class Link(Asked, frozen=True, kw_only=True):
    """stands false: it needs it no longer."""

    on: Slug
    how: Literal["power", "network", "licence", "carries"]
    stands: bool = True


class Seen(Asked, frozen=True, kw_only=True):
    """zone: where it was seen, if not where it is said to be. day: when, if not today."""

    zone: Slug | None = None
    day: Date | None = None


class Edit(Asked, frozen=True, kw_only=True):
    """preview: say what it would change, and change nothing."""

    assets: Annotated[list[Slug], Meta(min_length=1, max_length=1_000)]
    said: Said
    preview: bool = False


class Edited(Struct, frozen=True, kw_only=True):
    """outcome: change, same or refused. was: what each field was before."""

    id: str
    outcome: str
    name: str = ""
    was: dict[str, str] = {}
    code: str = ""
    words: str = ""


class EditAnswer(Struct, frozen=True, kw_only=True):
    changed: int
    items: list[Edited]


class Minimum(Asked, frozen=True, kw_only=True):
    """minimum 0: none."""

    type: Slug
    minimum: Annotated[int, Meta(ge=0, le=100_000)]


class Audit(Asked, frozen=True, kw_only=True):
    """Only what is in the zone or below, and of the type."""

    zone: Slug | None = None
    type: Slug | None = None


class Settle(Asked, frozen=True, kw_only=True):
    """A dismissed report needs a reason."""

    outcome: Literal["taken", "dismissed"]
    reason: MaybeWords = ""


class Take(Asked, frozen=True, kw_only=True):
    """without_refused: the other rows, where some are refused."""

    without_refused: bool = False


class Column(Struct, frozen=True, kw_only=True):
    """field: empty for one that is let go."""

    column: str
    field: str


class RefusedRow(Struct, frozen=True, kw_only=True):
    line: int
    code: str
    words: str


class ShownRow(Struct, frozen=True, kw_only=True):
    line: int
    outcome: str
    id: str | None
    said: dict[str, str]


class Import(Struct, frozen=True, kw_only=True):
    """What a file would come to. as_room: lines whose place is no zone here, and is kept as the room."""

    id: str
    sha256: str
    encoding: str
    columns: list[Column]
    new: int
    change: int
    same: int
    refused_count: int
    refused: list[RefusedRow]
    as_room: list[int]
    shown: list[ShownRow]


class Written(Struct, frozen=True, kw_only=True):
    """id: of what was written; empty where nothing was another than before. Durable, and in every list."""

    id: str
    words: str


class Taken(Struct, frozen=True, kw_only=True):
    assets: int
    words: str
