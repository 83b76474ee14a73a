"""The last accepted configuration: a broken edit, a lost secret or a power cut while writing disarms no school."""

import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.config import choose as choosing
from edge.config.accepted import NAME, PREVIOUS, accept, load_accepted, was_accepted
from edge.config.check import Checked, read
from edge.config.choose import DEFAULT_STORE, Choice, Refused, choose, store_for
from edge.config.remembered import remember, remembered
from tests.edge.config.campuses import KEY, SOUND, edit

AT = 1_770_000_000_000_000


MQTT_LINE = 'mqtt: {url: "mqtt://127.0.0.1:1883"}'


class Site:
    """A configuration with its secret and a store, on disk."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "campus.yaml"
        self.key = folder / "reader-key"
        self.store = folder / "store"
        self.store.mkdir()
        self.write(SOUND)
        self.key.write_bytes(KEY)
        self.key.chmod(0o600)

    def write(self, text: str) -> None:
        """The text, with the store's own place in it."""
        self.file.write_text(edit(text, (MQTT_LINE, f"store: {{directory: {self.store}}}\n{MQTT_LINE}")))

    def read(self) -> Checked:
        return read(self.file)

    def accept(self) -> Checked:
        found = self.read()
        assert found.problems == ()
        accept(self.store, found, AT)
        return found

    def choose(self, live: frozenset[str] = frozenset()) -> Choice | Refused:
        return choose(self.read(), self.store, live)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_an_accepted_configuration_is_kept_whole_with_its_secrets_for_our_eyes_only(site: Site) -> None:
    found = site.accept()

    kept = load_accepted(site.store)

    assert kept is not None
    assert (kept.text, kept.hash, kept.at_utc_us) == (found.text, found.hash, AT)
    assert kept.files == {"reader-key": KEY}
    assert stat.S_IMODE((site.store / NAME).stat().st_mode) == 0o600
    assert "9f1c" not in repr(kept)


def test_accepting_the_same_again_writes_nothing(site: Site) -> None:
    found = site.accept()
    before = (site.store / NAME).stat().st_mtime_ns, (site.store / NAME).stat().st_ino

    assert accept(site.store, found, AT + 1) is False
    assert ((site.store / NAME).stat().st_mtime_ns, (site.store / NAME).stat().st_ino) == before
    assert not (site.store / PREVIOUS).exists()


def test_a_new_secret_alone_is_accepted_anew(site: Site) -> None:
    site.accept()
    site.key.write_bytes(KEY[::-1].strip() + b"\n")

    site.accept()

    kept = load_accepted(site.store)
    assert kept is not None
    assert kept.files["reader-key"] == KEY[::-1].strip() + b"\n"


def test_a_good_file_starts_on_itself(site: Site) -> None:
    site.accept()
    site.write(edit(SOUND, ("name: Gym west", "name: Gym far west")))

    chosen = site.choose()

    assert isinstance(chosen, Choice)
    assert (chosen.source, chosen.code, chosen.reasons) == ("file", "", ())
    assert chosen.config.doors[1].name == "Gym far west"


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda site: site.file.write_text("campus: ["), "broken"),
        (lambda site: site.file.write_text(""), "broken"),
        (lambda site: site.write(edit(SOUND, ("relay: no", "relay: nc"))), "broken"),
        (lambda site: site.file.unlink(), "missing"),
        (lambda site: site.key.unlink(), "secret"),
        (lambda site: site.key.write_bytes(b"short"), "secret"),
        (lambda site: site.key.chmod(0o644), "secret"),
    ],
    ids=["syntax", "empty", "contradiction", "no file", "no secret", "bad secret", "open secret"],
)
def test_whatever_breaks_the_file_it_starts_on_the_last_accepted_with_its_secrets_and_says_why(
    site: Site, spoil: Callable[[Site], object], code: str
) -> None:
    was = site.accept()
    spoil(site)

    chosen = site.choose()

    assert isinstance(chosen, Choice)
    assert (chosen.source, chosen.code) == ("accepted", code)
    assert chosen.reasons
    assert chosen.checked.hash == was.hash
    assert chosen.config == was.config
    assert chosen.checked.secrets.osdp_key("reader-key") == bytes.fromhex(KEY.decode())


