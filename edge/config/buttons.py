"""Buttons: one way in each, gestures that can happen, scopes that exist, presses that no bus can miss."""

from collections.abc import Iterable
from typing import Final

from drivers.buttons import chirpstack, native, shelly, tasmota, zigbee2mqtt
from drivers.buttons.words import Words
from edge.config.busround import MOST_US, port_round_us
from edge.config.collect import nearest
from edge.config.devices import Button, GestureAsk, ModbusTcp, WiredButton
from edge.config.model import Config
from edge.config.pack_responses import ResponseRow
from edge.config.packs import Packs
from edge.config.points import claims_of
from edge.config.report import Report
from edge.config.topology import Zones
from rules.model.ids import ZoneId
from rules.model.responses import Ask, Response

GESTURES: Final = ("single", "double", "hold")
HOLDS: Final = frozenset({"emergency", "triple", "quadruple", "quintuple", "quad", "penta"})
"""The contract: `emergency`, triple and more mean the gesture `hold`."""
_WORDS: Final[dict[str, Words]] = {
    "native": native.WORDS,
    "zigbee2mqtt": zigbee2mqtt.WORDS,
    "chirpstack": chirpstack.WORDS,
    "shelly": shelly.WORDS,
    "tasmota": tasmota.WORDS,
}
_MOST_LISTED: Final = 200


def topic_of(button: Button) -> str | None:
    """A networked button's topic: its own, or the native default."""
    if button.mqtt is None:
        return None
    return button.mqtt.topic or f"campus/button/{button.id}"


def ask_of(asked: Response | GestureAsk, button: Button, zones: Zones, packs: Packs) -> Ask | None:
    """The response and zone that a gesture asks for; None where its scope is no zone."""
    if isinstance(asked, GestureAsk):
        return scoped(asked.response, asked.scope, button, zones, packs)
    return scoped(asked, None, button, zones, packs)


def scoped(response: Response, scope: str | None, button: Button, zones: Zones, packs: Packs) -> Ask | None:
    """A response with its scope: as written, else as the pack says. None where the scope is no zone."""
    row: ResponseRow = packs.responses[response]
    match scope or row.scope:
        case "campus":
            return Ask(response, zones.root)
        case "zone":
            return Ask(response, ZoneId(button.zone))
        case name:
            return Ask(response, ZoneId(name)) if name in zones.above else None


def asks_of(button: Button, zones: Zones, packs: Packs) -> dict[str, Ask]:
    """What each listed gesture asks for, without those whose scope is no zone."""
    asks = {word: ask_of(asked, button, zones, packs) for word, asked in button.gestures.items()}
    return {word: ask for word, ask in asks.items() if ask is not None}


def highest_of(asks: Iterable[Ask], zones: Zones, packs: Packs) -> Ask:
    """The highest-ranked of at least one; of equals the one for the wider zone."""
    return max(
        asks, key=lambda ask: (packs.responses[ask.response].rank, len(zones.within[ask.zone]), ask.zone)
    )


def check_buttons(config: Config, packs: Packs, zones: Zones, hurt: set[str], report: Report) -> None:
    """Every button by itself, then what buttons share."""
    for button in config.buttons:
        _check_way_in(button, report)
        _check_gestures(button, report)
        _check_asks(button, zones, packs, hurt, report)
    _check_topics(config, report)
    _check_rounds(config, packs, report)
    _note_lockdown(config, packs, zones, report)


def _check_way_in(button: Button, report: Report) -> None:
    at = f"buttons[{button.id}]"
    if (button.mqtt is None) == (button.wired is None):
        what = "is neither networked nor wired" if button.mqtt is None else "is both networked and wired"
        report.refuse(
            (f"{at}.mqtt", f"{at}.wired") if button.mqtt else f"{at}.id", what, "give it mqtt: or wired:"
        )
    if button.mqtt is not None and button.mqtt.format != "native" and button.mqtt.topic is None:
        what = f"a {button.mqtt.format} button has no default topic"
        report.refuse(
            (f"{at}.mqtt.topic", f"{at}.mqtt.format"), what, "add topic: with the device's own whole topic"
        )
    if button.wired is not None and button.silence_limit is not None:
        what = "a wired button is watched by reading its board, so it has no silence_limit"
        report.refuse((f"{at}.wired", f"{at}.silence_limit"), what, "remove silence_limit")


