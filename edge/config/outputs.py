"""The ways by which people are told: nothing in clear beyond loopback that could be read, forged, or used to log in."""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from edge.config.audience import audience_of, number_of
from edge.config.contrary_words import contrary, why
from edge.config.devices import (
    MailOutput,
    ModbusTcp,
    PagingOutput,
    SmsOutput,
    WebhookOutput,
)
from edge.config.forms import host_and_port, is_loopback
from edge.config.model import Config
from edge.config.report import Report
from edge.config.signs import FeedOutput, ScreensOutput
from edge.config.telephones import SipPagingOutput

_OF_ONE_LINK: Final = 2
"""The greatest scope of an IPv6 group that is the same on each link (RFC 4291, 2.7)."""


def check_outputs(config: Config, report: Report) -> None:
    """Where each speaks to, and how it is sure that it is who it means."""
    _check_paging([one for one in config.outputs if isinstance(one, PagingOutput)], report)
    numbers: dict[str, str] = {}
    ports = {one.port: one.id for one in config.controllers if not isinstance(one, ModbusTcp)}
    _check_screens([one for one in config.outputs if isinstance(one, ScreensOutput)], config, report)
    for one in config.outputs:
        at = f"outputs[{one.id}]"
        match one:
            case SipPagingOutput():
                _check_number(one, numbers, report)
            case MailOutput():
                _check_mail(one, at, report)
            case WebhookOutput():
                _check_webhook(one, at, report)
            case FeedOutput():
                _check_feed(one, at, report)
                _check_served(config, at, report)
            case SmsOutput():
                other = ports.setdefault(one.port, one.id)
                if other != one.id:
                    what = f"{one.port} is that of {other!r}, and a modem shares no port"
                    report.refuse(f"{at}.port", what, "use another port")


def _check_number(one: SipPagingOutput, first: dict[str, str], report: Report) -> None:
    at = f"outputs[{one.id}]"
    if audience_of(one) == "emergency-number":
        what = f"{number_of(one)} is a number of the emergency services, or may be dialled as one: a page would call them"
        do = "give the loudspeakers' number, another one if need be; 911 is called by dispatch: alone, by agreement"
        report.refuse(f"{at}.uri", what, do)
    earlier = first.setdefault(one.uri, one.id)
    if earlier != one.id:
        what = f"{one.uri} is already output {earlier!r}: the second call would find it busy"
        report.refuse(f"{at}.uri", what, "give each zone's loudspeakers a number of their own")
    if (one.username is None) != (one.password_file is None):
        missing = "username" if one.username is None else "password_file"
        report.refuse(f"{at}.{missing}", f"{missing} is missing beside the other", f"add {missing}:")
    for key in ("ca_file", "server_name"):
        if getattr(one, key) is not None and one.transport != "tls":
            what = f"{key} is for transport: tls, and it is {one.transport}"
            report.refuse((f"{at}.{key}", f"{at}.transport"), what, f"write transport: tls, or remove {key}:")


def _check_mail(one: MailOutput, at: str, report: Report) -> None:
    local = is_loopback(one.host)
    if one.tls == "none" and not local:
        what = "mail in clear beyond this machine could be read and changed"
        report.refuse(f"{at}.tls", what, "write required, or offered where the server has no certificate")
    if one.ca_file is not None and one.tls != "required":
        what = f"ca_file is for tls: required, and it is {one.tls}"
        report.refuse((f"{at}.ca_file", f"{at}.tls"), what, "write tls: required, or remove ca_file:")
    if (one.username is None) != (one.password_file is None):
        missing = "username" if one.username is None else "password_file"
        report.refuse(f"{at}.{missing}", f"{missing} is missing beside the other", f"add {missing}:")
    elif one.username is not None and one.tls != "required" and not local:
        what = "the password could be had by whoever passes for the mail server"
        report.refuse((f"{at}.username", f"{at}.tls"), what, "write tls: required")


def _check_webhook(one: WebhookOutput, at: str, report: Report) -> None:
    parts = urlsplit(one.url)
    if parts.scheme == "https":
        return
    if not is_loopback(parts.hostname or ""):
        what = "a webhook in clear beyond this machine could be read and held back"
        report.refuse(f"{at}.url", what, "use https://")
    if one.ca_file is not None:
        what = "ca_file is for https://, and the url says http://"
        report.refuse((f"{at}.url", f"{at}.ca_file"), what, "change one")


def _check_screens(outputs: list[ScreensOutput], config: Config, report: Report) -> None:
    """Each address /screen/NAME leads to one screen."""
    first = {zone.id: "" for zone in config.zones} | {config.campus.id: ""}
    for one in outputs:
        at = f"outputs[{one.id}]"
        _check_served(config, at, report)
        names = list(one.rooms) or [one.zone]
        for number, room in enumerate(names):
            earlier = first.get(room)
            place = f"{at}.rooms[{number}]" if one.rooms else f"{at}.zone"
            if earlier:
                report.refuse(place, f"{room} has a screen already, by {earlier!r}", "name each room once")
            elif earlier == "" and one.rooms:
                report.refuse(place, f"{room} is a zone", "leave rooms: out for the screens of a whole zone")
            first[room] = one.id


def _check_served(config: Config, at: str, report: Report) -> None:
    if config.web is None:
        what = "is fetched from the page's port, and this configuration has none"
        report.note(f"{at}.id", what, "add web: with the address to listen on")


def _check_feed(one: FeedOutput, at: str, report: Report) -> None:
    if (one.language is None) != (not one.words):
        missing = "language" if one.language is None else "words"
        report.refuse(f"{at}.{missing}", f"{missing} is missing beside the other", f"add {missing}:")
    for response, text in (one.words or {}).items():
        if found := contrary(response, text):
            report.refuse(
                f"{at}.words.{response}", why(response, found), "write words that send people the right way"
            )


def _check_paging(outputs: list[PagingOutput], report: Report) -> None:
    first: dict[tuple[str, int], str] = {}
    for one in outputs:
        at = f"outputs[{one.id}].address"
        host, port = host_and_port(one.address)
        group = _group(host)
        if is_loopback(host) and host.lower() != "localhost":
            report.note(at, "is this machine: no loudspeaker hears it", "write the loudspeakers' group")
        elif group is None:
            do = "write one from 224.0.0.0 to 239.255.255.255, or ff…"
            report.refuse(at, "is no multicast address", do)
        elif group.version == 6 and group.packed[1] & 0x0F <= _OF_ONE_LINK and one.interface is None:
            what = "is a group of one link, and the box has several"
            report.refuse(at, what, "add interface: with the name of the loudspeakers'")
        elif one.interface is None:
            what = (
                "leaves by the default route, and without one (the line to the provider is down) not at all"
            )
            report.note(at, what, "add interface: with the name of the loudspeakers'")
        earlier = first.setdefault((host.lower(), port), one.id)
        if earlier != one.id:
            what = f"{one.address} is already output {earlier!r}: their pages would be heard over each other"
            report.refuse(at, what, "give each zone's loudspeakers a group or a port of their own")


def _group(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return address if address.is_multicast else None
