"""The devices of a configuration: controllers, inputs, doors, buttons, cameras, outputs. Contract section 3.

Durations are whole microseconds once read; `on` and `off` are booleans; dates stay text.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta

from edge.config.fields import Section, duration, form, number, says
from rules.model.responses import Response
from rules.model.school import OutputMode
from rules.plan import (
    CommLoss,
    DoorKind,
    Egress,
    InputKind,
    LockType,
    Mounted,
    PowerLoss,
    Relay,
    Rest,
    StairSide,
)

Slug = Annotated[str, form("slug", "Its id: a lower-case slug, unique in the whole file.")]
Name = Annotated[str, form("name", "What people call it.")]
ZoneRef = Annotated[str, form("slug", "The zone it is in; the campus id is the root zone.", refers="zone")]
DoorRef = Annotated[str, form("slug", "A door.", refers="door")]
CameraRef = Annotated[str, form("slug", "A camera.", refers="camera")]
ControllerRef = Annotated[str, form("slug", "The controller it is wired to.", refers="controller")]
Commissioned = Annotated[str, form("date", "When it was commissioned, year-month-day.")]
Model = Annotated[str, form("slug", "The device's model, as its firmware note is called.")]
Bit = Annotated[int, number("Number on the wire, counted from 0.", 0, 65535)]
DEFAULT_FRESHNESS_US = 2_000_000
Freshness = Annotated[int, duration("Older evidence counts as stale. Default 2s.", "100ms", "1h")]

Baud = Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400]
Parity = Literal["even", "odd", "none"]


class ModbusTcp(Section, frozen=True, kw_only=True, tag_field="driver", tag="modbus-tcp"):
    """A board on Modbus TCP."""

    id: Slug
    host: Annotated[str, form("host", "Its IP address.")]
    port: Annotated[int, number("TCP port. Default 502.", 1, 65535)] = 502
    unit: Annotated[int, number("Modbus unit. Default 1.", 0, 255)] = 1
    model: Model | None = None
    timeout: Annotated[int, duration("How long an answer may take. Default 500ms.", "50ms", "5s")] = 500_000
    connections: Annotated[int, number("Connections the device takes; 1 if unsure. Default 1.", 1, 8)] = 1


class ModbusRtu(Section, frozen=True, kw_only=True, tag_field="driver", tag="modbus-rtu"):
    """A board on a serial Modbus bus. Several share a port if baud and parity agree."""

    id: Slug
    port: Annotated[str, form("device", "The serial port.")]
    baud: Annotated[Baud, says("Bits a second. Default 19200.")] = 19200
    parity: Annotated[Parity, says("Default even, as the Modbus standard says.")] = "even"
    unit: Annotated[int, number("Modbus unit, unique on its bus.", 1, 247)]
    model: Model | None = None
    timeout: Annotated[int, duration("How long an answer may take. Default 500ms.", "50ms", "5s")] = 500_000


class Osdp(Section, frozen=True, kw_only=True, tag_field="driver", tag="osdp"):
    """A reader or door controller on OSDP, always with secure channel."""

    id: Slug
    port: Annotated[str, form("device", "The serial port.")]
    baud: Annotated[
        Literal[9600, 19200, 38400, 57600, 115200, 230400], says("Bits a second. Default 9600, OSDP's own.")
    ] = 9600
    address: Annotated[int, number("OSDP address, unique on its port.", 0, 126)]
    key_file: Annotated[
        str, form("file", "File with the secure-channel base key: 32 hex digits.", holds="osdp-key")
    ]
    mounted: (
        Annotated[
            Mounted, says("Which side of the wall it is on. attack-side or unsaid: it never drives a lock.")
        ]
        | None
    ) = None
    model: Model | None = None


Controller = ModbusTcp | ModbusRtu | Osdp


class Input(Section, frozen=True, kw_only=True):
    """A contact that is no door's evidence: fire alarm, request to exit, exit button, glass break, tamper."""

    id: Slug
    kind: Annotated[InputKind, says("What the contact tells.")]
    name: Name | None = None
    controller: ControllerRef
    discrete_input: Bit | None = None
    input: Bit | None = None
    active_when: Annotated[bool, form("on_off", "The raw value that means active; off for normally closed.")]
    zones: tuple[ZoneRef, ...] = ()
    doors: tuple[DoorRef, ...] = ()
    freshness: Freshness = DEFAULT_FRESHNESS_US


