"""A configuration moved onto this machine: loopback ports and ptys in the place of a school's addresses."""

import ipaddress
import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Tree = dict[str, Any]


def moved(tree: Tree, base: Path, out: Path) -> Tree:
    """The same campus with every address on this machine; devices that are on loopback already stay where they are.

    base: the folder of the original file, for its secret files. out: an empty folder for store and ptys.
    """
    new: Tree = json.loads(json.dumps(tree))
    new["store"] = {"directory": str(out / "store")}
    lines: dict[str, str] = {}
    for controller in new.get("controllers", ()):
        if controller.get("driver") == "modbus-tcp":
            if not is_loopback(str(controller.get("host", ""))) or controller.get("port", 502) < 1024:
                controller["host"], controller["port"] = "127.0.0.1", spare_port()
        else:
            port = str(controller.get("port", ""))
            lines.setdefault(port, str(out / f"line-{len(lines) + 1}"))
            controller["port"] = lines[port]
            if "key_file" in controller:
                controller["key_file"] = str(base / controller["key_file"])
    new["mqtt"] = _broker(new.get("mqtt"), base)
    web = new.get("web")
    if web is not None and not is_loopback(str(web.get("listen", "")).rpartition(":")[0]):
        new["web"] = {"listen": f"127.0.0.1:{spare_port()}"}
    # Streams, routes and the hub are nobody's here; their parts bring peers of their own.
    for outside in ("cameras", "dispatch", "district"):
        new.pop(outside, None)
    new["outputs"] = [one for one in new.get("outputs", ()) if one.get("driver") == "modbus-coil"]
    return new


def _broker(mqtt: Tree | None, base: Path) -> Tree:
    if mqtt is not None and mqtt.get("embedded"):
        return mqtt
    url = str((mqtt or {}).get("url", ""))
    if mqtt is not None and is_loopback(urlsplit(url).hostname or ""):
        for file in ("password_file", "ca_file"):
            if file in mqtt:
                mqtt[file] = str(base / mqtt[file])
        return mqtt
    return {"embedded": True, "listen": f"127.0.0.1:{spare_port()}"}


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def spare_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
