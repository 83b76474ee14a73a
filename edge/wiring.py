"""From a configuration to running parts: one driver for each controller, buses shared by port, the button sessions."""

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, assert_never
from urllib.parse import urlsplit

from drivers.base import Driver, Watch
from drivers.burst import Burst
from drivers.buttons.settings import ButtonTopic, MqttConfig
from edge.config.devices import Controller
from edge.config.devices import ModbusRtu as ModbusRtuSection
from edge.config.devices import ModbusTcp as ModbusTcpSection
from edge.config.devices import Osdp as OsdpSection
from edge.config.family import family_of
from edge.config.model import Config
from edge.config.notes import notes_of
from edge.config.secrets import Secrets
from edge.journal.places import DISTRICT, EVIDENCE
from rules.model.ids import ButtonId, ControllerId, Point, Space
from rules.model.values import dataclass
from rules.plan import Plan

if TYPE_CHECKING:
    from drivers.doors.modbus_rtu_bus import RtuBus
    from drivers.doors.osdp_bus import OsdpBus
    from drivers.reports.session import ReportTopic
    from edge.district.messages import Open as DistrictOpen
    from edge.media.messages import Open
    from edge.web.listening import Listen

OSDP_TIMEOUT_US: Final = 1_000_000
"""Five of OSDP's 200 ms reply time-outs (SIA OSDP 2.2 section 5.7): a reader that is there has answered by then."""
MQTT_PORT: Final = 1883
MQTTS_PORT: Final = 8883


def watches(plan: Plan) -> dict[ControllerId, Watch]:
    """Which points of each controller are read: evidence, and fast ones for buttons and inputs."""
    evidence: dict[ControllerId, set[tuple[Space, int]]] = {one: set() for one in plan.controllers}
    fast: dict[ControllerId, set[tuple[Space, int]]] = {one: set() for one in plan.controllers}

    def add(into: dict[ControllerId, set[tuple[Space, int]]], point: Point | None) -> None:
        if point is not None:
            into[point.controller].add((point.space, point.number))

    for door in plan.doors.values():
        for sensor in (door.bolt, door.position):
            add(evidence, None if sensor is None else sensor.point)
        add(evidence, None if door.lock is None else door.lock.point)
    for output in plan.outputs.values():
        add(evidence, output.point)
    for one in plan.inputs.values():
        add(fast, one.sensor.point)
    for button in plan.buttons.values():
        if button.wired is not None:
            for point in (button.wired.contact.point, button.wired.counter, button.wired.latch):
                add(fast, point)
    return {
        one: Watch(frozenset(evidence[one] - fast[one]), frozenset(fast[one])) for one in plan.controllers
    }


@dataclass(frozen=True, slots=True)
class Wired:
    """The drivers of a configuration, and by what each was made, so that a reload keeps the unchanged."""

    drivers: dict[ControllerId, Driver]
    made_by: dict[ControllerId, object]


def wire(
    config: Config, plan: Plan, secrets: Secrets, burst: Burst, quiet: Callable[[], bool] = lambda: True
) -> Wired:
    """One driver for each controller; imports only the families that the site has.

    burst: what lets their frames go close together. quiet: when controllers may be asked what they are.
    """
    watch = watches(plan)
    rtu: dict[str, RtuBus] = {}
    osdp: dict[str, OsdpBus] = {}
    drivers: dict[ControllerId, Driver] = {}
    made_by: dict[ControllerId, object] = {}
    for section in config.controllers:
        controller = ControllerId(section.id)
        match section:
            case ModbusTcpSection():
                drivers[controller] = _tcp(section, controller, watch[controller], burst, quiet)
            case ModbusRtuSection():
                drivers[controller] = _rtu(section, controller, watch[controller], rtu, quiet)
            case OsdpSection():
                key = secrets.osdp_key(section.key_file)
                drivers[controller] = _osdp(section, controller, watch[controller], osdp, key)
            case _:
                assert_never(section)
    for section in config.controllers:
        made_by[ControllerId(section.id)] = _made_by(config, section, watch, secrets)
    return Wired(drivers, made_by)


