"""What of the store goes: never what is held, never what the district lacks, routine first, and each of it told."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from edge.media.quota import Class, Decision, Gone, Kept, Quota, Why, free_bytes, remove, what_goes
from tests.flow.disks import not_entered

DAY_US = 86_400_000_000
NOW_US = 1_000 * DAY_US
QUOTA = Quota(
    most_bytes=1_000,
    reserve_bytes=500,
    ages_us={"check": DAY_US, "rehearsal": 30 * DAY_US, "real": 365 * DAY_US},
)
PLENTY = 1 << 40


def kept(path: str, kind: Class, days: float, size: int = 100) -> Kept:
    return Kept(path, size, kind, NOW_US - round(days * DAY_US), "ab" * 32)


def gone(decision: Decision) -> list[tuple[str, Why]]:
    return [(one.file.path, one.why) for one in decision.gone]


def test_each_kind_goes_at_its_own_age() -> None:
    files = [
        kept("check-old", "check", 2),
        kept("check-new", "check", 0.5),
        kept("drill-old", "rehearsal", 31),
        kept("drill-new", "rehearsal", 29),
        kept("real-old", "real", 366),
        kept("real-new", "real", 364),
    ]
    decision = what_goes(files, QUOTA, PLENTY, set(), set(), NOW_US)
    assert gone(decision) == [("check-old", "age"), ("drill-old", "age"), ("real-old", "age")]
    assert decision.routine
    assert decision.short_bytes == 0


def test_for_want_of_room_checks_go_before_drills_and_drills_before_real_ones_oldest_first() -> None:
    files = [
        kept("real-2", "real", 20, 400),
        kept("real-1", "real", 30, 400),
        kept("drill-2", "rehearsal", 1, 200),
        kept("drill-1", "rehearsal", 5, 200),
        kept("check-1", "check", 0.1, 200),
    ]
    assert gone(what_goes(files, QUOTA, PLENTY, set(), set(), NOW_US)) == [
        ("check-1", "quota"),
        ("drill-1", "quota"),
    ]
    assert gone(what_goes(files, QUOTA, 0, set(), set(), NOW_US)) == [
        ("check-1", "quota"),
        ("drill-1", "quota"),
        ("drill-2", "reserve"),
    ]


def test_evidence_under_hold_never_goes_and_the_want_that_stays_is_said() -> None:
    files = [kept("held", "real", 1_000, 900), kept("held-drill", "rehearsal", 1_000, 900)]
    decision = what_goes(files, QUOTA, 0, {"held", "held-drill"}, set(), NOW_US)
    assert gone(decision) == []
    assert decision.short_bytes == 800
    assert not decision.routine


def test_what_the_district_does_not_have_yet_stays_and_without_a_district_age_alone_decides() -> None:
    files = [kept("old", "real", 1_000)]
    assert gone(what_goes(files, QUOTA, PLENTY, set(), {"old"}, NOW_US)) == []
    assert gone(what_goes(files, QUOTA, PLENTY, set(), set(), NOW_US)) == [("old", "age")]


def test_routine_writing_stops_before_anything_has_to_go() -> None:
    files = [kept("real", "real", 1)]
    free = QUOTA.reserve_bytes + QUOTA.reserve_bytes // 20
    decision = what_goes(files, QUOTA, free, set(), set(), NOW_US)
    assert gone(decision) == []
    assert not decision.routine
    assert what_goes(files, QUOTA, QUOTA.reserve_bytes * 2, set(), set(), NOW_US).routine


KINDS: list[Class] = ["check", "rehearsal", "real"]
FILES = st.tuples(
    st.sampled_from(KINDS), st.integers(0, 500), st.integers(0, 700), st.booleans(), st.booleans()
)


@given(st.lists(FILES, max_size=20), st.integers(0, 2_000))
def test_whatever_there_is_no_held_or_unsynced_file_goes_and_what_stays_fits_or_is_called_short(
    made: list[tuple[Class, int, int, bool, bool]], free: int
) -> None:
    files = [kept(f"f{n}", kind, days, size) for n, (kind, days, size, _, _) in enumerate(made)]
    held = {f"f{n}" for n, one in enumerate(made) if one[3]}
    unsynced = {f"f{n}" for n, one in enumerate(made) if one[4]}
    decision = what_goes(files, QUOTA, free, held, unsynced, NOW_US)
    names = [one.file.path for one in decision.gone]
    assert len(names) == len(set(names))
    assert not set(names) & (held | unsynced)
    stays = [file for file in files if file.path not in names]
    freed = sum(one.file.bytes for one in decision.gone)
    fits = sum(file.bytes for file in stays) <= QUOTA.most_bytes and free + freed >= QUOTA.reserve_bytes
    assert fits == (decision.short_bytes == 0)
    if not fits:
        assert all(file.path in held | unsynced for file in stays)


class Telling:
    def __init__(self) -> None:
        self.gone: list[Gone] = []
        self.refused: list[tuple[str, str]] = []

    def refuse(self, one: Gone, code: str) -> None:
        self.refused.append((one.file.path, code))


def decided(*paths: str) -> Decision:
    return Decision(tuple(Gone(kept(path, "check", 3), "age") for path in paths), True, 0)


def test_what_goes_is_told_with_its_name_and_hash_and_empty_folders_go_with_it(tmp_path: Path) -> None:
    for name in ("i-1/a.mp4", "i-2/a.mp4", "i-2/b.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    told = Telling()
    decision = decided("i-1/a.mp4", "i-2/a.mp4", "i-3/already-gone.mp4")
    remove(tmp_path, decision, told.gone.append, told.refuse)
    assert tuple(told.gone) == decision.gone
    assert told.refused == []
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["b.mp4", "i-2"]


def test_nothing_outside_the_store_and_nothing_that_is_being_written_is_removed(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    for file in (tmp_path / "else.mp4", store / "a.mp4.part"):
        file.write_bytes(b"x")
    (store / "link.mp4").symlink_to(tmp_path / "else.mp4")
    told = Telling()
    remove(store, decided("../else.mp4", "a.mp4.part", "link.mp4"), told.gone.append, told.refuse)
    assert told.gone == []
    assert {code for _, code in told.refused} == {"EPERM"}
    assert (tmp_path / "else.mp4").exists()
    assert (store / "a.mp4.part").exists()


def test_what_the_disk_refuses_to_remove_is_told_with_its_word_for_it(tmp_path: Path) -> None:
    store = tmp_path / "store"
    (store / "i").mkdir(parents=True)
    (store / "i" / "a.mp4").write_bytes(b"x")
    told = Telling()
    with not_entered(store / "i"):
        remove(store, decided("i/a.mp4"), told.gone.append, told.refuse)
    assert told.refused == [("i/a.mp4", "EACCES")]
    assert told.gone == []


def test_what_is_free_is_what_the_disk_says(tmp_path: Path) -> None:
    assert free_bytes(tmp_path) > 0
