"""What of a configuration lives on the network, for whoever watches it: addresses by device, and what each is asked."""

import ipaddress
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from drivers.cameras.malformed import Malformed
from drivers.cameras.rtsp_url import clean, host_and_port
from edge import default_passwords, wiring
from edge.config.devices import ModbusTcp
from edge.config.model import Config
from edge.config.secrets import Secrets
from edge.own_network import Address, Ask, Found, Inventory
from edge.strangers import broker_open, camera_open
from rules.state import State

if TYPE_CHECKING:
    from edge.daemon import Daemon


def watched(daemon: "Daemon") -> tuple[Inventory | None, Ask, State, list[Found]]:
    """The inventory, None where nobody is to listen; what asks each configured device; the state now; default passwords."""
    setting = daemon.setting

    async def ask() -> list[Found]:
        return await asked(setting.config, setting.secrets, setting.base, daemon.store)

    stated = default_passwords.found(setting.config, setting.secrets)
    return inventory(setting.config), ask, daemon.appliance.state, stated


def inventory(config: Config) -> Inventory | None:
    """By addresses alone: a name is nothing that a table of neighbours could hold."""
    network = config.policies.network
    if network is None:
        return None
    hosts = {one.id: one.host for one in config.controllers if isinstance(one, ModbusTcp)}
    hosts |= {one.id: urlsplit(one.url).hostname or "" for one in config.cameras}
    known: dict[Address, str] = {}
    for one in network.known:
        address, _, mac = one.partition(" ")
        known[ipaddress.ip_address(address)] = mac
    if config.mqtt is not None and config.mqtt.url is not None:
        broker = _address(urlsplit(config.mqtt.url).hostname or "")
        if broker is not None:
            known.setdefault(broker, "")
    devices = _addresses(hosts)
    return Inventory(
        campus=config.campus.id,
        subnets=tuple(ipaddress.ip_network(one) for one in network.safety_subnets),
        devices=devices,
        known=known,
        modbus=sum(isinstance(one, ModbusTcp) for one in config.controllers),
    )


def _addresses(hosts: Mapping[str, str]) -> dict[str, Address]:
    found = ((name, _address(host)) for name, host in hosts.items())
    return {name: address for name, address in found if address is not None and not address.is_loopback}


def _address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


async def asked(config: Config, secrets: Secrets, base: Path, store: Path) -> list[Found]:
    """Who lets a stranger in: each camera that has a password, and the broker where it is not on this machine's loopback."""
    found: list[Found] = []
    for one in config.cameras:
        if one.credentials_file is None:
            continue
        try:
            url = clean(one.url)
            host, port, tls = host_and_port(url)
        except Malformed:
            continue
        if not tls and await camera_open(host, port, url):
            found.append(("camera_open", one.id, ()))
    broker = wiring.mqtt_settings(config, secrets, base, store)
    if broker is not None and broker.username:
        context = None
        if broker.tls:
            context = ssl.create_default_context(
                cafile=None if broker.ca_file is None else str(broker.ca_file)
            )
        if await broker_open(broker.host, broker.port, context):
            found.append(("broker_anonymous", config.campus.id, ()))
    return found
