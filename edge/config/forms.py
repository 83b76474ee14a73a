"""The forms a written value may have: what it must look like, what it becomes, how to say that it does not.

Each is a parser from text to value that raises `Wrong`, and the JSON Schema that editors use for the same.
"""

import ipaddress
import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from pathlib import PurePath, PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from edge.config.emergency_numbers import is_emergency
from edge.config.problems import quoted
from rules.model.values import dataclass

SECOND_US: Final = 1_000_000


class Wrong(Exception):
    """A value that does not have its form. Two sentences: what is wrong, what to do."""

    def __init__(self, what: str, do: str) -> None:
        super().__init__(what, do)
        self.what = what
        self.do = do


@dataclass(frozen=True, slots=True)
class Form:
    """One form: how it is read, and its JSON Schema."""

    read: Callable[[str], object]
    schema: dict[str, object]


_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", re.ASCII)
_DURATION = re.compile(
    r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,6})s)?(?:(\d{1,9})ms)?", re.ASCII
)
_UNITS_US: Final = (86_400 * SECOND_US, 3_600 * SECOND_US, 60 * SECOND_US, SECOND_US, 1_000)
_INTERVAL = re.compile(r"([1-9][0-9]{0,3}) (day|month|year)s?", re.ASCII)
_LONGEST_INTERVAL: Final = {"day": 3_650, "month": 240, "year": 25}
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}", re.ASCII)
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_HOST_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)", re.ASCII)
_LISTEN = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^:\s]+)):(?P<port>\d{1,5})", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SIP_URI: Final = re.compile(
    r"sip:[A-Za-z0-9*#+._-]{1,64}@(\[[0-9A-Fa-f:.]{2,45}\]|[0-9.]{7,15})(?::(\d{1,5}))?", re.ASCII
)
_MAIL = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?",
    re.ASCII,
)
"""RFC 5321's Dot-string, without its quoted forms, which no program shows well."""
_GESTURE = re.compile(r"[a-z0-9][a-z0-9._:-]{0,63}", re.ASCII)
_ROOM = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,30}[A-Za-z0-9])?", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?", re.ASCII)
"""RFC 5646: language, script, region; xs:language takes each."""
_INTERFACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,14}")


