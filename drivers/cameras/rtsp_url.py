"""Which address a request names, from what a camera wrote into its answers. Pure.

Source: RFC 2326 sections 3.2 and C.1.1. Cameras' addresses with a query in them (`?channel=1`) are no base that RFC 3986
could resolve against, and every player only appends: so do we first.
"""

import contextlib
import re
from typing import Final
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from drivers.cameras.malformed import Malformed

LONGEST: Final = 2_048
_PORTS: Final = {"rtsp": 554, "rtsps": 322}
"""RFC 2326 section 3.2; RFC 7826 section 22.14.1."""


def clean(url: str) -> str:
    """An absolute address without user, password and fragment, fit for a request line. Raises Malformed."""
    if len(url) > LONGEST or re.search(r"[\x00-\x1f\x7f]", url):
        raise Malformed("an address that cannot be sent")
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Malformed("an address that cannot be read") from None
    if parts.scheme.lower() not in _PORTS or not host or re.search(r"[^0-9A-Za-z.:_%-]", host):
        raise Malformed("no address of an RTSP stream")
    place = f"[{host}]" if ":" in host else host
    if port is not None:
        place += f":{port}"
    safe = "%/?:@!$&'()*+,;=-._~[]|"
    found = urlunsplit((parts.scheme.lower(), place, quote(parts.path, safe), quote(parts.query, safe), ""))
    if len(found) > LONGEST:
        raise Malformed("an address that cannot be sent")
    return found


def host_and_port(url: str) -> tuple[str, int, bool]:
    """Of a clean address: host, port, whether TLS is spoken."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _PORTS[parts.scheme], parts.scheme == "rtsps"


def base(requested: str, content_base: str, content_location: str) -> str:
    """What relative control addresses are appended to: Content-Base, else Content-Location, else what was asked for."""
    for said in (content_base, content_location):
        if not said.strip():
            continue
        try:
            return clean(joined(requested, said))
        except Malformed:
            continue
    return requested


def joined(base_url: str, said: str) -> str:
    """`said` as it stands, or where it is relative, resolved against `base_url`. Raises Malformed."""
    said = said.strip()
    if "://" in said:
        return said
    # urllib knows no relative addresses of rtsps.
    plain, secure = (base_url[6:], True) if base_url.startswith("rtsps:") else (base_url[5:], False)
    try:
        found = urljoin("rtsp:" + plain, said)
    except ValueError:
        raise Malformed("an address that cannot be read") from None
    return found.replace("rtsp:", "rtsps:", 1) if secure else found


def controls(base_url: str, requested: str, control: str) -> tuple[str, ...]:
    """The addresses that `control` may mean, the likeliest first; one where it is absolute, `*` or missing.

    Raises Malformed for a control that cannot be sent.
    """
    control = control.strip()
    if control in ("", "*"):
        return (base_url,)
    if re.match(r"rtsps?://", control, re.IGNORECASE):
        return (clean(control),)
    tail = control.removeprefix("/")
    found = [_appended(base_url, tail)]
    with contextlib.suppress(Malformed):
        found.append(clean(joined(base_url, control)))
    found.append(_appended(requested, tail))
    return tuple(dict.fromkeys(found))


def _appended(base_url: str, tail: str) -> str:
    return clean(base_url + ("" if base_url.endswith("/") else "/") + tail)
