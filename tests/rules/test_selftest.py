"""Self-tests: when they run, what they look at, and that exactly the broken link is told."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from rules import links
from rules.decision import Decision
from rules.model.events import ConditionChanged, ProbeEnded, Scanned, StatusHeard
from rules.model.ids import ButtonId, ControllerId, DoorId, OutputId
from rules.model.selftest import LINK_KINDS, BrokerProbe, DecisionProbe, LinkName, link_name
from rules.plan import ControllerPlan, Plan
from tests.rules.campus import (
    DELAYED,
    MAGLOCK,
    OTHER,
    PLC,
    button,
    campus,
    contact,
    door,
    facts,
    output,
)
from tests.rules.nights import (
    Night,
    drives,
    ended,
    others,
    quarters,
    red,
    results,
    running,
    tried,
    whole,
)
from tests.rules.story import DESK, LOCKDOWN, desk, replied

LOCK = LinkName("lock:d")


# --- a whole one -----------------------------------------------------------------------------


def test_on_a_whole_campus_every_link_is_proven_and_nothing_is_seen_or_heard() -> None:
    here = running()
    begun = here.ask()
    made = [begun, *here.run(6)]
    (found,) = results(made)

    assert found.complete
    assert set(found.proven) == {link.name for link in links.links(here.plan)}
    assert found.others == ()
    assert {type(one) for one in here.probed} == {BrokerProbe, DecisionProbe}
    # One write to each output, of the off that it has; no lock is told anything.
    assert sorted(drives(made)) == [("horn", False), ("strobe", False)]
    assert [one for one in made for permit in one.permits if permit.purpose != "self_test"] == []
    assert len(found.commands) == 2
    assert here.flags() == set()
    assert here.state.record.self_tests.proven[LOCK].utc_us > 0
    assert replied(begun).args == (("number", 1),)


def test_a_second_one_is_not_begun_beside_the_first() -> None:
    here = running()
    here.ask()

    assert replied(here.ask()).code == "self_test_running"
    assert facts(here.tick(), "request.refused") == []


def test_one_link_of_each_kind_and_id() -> None:
    names = [link.name for link in links.links(whole())]

    assert len(names) == len(set(names))
    assert {name.partition(":")[0] for name in names} == set(LINK_KINDS)


# --- exactly the broken link -----------------------------------------------------------------


def _mute(here: Night, name: str) -> None:
    here.deaf.add(LinkName(name))


def _says(name: str, code: str) -> Callable[["Breakable"], None]:
    def act(here: "Breakable") -> None:
        here.deaf.add(LinkName(name))
        begun = here.state.record.self_tests.number + 1
        here.after = lambda: here.do(ProbeEnded(here.now, begun, LinkName(name), code))

    return act


def _cut(here: Night) -> None:
    here.bolt("d", False)


def _dead(here: Night) -> None:
    here.link(False, OTHER)


def _silent(here: Night) -> None:
    here.wait(200_000)
    here.run(1)


def _refuses(here: "Breakable") -> None:
    here.refusing = OutputId("strobe")


def _on(here: Night) -> None:
    point = here.plan.outputs[OutputId("strobe")].point
    assert point is not None
    here.set(point, True)


def _locks(here: Night) -> None:
    lock = here.plan.doors[DoorId("d")].lock
    assert lock is not None
    here.set(lock.point, not lock.locked_when)


def _unread(*points: tuple[str, int]) -> Callable[[Night], None]:
    def act(here: Night) -> None:
        for point in points:
            del here.points[PLC][point]  # type: ignore[arg-type]

    return act


def _condition(here: Night) -> None:
    here.do(ConditionChanged(here.now, "journal_refused", True, ()))


class Breakable(Night):
    """A night whose parts break as the tests want them."""

    after: Callable[[], object] = staticmethod(lambda: None)
    refusing: OutputId | None = None

    def ask(self) -> Decision:
        begun = super().ask()
        self.after()
        return begun

    def carry_out(self, decision: Decision) -> list[Decision]:
        hit = {one.target for permit in decision.permits for one in permit.drives}
        self.answers = {PLC: ("refused", "exception_2")} if self.refusing in hit else {}
        return super().carry_out(decision)


@pytest.mark.parametrize(
    ("breaks", "link", "code", "behind"),
    [
        (lambda here: _mute(here, "broker:campus"), "broker:campus", "no_answer", {"button:pb-desk"}),
        (_says("broker:campus", "session_down"), "broker:campus", "session_down", {"button:pb-desk"}),
        (_says("decision:wired", "rule_failed"), "decision:wired", "rule_failed", set()),
        (lambda here: _mute(here, "decision:wired"), "decision:wired", "no_answer", set()),
        (_dead, "controller:other", "silent", {"lock:e", "output:horn", "input:rex"}),
        (_cut, "lock:d", "bolt_not_thrown", set()),
        (_unread(("discrete_input", 0)), "lock:d", "bolt_not_read", set()),
        (_unread(("discrete_input", 1)), "lock:d", "position_not_read", set()),
        (_unread(("coil", 0)), "lock:d", "lock_not_read", set()),
        (_locks, "lock:d", "coil_differs", set()),
        (_unread(("discrete_input", 50)), "input:fire", "not_read", set()),
        (_unread(("discrete_input", 60)), "button:wired", "not_read", set()),
        (_silent, "button:pb-desk", "silent", set()),
        (_refuses, "output:strobe", "exception_2", set()),
        (_on, "output:strobe", "reads_on", set()),
        (_unread(("coil", 20)), "output:strobe", "not_tested", set()),
        (_condition, "daemon:campus", "journal_refused", set()),
    ],
    ids=[
        "broker silent", "session down", "a rule fails", "rules do not answer", "a dead board", "a sensor cut",
        "a bolt not read", "a leaf not read", "a lock not read", "a lock set otherwise", "an input not read",
        "a wired button not read", "a silent button", "an output refuses", "an output is on", "an output not read",
        "the disk refuses",
    ],
)  # fmt: skip
def test_breaking_one_link_turns_exactly_that_link_red(
    breaks: Callable[[Breakable], None], link: str, code: str, behind: set[str]
) -> None:
    here = Breakable(whole())
    link, behind = _named(link), {_named(one) for one in behind}
    here.status()
    breaks(here)
    here.run(3)
    found = tried(here)

    assert red(found) == {link: code}
    assert {name for name, (outcome, _) in others(found).items() if outcome == "behind"} == behind
    assert {said for outcome, said in others(found).values() if outcome == "behind"} <= {link}
    here.run(1)
    assert [each for each in here.flags() if each[0] == "link_not_proven"] == [("link_not_proven", link)]


def _named(link: str) -> str:
    """Names of the story's things in the names of the tests above."""
    names = {"campus": str(whole().campus), "pb-desk": str(DESK), "other": str(OTHER)}
    kind, _, subject = link.partition(":")
    return f"{kind}:{names.get(subject, subject)}"


