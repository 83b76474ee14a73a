"""How the box is reached and what it reaches: controllers, serial ports, broker, page, district, cameras."""

from pathlib import PurePosixPath
from urllib.parse import urlsplit

from edge.config.devices import ModbusRtu, ModbusTcp, Osdp
from edge.config.forms import host_and_port, is_loopback
from edge.config.model import Config, District, Mqtt
from edge.config.pack_tables import Families
from edge.config.points import driver_of
from edge.config.report import Report


def check_network(config: Config, families: Families, hurt: set[str], report: Report) -> None:
    """Nothing in clear or anonymous beyond loopback; addresses unique where the wire needs it."""
    _check_controllers(config, families, report)
    _check_serial(config, report)
    _check_web(config, report)
    if config.mqtt is not None:
        _check_mqtt(config.mqtt, report)
    elif any(button.mqtt is not None for button in config.buttons) and "mqtt" not in hurt:
        do = "add mqtt: with the broker's url, or {embedded: true, listen: …}"
        report.refuse("mqtt", "there are MQTT buttons and no broker", do)
    if config.district is not None:
        _check_district(config.district, report)


def _check_controllers(config: Config, families: Families, report: Report) -> None:
    where: dict[tuple[object, ...], str] = {}
    for one in config.controllers:
        at, driver = f"controllers[{one.id}]", driver_of(one)
        match one:
            case ModbusTcp():
                address: tuple[object, ...] = (one.host.lower(), one.port, one.unit)
                keys: tuple[str, ...] = (f"{at}.host", f"{at}.port", f"{at}.unit")
                said = f"{one.host}:{one.port} unit {one.unit}"
                if not _is_address(one.host):
                    do = "write its IP address: a lockdown must not wait for a name server"
                    report.note(f"{at}.host", f"{one.host!r} is a name, not an address", do)
            case ModbusRtu():
                address, keys = (_port(one.port), one.unit), (f"{at}.port", f"{at}.unit")
                said = f"unit {one.unit} on {one.port}"
            case Osdp():
                address, keys = (_port(one.port), one.address), (f"{at}.port", f"{at}.address")
                said = f"address {one.address} on {one.port}"
        earlier = where.setdefault((driver, *address), one.id)
        if earlier != one.id:
            report.refuse(
                keys, f"{said} is already controller {earlier!r}", "one device is one controller: keep one"
            )
        family = families.model(one.model)
        if family is not None and family.driver != driver:
            what = f"a {one.model} speaks {family.driver}, not {driver}"
            report.note(
                (f"{at}.model", f"{at}.driver"), what, f"it is held to the limits of any {driver} device"
            )


def _check_serial(config: Config, report: Report) -> None:
    """Several devices share a port if protocol, baud and parity agree."""
    first: dict[str, ModbusRtu | Osdp] = {}
    for one in config.controllers:
        if isinstance(one, ModbusTcp):
            continue
        other = first.setdefault(_port(one.port), one)
        at = f"controllers[{one.id}]"
        if driver_of(one) != driver_of(other):
            what = f"{one.port} is shared with {other.id!r}, which speaks {driver_of(other)}"
            report.refuse(
                (f"{at}.port", f"{at}.driver"), what, "one port speaks one protocol: use another port"
            )
            continue
        if one.baud != other.baud:
            what = f"{one.port} runs at {other.baud} baud for {other.id!r} and at {one.baud} for this one"
            report.refuse(
                (f"{at}.port", f"{at}.baud", f"controllers[{other.id}].baud"), what, "set one baud on both"
            )
        if isinstance(one, ModbusRtu) and isinstance(other, ModbusRtu) and one.parity != other.parity:
            what = (
                f"{one.port} runs with parity {other.parity} for {other.id!r} and {one.parity} for this one"
            )
            keys = (f"{at}.port", f"{at}.parity", f"controllers[{other.id}].parity")
            report.refuse(keys, what, "set one parity on both")