def _text(longest: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not text.strip():
            raise Wrong("is empty", "write something, or remove the key")
        if len(text) > longest:
            raise Wrong(f"is {len(text)} characters long", f"keep it to {longest}")
        if not text.isprintable():
            raise Wrong(
                f"{quoted(text)} holds a line break or control character", "keep it to one plain line"
            )
        return text

    return read


def _slug(text: str) -> str:
    if not _SLUG.fullmatch(text):
        do = "write lower-case letters, digits and hyphens between them, at most 64"
        raise Wrong(f"{quoted(text)} is no id", do)
    return text


@lru_cache(maxsize=256)
def duration_us(text: str) -> int:
    """`500ms`, `5s`, `1m30s`, `2h`, `1d`, largest unit first, as microseconds. Raises `Wrong`."""
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        raise Wrong(
            f"{quoted(text)} is no duration", "write a number with its unit: 500ms, 5s, 1m30s, 2h, 1d"
        )
    return sum(int(part) * unit for part, unit in zip(match.groups(), _UNITS_US, strict=True) if part)


def interval_of(text: str) -> tuple[int, str]:
    """`30 days`, `1 month`, `6 years` as (30, `day`). Raises `Wrong`."""
    match = _INTERVAL.fullmatch(text)
    if match is None or int(match[1]) > _LONGEST_INTERVAL[match[2]]:
        do = "write a number of days, months or years, at most 25 years: 30 days, 1 month"
        raise Wrong(f"{quoted(text)} is no interval of inspections", do)
    return int(match[1]), match[2]


def _interval(text: str) -> str:
    interval_of(text)
    return text


def of_day(text: str) -> int:
    """`03:30` as minutes after midnight. Raises `Wrong`."""
    return int(_time_of_day(text)[:2]) * 60 + int(text[3:])


def _silence(text: str) -> "int | str":
    return text if text == "unsupervised" else duration_us(text)


def _on_off(text: str) -> bool:
    if text not in ("on", "off"):
        raise Wrong(f"{quoted(text)} is neither on nor off", "write on or off")
    return text == "on"


def _date(text: str) -> str:
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        date.fromisoformat(text)
    except ValueError:
        raise Wrong(f"{quoted(text)} is no date", "write year-month-day, such as 2026-08-14") from None
    return text


def _hours(text: str) -> str:
    match = _HOURS.fullmatch(text)
    if match is None or match.groups()[:2] == match.groups()[2:]:
        raise Wrong(f"{quoted(text)} are no hours", 'write two different times of day, such as "22:00-05:00"')
    return text


def _time_of_day(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise Wrong(f"{quoted(text)} is no time of day", 'write hours and minutes, such as "03:30"')
    return text


def _phone(text: str) -> str:
    if is_emergency(text):
        raise Wrong(
            f"{quoted(text)} is a number of the emergency services",
            "write a person's number in full; 911 is reached by dispatch: alone, by the centre's agreement",
        )
    if not _PHONE.fullmatch(text):
        raise Wrong(
            f"{quoted(text)} is no telephone number", 'write it in full with country code: "+12175550100"'
        )
    return text


def is_host(text: str) -> bool:
    """Whether it is an IP address or could be a host name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        labels = text.rstrip(".").split(".")
        numeric = labels[-1].isdigit()  # 10.0.0.300 is a slip in an address, not a name
        return 0 < len(text) <= 253 and not numeric and all(_HOST_LABEL.fullmatch(part) for part in labels)
    return True


def is_loopback(host: str) -> bool:
    """Whether nothing but this machine can reach it."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host(text: str) -> str:
    if not is_host(text):
        raise Wrong(f"{quoted(text)} is no address", "write an IP address, such as 10.20.1.11")
    return text


def host_and_port(text: str) -> tuple[str, int]:
    """`10.20.0.5:8443` or `[::1]:8443`. Raises `Wrong`."""
    match = _LISTEN.fullmatch(text)
    host = (match["six"] or match["host"]) if match else ""
    port = int(match["port"]) if match else 0
    if not is_host(host) or not 1 <= port <= 65535:
        raise Wrong(f"{quoted(text)} is no address with a port", "write it like 10.20.0.5:8443 or [::1]:8443")
    return host, port


def _listen(text: str) -> str:
    host_and_port(text)
    return text


def _url(*schemes: str) -> Callable[[str], str]:
    listed = " or ".join(f"{scheme}://" for scheme in schemes)

    def read(text: str) -> str:
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), 0
        host = parts.hostname or ""
        if (
            parts.scheme not in schemes
            or not text.startswith(parts.scheme)
            or not is_host(host)
            or port == 0
            or not text.isprintable()
            or " " in text
        ):
            raise Wrong(
                f"{quoted(_without_password(text))} is no such address", f"begin with {listed}, then the host"
            )
        if parts.username is not None or parts.password is not None:
            do = "remove them here and name a file beside this one that holds them"
            raise Wrong("has a user name or password in the address", do)
        if parts.fragment:
            raise Wrong("has a # part", "remove it")
        return text

    return read


def _without_password(text: str) -> str:
    # To the last @: one who writes a password into an address seldom escapes what is in it.
    return re.sub(r"//.*@", "//…@", text, flags=re.DOTALL)


def _subnet(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        do = "write the network's first address and its length, such as 10.20.1.0/24"
        raise Wrong(f"{quoted(text)} is no subnet", do) from None


def _neighbour(text: str) -> str:
    address, _, mac = text.partition(" ")
    try:
        ipaddress.ip_address(address)
    except ValueError:
        mac = "?"
    if mac and not _MAC.fullmatch(mac):
        do = "write its IP address, and behind it, if it is to be held to it, its MAC: 10.20.1.9 02:42:ac:11:00:02"
        raise Wrong(f"{quoted(text)} is no neighbour", do)
    return text.lower()


def _file(text: str) -> str:
    if not text or not text.isprintable() or len(text) > 255 or PurePath(text).name in ("", ".", ".."):
        raise Wrong(f"{quoted(text)} is no file name", "write a path, relative to this file or from /")
    return text


def _device(text: str) -> str:
    if not text.startswith("/") or not text.isprintable() or len(text) > 255 or ".." in text.split("/"):
        raise Wrong(
            f"{quoted(text)} is no serial port", "write its path, such as /dev/ttyUSB0 or /dev/serial/by-id/…"
        )
    # One spelling, so that two devices on one port share its bus: PurePosixPath keeps a leading //.
    return str(PurePosixPath("/", text.lstrip("/")))


def _interface(text: str) -> str:
    if not _INTERFACE.fullmatch(text):
        raise Wrong(f"{quoted(text)} is no network interface", "write its name, as `ip link` shows it: eth1")
    return text


def _language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise Wrong(f"{quoted(text)} is no language", "write its tag: es, es-US, zh-Hant-TW")
    return text


def _room(text: str) -> str:
    if not _ROOM.fullmatch(text):
        do = "write letters, digits, dots and hyphens, at most 32: it stands in the screen's address"
        raise Wrong(f"{quoted(text)} is no room of a screen", do)
    return text


def _topic(text: str) -> str:
    levels = text.split("/")
    if not text or len(text.encode()) > 200 or not text.isprintable() or text.startswith("$"):
        raise Wrong(f"{quoted(text)} is no topic", "write the topic the device publishes to")
    if any(mark in text for mark in "+#") or "" in levels[1:]:  # some devices begin theirs with a slash
        raise Wrong(
            f"{quoted(text)} has a wildcard or an empty level",
            "write one device's whole topic, without + and #",
        )
    for ours in ("campus/state/", "campus/edge/"):
        if f"{text}/".startswith(ours):
            raise Wrong(f"{ours} belongs to the appliance", "give the button a topic of its own")
    return text


def _mail(text: str) -> str:
    if not _MAIL.fullmatch(text):
        raise Wrong(f"{quoted(text)} is no mail address", "write it like safety@example.org")
    return text


def _sip_uri(text: str) -> str:
    found = _SIP_URI.fullmatch(text)
    host = "" if found is None else found[1].strip("[]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise Wrong(
            f"{quoted(text)} is no number at an address",
            "write it like sip:8000@10.20.1.50, with the IP address",
        ) from None
    if found is not None and found[2] and not 0 < int(found[2]) <= 65_535:
        raise Wrong(f"{quoted(text)} has no such port", "write one from 1 to 65535, or none for 5060")
    return text


def _gesture(text: str) -> str:
    if not _GESTURE.fullmatch(text):
        raise Wrong(f"{quoted(text)} is no gesture", "write single, double or hold")
    return text


def _string(pattern: str | None = None, **more: object) -> dict[str, object]:
    return {"type": "string", **({"pattern": pattern} if pattern else {}), **more}


_DURATION_SCHEMA = r"^(?=\d)(\d{1,6}d)?(\d{1,6}h)?(\d{1,6}m(?!s))?(\d{1,6}s)?(\d{1,9}ms)?$"
FORMS: Final[dict[str, Form]] = {
    "slug": Form(_slug, _string(f"^{_SLUG.pattern}$")),
    "name": Form(_text(120), _string(minLength=1, maxLength=120)),
    "text": Form(_text(500), _string(minLength=1, maxLength=500)),
    "duration": Form(duration_us, _string(_DURATION_SCHEMA)),
    "silence": Form(_silence, _string(rf"(^unsupervised$)|{_DURATION_SCHEMA}")),
    "on_off": Form(_on_off, {"type": "string", "enum": ["on", "off"]}),
    "date": Form(_date, _string(f"^{_DATE.pattern}$", format="date")),
    "interval": Form(_interval, _string(f"^{_INTERVAL.pattern}$")),
    "hours": Form(_hours, _string(f"^{_HOURS.pattern}$")),
    "time_of_day": Form(_time_of_day, _string(f"^{_TIME.pattern}$")),
    "phone": Form(_phone, _string(rf"^{_PHONE.pattern}$")),
    "host": Form(_host, _string(minLength=1, maxLength=253)),
    "listen": Form(_listen, _string(r"^.+:\d{1,5}$")),
    "mqtt_url": Form(_url("mqtts", "mqtt"), _string("^mqtts?://.+")),
    "rtsp_url": Form(_url("rtsp", "rtsps"), _string("^rtsps?://.+")),
    "web_url": Form(_url("https", "http"), _string("^https?://.+")),
    "subnet": Form(_subnet, _string(r"^[0-9A-Fa-f.:]+/\d{1,3}$")),
    "neighbour": Form(_neighbour, _string(rf"^[0-9A-Fa-f.:]+( {_MAC.pattern})?$")),
    "file": Form(_file, _string(minLength=1, maxLength=255)),
    "device": Form(_device, _string("^/.+")),
    "interface": Form(_interface, _string(rf"^{_INTERFACE.pattern}$")),
    "language": Form(_language, _string(f"^{_LANGUAGE.pattern}$")),
    "room": Form(_room, _string(f"^{_ROOM.pattern}$")),
    "topic": Form(_topic, _string("^[^+#$][^+#]*$")),
    "sip_uri": Form(_sip_uri, _string("^sip:[^@ ]+@[^@ ]+$")),
    "mail": Form(_mail, _string("^[^@ ]+@[^@ ]+$")),
    "gesture": Form(_gesture, _string(f"^{_GESTURE.pattern}$")),
}
