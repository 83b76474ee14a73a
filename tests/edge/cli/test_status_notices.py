"""`campus-edge status` says by how many ways people were told, and names each that did not go out."""

from dataclasses import replace

from edge.cli.screen import screen
from edge.snapshot import snapshot
from rules.model.ids import IncidentId, NoticeId, OutputId, ZoneId
from rules.model.notices import NoticeState
from rules.notice_state import NoticeMemory, SecondMemory
from rules.plan import OutputPlan
from tests.edge.campus import BOX, NOON, PLAN, quiet

ZONE = ZoneId("a")


def memory(output: str, state: str, code: str = "", told: int = 0, of: int = 0) -> NoticeMemory:
    return NoticeMemory(
        NoticeId(1), OutputId(output), ZONE, IncidentId("inc-1"), "drill", "lockdown", 7, NOON, state, code, told, of, NOON, NOON  # type: ignore[arg-type]
    )  # fmt: skip


def said(*notices: NoticeMemory) -> list[str]:
    outputs = {one.output: OutputPlan(one.output, "smtp", ZONE, None, "2026-08-14") for one in notices}
    state = quiet()
    told = replace(state, record=replace(state.record, notices={one.output: one for one in notices}))
    return screen(snapshot(replace(PLAN, outputs=outputs), told, NOON, BOX), width=160).splitlines()


def test_what_did_not_go_out_is_named_first_with_why_and_that_it_is_tried_again() -> None:
    lines = said(memory("page", "sent", "no_speech"), memory("mail", "failed", "refused", 1, 2))

    at = lines.index("Told by 1 of 2 ways; sent is not informed")
    assert lines[at + 2].split("  ")[1:] != []
    assert "!!" in lines[at + 2]
    assert "mail" in lines[at + 2]
    assert "DRILL lockdown in a" in lines[at + 2]
    assert "NOT told, 1 of 2" in lines[at + 2]
    assert "it refused; it is tried again" in lines[at + 2]
    assert "only tones" in lines[at + 3]


def test_what_is_never_tried_again_does_not_say_so() -> None:
    assert "tried again" not in "".join(said(memory("mail", "failed", "not_commissioned")))


def test_who_did_not_acknowledge_is_named_with_the_second_channel_or_that_there_is_none() -> None:
    def second(output: str, by: str, state: NoticeState, code: str) -> SecondMemory:
        return SecondMemory(
            OutputId(output), ZONE, IncidentId("inc-1"), "lockdown", 7, ("101",) if by else (), OutputId(by), NoticeId(2),
            NOON, state, code, 0, 0, NOON,
        )  # fmt: skip

    def status(*seconds: SecondMemory, is_: str = "sent") -> str:
        state = quiet()
        told = [memory("mail", is_)]
        record = replace(
            state.record,
            notices={"mail/a": told[0]},
            seconds={f"{one.of_output}/a": one for one in seconds},
        )
        outputs = {OutputId("mail"): OutputPlan(OutputId("mail"), "smtp", ZONE, None, "2026-08-14")}
        return screen(
            snapshot(replace(PLAN, outputs=outputs), replace(state, record=record), NOON, BOX), width=160
        )

    assert "NOT ACKNOWLEDGED by mail: 101; tried by sms at" in status(second("mail", "sms", "received", ""))
    assert "NOT told (it was not said in time)" in status(second("mail", "sms", "failed", "not_said"))
    assert "all heard from since" in status(second("mail", "sms", "received", ""), is_="received")
    assert "all heard from since" not in status(second("mail", "sms", "received", ""))
    none = status(second("mail", "", "failed", "no_second_channel"))
    assert "NOT ACKNOWLEDGED by mail: whom it is addressed to; no second channel is configured" in none
    assert "NOT ACKNOWLEDGED" not in status()
    assert "NOT ACKNOWLEDGED" not in status(replace(second("mail", "sms", "sent", ""), number=6)), (
        "another notice"
    )


def test_nobody_was_told_anything_in_quiet_times() -> None:
    assert "Told by" not in screen(snapshot(PLAN, quiet(), NOON, BOX), width=160)
