"""Which right each request of the socket asks for: complete by its type, so that none can be without one."""

from collections.abc import Mapping
from typing import Final, assert_never

from edge.control.requests import (
    Answer,
    BookAsk,
    BookRead,
    Close,
    Detection,
    Drill,
    Drills,
    DropFloorplan,
    DryRun,
    Export,
    Firmware,
    ImportAssets,
    ImportBundle,
    ImportFloorplan,
    Known,
    LeaveSafeMode,
    Lock,
    Map,
    Measure,
    Post,
    Press,
    ReadBook,
    Release,
    Request,
    Rows,
    Rules,
    SelfTest,
    Start,
    Statement,
    Statements,
    Status,
    Tabletop,
    Token,
    User,
    VerifyJournal,
    WalkTest,
)
from rules.rights import Right, Role

ROLE: Role = "administrator"
"""Of who comes in by the socket: root, or the daemon's own user. Either could read and write the store anyway."""

OF_VERBS: Final[Mapping[str, Right]] = {
    "asset.write": "assets-write",
    "asset.edit": "assets-write",
    "asset.turn": "assets-write",
    "asset.replace": "assets-write",
    "asset.commission": "assets-write",
    "asset.issue": "assets-write",
    "asset.return": "assets-write",
    "asset.link": "assets-write",
    "stock.minimum": "assets-write",
    "audit.begin": "assets-write",
    "audit.see": "assets",
    "audit.end": "assets-write",
    "fault.settle": "assets-write",
    "ticket.open": "report",
    "ticket.note": "report",
    "ticket.change": "work-tickets",
    "ticket.import": "work-tickets",
    "upkeep.begin": "work-tickets",
    "upkeep.end": "work-tickets",
    "sweep.sign": "sign-sweep",
    "inspection.sign": "inspect",
    "inspection.photo": "inspect",
    "inspection.import": "assets-write",
    "checklist.import": "assets-write",
    "assessment.begin": "assets-write",
    "assessment.answer": "inspect",
    "assessment.end": "assets-write",
}
OF_QUERIES: Final[Mapping[str, Right]] = {
    "tickets": "read-tickets",
    "tickets.whole": "read-tickets",
    "ticket": "read-tickets",
    "tickets.judged": "work-tickets",
    "tickets.desk": "report",
    "tickets.take_photo": "report",
    "upkeeps": "read-tickets",
    "assets": "assets",
    "asset": "assets",
    "assets.count": "assets",
    "assets.issued": "assets",
    "assets.plan": "assets",
    "assets.plan_csv": "assets",
    "stock": "assets",
    "rounds": "assets",
    "round": "assets",
    "reports": "assets",
    "assets.csv": "assets-write",
    "assets.edit": "assets-write",
    "import.rows": "assets-write",
    "firmware": "look",
    "sweeps": "assets",
    "inspections": "assets",
    "inspection": "assets",
    "inspections.due": "assets",
    "inspections.of": "assets",
    "inspections.checks": "assets",
    "inspections.whole": "assets",
    "inspections.judged": "assets-write",
    "floorplans": "look",
    "checklists": "assets",
    "checklists.judged": "assets-write",
    "assessments": "assets",
    "assessment": "assets",
}
"""What is not here is neither asked nor read over the socket by its name alone, and asks for a right that few have."""


RIGHTS_OF_POST: Final[Mapping[str, Right]] = {"responder": "respond", "room": "report-room"}
"""Of a verb at an incident's post; every other one asks for `coordinate`."""


def right_of(request: Request) -> Right:
    """The right without which a request is refused."""
    match request:
        case Status() | Firmware() | Rules():
            return "look"
        case Drill() | Tabletop():
            return "start-drill"
        case Drills():
            return "record"
        case Map():
            # What differs names assets.
            return "assets" if request.what == "differences" else "look"
        case Press():
            return {"real": "start", "test": "walk-test"}.get(request.kind, "start-drill")  # type: ignore[return-value]
        case Start():
            # What is put in the place of a graver one ends that, as on its page.
            real: Right = "close" if request.change else "start"
            return real if request.kind == "real" else "start-drill"
        case Detection():
            return "start" if request.answer == "confirm" else "dismiss"
        case Statements():
            return "coordinate"
        case Statement():
            return "speak"
        case Lock():
            return "lock"
        case Release():
            return "release"
        case Answer():
            return "acknowledge" if request.answer == "start" else "dismiss"
        case Close():
            return "close"
        case WalkTest():
            return "walk-test"
        case SelfTest() | DryRun():
            return "selftest"
        case Measure():
            return "measure"
        case LeaveSafeMode() | ImportBundle():
            return "configure"
        case VerifyJournal() | Rows():
            return "record"
        case Export():
            return "export"
        case ReadBook():
            return "assets"
        case ImportAssets() | ImportFloorplan() | DropFloorplan():
            return "assets-write"
        case User() | Token() | Known():
            return "people"
        case Post():
            return RIGHTS_OF_POST.get(request.verb, "coordinate")
        case BookAsk():
            return OF_VERBS.get(request.verb, "configure")
        case BookRead():
            return OF_QUERIES.get(request.query, "configure")
        case _:
            assert_never(request)