def _made_by(
    config: Config, section: Controller, watch: dict[ControllerId, Watch], secrets: Secrets
) -> tuple[object, ...]:
    """By what a driver is made; of one on a serial line, by what all of that line are made, for they share it."""
    if isinstance(section, ModbusTcpSection):
        return section, watch[ControllerId(section.id)]
    line = [
        one
        for one in config.controllers
        if not isinstance(one, ModbusTcpSection) and one.port == section.port
    ]
    keys = [secrets.osdp_key(one.key_file) for one in line if isinstance(one, OsdpSection)]
    return *((one, watch[ControllerId(one.id)]) for one in line), *keys


def mqtt_settings(config: Config, secrets: Secrets, base: Path, store: Path) -> MqttConfig | None:
    """The broker that `mqtt.url` names; None where there is none, or the daemon runs its own."""
    mqtt = config.mqtt
    if mqtt is None or mqtt.url is None:
        return None
    url = urlsplit(mqtt.url)
    tls = url.scheme == "mqtts"
    password = None
    if mqtt.password_file is not None:
        password = secrets.line(mqtt.password_file)
    return MqttConfig(
        host=url.hostname or "127.0.0.1",
        port=url.port or (MQTTS_PORT if tls else MQTT_PORT),
        campus=config.campus.id,
        store_directory=store,
        tls=tls,
        ca_file=None if mqtt.ca_file is None else _kept(mqtt.ca_file, secrets, base, store),
        username=mqtt.username,
        password=password,
    )


def listen(config: Config, secrets: Secrets, base: Path, store: Path) -> "Listen | None":
    """Where the page listens; None: it is not configured."""
    from edge.web.listening import Listen

    web = config.web
    if web is None:
        return None
    host, _, port = web.listen.rpartition(":")
    certificate = None if web.certificate is None else _kept(web.certificate, secrets, base, store)
    key = None if web.private_key is None else _kept(web.private_key, secrets, base, store)
    return Listen(host.strip("[]"), int(port), certificate, key)


def _kept(name: str, secrets: Secrets, base: Path, store: Path) -> Path:
    """A file that a library wants by its path: where it lies, or, gone from there, as it was kept when accepted."""
    path = base / name
    if path.exists():
        return path
    try:
        data = secrets.raw(name)
    except KeyError:
        return path
    copy = store / f"kept-{hashlib.sha256(name.encode()).hexdigest()[:16]}.pem"
    with contextlib.suppress(OSError):
        copy.touch(mode=0o600)
        copy.write_bytes(data)
        return copy
    return path


def buttons_broker(config: Config, secrets: Secrets, base: Path, store: Path) -> MqttConfig | None:
    """Where simulated buttons connect: the configured broker, or the daemon's own without a login."""
    mqtt = config.mqtt
    if mqtt is not None and mqtt.embedded and mqtt.listen is not None:
        host, _, port = mqtt.listen.rpartition(":")
        return MqttConfig(host.strip("[]"), int(port), config.campus.id, store)
    return mqtt_settings(config, secrets, base, store)


def cameras(config: Config, secrets: Secrets, store: Path) -> "Open | None":
    """How the camera process is to work; None where there is no camera."""
    if not config.cameras:
        return None
    from edge.media.messages import CameraSettings, Open

    settings = []
    for one in config.cameras:
        named = "" if one.credentials_file is None else secrets.line(one.credentials_file)
        user, _, password = named.partition(":")
        settings.append(
            CameraSettings(
                id=one.id,
                url=one.url,
                sub_url=one.sub_url or "",
                user=user,
                password=password,
                transport=one.transport,
                engine=one.engine,
                lost_after_us=one.lost_after,
                audio=one.audio is not None,
                ca=one.ca_file or "",
            )
        )
    kept, retained = config.policies.evidence, config.policies.retention
    return Open(
        evidence=str(store / EVIDENCE),
        cameras=tuple(settings),
        before_us=kept.before,
        memory=kept.memory_mb * 1_000_000,
        disk=kept.disk_gb * 1_000_000_000,
        reserve=kept.reserve_gb * 1_000_000_000,
        drills_us=kept.drills,
        incidents_us=None if retained is None else retained.incidents,
        district=config.district is not None,
        address="" if config.web is None else config.web.listen.rpartition(":")[0].strip("[]"),
        authorities={
            one.ca_file: secrets.raw(one.ca_file).decode("ascii", "replace")
            for one in config.cameras
            if one.ca_file is not None
        },
        onvif=tuple(one.id for one in config.cameras if one.onvif),
    )


