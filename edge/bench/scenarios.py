"""What the benchmark measures, one row a scenario: which campus, what is broken and when, beside what, and what is wanted.

Targets are those of issue 4, How it will be judged; what it names no figure for is shown and not judged.
"""

from dataclasses import field
from typing import Final, Literal

from drivers.simulators.tcp_loss import Loss
from rules.model.values import dataclass

Driver = Literal["modbus-tcp", "modbus-rtu", "osdp"]
Breakage = Literal["dead", "refusing", "blackholed"]
Beside = Literal["bare", "healthy", "nothing"]
"""bare: the bare script, on sound connections of its own, in the same run. healthy: our own presses without what is broken."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A campus. boards: controllers; of RTU and OSDP all are on one bus of `baud`. answer_ms: how long a Modbus board takes."""

    doors: int
    boards: int
    answer_ms: float = 5.0
    driver: Driver = "modbus-tcp"
    baud: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """At most, of the last door written: times and ms over what is beside it, ms of its own. None: not judged.

    armed_s, memory_mib: from exec to armed, and of the daemon with all below it (issue 2).
    """

    median: float | None = None
    p95: float | None = None
    most_over_ms: float | None = None
    median_ms: float | None = None
    armed_s: float | None = None
    memory_mib: float | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """broken: share of the boards by how. lost: the daemon's connections, `lost_s` before each press.

    loaded: under all loads of `edge.bench.loads`. imported: while so many rows of assets are imported, by turns with none.
    restarted: each press is the first after a start.
    standard: part of a plain `make bench`.
    """

    name: str
    says: str
    shape: Shape
    presses: int
    beside: Beside = "bare"
    wanted: Wanted = field(default_factory=Wanted)
    broken: tuple[tuple[Breakage, float], ...] = ()
    lost: Loss | None = None
    lost_s: float = 0.5
    loaded: bool = False
    imported: int = 0
    restarted: bool = False
    standard: bool = True


FULL: Final = Shape(200, 50)
AS_FAST: Final = Wanted(median=1.25, p95=1.5, most_over_ms=10.0, armed_s=2.0, memory_mib=150.0)
INSTANT: Final = Wanted(median=3.0)
UNMOVED: Final = Wanted(median=1.15)
AFTER_FIN: Final = Wanted(median=1.2)
AFTER_SILENCE: Final = Wanted(median_ms=10.0)
TENTH: Final = 0.1

SCENARIOS: Final = (
    Scenario("4", "4 doors on one board", Shape(4, 1), 10),
    Scenario("40", "40 doors on 10 boards", Shape(40, 10), 10),
    Scenario("200", "200 doors on 50 boards", FULL, 40, wanted=AS_FAST),
    Scenario("1000", "1,000 doors on 250 boards", Shape(1000, 250), 8, wanted=Wanted(median=1.3)),
    Scenario("200-instant", "200 doors, boards that answer at once", Shape(200, 50, 0.0), 20, wanted=INSTANT),
    Scenario("4-instant", "4 doors, a board that answers at once", Shape(4, 1, 0.0), 20, standard=False),
    Scenario("40-instant", "40 doors, boards that answer at once", Shape(40, 10, 0.0), 20, standard=False),
    Scenario("1000-instant", "1,000 doors, boards that answer at once", Shape(1000, 250, 0.0), 12, standard=False),
    Scenario("faulty", "a tenth of the boards dead, a tenth refusing", FULL, 10, "healthy", UNMOVED,
             broken=(("dead", TENTH), ("refusing", TENTH))),
    Scenario("blackholed", "a tenth of the boards takes in nothing, no connection either", FULL, 10, "healthy", UNMOVED,
             broken=(("blackholed", TENTH),)),
    Scenario("fin", "every connection ended 0.5 s before", FULL, 10, wanted=AFTER_FIN, lost="fin"),
    Scenario("rst", "every connection forgotten 0.5 s before", FULL, 10, lost="rst"),
    Scenario("rst-met", "every connection forgotten right before: the press's own frames are reset", FULL, 10,
             lost="rst", lost_s=0.0),
    Scenario("silent", "every connection silently gone 0.5 s before", FULL, 10, wanted=AFTER_SILENCE, lost="silent"),
    Scenario("fin-60s", "every connection ended 60 s before", FULL, 5, wanted=AFTER_FIN, lost="fin", lost_s=60.0,
             standard=False),
    Scenario("rst-60s", "every connection forgotten 60 s before", FULL, 5, lost="rst", lost_s=60.0, standard=False),
    Scenario("silent-60s", "every connection silently gone 60 s before", FULL, 5, wanted=AFTER_SILENCE, lost="silent",
             lost_s=60.0, standard=False),
    Scenario("first", "the first press after a start, as soon as armed", FULL, 6, wanted=Wanted(median=1.3),
             restarted=True),
    Scenario("rtu-9600", "16 doors on 8 units of one RTU bus", Shape(16, 8, 5.0, "modbus-rtu", 9_600), 6),
    Scenario("rtu-115200", "16 doors on 8 units of one RTU bus", Shape(16, 8, 5.0, "modbus-rtu", 115_200), 8),
    Scenario("osdp-9600", "8 readers on one OSDP bus", Shape(8, 8, 5.0, "osdp", 9_600), 5, "nothing"),
    Scenario("osdp-115200", "8 readers on one OSDP bus", Shape(8, 8, 5.0, "osdp", 115_200), 6, "nothing"),
    Scenario("loads", "MQTT flood, babbling board, 300 pages, hanging disks of journal and log", FULL, 6, loaded=True),
    Scenario("import", "20,000 rows of assets imported meanwhile, by turns with none", FULL, 8, "healthy", UNMOVED,
             imported=20_000),
)  # fmt: skip
"""In the order in which they are measured."""

BY_NAME: Final = {one.name: one for one in SCENARIOS}
