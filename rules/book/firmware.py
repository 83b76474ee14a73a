"""What is to be said of a device's firmware: its note, what it says of itself, and the published flaws, compared. Pure.

Nothing that is not known counts as good: without a note, a word of the device, an order of versions or a bundle of
flaws a device is `unknown`. `tested` is the best there is, and says what was tried, not that nothing is wrong.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal

from rules.book.flaws import Flaw, Known, Match, Part, key, match
from rules.book.versions import order
from rules.model.bundle_facts import BundleKind
from rules.model.values import dataclass

State = Literal[
    "tested", "untested", "unknown", "end_of_life", "unsupported", "known_flaw", "known_exploited"
]
STATES: Final[tuple[State, ...]] = (
    "tested",
    "untested",
    "unknown",
    "end_of_life",
    "unsupported",
    "known_flaw",
    "known_exploited",
)
"""From the best to the worst; a device is as bad as the worst that is to be said of it."""
How = Literal["modbus", "osdp", "onvif", "none"]
"""How a family tells what it is. none: it cannot, or nobody found how."""


@dataclass(frozen=True, slots=True)
class CpeName:
    """A name that a family's flaws are published under.

    product: `{model}` stands for the model. models: it goes by the name only where one of these fits its model (`*` and
    `?` as in file names). tracks: and only where its firmware is on one of these, such as `9.80`; of several names on
    tracks, the one with the longest that fits.
    """

    part: Part
    vendor: str
    product: str
    edition: str | None = None
    models: tuple[str, ...] = ()
    tracks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """What a family's note says for rules. end_of_support: a date, or None: not known. tested: firmware versions."""

    family: str
    vendor: str
    how: How
    tested: tuple[str, ...] = ()
    minimum: str | None = None
    end_of_support: str | None = None
    cpe: tuple[CpeName, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What a device says of itself, as codes; `""`: it does not say."""

    vendor: str
    model: str
    firmware: str


@dataclass(frozen=True, slots=True)
class Device:
    """A configured device. model: as configured; None: not. said None: nothing was read from it yet."""

    id: str
    model: str | None
    note: Note | None
    said: Said | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a device is in a state; put into words only when shown."""

    state: State
    code: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said of one device; reasons: the worst first."""

    device: str
    state: State
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """What was last taken of one kind: when the publisher made it, UTC microseconds; None: it does not say."""

    kind: BundleKind
    stamp_us: int | None
    taken_us: int

    @property
    def made_us(self) -> int | None:
        """What its age is counted from; None: nobody knows its age. A stamp later than its arrival counts as its arrival."""
        return None if self.stamp_us is None else min(self.stamp_us, self.taken_us)


def known_names(note: Note, model: str | None, said: Said | None) -> tuple[Known, ...]:
    """The names that a device's flaws are published under, for looking them up."""
    its = _model(note, model, said)
    firmware = "" if said is None else said.firmware
    fitting = [(one, _track(one.tracks, firmware)) for one in note.cpe if _fits(one, its)]
    longest = max((len(track) for _, track in fitting if track is not None), default=0)
    found = []
    for one, track in fitting:
        if one.tracks and (track is None or len(track) < longest):
            continue
        product = one.product if its is None else one.product.replace("{model}", its)
        if "{model}" not in product:
            found.append(Known(one.part, one.vendor, product, one.edition))
    return tuple(found)


def judge(device: Device, flaws: Iterable[Flaw] | None, today: str) -> Judgement:
    """flaws: of the device's names; None: no bundle was taken. today: the campus's date, `2026-08-14`."""
    reasons = sorted(_reasons(device, flaws, today), key=lambda one: STATES.index(one.state), reverse=True)
    return Judgement(device.id, reasons[0].state if reasons else "tested", tuple(reasons))


def _reasons(device: Device, flaws: Iterable[Flaw] | None, today: str) -> Iterator[Reason]:
    note, said = device.note, device.said
    if note is None:
        yield (
            Reason("unknown", "no_model")
            if device.model is None
            else Reason("unknown", "no_note", (device.model,))
        )
        return
    if said is None:
        yield Reason("unknown", "cannot_tell" if note.how == "none" else "not_told")
    elif not said.firmware:
        yield Reason("unknown", "no_firmware")
    else:
        yield from _versions(note, said.firmware)
    if said is not None and device.model is not None and note.how != "osdp":
        yield from _other(note, device.model, said)
    if note.end_of_support is None:
        yield Reason("untested", "support_unknown")
    elif note.end_of_support <= today:
        yield Reason("end_of_life", "support_ended", (note.end_of_support,))
    if not note.cpe:
        yield Reason("unknown", "no_cpe")
    elif flaws is None:
        yield Reason("unknown", "no_bundle")
    else:
        yield from _flawed(device, note, flaws)


def _versions(note: Note, firmware: str) -> Iterator[Reason]:
    if note.minimum is not None:
        found = order(firmware, note.minimum)
        if found == "older":
            yield Reason("unsupported", "below_minimum", (note.minimum,))
        elif found is None:
            yield Reason("unknown", "minimum_unordered", (note.minimum,))
    if not note.tested:
        yield Reason("untested", "none_tested")
    elif all(order(firmware, one) != "same" and firmware != one for one in note.tested):
        yield Reason("untested", "not_tested", note.tested[-1:])


def _other(note: Note, model: str, said: Said) -> Iterator[Reason]:
    """It says another model than the one that was configured: somebody exchanged it, or an address."""
    configured = _of_its_own(note, model)
    if configured is None or not said.model:
        return
    ours, its = key(configured), key(said.model)
    if ours not in its and its not in ours:
        yield Reason("unknown", "other_model", (configured, said.model))


_STATE_OF: Final[Mapping[Match, tuple[State, State, str]]] = {
    "yes": ("known_flaw", "known_exploited", "flaw"),
    "unstated": ("known_flaw", "known_exploited", "flaw_unstated"),
    "unordered": ("unknown", "unknown", "flaw_unordered"),
}
"""Of what a flaw is to a device: the state, the state where it is exploited, and the reason."""


def _flawed(device: Device, note: Note, flaws: Iterable[Flaw]) -> Iterator[Reason]:
    known = known_names(note, device.model, device.said)
    if not known:
        yield Reason("unknown", "no_name")
        return
    firmware = "" if device.said is None else device.said.firmware
    worst = sorted(flaws, key=lambda one: (not one.exploited, -(one.score or 0), one.cve))
    for flaw in worst:
        found = _STATE_OF.get(match(flaw, known, firmware))
        if found is not None:
            mark = ("exploited",) if flaw.exploited else ()
            yield Reason(found[1] if flaw.exploited else found[0], found[2], (flaw.cve, *mark))


def _model(note: Note, model: str | None, said: Said | None) -> str | None:
    if said is not None and said.model:
        return said.model
    return None if model is None else _of_its_own(note, model)


def _of_its_own(note: Note, model: str) -> str | None:
    """What a configured model says beyond its family: `m3085` of `axis-m3085`; None: the family alone."""
    if model == note.family:
        return None
    return model.removeprefix(f"{note.vendor}-")


def _fits(one: CpeName, model: str | None) -> bool:
    return not one.models or (model is not None and any(_like(pattern, model) for pattern in one.models))


def _like(pattern: str, text: str) -> bool:
    parts = (".*" if one == "*" else "." if one == "?" else re.escape(one) for one in pattern.lower())
    return re.fullmatch("".join(parts), text.lower()) is not None


def _track(tracks: tuple[str, ...], firmware: str) -> str | None:
    """The longest track that a firmware is on; None: none."""
    fitting = [one for one in tracks if firmware == one or firmware.startswith(f"{one}.")]
    return max(fitting, key=len, default=None)


FLAGS: Final[Mapping[State, str]] = {
    "unknown": "firmware_unknown",
    "end_of_life": "firmware_end_of_life",
    "unsupported": "firmware_unsupported",
    "known_flaw": "firmware_flawed",
    "known_exploited": "firmware_exploited",
}
"""The flag of a device in each state that is one."""
BUNDLE_FLAGS: Final = frozenset({"bundle_missing", "bundle_old", "bundle_undated"})
CODES: Final = frozenset(FLAGS.values()) | BUNDLE_FLAGS
_SHOWN_MOST: Final = 3
_UNFLAGGED: Final = frozenset({"cannot_tell", "no_bundle", "no_cpe", "no_model"})
"""Why a device may be unknown without a flag of its own: the campus has one for it, or it is so by its kind."""
_DAY_US: Final = 86_400_000_000


def flags(
    judgements: Iterable[Judgement], settled: bool = True
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(code, subject, args) of the flags that should stand of devices; args: what is wrong, in one text.

    settled: false while devices may not yet have said what they are; none is blamed for that then.
    """
    unflagged = _UNFLAGGED if settled else _UNFLAGGED | {"not_told"}
    for one in judgements:
        code = FLAGS.get(one.state)
        reasons = [reason for reason in one.reasons if reason.state == one.state]
        if code is None or all(reason.code in unflagged for reason in reasons):
            continue
        told = [reason.args[0] if reason.code.startswith("flaw") else reason.code for reason in reasons]
        more = [f"+{len(told) - _SHOWN_MOST}"] if len(told) > _SHOWN_MOST else []
        yield code, one.device, (", ".join((*told[:_SHOWN_MOST], *more)),)


def bundle_flags(
    bundles: Mapping[BundleKind, Bundle], oldest_us: Mapping[BundleKind, int], now_us: int
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(code, args) of the campus's flags: none was taken, or the last is older than `oldest_us` allows, or does not
    say how old it is.

    args: which, of an old one with the limit in days; not the age, for a flag that changed each day would be raised each day.
    """
    missing = tuple(kind for kind in oldest_us if kind not in bundles)
    if missing:
        yield "bundle_missing", (", ".join(missing),)
    old = [
        f"{kind} {limit_us // _DAY_US}"
        for kind, limit_us in oldest_us.items()
        if kind in bundles and (made_us := bundles[kind].made_us) is not None and now_us - made_us > limit_us
    ]
    if old:
        yield "bundle_old", (", ".join(old),)
    undated = tuple(kind for kind in oldest_us if kind in bundles and bundles[kind].made_us is None)
    if undated:
        yield "bundle_undated", (", ".join(undated),)


def age_days(bundle: Bundle, now_us: int) -> int | None:
    """Whole days since its publisher made it; None: nobody knows."""
    made_us = bundle.made_us
    return None if made_us is None else max(0, now_us - made_us) // _DAY_US
