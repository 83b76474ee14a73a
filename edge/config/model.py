"""A whole configuration as values, shaped as the file (contract section 3). Devices are in `devices.py`.

These say what the file says, checked for form; what it means for the rules is a Plan, made by `plan.py`.
"""

from typing import Annotated, Literal

from msgspec import Meta, field

from edge.config.alert_sections import DetectorSection, PhoneSystemSection
from edge.config.calendar import SchoolCalendar
from edge.config.devices import Button, Camera, Controller, Door, Input, Name, Slug, ZoneRef
from edge.config.fields import Section, duration, form, number, says
from edge.config.signs import Output
from rules.model.post_facts import IncidentRole
from rules.plan import Perimeter

AddressPart = Literal[
    "country", "A1", "A2", "A3", "A4", "A5", "A6", "PRM", "PRD", "RD", "STS", "POD", "POM", "RDSEC", "RDBR",
    "RDSUBBR", "HNO", "HNS", "LMK", "LOC", "FLR", "NAM", "PC", "BLD", "UNIT", "ROOM", "SEAT", "PLC", "PCN",
    "POBOX", "ADDCODE",
]  # fmt: skip
"""The civic address elements of RFC 5139, section 3."""


class Location(Section, frozen=True, kw_only=True):
    """WGS-84 degrees."""

    latitude: Annotated[float, Meta(description="Degrees north.", ge=-90, le=90)]
    longitude: Annotated[float, Meta(description="Degrees east.", ge=-180, le=180)]


class Campus(Section, frozen=True, kw_only=True):
    """One site, one box, one journal."""

    id: Slug
    name: Name
    timezone: Annotated[str, form("name", "Of the IANA list, such as America/Chicago.")]
    address: Annotated[
        dict[AddressPart, Annotated[str, form("name", "One element of the address, as text.")]],
        says("Civic address by the names of RFC 5139."),
    ] = field(default_factory=dict)
    location: Location | None = None
    callback_phone: (
        Annotated[str, form("phone", "Where the centre calls back, with country code.")] | None
    ) = None


class Store(Section, frozen=True, kw_only=True):
    """Where the record is kept."""

    directory: Annotated[str, form("file", "Default /var/lib/campus-edge.")] = "/var/lib/campus-edge"


class Web(Section, frozen=True, kw_only=True):
    """The page and the API. No default; plain HTTP on loopback only."""

    listen: Annotated[str, form("listen", "Address and port.")]
    certificate: Annotated[str, form("file", "PEM file of the certificate.", holds="certificate")] | None = (
        None
    )
    private_key: Annotated[str, form("file", "PEM file of its key.", holds="private-key")] | None = None
    campus_networks: Annotated[
        tuple[Annotated[str, form("subnet", "A network, as 10.20.0.0/16.")], ...],
        says(
            "The campus's own networks: from there the label on a thing reports its fault without signing in. "
            "Without it, private addresses."
        ),
    ] = ()


class Mqtt(Section, frozen=True, kw_only=True):
    """The broker: one that is there (`url`), or a mosquitto of the daemon's own (`embedded`, `listen`)."""

    url: Annotated[str, form("mqtt_url", "mqtts://host:port; mqtt:// on loopback only.")] | None = None
    username: Annotated[str, form("name", "Its user; anonymous on loopback only.")] | None = None
    password_file: Annotated[str, form("file", "File with the password.", holds="password")] | None = None
    ca_file: (
        Annotated[str, form("file", "PEM file of who signed the broker's certificate.", holds="ca")] | None
    ) = None
    embedded: Annotated[bool, says("true: the daemon starts a mosquitto of its own.")] = False
    listen: Annotated[str, form("listen", "Where the embedded broker listens, on loopback.")] | None = None


class Zone(Section, frozen=True, kw_only=True):
    """A part of the campus."""

    id: Slug
    name: Name
    parent: ZoneRef | None = None
    floor: Annotated[int | str, says("Floor number or its name.")] | None = None


