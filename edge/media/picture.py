"""Whether a camera still sees what it was put there to see: judged of measures, with patience both ways. Pure.

Black, covered and frozen need nothing learned; turned is judged against references: what the camera saw over a while,
by day and by night. Until something is known the state is `unknown`, and no measure that is missing makes it `ok`.
"""

from collections import deque
from typing import Final, Literal

from rules.model.values import dataclass

State = Literal["ok", "frozen", "black", "covered", "turned", "unknown"]

BLACK_MEAN: Final = 24.0
BLACK_DEVIATION: Final = 6.0
"""Luma levels (black is 16): nothing can be seen, be it a cap, a dead sensor or a room without any light."""
PLAIN_EDGES: Final = 1.2
"""Contrast below which a bright picture shows nothing at all."""
COVERED_SHARE: Final = 0.35
"""Of the contrast that is usual, below which what is in the picture is too near or too blurred to be the scene."""
ALIKE: Final = 0.40
"""Share of the places with edges from which it is the scene that was learned; people hide some of them."""
OTHER: Final = 0.25
"""Below it is another scene. Between the two nothing is said."""
SAME_SHARE: Final = 0.0005
"""Share of pixels that may differ in a frozen picture; the noise of a live sensor changes hundreds of times as many."""
SAME_SHARE_COLLAPSED: Final = 0.02
"""The same, while predicted pictures have shrunk to a tenth: an encoder that is fed the same picture over and over."""
COLLAPSED: Final = 0.1
LEARNING: Final = 10
"""Looks that have to agree before what they show is a reference."""
LEARNED_ALIKE: Final = 0.6
"""A scene that is less like any reference is learned beside them: night, other light, a moved cupboard."""
MOST_REFERENCES: Final = 8
PATIENCE: Final[dict[State, int]] = {
    "frozen": 5,
    "black": 3,
    "covered": 3,
    "turned": 5,
    "ok": 2,
    "unknown": 5,
}
"""Looks in a row that have to say so before the state changes; of frozen, among the last `RECENT`."""
RECENT: Final = 6
"""An encoder that is fed one picture over and over still changes its quality now and then: no look in so many may say
frozen before it is over. A live sensor never repeats a picture, so three that say so are no chance."""