class SelfTest(Section, frozen=True, kw_only=True):
    """When locks may be exercised without anybody asking."""

    hours: Annotated[str, form("hours", 'Local hours, such as "22:00-05:00". Never on an exterior door.')]


class StairRecord(Section, frozen=True, kw_only=True):
    """Only for stair doors."""

    side: Annotated[StairSide, says("Which side is locked: stair stops entry from the stair to the floor.")]
    discharge: Annotated[bool, says("Whether people leave the building through it.")]


class HardwareRecord(Section, frozen=True, kw_only=True):
    """The commissioning record. Without it, or where it contradicts itself, the door is never driven."""

    type: Annotated[LockType, says("What locks the door.")]
    egress: Annotated[Egress, says("How people inside get out.")]
    on_power_loss: Annotated[PowerLoss, says("What the outside does without power.")]
    on_comm_loss: Annotated[CommLoss, says("What the board does when we fall silent.")]
    relay: Annotated[Relay, says('The contact that the lock is wired to: "no" or "nc".')]
    fire_rated: Annotated[bool, says("Whether it is a fire door, true or false.")]
    travel: Annotated[int, duration("How long the bolt takes.", "10ms", "30s")]
    rest: Annotated[Rest, says("What release returns it to.")]
    commissioned: Commissioned
    by: Annotated[str, form("name", "Person or company who commissioned it.")]
    self_test: SelfTest | None = None
    stair: StairRecord | None = None
    reentry_release: (
        Annotated[str, form("date", "Stairs: when the re-entry release was fitted and tested.")] | None
    ) = None
    fire_release_tested: (
        Annotated[str, form("date", "Not free-mechanical: when the release by fire alarm was last tested.")]
        | None
    ) = None
    ahj_note: Annotated[str, form("text", "What the authority having jurisdiction said.")] | None = None


class LockOutput(Section, frozen=True, kw_only=True):
    """The coil (Modbus) or output (OSDP) that drives the lock."""

    coil: Bit | None = None
    output: Bit | None = None
    locked_when: Annotated[bool, form("on_off", "The value that locks.")]


class Bolt(Section, frozen=True, kw_only=True):
    """The bolt or latch sensor."""

    discrete_input: Bit | None = None
    input: Bit | None = None
    thrown_when: Annotated[bool, form("on_off", "The raw value that means thrown.")]
    freshness: Freshness = DEFAULT_FRESHNESS_US


class Position(Section, frozen=True, kw_only=True):
    """The door position switch."""

    discrete_input: Bit | None = None
    input: Bit | None = None
    closed_when: Annotated[bool, form("on_off", "The raw value that means closed.")]
    freshness: Freshness = DEFAULT_FRESHNESS_US


class Door(Section, frozen=True, kw_only=True):
    """A lock output with its evidence."""

    id: Slug
    name: Name
    zone: ZoneRef
    kind: Annotated[DoorKind, says("What the door leads to: responses lock by kind.")]
    controller: ControllerRef
    hardware: HardwareRecord | None = None
    lock: LockOutput | None = None
    bolt: Bolt | None = None
    position: Position | None = None


class MqttButton(Section, frozen=True, kw_only=True):
    """A networked button."""

    topic: (
        Annotated[str, form("topic", "Its topic. Default for native buttons: campus/button/ and the id.")]
        | None
    ) = None
    format: Annotated[
        Literal["native", "zigbee2mqtt", "chirpstack", "shelly", "tasmota"],
        says("How its payloads are read; never guessed."),
    ] = "native"


class Register(Section, frozen=True, kw_only=True):
    """A register of the module's own."""

    input_register: Bit | None = None
    holding_register: Bit | None = None


RegisterOrNumber = (
    Annotated[int, number("An input register; or say which: {holding_register: 3}.", 0, 65535)] | Register
)


class WiredButton(Section, frozen=True, kw_only=True):
    """A contact on a controller. Wire it normally closed, so that a cut wire is seen."""

    controller: ControllerRef
    discrete_input: Bit | None = None
    input: Bit | None = None
    pressed_when: Annotated[
        bool, form("on_off", "The raw value that means pressed; off for normally closed.")
    ]
    counter: RegisterOrNumber | None = None
    latch: RegisterOrNumber | None = None
    freshness: Freshness = DEFAULT_FRESHNESS_US


