"""What a restart or a reload must find again as it was."""

from edge.recovery import live_devices
from rules.model.ids import ButtonId, DoorId, IncidentId, OutputId, PressId, ZoneId
from rules.model.moments import Instant
from rules.state import ButtonMemory, DoorOrder, Incident, PressMemory, Record

AT = Instant(1_770_000_000_000_000, 1_000_000)


def incident(name: str, *, silent: bool = False) -> Incident:
    return Incident(IncidentId(name), "real", "duress" if silent else "lockdown", ZoneId("a"), silent, AT)


def pressed(name: str) -> ButtonMemory:
    return ButtonMemory((PressMemory(PressId("p"), "hold", AT, IncidentId(name), "accepted"),))


def test_a_live_incident_stands_on_its_doors_its_outputs_and_the_buttons_that_were_pressed_for_it() -> None:
    live = incident("inc-1")
    record = Record(
        incidents={live.id: live},
        orders={
            DoorId("d-1"): DoorOrder("lock", AT, live.id),
            DoorId("d-2"): DoorOrder("lock", AT, IncidentId("inc-0")),
        },
        buttons={ButtonId("pb-1"): pressed("inc-1"), ButtonId("pb-2"): pressed("inc-0")},
        outputs_on=frozenset({OutputId("strobe")}),
    )

    assert live_devices(record) == {"d-1", "pb-1", "strobe"}


def test_a_silent_incident_is_not_told_by_what_may_not_be_edited() -> None:
    silent = incident("inc-1", silent=True)
    record = Record(incidents={silent.id: silent}, buttons={ButtonId("pb-1"): pressed("inc-1")})

    assert live_devices(record) == set()
