"""Which right each request of the socket asks for: complete by its type, so that none can be without one."""

from typing import assert_never

from edge.control.requests import (
    Answer,
    Close,
    DryRun,
    Export,
    Firmware,
    ImportAssets,
    ImportBundle,
    Known,
    LeaveSafeMode,
    Lock,
    Measure,
    Press,
    ReadBook,
    Release,
    Request,
    Rows,
    Rules,
    SelfTest,
    Status,
    Token,
    User,
    VerifyJournal,
    WalkTest,
)
from rules.rights import Right, Role

ROLE: Role = "administrator"
"""Of who comes in by the socket: root, or the daemon's own user. Either could read and write the store anyway."""


def right_of(request: Request) -> Right:
    """The right without which a request is refused."""
    match request:
        case Status() | Firmware() | Rules():
            return "look"
        case Press():
            return {"real": "start", "test": "walk-test"}.get(request.kind, "start-drill")  # type: ignore[return-value]
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
        case ImportAssets():
            return "assets-write"
        case User() | Token() | Known():
            return "people"
        case _:
            assert_never(request)