def district(config: Config, secrets: Secrets, store: Path) -> "DistrictOpen | None":
    """How the hub is reached; None: there is no district."""
    its = config.district
    if its is None:
        return None
    from edge.district.messages import Open as DistrictOpen

    def text(name: str | None) -> str:
        return "" if name is None else secrets.line(name)

    return DistrictOpen(
        store=str(store / DISTRICT),
        campus=config.campus.id,
        url=its.url.rstrip("/"),
        token=text(its.token_file),
        proxy=its.proxy or "",
        ca=text(its.ca_file),
        certificate=text(its.certificate_file),
        key=text(its.key_file),
        hub_key=text(its.hub_key_file),
    )


def topics(config: Config) -> tuple[ButtonTopic, ...]:
    """The topic and format of each networked button."""
    return tuple(
        ButtonTopic(
            ButtonId(button.id),
            button.mqtt.topic or f"campus/button/{button.id}",
            button.mqtt.format,
        )
        for button in config.buttons
        if button.mqtt is not None
    )


def report_topics(config: Config) -> "tuple[ReportTopic, ...]":
    """Where detectors and telephone systems report by MQTT."""
    from drivers.reports.session import ReportTopic

    return (
        *(
            ReportTopic("detector", one.id, one.mqtt.topic)
            for one in config.detectors
            if one.mqtt is not None
        ),
        *(
            ReportTopic("phone_system", one.id, one.mqtt.topic)
            for one in config.phone_systems
            if one.mqtt is not None
        ),
    )


def _tcp(
    section: ModbusTcpSection,
    controller: ControllerId,
    watch: Watch,
    burst: Burst,
    quiet: Callable[[], bool],
) -> Driver:
    from drivers.doors.modbus_tcp import ModbusTcp, ModbusTcpConfig

    return ModbusTcp(
        ModbusTcpConfig(
            controller=controller,
            host=section.host,
            port=section.port,
            unit=section.unit,
            timeout_us=section.timeout,
            connections=section.connections,
            watch=watch,
            readback_offset=_readback_offset(section.model),
            identify=_tells(section.model, unknown=True),
        ),
        burst,
        quiet,
    )


def _rtu(
    section: ModbusRtuSection,
    controller: ControllerId,
    watch: Watch,
    buses: "dict[str, RtuBus]",
    quiet: Callable[[], bool],
) -> Driver:
    from drivers.doors.modbus_rtu import ModbusRtu, ModbusRtuConfig
    from drivers.doors.modbus_rtu_bus import RtuBus

    bus = buses.get(section.port)
    if bus is None:
        bus = buses[section.port] = RtuBus(section.port, section.baud, section.parity)
    settings = ModbusRtuConfig(
        controller=controller,
        unit=section.unit,
        timeout_us=section.timeout,
        watch=watch,
        readback_offset=_readback_offset(section.model),
        identify=_tells(section.model, unknown=False),
    )
    return ModbusRtu(settings, bus, quiet)


def _tells(model: str | None, *, unknown: bool) -> bool:
    """Whether a controller is asked what it is. unknown: of a model that no note knows; not on a line that others share,
    where a question that nobody answers costs them a second.
    """
    front = notes_of().of(model)
    return unknown if front is None else front.identity == "modbus"


def _readback_offset(model: str | None) -> int:
    from drivers.doors.modbus_plan import READBACK_OFFSET

    return READBACK_OFFSET.get(family_of(model, READBACK_OFFSET) or "", 0)


def _osdp(
    section: OsdpSection,
    controller: ControllerId,
    watch: Watch,
    buses: "dict[str, OsdpBus]",
    key: bytes,
) -> Driver:
    from drivers.doors.osdp import Osdp, OsdpConfig
    from drivers.doors.osdp_bus import OsdpBus

    bus = buses.get(section.port)
    if bus is None:
        bus = buses[section.port] = OsdpBus(section.port, section.baud)
    settings = OsdpConfig(
        controller=controller, address=section.address, key=key, timeout_us=OSDP_TIMEOUT_US, watch=watch
    )
    return Osdp(settings, bus)
