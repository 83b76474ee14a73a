"""A story with somebody at the board of its one real incident."""

from dataclasses import replace

from rules.decision import Decision
from rules.model.ids import Actor, IncidentId
from rules.model.moments import MINUTE_US
from rules.model.post_asks import RespondingAsked, RoleAsked, RoomAsked, TaskAddAsked, TaskAsked
from rules.model.post_facts import (
    IncidentRole,
    RoomWord,
    TaskState,
)
from rules.plan import Plan, TaskPlan
from rules.post_state import Post
from tests.rules.campus import PERSON
from tests.rules.story import Story, replied, standard

OTHER = Actor("account:2")
COMMANDER: IncidentRole = "incident-commander"
TASKS = (
    TaskPlan("call", COMMANDER, "Call.", 2 * MINUTE_US, drill="DRILL: call nobody."),
    TaskPlan("rooms", "operations", "Ask the rooms."),
    TaskPlan("media", "public-information", "Tell the press.", 5 * MINUTE_US, 5 * MINUTE_US, timer=True),
)


def planned() -> Plan:
    """A campus whose lockdown has three tasks, and whose staff-assist has one of them and one of its own."""
    return replace(
        standard(),
        tasks={
            "lockdown": TASKS,
            "staff-assist": (TASKS[1], TaskPlan("help", "operations", "Send help.")),
            "duress": (TaskPlan("quiet", COMMANDER, "Look."),),
        },
    )


class Board(Story):
    """A story with somebody at the board of its one real incident."""

    def __init__(self, plan: Plan | None = None) -> None:
        super().__init__(planned() if plan is None else plan)
        self.hear()
        self.incident = self.real

    @property
    def post(self) -> Post:
        return self.state.record.posts[self.incident]

    def put(
        self,
        number: int,
        state: TaskState,
        reason: str = "",
        *,
        by: Actor = PERSON,
        of: str = "",
        silent: bool = False,
    ) -> Decision:
        where = IncidentId(of) if of else self.incident
        return self.do(TaskAsked(self.now, self.request(), by, where, number, state, reason, silent))

    def add(self, text: str, within_us: int = 0, every_us: int = 0, *, timer: bool = False) -> Decision:
        return self.do(
            TaskAddAsked(
                self.now, self.request(), PERSON, self.incident, "planning", text, within_us, every_us, timer
            )
        )

    def give(
        self,
        role: IncidentRole,
        holder: str = "",
        name: str = "",
        reason: str = "",
    ) -> Decision:
        return self.do(
            RoleAsked(self.now, self.request(), PERSON, self.incident, role, Actor(holder), name, reason)
        )

    def responds(self, who: str = "", name: str = "", *, here: bool = True, reason: str = "") -> Decision:
        return self.do(
            RespondingAsked(self.now, self.request(), PERSON, self.incident, Actor(who), name, here, reason)
        )

    def says(
        self, room: str, word: RoomWord, people: int | None = None, text: str = "", *, by: Actor = PERSON
    ) -> Decision:
        return self.do(RoomAsked(self.now, self.request(), by, self.incident, room, word, people, text))


def code(made: Decision) -> str:
    """What became of a request."""
    return replied(made).code
