"""The vocabulary's wire form in the journal, both ways; the only file that knows how a fact becomes a row."""

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, get_args

import msgspec

from edge.folding import folded_by
from edge.journal.row import Row
from rules.flag_state import Measure
from rules.model.facts import Because, Entry, Fact
from rules.model.ids import Actor, IncidentId
from rules.model.moments import Instant
from rules.state import Flag, Record

KINDS: Final[Mapping[str, type[Any]]] = {fact.KIND: fact for fact in get_args(Fact)}
"""Every kind this version writes. Older ones are up-cast by `edge.journal.upcast` before they come here."""


@dataclasses.dataclass(frozen=True, slots=True)
class Made:
    """By what a decision was made: the pack's hash and the code's version, recorded with each."""

    pack: str
    code: str


def plain(fact: Fact) -> tuple[dict[str, Any], dict[str, Any]]:
    """A fact's fields as JSON has them: those in the open, and those that are sealed and not empty."""
    # Through JSON, for the journal holds lists where a fact holds tuples.
    data: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(fact))
    sealed = {name: data[name] for name in fact.SEALED if data[name] not in ("", [])}
    for name in fact.SEALED:
        del data[name]
    return data, sealed


def row(entry: Entry, at: Instant, made: Made) -> Row:
    """The journal row of an entry: plain fields in `data`, foreign and personal ones in `sealed`."""
    fact = entry.fact
    data, sealed = plain(fact)
    because = entry.because
    return Row(
        at_utc_us=at.utc_us,
        mono_us=at.mono_us,
        kind=fact.KIND,
        subject=entry.subject,
        actor=entry.actor,
        incident=entry.incident,
        because=(
            None
            if because is None
            else (because.code, {**dict(because.args), "pack": made.pack, "code": made.code})
        ),
        data=data,
        sealed=sealed,
    )


@cache
def _known(kind: str) -> tuple[frozenset[str], dict[str, Any]]:
    """The names of a fact's fields, and what its sealed ones read as once they are erased."""
    fact_type = KINDS[kind]
    known = {field.name: field.default for field in dataclasses.fields(fact_type)}
    erased = {name: "" if known[name] is dataclasses.MISSING else known[name] for name in fact_type.SEALED}
    return frozenset(known), erased


def entry(
    kind: str,
    subject: str,
    actor: str,
    incident: str | None,
    data: Mapping[str, Any],
    opened: Mapping[str, Any],
    because: tuple[str, Mapping[str, str | int | bool]] | None = None,
) -> Entry | None:
    """The entry of a stored row; None for a kind this version does not know, which the fold skips.

    `opened`: the sealed fields still there; an erased one reads as empty.
    Raises `msgspec.ValidationError` where a known kind does not hold what it should: the row was not ours.
    """
    fact_type = KINDS.get(kind)
    if fact_type is None:
        return None
    known, erased = _known(kind)
    fields: dict[str, Any] = {**erased, **data, **opened}
    fact = msgspec.convert({name: fields[name] for name in fields if name in known}, fact_type)
    why = None if because is None else Because(because[0], tuple(sorted(because[1].items())))
    return Entry(fact, subject, Actor(actor), None if incident is None else IncidentId(incident), why)


def record_bytes(record: Record) -> bytes:
    """A record as a snapshot beside the journal: JSON, flags and measures as lists since their keys are pairs.

    It names the code that folded it: another one may know kinds that this one skipped.
    """
    fields = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    fields["folded_by"] = folded_by()
    fields["flags"] = list(record.flags.values())
    fields["measures"] = list(record.measures.values())
    return msgspec.json.encode(fields)


def record_of(snapshot: bytes) -> Record:
    """The record of a snapshot. Raises `msgspec.MsgspecError` for one that other code folded: fold instead."""
    fields = msgspec.json.decode(snapshot)
    if fields.pop("folded_by") != folded_by():
        raise msgspec.ValidationError("folded by other code")
    flags = msgspec.convert(fields.pop("flags"), list[Flag])
    measures = msgspec.convert(fields.pop("measures"), list[Measure])
    record = msgspec.convert({**fields, "flags": {}, "measures": {}}, Record, str_keys=True)
    return dataclasses.replace(
        record,
        flags={(one.code, one.subject): one for one in flags},
        measures={(one.code, one.subject): one for one in measures},
    )