def test_a_flag_goes_with_the_next_test_that_proves_the_link() -> None:
    here = running()
    here.bolt("d", False)
    here.run(12)
    assert red(tried(here)) == {"lock:d": "bolt_not_thrown"}
    here.run(1)
    assert ("link_not_proven", "lock:d") in here.flags()
    here.bolt("d", True)
    here.run(1)
    assert ("link_not_proven", "lock:d") in here.flags()
    tried(here)
    here.run(1)
    assert ("link_not_proven", "lock:d") not in here.flags()


def test_a_press_or_a_proven_lock_says_more_than_the_test_before_it() -> None:
    here = running()
    here.bolt("d", False)
    _silent(here)
    here.run(12)
    assert red(tried(here)) == {"lock:d": "bolt_not_thrown", f"button:{DESK}": "silent"}
    flags = {("link_not_proven", "lock:d"), ("link_not_proven", f"button:{DESK}")}
    here.run(1)
    assert flags <= here.flags()
    here.bolt("d", True)
    here.carry_out(here.hear(press_id="p-1"))
    here.run(3)

    assert not flags & here.flags()


def test_another_reason_for_the_same_link_is_told_anew() -> None:
    here = running()
    here.deaf.add(link_name("broker", here.plan.campus))
    tried(here)
    here.run(1)
    flag = ("link_not_proven", f"broker:{here.plan.campus}")
    assert here.state.record.flags[flag].args == ("no_answer",)
    here.do(ProbeEnded(here.now, 99, LinkName("broker:x"), ""))
    here.ask()
    here.do(ProbeEnded(here.now, 2, link_name("broker", here.plan.campus), "session_down"))
    here.do(ProbeEnded(here.now, 1, link_name("broker", here.plan.campus), ""))
    here.run(5)
    assert here.state.record.flags[flag].args == ("session_down",)