@dataclass(frozen=True, slots=True)
class Measures:
    """One look. same_bytes: the key picture is byte by byte the one before. alike: one number a reference, then one for
    the candidate where there is one. predicted_share: size of predicted pictures, as a share of the usual."""

    at_us: int
    mean: float
    deviation: float
    edges: float
    changed: float | None
    alike: tuple[float, ...]
    detail: bytes
    """The picture's edges, to be handed back when it has become a reference."""
    same_bytes: bool = False
    predicted_share: float | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A scene that was seen over a while. by_hand: a person said so, and it is never forgotten for another."""

    detail: bytes
    edges: float
    mean: float
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """since_us: of the state, CLOCK_MONOTONIC. began_us: of the first look that said so.

    alike: with the best reference; None: none is learned.
    """

    state: State
    since_us: int
    looks: int
    alike: float | None
    references: int
    learning: int
    began_us: int = 0


class Judge:
    """One camera. `references` go with each look, in this order; keep them where a restart finds them."""

    def __init__(self, references: tuple[Reference, ...] = ()) -> None:
        self.references = references
        self._candidate: Reference | None = None
        self._agreed = 0
        self._by_hand = False
        self._state: State = "unknown"
        self._since_us = self._began_us = 0
        self._alike: float | None = None
        self._looks = 0
        self._recent: deque[State] = deque(maxlen=RECENT)
        self._recent_us: deque[int] = deque(maxlen=RECENT)
        """When the picture of each was taken."""
        self.looked_at_us: int | None = None
        """Capture of the picture that was judged last, CLOCK_MONOTONIC."""

    @property
    def compare_with(self) -> tuple[bytes, ...]:
        """The edges that the next look is to be compared with."""
        candidate = (self._candidate,) if self._candidate is not None else ()
        return tuple(one.detail for one in (*self.references, *candidate))

    @property
    def judged(self) -> Judged:
        """What is believed now."""
        return Judged(
            self._state,
            self._since_us,
            self._looks,
            self._alike,
            len(self.references),
            self._agreed,
            self._began_us,
        )

    @property
    def suspects_frozen(self) -> bool:
        """The last look says so, and it is not believed yet."""
        return bool(self._recent) and self._recent[-1] == "frozen" and self._state != "frozen"

    def recall(self, references: tuple[Reference, ...]) -> None:
        """What was learned in another life is known as well, before what was learned in this one."""
        if self._by_hand:
            return  # a person just said that it is to be learned anew
        self.references = (*references, *self.references)[:MOST_REFERENCES]

    def learn(self) -> None:
        """A person says that what the camera sees from now on is right: all that was learned is forgotten."""
        self.references, self._candidate, self._agreed, self._by_hand = (), None, 0, True
        self._recent.clear()
        self._recent_us.clear()
        self._state = "unknown"

    def not_seen(self, at_us: int) -> None:
        """No look could be had: what was believed is believed as long as patience lasts, then unknown."""
        self._settle("unknown", at_us)

    def look(self, measures: Measures) -> Judged:
        """Judge one more look, which was compared with what `compare_with` still says; any other is not judged."""
        if len(measures.alike) != len(self.compare_with):
            return self.judged
        self._looks += 1
        self.looked_at_us = measures.at_us
        known = measures.alike[: len(self.references)]
        self._alike = max(known, default=None)
        said = self._say(measures)
        self._settle(said, measures.at_us)
        self._learn(measures, said)
        return self.judged

    def _say(self, seen: Measures) -> State | None:
        """What this look alone says; None: nothing either way."""
        if seen.same_bytes:
            return "frozen"
        collapsed = seen.predicted_share is not None and seen.predicted_share < COLLAPSED
        if seen.changed is not None and seen.changed < (SAME_SHARE_COLLAPSED if collapsed else SAME_SHARE):
            return "frozen"
        if seen.mean < BLACK_MEAN and seen.deviation < BLACK_DEVIATION:
            return "black"
        if seen.edges < PLAIN_EDGES and self._alike is not None and self._alike >= ALIKE:
            return "ok"
        if seen.edges < PLAIN_EDGES:
            return "covered"
        if self._alike is None:
            return "unknown"
        if self._alike >= ALIKE:
            return "ok"
        if self._alike >= OTHER:
            return None
        usual = min(one.edges for one in self.references)
        return "covered" if seen.edges < COVERED_SHARE * usual else "turned"

    def _settle(self, said: State | None, at_us: int) -> None:
        if said is None:
            return
        self._recent.append(said)
        self._recent_us.append(at_us)
        frozen = self._recent.count("frozen")
        if frozen >= PATIENCE["frozen"]:
            settled: State | None = "frozen"
        elif said == "frozen" or (frozen and self._state == "frozen"):
            settled = None
        else:
            wanted = PATIENCE[said]
            settled = said if list(self._recent)[-wanted:] == [said] * wanted else None
        if settled is not None and settled != self._state:
            self._state, self._since_us = settled, at_us
            recent = [*zip(self._recent, self._recent_us, strict=True)]
            if settled != "frozen":
                # Of these none may be between; and the last of them is that which settled it.
                recent = recent[-PATIENCE[settled] :]
            self._began_us = next(each_us for one, each_us in recent if one == settled)

    def _learn(self, seen: Measures, said: State | None) -> None:
        # Never what may be a fault; and of a scene that is known well there is nothing to learn.
        learnable = said in ("ok", "unknown") and seen.edges >= PLAIN_EDGES and seen.changed is not None
        if not learnable or (self._alike is not None and self._alike >= LEARNED_ALIKE):
            self._candidate, self._agreed = None, 0
            return
        if self._candidate is None or seen.alike[-1] < LEARNED_ALIKE:
            self._candidate = Reference(seen.detail, seen.edges, seen.mean, self._by_hand)
            self._agreed = 1
            return
        self._agreed += 1
        if self._agreed >= LEARNING:
            self._remember(self._candidate)
            self._candidate, self._agreed = None, 0

    def _remember(self, reference: Reference) -> None:
        kept = list(self.references)
        if len(kept) >= MOST_REFERENCES:
            spare = next((one for one in kept[1:] if not one.by_hand), kept[-1])
            kept.remove(spare)
        self.references = (*kept, reference)
        self._by_hand = False