class Agreement(Section, frozen=True, kw_only=True):
    """The centre's written agreement; a route without it stays disabled."""

    party: Annotated[str, form("name", "Who agreed.")]
    date: Annotated[str, form("date", "When.")]
    test: Annotated[str, form("date", "When the route was last tested with them.")]


class Route(Section, frozen=True, kw_only=True):
    """One route to 911."""

    id: Slug
    name: Name | None = None
    driver: Annotated[
        Literal["sip-message", "https", "relay-dialler", "modem"], says("How the alarm is handed over.")
    ]
    address: Annotated[str, form("text", "Where to, as the driver wants it.")] | None = None
    credentials_file: Annotated[str, form("file", "File with user:password.", holds="credentials")] | None = (
        None
    )
    agreement: Agreement | None = None


class Share(Section, frozen=True, kw_only=True):
    """What of names and texts the district is given besides the chain itself, by whose agreement."""

    what: Annotated[
        Literal["tickets", "assets", "inspections", "devices", "incidents", "drills", "people"],
        says("A family of rules/packs/district.yaml."),
    ]
    party: Annotated[str, form("name", "Who agreed.")]
    date: Annotated[str, form("date", "When.")]


class District(Section, frozen=True, kw_only=True):
    """The district's hub; outbound only."""

    url: Annotated[str, form("web_url", "https:// address of the hub.")]
    token_file: Annotated[str, form("file", "File with this campus's token.", holds="token")] | None = None
    certificate_file: (
        Annotated[
            str,
            form(
                "file", "PEM file of a client certificate, in place of a token.", holds="client-certificate"
            ),
        ]
        | None
    ) = None
    key_file: Annotated[str, form("file", "PEM file of its key.", holds="client-key")] | None = None
    ca_file: (
        Annotated[str, form("file", "PEM file of who signed the hub's certificate.", holds="ca")] | None
    ) = None
    hub_key_file: (
        Annotated[
            str,
            form(
                "file",
                "PEM file of the hub's public key; without it no directive is taken.",
                holds="public-key",
            ),
        ]
        | None
    ) = None
    proxy: Annotated[str, form("web_url", "The proxy on the way out, as http://proxy:3128.")] | None = None
    shares: Annotated[
        tuple[Share, ...],
        says(
            "Names and texts that go with the record. Without it: none; events, their order and proof go always."
        ),
    ] = ()


class PerimeterApproval(Section, frozen=True, kw_only=True):
    """Who chose what lockdown does to exterior doors, and how responders get in."""

    by: Annotated[str, form("name", "Name and office.")]
    date: Annotated[str, form("date", "When.")]
    responder_access: Annotated[str, form("text", "The responders' way in, such as a key box.")]


class SelfTestPolicy(Section, frozen=True, kw_only=True):
    """When the box tests itself every day, silently. Locks are exercised where their own record names hours."""

    at: Annotated[str, form("time_of_day", "Local time, at which nobody is there.")] = "03:30"
    clock: Annotated[
        Literal["synchronised", "by_hand"],
        says(
            "Whether the box's clock is sure: synchronised, only while a time service disciplines it; by_hand, the site "
            "sets it and answers for it. Locks are exercised by a sure clock alone."
        ),
    ] = "synchronised"


class DryRunPolicy(Section, frozen=True, kw_only=True):
    """When the box names, every day, the doors that would fail if lockdown were ordered then. Nothing is touched."""

    at: Annotated[str, form("time_of_day", "Local time, before people come.")]


class RetentionPolicy(Section, frozen=True, kw_only=True):
    """How long the record is kept. Without it, for ever: laws differ, and nobody but the site knows its own."""

    incidents: Annotated[
        int,
        duration(
            "An incident or drill with all that belongs to it, from its last event on.", "365d", "36500d"
        ),
    ]
    other: Annotated[
        int, duration("Every other event, such as starts, flags and self-tests.", "30d", "36500d")
    ]