def test_a_link_that_a_reload_took_away_is_no_flag() -> None:
    here = running()
    here.bolt("d", False)
    here.run(12)
    tried(here)
    here.run(1)
    assert ("link_not_proven", "lock:d") in here.flags()
    here.plan = replace(here.plan, doors={DoorId("e"): here.plan.doors[DoorId("e")]})
    here.run(1)
    assert ("link_not_proven", "lock:d") not in here.flags()


# --- what cannot be tested silently ----------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "link", "said"),
    [
        (whole(buttons={DESK: replace(desk(DESK, {"hold": LOCKDOWN}), silence_limit_us=None)}),
         f"button:{DESK}", ("untestable", "unsupervised")),
        (quarters(door("d", 0, bolt=False)), "lock:d", ("untestable", "no_bolt_sensor")),
        (quarters(door("d", 0, None)), "lock:d", ("not_proven", "never_driven")),
        (quarters(door("d", 0, lock=False)), "lock:d", ("not_proven", "never_driven")),
        (quarters(door("d", 0, DELAYED, defects=("delayed_egress",))), "lock:d", ("untestable", "delayed_egress")),
        (quarters(door("d", 0, replace(MAGLOCK, egress="delayed"), defects=("x",))), "lock:d",
         ("untestable", "delayed_egress")),
        (whole(outputs={OutputId("paging"): output("paging", 1, driver="rtp-paging")}), "output:paging",
         ("untestable", "no_silent_test")),
        (whole(outputs={OutputId("strobe"): output("strobe", 20, commissioned=None)}), "output:strobe",
         ("untestable", "not_commissioned")),
    ],
    ids=["a button that cannot be supervised", "no bolt sensor", "no record", "no lock", "delayed egress",
         "delayed by its record", "loudspeakers", "not commissioned"],
)  # fmt: skip
def test_what_cannot_be_tested_silently_is_said_to_be_so(
    plan: Plan, link: str, said: tuple[str, str]
) -> None:
    here = Night(plan)
    here.status()
    found = tried(here)

    assert others(found)[link] == said
    assert drives([here.tick()]) == []


def test_a_bolt_that_is_thrown_where_nobody_told_it_to_is_said_and_is_no_flag() -> None:
    here = running()
    here.bolt("e", True)
    here.run(1)
    found = tried(here)

    assert others(found) == {"lock:e": ("untestable", "bolt_thrown_at_rest")}


def test_a_door_that_stands_open_is_not_proven_and_is_a_flag_until_it_is_closed() -> None:
    here = running()
    here.leaf("e", False)
    here.run(1)
    found = tried(here)

    assert red(found) == {"lock:e": "stands_open"}
    here.run(1)
    assert ("link_not_proven", "lock:e") in here.flags()
    here.leaf("e", True)
    here.run(2)
    assert ("link_not_proven", "lock:e") not in here.flags()


@pytest.mark.parametrize("answered", [False, True], ids=["not answered yet", "in its travel"])
def test_a_bolt_that_is_on_its_way_proves_nothing_against_its_door(answered: bool) -> None:
    here = running()
    broker = link_name("broker", here.plan.campus)
    here.deaf.add(broker)
    here.ask()
    here.run(2.5)
    sent = here.ask_lock("d")
    here.bolt("d", False)
    here.round()
    if answered:
        here.carry_out(sent)
        here.bolt("d", False)
        here.round()
    here.do(ProbeEnded(here.now, 1, broker, ""))
    (found,) = results([here.tick(1)])

    assert red(found) == {}


def rounds(here: Night, seconds: int, *boards: ControllerId) -> list[Decision]:
    """Seconds in which these boards are read, and nobody carries out anything."""
    made = []
    for _ in range(seconds):
        made.append(here.tick(1_000))
        for board in boards:
            here.round(board)
    return made


def test_a_board_of_which_nothing_is_read_cannot_answer() -> None:
    lone = ControllerId("lone")
    boards = {**whole().controllers, lone: ControllerPlan(lone, "modbus-tcp", "secure-side")}
    here = running(replace(whole(), controllers=boards, outputs={}))
    here.ask()
    (found,) = results(rounds(here, 5, PLC, OTHER))

    assert others(found) == {"controller:lone": ("untestable", "nothing_to_read")}