def test_where_none_was_ever_accepted_every_problem_is_returned(site: Site) -> None:
    site.write(edit(SOUND, ("relay: no", "relay: nc"), ("rest: locked", "rest: loked")))

    refused = site.choose()

    assert isinstance(refused, Refused)
    assert refused.problems == site.read().problems


def test_a_broken_page_starts_on_the_file_itself(site: Site) -> None:
    site.accept()
    site.write(
        edit(
            SOUND,
            ("policies:\n", 'web: {listen: "10.0.0.5:8443", certificate: a, private_key: b}\npolicies:\n'),
        )
    )

    chosen = site.choose()

    assert isinstance(chosen, Choice)
    assert chosen.source == "file"
    assert [problem.topic for problem in chosen.checked.problems] == ["web", "web"]


def test_what_an_earlier_version_accepted_stands_and_its_doubtful_door_is_not_driven(site: Site) -> None:
    earlier = site.read()
    text = earlier.text.replace(b"relay: no", b"relay: nc")
    accept(site.store, replace(earlier, text=text), AT)
    site.file.write_text("broken: [")

    chosen = site.choose()

    assert isinstance(chosen, Choice)
    assert chosen.source == "accepted"
    assert chosen.checked.config is None
    assert len(chosen.config.doors) == 2


def test_a_damaged_copy_falls_back_to_the_one_before(site: Site) -> None:
    first = site.accept()
    site.write(edit(SOUND, ("name: Gym west", "name: Gym far west")))
    site.accept()
    (site.store / NAME).write_bytes((site.store / NAME).read_bytes()[:-40])

    kept = load_accepted(site.store)

    assert kept is not None
    assert kept.hash == first.hash


@pytest.mark.parametrize(
    "rubbish", [b"", b"\n", b"{}\n", b"x" * 100, b'{"version": 1}\n' + b"0" * 64 + b"\n"]
)
def test_rubbish_in_the_copys_place_is_never_taken_for_one(site: Site, rubbish: bytes) -> None:
    (site.store / NAME).write_bytes(rubbish)
    site.file.write_text("broken: [")

    assert load_accepted(site.store) is None
    refused = site.choose()
    assert isinstance(refused, Refused)
    assert "cannot be read either" in refused.problems[-1].what


def test_a_power_cut_at_any_step_of_the_writing_leaves_the_old_or_the_new_one(site: Site) -> None:
    """A child writes and is killed at each system call that changes the folder, one after the other."""
    old = site.accept()
    site.write(edit(SOUND, ("name: Gym west", "name: Gym far west")))
    new = site.read()
    seen = set()
    for step in range(1, 40):
        code = (
            "import os, sys\n"
            "from pathlib import Path\n"
            "import edge.config.accepted as accepted\n"
            "from edge.config.check import read\n"
            "found = read(sys.argv[1])\n"
            f"left = [{step}]\n"
            "def cut(event, args):\n"
            "    if event in ('open', 'os.rename', 'os.link', 'os.remove') or event.startswith('os.f'):\n"
            "        left[0] -= 1\n"
            "        if left[0] == 0: os._exit(9)\n"
            "sys.addaudithook(cut)\n"
            "accepted.accept(Path(sys.argv[2]), found, 1)\n"
        )
        done = subprocess.run([sys.executable, "-c", code, site.file, site.store], check=False)
        kept = load_accepted(site.store)
        assert kept is not None
        assert kept.hash in (old.hash, new.hash)
        seen.add(kept.hash)
        if done.returncode == 0:
            break
    assert seen == {old.hash, new.hash}
    assert done.returncode == 0


def test_the_store_is_found_in_a_broken_file_and_else_by_argument_systemd_or_default(
    tmp_path: Path, site: Site
) -> None:
    none: dict[str, str] = {}
    assert store_for(site.read(), None, none) == site.store
    site.file.write_text(f"campus: {{id: x}}\nstore: {{directory: {site.store}}}\nzones: [")
    assert store_for(site.read(), tmp_path / "other", none) == site.store
    site.file.write_text("campus: [")
    assert store_for(site.read(), tmp_path / "given", none) == tmp_path / "given"
    assert store_for(site.read(), None, {"STATE_DIRECTORY": f"{tmp_path}/state:/x"}) == tmp_path / "state"
    assert store_for(site.read(), None, none) == DEFAULT_STORE
    site.file.write_text("store: {directory: 5}\n")
    assert store_for(site.read(), None, none) == DEFAULT_STORE