class EvidencePolicy(Section, frozen=True, kw_only=True):
    """Pictures kept by an incident: from how long before its press, and how much room they may take."""

    before: Annotated[int, duration("How much from before the press is kept.", "5s", "120s")] = 30_000_000
    memory_mb: Annotated[
        int,
        number("Megabytes of memory for the pictures before a press, of all cameras together.", 16, 16_384),
    ] = 700
    disk_gb: Annotated[
        int, number("Gigabytes of disk for kept pictures; drills' go first, what is held never.", 1, 100_000)
    ] = 50
    reserve_gb: Annotated[
        int,
        number(
            "Gigabytes of disk that pictures leave free; a real incident's, a twentieth of them.", 1, 1_000
        ),
    ] = 2
    drills: Annotated[int, duration("How long a drill's pictures are kept.", "1h", "3650d")] = (
        30 * 86_400_000_000
    )


class FloorplanPolicy(Section, frozen=True, kw_only=True):
    """What one floor plan that is brought may be and draw. More than this is refused with what to leave out."""

    file_mb: Annotated[
        int, number("Megabytes of an SVG, PNG or GeoJSON; an IMDF archive may have twice as many.", 1, 32)
    ] = 16
    things: Annotated[
        int, number("Things that it draws; an SVG holds five times as many elements.", 100, 50_000)
    ] = 20_000
    points: Annotated[int, number("Points of all of them together.", 1_000, 1_000_000)] = 400_000


class NetworkPolicy(Section, frozen=True, kw_only=True):
    """The networks on which safety devices live. The box listens there and scans nothing."""

    safety_subnets: Annotated[
        tuple[Annotated[str, form("subnet", "A network of safety devices, such as 10.20.1.0/24.")], ...],
        Meta(min_length=1, max_length=16),
    ]
    known: Annotated[
        tuple[
            Annotated[
                str, form("neighbour", "What belongs there and is configured nowhere else: address, and MAC.")
            ],
            ...,
        ],
        Meta(max_length=1_000),
    ] = ()


class TicketPolicy(Section, frozen=True, kw_only=True):
    """What the site puts in place of lengths of time in `rules/packs/escalation.yaml`."""

    after: Annotated[
        dict[
            Annotated[str, form("slug", "A step or an opening of the pack.")],
            Annotated[int, duration("How long until then.", "0s", "3650d")],
        ],
        says("By the id of a step or of an opening: lock-old: 7d."),
    ] = field(default_factory=dict)


class SweepPolicy(Section, frozen=True, kw_only=True):
    """What the site puts in place of limits in `rules/packs/sweep.yaml`, the weekly sweep of the exterior doors."""

    open: Annotated[int, duration("Held open longer at once is an exception.", "0s", "1d")] | None = None
    unlocked: Annotated[int, duration("Closed and not locked longer at once is one.", "0s", "7d")] | None = (
        None
    )
    unseen: Annotated[int, duration("Not seen longer in a week is one.", "0s", "1d")] | None = None
    unproven: Annotated[int, duration("Its lock not proven for longer is one.", "1d", "60d")] | None = None
    unsigned: Annotated[int, duration("Not signed for longer it is a flag.", "0s", "30d")] | None = None


class CertifiedPerson(Section, frozen=True, kw_only=True):
    """Somebody who holds what a check of `rules/packs/inspections.yaml` asks for."""

    name: Annotated[str, form("name", "As they sign, such as J. Doe, Acme Fire.")]
    holds: Annotated[
        tuple[Annotated[str, form("slug", "A `certificate` of the pack, such as extinguisher.")], ...],
        Meta(min_length=1, max_length=16),
    ]
    until: Annotated[str, form("date", "The last day on which it is good.")]
    number: Annotated[str, form("name", "Its number.")] | None = None