def _check_gestures(button: Button, report: Report) -> None:
    at = f"buttons[{button.id}].gestures"
    if not button.gestures:
        report.refuse(at, "asks for nothing", "list what its presses ask for, such as {single: lockdown}")
    for word in button.gestures:
        here = f"{at}.{word}"
        words = _WORDS[button.mqtt.format] if button.mqtt is not None else native.WORDS
        meant = "hold" if word in HOLDS else words.gesture(word)
        if meant is None:
            what = f"{word!r} is an edge and no gesture: it never asks for anything"
            report.refuse(here, what, "list single, double or hold")
        elif meant != word:
            meant = "hold" if meant in HOLDS else meant
            report.refuse(here, f"{word!r} means the gesture {meant}", f"write {meant}:")
        elif word not in GESTURES and (near := nearest(word, GESTURES)):
            report.refuse(here, f"{word!r} is no gesture", near)
        elif button.wired is not None and word != "single":
            what = f"a wired contact is only ever pressed: {word} cannot be told from single"
            report.note(
                here, what, "list single; any press asks for the highest response listed if single is not"
            )


def _check_asks(button: Button, zones: Zones, packs: Packs, hurt: set[str], report: Report) -> None:
    at = f"buttons[{button.id}]"
    named = [
        (f"{at}.gestures.{word}", asked)
        for word, asked in button.gestures.items()
        if isinstance(asked, GestureAsk)
    ]
    more = button.escalate_after
    if more is not None:
        named.append((f"{at}.escalate_after", GestureAsk(response=more.response, scope=more.scope)))
    for path, asked in named:
        if ask_of(asked, button, zones, packs) is None and "zones" not in hurt:
            do = (
                nearest(asked.scope or "", ("zone", "campus", *zones.above))
                or "write zone, campus or a zone's id"
            )
            report.refuse(f"{path}.scope", f"there is no zone {asked.scope!r}", do)
    if more is None:
        return
    ranks = [packs.responses[ask.response].rank for ask in asks_of(button, zones, packs).values()]
    if ranks and packs.responses[more.response].rank <= min(ranks):
        what = f"{more.response} is no more than what one press asks for"
        report.refuse(
            (f"{at}.gestures", f"{at}.escalate_after.response"), what, "escalate to a higher response"
        )


def _check_topics(config: Config, report: Report) -> None:
    """No two buttons hear one message; a native button's topic has three below it."""
    first: dict[str, str] = {}
    for button in config.buttons:
        topic = topic_of(button)
        if topic is None or button.mqtt is None:
            continue
        at = f"buttons[{button.id}].mqtt"
        native_ = button.mqtt.format == "native"
        for one in [f"{topic}/{last}" for last in ("press", "status", "accepted")] if native_ else [topic]:
            earlier = first.setdefault(one, button.id)
            if earlier != button.id:
                keys = (f"buttons[{earlier}].mqtt.topic", f"{at}.topic", at)
                report.refuse(
                    keys, f"topic {one!r} is already button {earlier!r}", "give each button its own topic"
                )
                break


def _check_rounds(config: Config, packs: Packs, report: Report) -> None:
    """On a serial bus a wired button is read at least every 100 ms, or its module counts or latches."""
    serial = {one.id: one for one in config.controllers if not isinstance(one, ModbusTcp)}
    wired = [
        (button, button.wired, serial[button.wired.controller])
        for button in config.buttons
        if button.wired is not None and button.wired.controller in serial and not _latches(button.wired)
    ]
    points = [claim.point for claim in claims_of(config)] if wired else []
    for button, contact, controller in wired:
        bus = [one for one in serial.values() if one.port == controller.port]
        round_us = port_round_us(bus, points, packs.families)
        if round_us > MOST_US:
            at = f"buttons[{button.id}].wired"
            what = f"a full round of {controller.port} takes {round_us // 1000} ms: a press can be missed"
            do = "raise the baud, move devices to another port, or use a module with counter: or latch:"
            space = "discrete_input" if contact.discrete_input is not None else "input"
            report.refuse((f"{at}.controller", f"{at}.{space}"), what, do)


def _latches(wired: WiredButton) -> bool:
    return wired.counter is not None or wired.latch is not None


def _note_lockdown(config: Config, packs: Packs, zones: Zones, report: Report) -> None:
    """A lockdown narrower than the campus is allowed where it is written out, and never goes unsaid."""
    listed = 0
    can_lock_down = False
    for button in config.buttons:
        found: list[tuple[str, Ask]] = [
            (f"buttons[{button.id}].gestures.{word}", ask)
            for word, ask in asks_of(button, zones, packs).items()
        ]
        more = button.escalate_after
        if more is not None and (ask := scoped(more.response, more.scope, button, zones, packs)) is not None:
            found.append((f"buttons[{button.id}].escalate_after", ask))
        for path, ask in found:
            if ask.response != "lockdown":
                continue
            can_lock_down = True
            if ask.zone != zones.root and listed < _MOST_LISTED:
                listed += 1
                what = f"button {button.id!r} locks down only zone {ask.zone!r}, not the campus"
                report.note(path, what, "write scope: campus unless this is what the site decided")
    if config.buttons and not can_lock_down:
        report.note(
            "buttons",
            "no button can ask for a lockdown",
            "list lockdown for a gesture of at least one button",
        )