def test_a_store_that_cannot_be_looked_into_is_passed_over(tmp_path: Path, site: Site) -> None:
    """As another user's is; root may look into every one, so here it is a name that no file system takes."""
    site.accept()
    site.file.write_text(f"store: {{directory: {tmp_path}/{'long' * 100}}}\nzones: [")

    assert store_for(site.read(), site.store, {}) == site.store


def test_of_a_broken_files_possible_stores_the_one_with_an_accepted_configuration_counts(
    tmp_path: Path, site: Site
) -> None:
    site.accept()
    assert was_accepted(site.store)
    site.file.write_text(f"store: {{directory: {tmp_path}/mistyped}}\nzones: [")

    assert store_for(site.read(), site.store, {}) == site.store


@pytest.mark.parametrize("text", [None, "", "campus: [", "\xff", "store: 5"])
def test_a_file_that_says_nothing_any_more_is_started_on_where_it_was_last_accepted(
    site: Site, tmp_path: Path, text: str | None
) -> None:
    site.accept()
    remember(site.file, site.store, {})
    if text is None:
        site.file.unlink()
    else:
        site.file.write_bytes(text.encode("latin-1"))

    assert store_for(site.read(), None, {}) == site.store
    assert store_for(site.read(), None, {"STATE_DIRECTORY": str(tmp_path / "state")}) == site.store


def test_where_nothing_can_be_written_beside_the_file_its_store_is_noted_in_the_state_directory(
    site: Site, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (site.file.parent / f".{site.file.name}.store.new").mkdir()  # as a read-only folder would

    remember(site.file, site.store, {"STATE_DIRECTORY": str(state)})

    assert remembered(site.file, {"STATE_DIRECTORY": str(state)}) == site.store
    assert remembered(site.file, {}) is None
    assert remembered(site.file.with_name("other.yaml"), {"STATE_DIRECTORY": str(state)}) is None


def test_another_files_configuration_in_the_default_store_is_no_stand_in_for_a_broken_file(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "DEFAULT_STORE", site.store)
    site.accept()
    other = tmp_path / "other.yaml"
    other.write_text(f"store: {{directory: {tmp_path}/new}}\nzones: [")

    assert store_for(read(other), None, {}) == tmp_path / "new"
    site.file.write_text(f"store: {{directory: {tmp_path}/mistyped}}\nzones: [")
    assert store_for(site.read(), None, {}) == site.store


def test_a_relative_store_lies_beside_the_configuration(site: Site) -> None:
    site.file.write_text(SOUND.replace(MQTT_LINE, f"store: {{directory: store}}\n{MQTT_LINE}"))

    assert store_for(site.read(), None, {}) == site.store


def test_an_edit_that_changes_a_device_of_a_live_incident_starts_on_the_last_accepted(site: Site) -> None:
    was = site.accept()
    site.write(edit(SOUND, ("lock: {coil: 0, locked_when: off}", "lock: {coil: 9, locked_when: off}")))

    chosen = site.choose(frozenset({"a-101"}))

    assert isinstance(chosen, Choice)
    assert (chosen.source, chosen.code) == ("accepted", "live_incident")
    assert [reason.path for reason in chosen.reasons] == ["doors[a-101].lock.coil"]
    assert chosen.checked.hash == was.hash
    quiet = site.choose()
    assert isinstance(quiet, Choice)
    assert quiet.source == "file"


def test_a_file_for_another_campus_than_the_record_is_not_started_on(site: Site) -> None:
    was = site.accept()
    site.write(edit(SOUND, ("id: lincoln-hs", "id: lincoln")))

    chosen = site.choose()

    assert isinstance(chosen, Choice)
    assert (chosen.source, chosen.code) == ("accepted", "another_campus")
    assert [reason.path for reason in chosen.reasons] == ["campus.id"]
    assert chosen.checked.hash == was.hash


def test_an_edit_that_touches_no_live_device_is_started_on_in_an_incident_too(site: Site) -> None:
    site.accept()
    site.write(edit(SOUND, ("name: Gym west", "name: Gym far west")))

    chosen = site.choose(frozenset({"a-101"}))

    assert isinstance(chosen, Choice)
    assert chosen.source == "file"


@given(st.binary(max_size=200))
@settings(max_examples=100, derandomize=True, deadline=None)
def test_no_bytes_in_the_store_make_the_start_raise(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / NAME).write_bytes(data)
        assert load_accepted(Path(folder)) is None