def test_a_button_in_a_walk_test_cannot_be_asked() -> None:
    here = running()
    here.deaf.add(link_name("decision", DESK))
    here.ask()
    here.do(ProbeEnded(here.now, 1, link_name("decision", DESK), "in_walk_test"))
    (found,) = results(here.run(5))

    assert others(found) == {f"decision:{DESK}": ("untestable", "in_walk_test")}


# --- what stands behind what -----------------------------------------------------------------


def test_a_board_that_was_never_heard_and_one_that_reads_over_the_wrong_way_are_told() -> None:
    here = Night(whole())
    here.status()
    boards = {PLC: here.state.live.controllers[PLC]}
    here.state = replace(here.state, live=replace(here.state.live, controllers=boards))
    begun = here.ask()
    made = [begun]
    for _ in range(22):
        here.wait(1_000)
        made.append(here.do(Scanned(here.now, PLC, here.now, dict(here.points[PLC]), by_commands=False)))
        made.append(here.tick(0))
    (found,) = results(made)

    assert red(found) == {f"controller:{PLC}": "not_read", f"controller:{OTHER}": "never_heard"}


def test_a_board_that_only_hangs_up_for_a_moment_is_proven() -> None:
    here = running()
    begun = here.ask()
    here.link(False, OTHER)
    here.wait(500)
    here.link(True, OTHER)

    assert red(ended(here, begun)) == {}


def test_a_scan_that_began_before_the_test_proves_nothing() -> None:
    here = running()
    before = here.now
    here.ask()
    here.wait(100)
    here.do(Scanned(here.now, PLC, before.plus(-1), dict(here.points[PLC])))
    run = here.state.live.self_test
    assert run is not None
    assert run.heard == frozenset()


def test_where_all_doors_are_held_for_an_input_that_nobody_reads_its_board_is_to_blame() -> None:
    plan = campus(
        door("m", 0, MAGLOCK, rex=("rex",), fire=("fire",)),
        inputs=[contact("fire", 50, "fire-alarm", OTHER), contact("rex", 51)],
        buttons=[button("wired", 60)],
    )
    here = Night(plan)
    here.link(False, OTHER)
    here.run(3)
    name = link_name("decision", "wired")
    here.deaf.add(name)
    for held, said in (
        (((DoorId("m"), "fire_unsure"), (DoorId("gone"), "no_record")), ("behind", f"controller:{OTHER}")),
        (((DoorId("gone"), "no_record"),), ("not_proven", "nothing_locks")),
    ):
        begun = here.ask()
        number = here.state.record.self_tests.number
        here.do(ProbeEnded(here.now, number, name, "nothing_locks", held))
        assert others(ended(here, begun))[name] == said


def test_a_button_that_says_it_is_offline_or_was_never_heard_is_not_proven() -> None:
    here = Night(whole())
    assert red(tried(here)) == {f"button:{DESK}": "not_heard_yet"}
    here.do(StatusHeard(here.now, DESK, None, False, None, False))
    assert red(tried(here)) == {f"button:{DESK}": "offline"}


def test_an_output_whose_write_is_never_answered_or_never_read_back_is_told() -> None:
    here = running()
    here.ask()
    here.round(PLC)
    here.round(OTHER)
    sent = here.tick()
    assert len(sent.permits) == 2
    here.wait(100)
    for permit in sent.permits:
        if permit.controller == OTHER:
            here.end(permit)
    del here.points[OTHER]["coil", 21]
    (found,) = results(rounds(here, 22, PLC, OTHER))

    assert red(found) == {"output:strobe": "no_answer", "output:horn": "not_read_back"}


def test_outputs_of_one_board_are_tested_one_after_the_other() -> None:
    plan = replace(
        whole(),
        outputs={one.id: one for one in (output("strobe", 20), output("horn", 21), output("bell", 22))},
    )
    here = running(plan)
    here.ask()
    for board in (PLC, OTHER):
        here.round(board)
    first = here.tick()
    assert len(first.permits) == 1
    assert here.tick().permits == ()
    here.carry_out(first)
    assert len(here.tick().permits) == 1


def test_a_reload_in_the_middle_of_a_test_is_no_trouble() -> None:
    here = running()
    begun = here.ask()
    here.round()
    here.round(OTHER)
    here.tick()
    here.plan = replace(
        here.plan, outputs={}, buttons={ButtonId("wired"): here.plan.buttons[ButtonId("wired")]}
    )

    assert ended(here, begun).complete
