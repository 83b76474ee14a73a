"""A configuration moved onto this machine: loopback ports and ptys in the place of a school's addresses."""

import ipaddress
import json
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from edge.config.packs import STANDARD
from rules.plan import SWITCHED

Tree = dict[str, Any]


def moved(tree: Tree, base: Path, out: Path) -> Tree:
    """The same campus with every address on this machine; devices that are on loopback already stay where they are.

    base: the folder of the original file, for the files it names. out: an empty folder for store and ptys.
    """
    new: Tree = json.loads(json.dumps(tree))
    new["store"] = {"directory": str(out / "store")}
    lines: dict[str, str] = {}
    taken: set[tuple[str, int]] = set()
    for controller in new.get("controllers", ()):
        if controller.get("driver") == "modbus-tcp":
            there = str(controller.get("host", "")), controller.get("port", 502)
            # Two units behind one gateway are two boards here, each with a port of its own.
            if not is_loopback(there[0]) or there[1] < 1024 or there in taken:
                controller["host"], controller["port"] = "127.0.0.1", spare_port()
            taken.add(there)
        else:
            port = str(controller.get("port", ""))
            lines.setdefault(port, str(out / f"line-{len(lines) + 1}"))
            controller["port"] = lines[port]
            _name_whole(controller, base, "key_file")
    new["mqtt"] = _broker(new.get("mqtt"), base)
    web = new.get("web")
    if web is not None and not is_loopback(str(web.get("listen", "")).rpartition(":")[0]):
        new["web"] = {"listen": f"127.0.0.1:{spare_port()}"}
    elif web is not None:
        _name_whole(web, base, "certificate", "private_key")
    policies = new.get("policies")
    if policies is not None and policies.get("responses") != STANDARD:
        _name_whole(policies, base, "responses")
    _move_cameras(new.get("cameras", ()), base)
    # Routes and the hub are nobody's here; their parts bring peers of their own.
    for outside in ("dispatch", "district"):
        new.pop(outside, None)
    new["outputs"] = [one for one in new.get("outputs", ()) if one.get("driver") in SWITCHED]
    for one in (*new.get("detectors", ()), *new.get("phone_systems", ())):
        _name_whole(one.get("webhook", {}), base, "secret_file")
    return new


def _move_cameras(cameras: Iterable[Tree], base: Path) -> None:
    """Each onto a port of its own, its streams side by side; the password stays the one that is named."""
    taken: set[int] = set()
    for camera in cameras:
        _name_whole(camera, base, "credentials_file")
        # A simulated camera speaks in clear, on this machine alone.
        camera.pop("ca_file", None)
        there = urlsplit(str(camera.get("url", "")))
        sub = camera.get("sub_url")
        beside = sub is None or (
            urlsplit(str(sub)).netloc == there.netloc and urlsplit(str(sub)).path != there.path
        )
        stays = is_loopback(there.hostname or "") and there.scheme == "rtsp" and beside and not there.query
        port = (there.port or 554) if stays else 0
        if port < 1024 or port in taken:
            port = spare_port()
            camera["url"] = f"rtsp://127.0.0.1:{port}/main"
            if sub is not None:
                camera["sub_url"] = f"rtsp://127.0.0.1:{port}/sub"
        taken.add(port)


def _broker(mqtt: Tree | None, base: Path) -> Tree:
    if mqtt is not None and mqtt.get("embedded"):
        return mqtt
    url = str((mqtt or {}).get("url", ""))
    if mqtt is not None and is_loopback(urlsplit(url).hostname or ""):
        _name_whole(mqtt, base, "password_file", "ca_file")
        return mqtt
    return {"embedded": True, "listen": f"127.0.0.1:{spare_port()}"}


def _name_whole(section: Tree, base: Path, *keys: str) -> None:
    """Files that stay where they are, named so that the moved configuration finds them too."""
    for key in keys:
        if key in section:
            section[key] = str(base / section[key])


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def spare_port() -> int:
    """A loopback port that the system gives to nobody for a minute, but for who asks for it by its number.

    A connection of its own is closed on it from its side and stands in TIME-WAIT (RFC 9293 section 3.6.1; one minute
    in Linux): the port is not among the free ones of any process of this machine, and a server that reuses addresses
    (asyncio's, mosquitto) may listen on it.
    """
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        # Only now: with it before, the system might find one that another keeps like this.
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.listen(1)
        with socket.create_connection(found.getsockname()):
            kept, _ = found.accept()
            kept.close()
        port: int = found.getsockname()[1]
        return port
