"""What a camera sees, judged of real encoded pictures: no alarm of an ordinary day, and each fault is found."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pytest

from drivers.cameras.stream import AccessUnit
from edge.media.looking_messages import EDGES, LookAt
from edge.media.looking_process import look
from edge.media.picture import LEARNING, PATIENCE, Judge, Measures, Reference, State
from edge.media.sealing import Stamp
from edge.media.truth import Truth
from tests.edge.media.encoding import Picture, encode, room

SIZE = (640, 360)
Floats = npt.NDArray[np.float64]
Light = Callable[[Floats], Floats]


def day(scene: Floats) -> Floats:
    return scene


def lights_off(scene: Floats) -> Floats:
    """A little light through the door; the sensor's gain makes noise of the rest."""
    return 16 + (scene - 16) * 0.12


def infrared(scene: Floats) -> Floats:
    """By the camera's own lamps: bright in the middle, dark at the edges, the colours' greys other than by day."""
    rows, columns = scene.shape
    y, x = np.mgrid[0:rows, 0:columns]
    lamp = np.exp(-(((x / columns - 0.5) ** 2) + ((y / rows - 0.5) ** 2)) * 3)
    lit: Floats = 16 + (np.abs(scene - 60) * 0.8) * lamp
    return lit


def sun(scene: Floats) -> Floats:
    """A bright patch with a hard edge on the floor, the rest a little darker."""
    lit = scene * 0.8
    lit[SIZE[1] // 2 :, SIZE[0] // 3 : 2 * SIZE[0] // 3] += 70
    return lit


def pictures(
    count: int,
    light: Light = day,
    *,
    seed: int = 1,
    noise: float = 2.0,
    people: int = 0,
    shift: int = 0,
    start: int = 0,
) -> Iterator[Picture]:
    """Key pictures of a room, two seconds apart."""
    scene = np.roll(room(*SIZE, seed), shift, axis=1).astype(float)
    for number in range(start, start + count):
        random = np.random.default_rng(number * 100 + seed)
        here = light(scene.copy())
        for _ in range(people):
            x, y = random.integers(0, SIZE[0] - 60), random.integers(60, SIZE[1] - 160)
            here[y : y + 160, x : x + 60] = random.integers(30, 200)
        here += random.normal(0, noise, here.shape)
        yield np.clip(here, 16, 235).astype(np.uint8)


@dataclass
class Camera:
    """A judged camera: what it sends is encoded, decoded by the looking process's own functions, and judged."""

    judge: Judge = field(default_factory=Judge)
    samples: tuple[bytes, ...] = ()
    before: bytes = b""
    at_us: int = 0
    states: list[State] = field(default_factory=list)

    def sees(
        self, shown: Iterable[Picture], bit_rate: int = 150_000, predicted_share: float | None = None
    ) -> State:
        """All of them are key pictures: what lies between two looks is never decoded."""
        for unit in encode(shown, fps=1, gop=1, bit_rate=bit_rate):
            self.unit(unit, predicted_share)
        return self.judge.judged.state

    def unit(self, unit: AccessUnit, predicted_share: float | None = None) -> None:
        references = self.judge.compare_with
        sizes = (
            len(unit.data),
            len(self.samples[-1]) if self.samples else 0,
            len(self.samples),
            len(references),
        )
        asked = LookAt(1, unit.track.codec, *sizes)
        seen, body = look(asked, memoryview(unit.data + b"".join((*self.samples, *references))))
        self.at_us += 2_000_000
        self.judge.look(
            Measures(
                self.at_us,
                seen.mean,
                seen.deviation,
                seen.edges,
                seen.changed,
                seen.alike,
                body[:EDGES],
                self.before == unit.data,
                predicted_share,
            )
        )
        self.before, self.samples = unit.data, (*self.samples[-1:], body[EDGES:])
        self.states.append(self.judge.judged.state)


def learned() -> Camera:
    camera = Camera()
    assert camera.sees(pictures(LEARNING + 5)) == "ok"
    camera.states.clear()
    return camera


def test_a_camera_is_unknown_until_what_it_sees_was_seen_for_a_while() -> None:
    camera = Camera()
    camera.sees(pictures(LEARNING))
    assert set(camera.states) == {"unknown"}
    assert camera.sees(pictures(5, start=50)) == "ok"
    assert camera.judge.judged.references == 1


ORDINARY: list[tuple[str, list[dict[str, object]]]] = [
    ("people", [{"people": 1}, {"people": 4}, {"people": 8}, {}]),
    ("lights off and on", [{"light": lights_off}, {}, {"light": lights_off, "noise": 4.0}, {}]),
    (
        "night by infrared",
        [{"light": infrared, "noise": 4.0}, {}, {"light": infrared, "noise": 6.0, "people": 2}, {}],
    ),
    ("sun on the floor", [{"light": sun}, {"light": sun, "people": 3}, {}]),
    ("noise", [{"noise": 8.0}, {"noise": 1.0}, {"noise": 12.0}]),
    ("a shaking mast", [{"shift": 2}, {"shift": -3}, {"shift": 1}, {}]),
]


@pytest.mark.parametrize("phases", [phases for _, phases in ORDINARY], ids=[name for name, _ in ORDINARY])
@pytest.mark.parametrize("bit_rate", [400_000, 60_000], ids=["good", "coarse"])
def test_an_ordinary_day_raises_no_alarm(phases: list[dict[str, object]], bit_rate: int) -> None:
    camera = learned()
    for number, phase in enumerate(phases):
        camera.sees(pictures(20, start=1000 * (number + 1), **phase), bit_rate)  # type: ignore[arg-type]
    assert set(camera.states) == {"ok"}


def grey(level: float, noise: float = 2.0, count: int = 12) -> Iterator[Picture]:
    for number in range(count):
        random = np.random.default_rng(number)
        shade = np.tile(np.linspace(level - 6, level + 6, SIZE[0]), (SIZE[1], 1))
        yield np.clip(shade + random.normal(0, noise, shade.shape), 16, 235).astype(np.uint8)


def dated(shown: Iterator[Picture]) -> Iterator[Picture]:
    """With a date in white, as nearly every camera writes it."""
    for number, one in enumerate(shown):
        one[10:40, 20:300:3] = one[10:40, 21 + number : 300 : 5] = 235
        yield one


def blurred(count: int) -> Iterator[Picture]:
    """A cloth so near that only its shadows are seen."""
    for number, one in enumerate(pictures(count, seed=9)):
        small = one[::60, ::60].astype(float)
        rows = np.linspace(0, small.shape[0] - 1.001, SIZE[1])
        columns = np.linspace(0, small.shape[1] - 1.001, SIZE[0])
        r, c = rows.astype(int), columns.astype(int)
        fr, fc = (rows - r)[:, None], (columns - c)[None, :]
        smooth = (
            small[r][:, c] * (1 - fr) * (1 - fc)
            + small[np.minimum(r + 1, small.shape[0] - 1)][:, c] * fr * (1 - fc)
            + small[r][:, np.minimum(c + 1, small.shape[1] - 1)] * (1 - fr) * fc
            + small[np.minimum(r + 1, small.shape[0] - 1)][:, np.minimum(c + 1, small.shape[1] - 1)] * fr * fc
        )
        noise = np.random.default_rng(number).normal(0, 2, smooth.shape)
        yield np.clip(100 + (smooth - 100) * 0.3 + noise, 16, 235).astype(np.uint8)


FAULTS: list[tuple[str, Callable[[], Iterator[Picture]], State]] = [
    ("a cap", lambda: grey(17, 0.5), "black"),
    ("a cap, and the date", lambda: dated(grey(17, 0.5)), "black"),
    ("a dead sensor's noise", lambda: grey(17, 3), "black"),
    ("spray paint", lambda: grey(190), "covered"),
    ("a hand", lambda: grey(60), "covered"),
    ("a cloth", lambda: blurred(12), "covered"),
    ("turned to another room", lambda: pictures(12, seed=2), "turned"),
    ("turned by a third", lambda: pictures(12, shift=SIZE[0] // 3), "turned"),
    ("turned at night", lambda: pictures(12, infrared, seed=3, noise=4.0), "turned"),
    ("turned, with people", lambda: pictures(12, seed=4, people=3), "turned"),
]


@pytest.mark.parametrize(
    ("fault", "state"), [(fault, state) for _, fault, state in FAULTS], ids=[one[0] for one in FAULTS]
)
def test_a_fault_is_found_within_its_patience_and_is_over_when_it_is_over(
    fault: Callable[[], Iterator[Picture]], state: State
) -> None:
    camera = learned()
    assert camera.sees(fault()) == state
    assert set(camera.states) == {"ok", state}
    assert camera.states.index(state) <= PATIENCE[state] + 1
    camera.states.clear()
    assert camera.sees(pictures(6, start=500)) == "ok"
    assert set(camera.states) == {state, "ok"}


@pytest.mark.parametrize(("noise", "bit_rate"), [(2.0, 400_000), (0.5, 400_000), (2.0, 50_000)])
def test_a_sensor_that_freezes_before_a_live_encoder_is_found_and_stays_found(
    noise: float, bit_rate: int
) -> None:
    """A true stream, with predicted pictures: the encoder goes on to polish what it is given over and over."""
    camera, truth = Camera(), Truth(lambda mono_us: Stamp(mono_us, None))

    def stream() -> Iterator[Picture]:
        yield from pictures((LEARNING + 5) * 10, noise=noise)
        yield from [*pictures(1, start=7, noise=noise)] * 30 * 10
        yield from pictures(9 * 10, noise=noise, start=9000)

    for unit in encode(stream(), fps=5, gop=10, bit_rate=bit_rate):
        truth.unit(unit)
        if unit.key:
            figures = truth.figures(unit.at_us)
            share = (
                figures.predicted_bytes / figures.usual_bytes
                if figures.predicted_bytes and figures.usual_bytes
                else None
            )
            camera.unit(unit, share)
    states = camera.states
    assert set(states[: LEARNING + 5]) == {"unknown", "ok"}
    first = states.index("frozen")
    assert first <= LEARNING + 5 + 20
    assert set(states[first : LEARNING + 5 + 30]) == {"frozen"}
    assert states[-1] == "ok"


def test_a_frozen_picture_is_found_under_a_clock_that_runs_on() -> None:
    camera = learned()
    (one,) = pictures(1, start=7)

    def with_clock() -> Iterator[Picture]:
        for number in range(12):
            stamped = one.copy()
            stamped[8:32, 8:200] = (
                np.random.default_rng(number).integers(0, 2, (3, 24)).repeat(8, 0).repeat(8, 1) * 200
            )
            yield stamped

    assert camera.sees(with_clock(), bit_rate=2_000_000, predicted_share=0.02) == "frozen"


def test_the_same_key_picture_byte_by_byte_is_a_frozen_encoder() -> None:
    camera = learned()
    (unit,) = encode(pictures(1, start=3), fps=1, gop=1)
    for _ in range(PATIENCE["frozen"] + 1):
        camera.unit(unit)
    assert camera.judge.judged.state == "frozen"


def test_one_odd_look_changes_nothing() -> None:
    camera = learned()
    for number in range(5):
        camera.sees(pictures(1, seed=5, start=100 * number))
        camera.sees(pictures(3, start=100 * number + 10))
    assert set(camera.states) == {"ok"}


def test_a_person_says_that_another_scene_is_right_and_it_is_learned() -> None:
    camera = learned()
    assert camera.sees(pictures(10, seed=2)) == "turned"
    camera.judge.learn()
    assert camera.judge.judged.state == "unknown"
    assert camera.sees(pictures(LEARNING + 5, seed=2, start=200)) == "ok"
    assert all(one.by_hand for one in camera.judge.references)
    assert camera.sees(pictures(10, start=300)) == "turned", "what it saw before is no longer right"


@pytest.mark.parametrize(
    "fault", [grey(17, 0.5, 40), grey(190, 2, 40), pictures(40, seed=2)], ids=["black", "covered", "turned"]
)
def test_a_fault_is_never_learned(fault: Iterator[Picture]) -> None:
    camera = learned()
    camera.sees(fault)
    assert camera.judge.judged.references == 1


def test_without_looks_nothing_is_known_any_more() -> None:
    camera = learned()
    for _ in range(PATIENCE["unknown"]):
        camera.judge.not_seen(camera.at_us)
    assert camera.judge.judged.state == "unknown"


def test_what_was_learned_outlives_a_restart() -> None:
    kept = learned().judge.references
    camera = Camera(Judge(tuple(Reference(one.detail, one.edges, one.mean, one.by_hand) for one in kept)))
    assert camera.sees(pictures(3, start=400)) == "ok"


def test_a_look_that_was_compared_with_other_references_is_not_judged() -> None:
    judge = Judge()
    before = judge.judged
    judge.look(Measures(1, 100, 40, 20, 0.5, (0.9, 0.9), b""))
    assert judge.judged == before


def test_what_is_settled_behind_its_patience_began_with_the_first_picture_that_showed_it() -> None:
    camera = Camera()
    camera.sees(pictures(15))
    ok_us = camera.at_us
    assert camera.judge.judged.state == "ok"
    assert camera.sees(pictures(6, lambda scene: 16 + 0 * scene)) == "black"
    assert camera.judge.judged.began_us == ok_us + 2_000_000
    assert camera.judge.judged.since_us > camera.judge.judged.began_us