class InspectionPolicy(Section, frozen=True, kw_only=True):
    """What the site puts in place of what `rules/packs/inspections.yaml` says, shown wherever the check is."""

    every: Annotated[
        dict[
            Annotated[str, form("slug", "A check of the pack.")],
            Annotated[
                str, form("interval", "How long one that was passed holds: 30 days, 1 month, 6 years.")
            ],
        ],
        says("By the id of a check: aed-monthly: 14 days."),
    ] = field(default_factory=dict)
    off: Annotated[
        dict[
            Annotated[str, form("slug", "A check of the pack.")],
            Annotated[str, form("text", "Why it is not done here, and who decided that.")],
        ],
        says("Checks that are not done here, each with the reason."),
    ] = field(default_factory=dict)
    certified: Annotated[tuple[CertifiedPerson, ...], Meta(max_length=200)] = ()


class IncidentRolePolicy(Section, frozen=True, kw_only=True):
    """Who is to hold an ICS role in an incident: one person, and those who stand in, in order."""

    role: Annotated[
        IncidentRole, says("A slot of the incident command system; incident-commander coordinates.")
    ]
    primary: Annotated[str, form("name", "Who is called first, as people know them.")]
    deputies: Annotated[
        tuple[Annotated[str, form("name", "Who stands in.")], ...],
        Meta(max_length=6, description="Who stands in, in order; two at least are asked for."),
    ] = ()


class DrillPolicy(Section, frozen=True, kw_only=True):
    """Which drill law holds here, and when school begins and ends: what is due is counted by it."""

    law: Annotated[str, form("slug", "A law of rules/packs/drills.yaml: us-mi, us-nj, us-wa, us-il, ifc.")]
    first_day: (
        Annotated[str, form("text", "The first day of the school year, MM-DD; default 08-01.")] | None
    ) = None
    last_day: Annotated[str, form("text", "The last day of it, MM-DD; default 06-30.")] | None = None


class Policies(Section, frozen=True, kw_only=True):
    """What the site has chosen."""

    responses: Annotated[
        str, form("file", "A pack in rules/packs/ by name, or a file beside this one.", holds="pack")
    ] = "standard"
    perimeter_on_lockdown: (
        Annotated[Perimeter, says("What lockdown does to exterior doors. No default.")] | None
    ) = None
    perimeter_approved: PerimeterApproval | None = None
    self_test: SelfTestPolicy = SelfTestPolicy()
    dry_run: DryRunPolicy | None = None
    retention: RetentionPolicy | None = None
    evidence: EvidencePolicy = EvidencePolicy()
    floorplans: FloorplanPolicy = FloorplanPolicy()
    network: NetworkPolicy | None = None
    tickets: TicketPolicy = TicketPolicy()
    sweep: SweepPolicy = SweepPolicy()
    inspections: InspectionPolicy = InspectionPolicy()
    incident_roles: Annotated[tuple[IncidentRolePolicy, ...], Meta(max_length=8)] = ()
    drills: DrillPolicy | None = None
    calendar: SchoolCalendar | None = None
    unacknowledged_after: Annotated[
        int,
        duration("Told and not acknowledged for so long: named, tried by a second channel.", "5s", "10m"),
    ] = 30_000_000


class Config(Section, frozen=True, kw_only=True):
    """The configuration of one campus: one file."""

    campus: Annotated[Campus, says("Which campus this is; its id is also the root zone.")]
    store: Store = Store()
    web: Web | None = None
    mqtt: Mqtt | None = None
    zones: tuple[Zone, ...] = ()
    controllers: tuple[Controller, ...] = ()
    inputs: tuple[Input, ...] = ()
    doors: tuple[Door, ...] = ()
    buttons: tuple[Button, ...] = ()
    cameras: tuple[Camera, ...] = ()
    detectors: tuple[DetectorSection, ...] = ()
    phone_systems: tuple[PhoneSystemSection, ...] = ()
    outputs: tuple[Output, ...] = ()
    dispatch: tuple[Route, ...] = ()
    district: District | None = None
    policies: Policies = Policies()