class GestureAsk(Section, frozen=True, kw_only=True):
    """A response with a scope of its own."""

    response: Annotated[Response, says("What the gesture asks for.")]
    scope: Annotated[str, form("slug", "zone (the button's own), campus, or the id of a zone.")] | None = None


class Escalate(Section, frozen=True, kw_only=True):
    """Several presses within a time ask for more."""

    presses: Annotated[int, number("How many presses.", 2, 20)]
    within: Annotated[int, duration("Within how long.", "1s", "10m")]
    response: Annotated[Response, says("What they ask for.")]
    scope: Annotated[str, form("slug", "zone (the button's own), campus, or the id of a zone.")] | None = None


Gesture = Annotated[str, form("gesture", "single, double, hold, or another word its model sends.")]


class Button(Section, frozen=True, kw_only=True):
    """Panic hardware: MQTT or wired."""

    id: Slug
    name: Name
    zone: ZoneRef
    room: Annotated[str, form("name", "The room, as responders know it.")] | None = None
    model: Model | None = None
    mqtt: MqttButton | None = None
    wired: WiredButton | None = None
    gestures: Annotated[
        dict[Gesture, Response | GestureAsk],
        says("What each gesture asks for; any other word: the highest of them."),
    ]
    escalate_after: Escalate | None = None
    silence_limit: (
        Annotated[
            int | str,
            duration(
                "Longest time between reports; above 200s, or unsupervised: a standing flag.",
                "1s",
                "30d",
                "silence",
            ),
        ]
        | None
    ) = None


class CameraAudio(Section, frozen=True, kw_only=True):
    """Who answers for keeping a camera's sound: recording people without their consent is a crime in many places."""

    by: Annotated[str, form("name", "Name and office.")]
    date: Annotated[str, form("date", "When.")]
    legal_note: Annotated[
        str, form("text", "On which ground, such as consent and signs (18 U.S.C. 2511 and the state's law).")
    ]


class Camera(Section, frozen=True, kw_only=True):
    """A camera by RTSP."""

    id: Slug
    name: Name
    zone: ZoneRef
    url: Annotated[str, form("rtsp_url", "The main stream, without user and password.")]
    sub_url: Annotated[str, form("rtsp_url", "The small stream.")] | None = None
    credentials_file: Annotated[str, form("file", "File with user:password.", holds="credentials")] | None = (
        None
    )
    model: Model | None = None
    doors: tuple[DoorRef, ...] = ()
    transport: (
        Annotated[
            Literal["tcp", "udp"],
            says("How pictures come. Without it TCP, and UDP where the camera refuses TCP."),
        ]
        | None
    ) = None
    engine: Annotated[
        Literal["own", "pyav"],
        says(
            "What reads it. own falls back to pyav by itself where it cannot serve a camera; its page says why."
        ),
    ] = "own"
    ca_file: (
        Annotated[str, form("file", "Who vouches for an rtsps:// camera's certificate.", holds="ca")] | None
    ) = None
    lost_after: Annotated[int, duration("How long no picture may come before it is lost.", "1s", "60s")] = (
        2_000_000
    )
    offline_after: Annotated[
        int, duration("How long it may be lost before that is a flag and a ticket.", "5s", "24h")
    ] = 60_000_000
    audio: CameraAudio | None = None
    onvif: Annotated[
        bool,
        says("Whether it is asked by ONVIF what it is, what time it has and what it notices."),
    ] = True


OutputHours = Annotated[
    tuple[OutputMode, ...],
    Meta(min_length=1),
    says(
        "When it is for: school, after-hours, community. Default: always. While that is unknown, every one is told."
    ),
]
OutputAudience = Annotated[
    Literal["staff", "families", "press", "police", "another-campus"],
    says("Whom it tells. Default: staff. Whoever else it is hears of what is real and never of a drill."),
]
ALWAYS: Final[tuple[OutputMode, ...]] = ("school", "community", "after-hours")


class CoilOutput(Section, frozen=True, kw_only=True, tag_field="driver", tag="modbus-coil"):
    """A strobe or sounder on a coil."""

    id: Slug
    name: Name | None = None
    controller: ControllerRef
    coil: Bit
    zone: ZoneRef
    commissioned: Commissioned | None = None


