"""Whatever happens, in whatever order: the record is the fold of what was entered, and deciding again decides the same."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.decide import decide
from rules.decision import Decision
from rules.model.commands import Permit
from rules.model.events import (
    CommandEnded,
    ConditionChanged,
    ControllerChanged,
    Ending,
    Event,
    MessageRefused,
    Scanned,
    SessionChanged,
)
from rules.model.ids import ButtonId, CommandId, DoorId
from rules.model.kinds import DRILL, EXERCISE, REAL, TEST, Kind
from rules.model.moments import SECOND_US
from rules.plan import Plan
from tests.rules.campus import (
    FIRE_STRIKE,
    MAGLOCK,
    OTHER,
    PLC,
    STAIR_LOCK,
    A,
    campus,
    contact,
    door,
    output,
)
from tests.rules.story import BUTTONS, DESK, GYM, HALL, HIDDEN, WIRED, Story, without

DOORS: Final = ("free", "magnet", "rated", "stair", "bare")
INPUTS: Final = ("fire", "rex", "exit")
GONE: Final = ButtonId("pb-gone")


def mixed() -> Plan:
    """One door of each sort, on two boards."""
    return campus(
        door("free"),
        door("magnet", 1, MAGLOCK, rex=("rex",), exits=("exit",), fire=("fire",)),
        door("rated", 2, FIRE_STRIKE, fire=("fire",)),
        door("stair", 3, STAIR_LOCK, kind="stair", fire=("fire",), controller=OTHER),
        door("bare", 4, None),
        inputs=[contact("fire", 50, "fire-alarm"), contact("rex", 51), contact("exit", 52, "exit-button")],
        buttons=BUTTONS,
        outputs=[output("strobe", 20), output("later", 21, commissioned=None)],
    )


class Twice(Story):
    """A story that decides everything twice and keeps what is still on the wire."""

    def __init__(self) -> None:
        super().__init__(mixed())
        self.wire: list[Permit] = []

    def do(self, event: Event) -> Decision:
        """Decide twice from equal arguments."""
        again = decide(self.plan, self.state, event)
        decision = super().do(event)
        assert again == decision
        self.wire += decision.permits
        return decision

    def come_back(self, ending: Ending, code: str) -> None:
        """The oldest command on the wire ends; without one, a command nobody sent."""
        if self.wire:
            self.carry_out_one(self.wire.pop(0), ending, code)
        else:
            self.do(CommandEnded(self.now, CommandId(10_000), PLC, ending, code))

    def carry_out_one(self, permit: Permit, ending: Ending, code: str) -> None:
        """A board does what it was told, or not."""
        if ending == "written":
            for drive in permit.drives:
                self.set(drive.point, drive.on)
                its = self.plan.doors.get(DoorId(drive.target))
                if its is not None and its.bolt is not None and its.lock is not None:
                    self.set(its.bolt.point, its.bolt.when == (drive.on == its.lock.locked_when))
        self.end(permit, ending, code)

    def jump(self, seconds: int) -> None:
        """Somebody sets the wall clock."""
        self.now = replace(self.now, utc_us=self.now.utc_us + seconds * SECOND_US)

    def reload(self, which: int) -> None:
        """Another configuration is accepted."""
        plan = mixed()
        blind = {one.id: replace(one, rex=(), exit_buttons=(), fire=()) for one in plan.doors.values()}
        plans = (
            plan,
            without(plan, A),
            replace(plan, inputs={}, doors=blind),
            replace(plan, buttons={}, doors={}),
        )
        self.plan = plans[which]

    def contact(self, name: ButtonId, pressed: bool) -> None:
        """A wired button is pressed or let go."""
        wired = BUTTONS[-1].wired
        assert wired is not None
        assert name == WIRED
        self.set(wired.contact.point, pressed == wired.contact.when)

    def turn_on(self, name: str, active: bool) -> None:
        """An input turns, where the configuration still has it."""
        if name in self.plan.inputs:
            self.turn(name, active)

    def flip(self, name: str, bolt: bool, value: bool) -> None:
        """A bolt or leaf moves by hand."""
        if name in self.plan.doors and name != "bare":
            (self.bolt if bolt else self.leaf)(name, value)


Act = Callable[[Twice], object]
KINDS: tuple[Kind, ...] = (REAL, DRILL, EXERCISE, TEST)
names = st.sampled_from([DESK, GYM, HALL, HIDDEN, GONE])
yes = st.booleans()
doors_named = st.sampled_from([("free",), ("magnet", "rated"), DOORS, ("nowhere",), ()])
acts: st.SearchStrategy[Act] = st.one_of(
    st.builds(
        lambda name, gesture, press_id, counter, at_us, waited, kept: (
            lambda on: on.hear(
                name,
                gesture,
                press_id=press_id,
                counter=counter,
                at_us=None if at_us is None else on.now.utc_us + at_us,
                waited_s=waited,
                retained=kept,
            )
        ),
        names,
        st.sampled_from(["single", "hold", "shake"]),
        st.sampled_from([None, "p-1", "p-2"]),
        st.sampled_from([None, 0, 1]),
        st.sampled_from([None, -1_000_000, -95_000_000]),
        st.sampled_from([0, 50, None]),
        yes,
    ),
    st.builds(
        lambda name, battery, online, ahead, kept: (
            lambda on: on.status(name, battery=battery, online=online, ahead_us=ahead, retained=kept)
        ),
        names,
        st.sampled_from([None, 3, 90]),
        st.sampled_from([None, True, False]),
        st.sampled_from([None, 0, 9_000_000]),
        yes,
    ),
    st.builds(
        lambda name, kind, gesture: lambda on: on.ask_press(name, kind, gesture),
        names,
        st.sampled_from(KINDS),
        st.sampled_from([None, "single"]),
    ),
    st.builds(lambda named: lambda on: on.ask_lock(*named), doors_named),
    st.builds(lambda named: lambda on: on.ask_release(*named), doors_named),
    st.builds(lambda number, start: lambda on: on.answer(number, start=start), st.integers(0, 3), yes),
    st.just(lambda on: on.close()),
    st.builds(
        lambda name, minutes: lambda on: on.walk_test(name, minutes=minutes), names, st.integers(0, 31)
    ),
    st.builds(lambda down: lambda on: on.contact(WIRED, down), yes),
    st.builds(lambda name, active: lambda on: on.turn_on(name, active), st.sampled_from(INPUTS), yes),
    st.builds(
        lambda name, bolt, value: lambda on: on.flip(name, bolt, value), st.sampled_from(DOORS), yes, yes
    ),
    st.builds(
        lambda board: lambda on: (on.round(board), on.tick(30), on.round(board)),
        st.sampled_from([PLC, OTHER]),
    ),
    st.builds(
        lambda ending, code: lambda on: on.come_back(ending, code),
        st.sampled_from(["written", "written", "refused", "no_answer", "not_sent"]),
        st.sampled_from(["", "exception_2"]),
    ),
    st.builds(
        lambda board, up: (
            lambda on: on.do(ControllerChanged(on.now, board, up, "up" if up else "silent", ""))
        ),
        st.sampled_from([PLC, OTHER]),
        yes,
    ),
    st.builds(lambda up: lambda on: on.do(SessionChanged(on.now, "presses", up, "")), yes),
    st.builds(
        lambda name: lambda on: on.do(MessageRefused(on.now, name, "not_json", "t", b"\xff", None)),
        st.sampled_from([None, DESK]),
    ),
    st.builds(lambda active: lambda on: on.do(ConditionChanged(on.now, "loop_lag", active, ("9",))), yes),
    st.builds(lambda ms: lambda on: on.tick(ms), st.sampled_from([100, 1_000, 3_000, 31_000, 90_000_000])),
    st.builds(lambda seconds: lambda on: on.jump(seconds), st.sampled_from([-3_600, 5, 90_000])),
    st.builds(lambda which: lambda on: on.reload(which), st.integers(0, 3)),
    st.builds(lambda boot: lambda on: on.restart(boot), st.sampled_from(["boot", "another boot"])),
    st.just(
        lambda on: on.do(Scanned(on.now, OTHER, on.now, {("coil", 999): 1, ("holding_register", 3): 70}))
    ),
)


@settings(max_examples=200, derandomize=True, database=None, deadline=None)
@given(st.lists(acts, max_size=40))
def test_any_sequence_of_events_is_decided_the_same_twice_and_the_record_is_the_fold_of_its_entries(
    happened: list[Act],
) -> None:
    on = Twice()
    for act in happened:
        act(on)
    assert on.refolded() == on.state.record