def _check_web(config: Config, report: Report) -> None:
    web = config.web
    if web is None:
        return
    host, _ = host_and_port(web.listen)
    if (web.certificate is None) != (web.private_key is None):
        missing = "certificate" if web.certificate is None else "private_key"
        report.refuse(
            f"web.{missing}", f"{missing} is missing beside the other", f"add {missing}:, or remove the other"
        )
    elif web.certificate is None and not is_loopback(host):
        what = f"plain HTTP on {host} could be read and changed by anybody on that network"
        report.refuse("web.listen", what, "add certificate: and private_key:, or listen on 127.0.0.1")


def _check_mqtt(mqtt: Mqtt, report: Report) -> None:
    if mqtt.embedded:
        _check_embedded(mqtt, report)
        return
    if mqtt.listen is not None:
        report.refuse("mqtt.listen", "only an embedded broker listens", "remove it, or add embedded: true")
    if mqtt.url is None:
        report.refuse("mqtt.url", "missing key", "add the broker's url, or {embedded: true, listen: …}")
        return
    parts = urlsplit(mqtt.url)
    local = is_loopback(parts.hostname or "")
    if parts.scheme == "mqtt" and not local:
        what = "plain MQTT beyond this machine could be read and forged"
        report.refuse("mqtt.url", what, "use mqtts:// with ca_file:")
    if parts.scheme == "mqtt" and mqtt.ca_file is not None:
        report.refuse(
            ("mqtt.url", "mqtt.ca_file"), "ca_file is for mqtts://, and the url says mqtt://", "change one"
        )
    if parts.path not in ("", "/") or parts.query:
        report.refuse(
            "mqtt.url", "has more than scheme, host and port", "write it like mqtts://127.0.0.1:8883"
        )
    if mqtt.username is None and not local:
        report.refuse(
            ("mqtt.url", "mqtt.username"),
            "is anonymous beyond this machine",
            "add username: and password_file:",
        )
    if (mqtt.username is None) != (mqtt.password_file is None):
        missing = "username" if mqtt.username is None else "password_file"
        report.refuse(f"mqtt.{missing}", f"{missing} is missing beside the other", f"add {missing}:")


def _check_embedded(mqtt: Mqtt, report: Report) -> None:
    if mqtt.url is not None:
        report.refuse(
            ("mqtt.embedded", "mqtt.url"), "has an embedded broker and the url of another", "keep one"
        )
    for key in ("username", "password_file", "ca_file"):
        if getattr(mqtt, key) is not None:
            report.refuse(("mqtt.embedded", f"mqtt.{key}"), f"an embedded broker takes no {key}", "remove it")
    if mqtt.listen is None:
        report.refuse("mqtt.listen", "missing key", 'add where the embedded broker listens: "127.0.0.1:1883"')
    elif not is_loopback(host_and_port(mqtt.listen)[0]):
        what = "an embedded broker is plain and anonymous, so it listens on this machine only"
        report.refuse(
            "mqtt.listen", what, 'write "127.0.0.1:1883", or run a mosquitto with TLS and passwords'
        )


def _check_district(district: District, report: Report) -> None:
    parts = urlsplit(district.url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        report.refuse(
            "district.url", "is not https", "the record leaves this box encrypted or not at all: use https://"
        )
    if (district.certificate_file is None) != (district.key_file is None):
        report.refuse("district.certificate_file", "a certificate needs its key", "name both, or neither")
    if district.token_file is None and district.certificate_file is None:
        report.refuse(
            "district.token_file", "nothing says who this campus is", "name the file with its token"
        )
    families = [one.what for one in district.shares]
    for family in sorted({one for one in families if families.count(one) > 1}):
        report.refuse("district.shares", f"{family} is shared twice", "keep the agreement that holds")


def _port(path: str) -> str:
    return str(PurePosixPath(path))


def _is_address(host: str) -> bool:
    return is_loopback(host) or ":" in host or host.replace(".", "").isdigit()