class OsdpOutput(Section, frozen=True, kw_only=True, tag_field="driver", tag="osdp-output"):
    """A strobe or sounder on an OSDP device's output."""

    id: Slug
    name: Name | None = None
    controller: ControllerRef
    output: Bit
    zone: ZoneRef
    commissioned: Commissioned | None = None


class PagingOutput(Section, frozen=True, kw_only=True, tag_field="driver", tag="rtp-paging"):
    """Loudspeakers that listen to a multicast stream."""

    id: Slug
    name: Name | None = None
    address: Annotated[str, form("listen", "Multicast address and port.")]
    codec: Annotated[
        Literal["pcmu", "pcma", "g722"],
        says(
            "What the loudspeakers take: G.711 mu-law (default) or A-law, or G.722, which carries more of a voice."
        ),
    ] = "pcmu"
    repeat: Annotated[
        int,
        duration("From one saying's beginning to the next, until all is clear. Default 30s.", "10s", "10m"),
    ] = 30_000_000
    ttl: Annotated[
        int,
        number(
            "Routers between, and one. Default 1: no page leaves the box's own network by mistake.", 1, 255
        ),
    ] = 1
    interface: (
        Annotated[
            str, form("interface", "The network interface that it leaves by. Without it, by the routes.")
        ]
        | None
    ) = None
    zone: ZoneRef
    hours: OutputHours = ALWAYS
    commissioned: Commissioned | None = None


class MailOutput(Section, frozen=True, kw_only=True, tag_field="driver", tag="smtp"):
    """Messages to staff by mail."""

    id: Slug
    name: Name | None = None
    host: Annotated[str, form("host", "The mail server.")]
    port: Annotated[int, number("Default 25. On 465 TLS begins with the first byte.", 1, 65535)] = 25
    tls: Annotated[
        Literal["required", "offered", "none"],
        says(
            "required: verified, or nothing is sent. offered (default): what the server can, by whatever certificate. "
            "none: on loopback only."
        ),
    ] = "offered"
    ca_file: (
        Annotated[
            str,
            form(
                "file",
                "PEM file of who vouches for the server's certificate; without it the system's.",
                holds="ca",
            ),
        ]
        | None
    ) = None
    username: Annotated[str, form("name", "Its user; beyond loopback by required TLS only.")] | None = None
    password_file: Annotated[str, form("file", "File with the password.", holds="password")] | None = None
    sender: (
        Annotated[str, form("mail", "Who writes. Default: campus-edge at the first recipient's domain.")]
        | None
    ) = None
    to: Annotated[tuple[Annotated[str, form("mail", "A mail address.")], ...], Meta(min_length=1)]
    zone: ZoneRef | None = None
    audience: OutputAudience = "staff"
    hours: OutputHours = ALWAYS
    commissioned: Commissioned | None = None


class WebhookOutput(Section, frozen=True, kw_only=True, tag_field="driver", tag="webhook"):
    """Messages to a program, signed by the Standard Webhooks scheme."""

    id: Slug
    name: Name | None = None
    url: Annotated[str, form("web_url", "Where it takes them: https://; http:// on loopback only.")]
    secret_file: Annotated[
        str, form("file", "File with the secret that signs: whsec_ and base64.", holds="webhook-secret")
    ]
    ca_file: (
        Annotated[
            str,
            form("file", "PEM file of who vouches for its certificate; without it the system's.", holds="ca"),
        ]
        | None
    ) = None
    zone: ZoneRef | None = None
    audience: OutputAudience = "staff"
    hours: OutputHours = ALWAYS
    commissioned: Commissioned | None = None


class SmsOutput(Section, frozen=True, kw_only=True, tag_field="driver", tag="gsm-modem"):
    """Short messages to staff by a modem on a serial port, with a SIM that asks for no PIN."""

    id: Slug
    name: Name | None = None
    port: Annotated[str, form("device", "The serial port, of this modem alone.")]
    baud: Annotated[Baud, says("Bits a second. Default 115200.")] = 115200
    to: Annotated[
        tuple[Annotated[str, form("phone", "A telephone number with country code.")], ...], Meta(min_length=1)
    ]
    zone: ZoneRef | None = None
    audience: OutputAudience = "staff"
    hours: OutputHours = ALWAYS
    commissioned: Commissioned | None = None
