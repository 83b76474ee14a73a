"""The command line's form: every verb of the contract, its exit codes, and what it says when it is used wrongly."""

import shlex
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest

from edge.cli import main
from edge.cli.parser import parser
from edge.version import VERSION
from tests.edge.cli.conftest import ROOT, Run, Site
from tests.flow.disks import not_entered

USED_WRONGLY = {
    "no verb": [],
    "an unknown verb": ["unlock"],
    "a press without a kind": ["press", "pb-101"],
    "a press of two kinds": ["press", "pb-101", "--real", "--drill"],
    "a press of nothing": ["press", "--real"],
    "an abbreviated kind": ["press", "pb-101", "--re"],
    "a release of nothing": ["release", "--reason", "x", "--user", "Ada"],
    "a release without a reason": ["release", "a-101", "--user", "Ada"],
    "a release by nobody": ["release", "a-101", "--reason", "x"],
    "a code as an argument": ["release", "a-101", "--reason", "x", "--user", "Ada", "--code", "123456"],
    "a person without a role": ["user", "add", "Ada Moreno"],
    "a person's verb that is none": ["user", "delete", "Ada Moreno"],
    "a token without a role": ["token", "create", "--name", "sign"],
    "a token without a name": ["token", "create", "--role", "device"],
    "a lock without a reason": ["lock", "a-101"],
    "a lock with an empty reason": ["lock", "a-101", "--reason", ""],
    "a release for nothing said": ["release", "a-101", "--reason", "  "],
    "an answer that is none": ["answer", "7", "--reason", "x"],
    "an answer that is both": ["answer", "7", "--start", "--dismiss", "--reason", "x"],
    "an answer to no number": ["answer", "seven", "--start"],
    "a walk-test without a person": ["walk-test", "pb-101", "--minutes", "5"],
    "a walk-test without an end": ["walk-test", "pb-101", "--person", "R. Diaz"],
    "an export to nowhere": ["incident", "export", "inc-1"],
    "an incident verb that is none": ["incident", "delete", "inc-1"],
    "a port that is none": ["demo", "--port", "70000"],
    "two ways to look": ["status", "--watch", "--leave-safe-mode"],
}


@pytest.mark.parametrize("arguments", USED_WRONGLY.values(), ids=USED_WRONGLY)
def test_a_verb_used_wrongly_is_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert capsys.readouterr().err


def test_a_press_without_a_kind_is_exit_2_as_a_process(process: Run) -> None:
    ended = process("press", "pb-101")

    assert ended.returncode == 2
    assert "--real" in ended.stderr


def test_a_slip_is_answered_with_the_verb_that_was_probably_meant(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["relase", "a-101"])

    assert "did you mean release?" in capsys.readouterr().err


RIGHT = [
    ["run", "--config", "x.yaml"],
    ["check", "--config", "x.yaml", "--json"],
    ["schema"],
    ["demo", "--port", "8080", "--press"],
    ["simulate", "--config", "x.yaml"],
    ["bench"],
    ["status"],
    ["status", "--json", "--watch"],
    ["status", "--leave-safe-mode"],
    ["press", "pb-101", "--real"],
    ["press", "pb-101", "--exercise", "--gesture", "hold", "--json"],
    ["press", "pb-101", "--test", "--config", "x.yaml"],
    ["lock", "a-101", "a-102", "--reason", "a fight"],
    ["release", "a-101", "--reason", "over", "--user", "Ada Moreno"],
    ["release", "a-101", "--reason", "over", "--user", "Ada Moreno", "--code-file", "-", "--json"],
    ["close", "--incident", "inc-1"],
    ["user", "add", "Ada Moreno", "--role", "staff", "--password-file", "x"],
    ["user", "disable", "Ada Moreno"],
    ["user", "enable", "Ada Moreno"],
    ["user", "password", "Ada Moreno"],
    ["user", "totp", "Ada Moreno", "--json"],
    ["user", "codes", "Ada Moreno"],
    ["user", "sign-out", "Ada Moreno"],
    ["user", "list", "--json"],
    ["token", "create", "--name", "sign", "--role", "device", "--expires", "90d"],
    ["token", "revoke", "sign"],
    ["token", "list", "--json"],
    ["answer", "7", "--start"],
    ["answer", "7", "--dismiss", "--reason", "a cleaner"],
    ["close"],
    ["close", "--reason", "over"],
    ["walk-test", "pb-101", "pb-102", "--minutes", "30", "--person", "R. Diaz"],
    ["selftest"],
    ["incident", "list", "--json"],
    ["incident", "show", "inc-1"],
    ["incident", "export", "inc-1", "--out", "x.zip", "--redact"],
    ["incident", "verify", "x.zip", "--key", "k.pem"],
    ["incident", "replay", "inc-1"],
    ["verify-journal", "--rebuild"],
    ["sweeps", "--weeks", "6", "--json"],
    ["sweep", "sign", "2026-11-30", "east", "gate", "--reason", "deliveries", "--person", "R. Diaz"],
    ["export", "sweeps", "doors.csv"],
    ["asset", "new", "name=Radio 7", "serial=SN-1", "--id", "radio-7"],
    ["asset", "set", "a-101", "a-102", "supported_until=2031-06-30", "--preview"],
    ["asset", "turn", "radio-7", "deployed", "--say", "zone=a", "--say", "room=101", "--reason", "moved"],
    ["asset", "replace", "a-101", "--serial", "SN-2", "--say", "purchased=2026-08-14", "--json"],
    ["asset", "commission", "a-101", "--by", "R. Diaz", "--day", "2026-08-14"],
    ["asset", "issue", "radio-7", "--to", "R. Diaz", "--due", "2027-06-30"],
    ["asset", "return", "radio-7", "--note", "scratched"],
    ["asset", "link", "pb-101", "ap-1", "network", "--no-longer"],
    ["asset", "seen", "radio-7", "--zone", "a"],
    ["asset", "issued", "--person", "Diaz"],
    ["asset", "stock", "--json"],
    ["asset", "minimum", "cr2450", "4"],
    ["asset", "plan", "--class", "safety"],
    ["asset", "reports"],
    ["asset", "settle", "3", "dismissed", "--reason", "it was nothing"],
    ["audit", "begin", "--zone", "a", "--type", "radio"],
    ["audit", "list"],
    ["audit", "show", "1"],
    ["audit", "end", "1"],
    ["upkeep", "list"],
    ["upkeep", "begin", "zone", "a", "--days", "2", "--reason", "painting", "--owner", "role:technician"],
    ["upkeep", "end", "1"],
]


@pytest.mark.parametrize("arguments", RIGHT, ids=" ".join)
def test_every_verb_takes_what_the_contract_gives_it_and_names_a_function_that_is_there(
    arguments: list[str],
) -> None:
    import importlib

    module, _, function = parser().parse_args(arguments).verb.partition(":")

    assert callable(getattr(importlib.import_module(module), function))


def test_verbs_of_later_parts_are_not_there_yet(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("backup", "restore"):
        with pytest.raises(SystemExit) as ended:
            main([verb])
        assert ended.value.code == 2
    capsys.readouterr()


def test_the_measurement_is_no_verb_for_everybody(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])

    shown = capsys.readouterr().out
    assert "walk-test" in shown
    assert "bench" not in shown.replace("{", " ")


def test_the_version_is_the_one_of_the_project(process: Run) -> None:
    ended = process("--version")

    assert (ended.returncode, ended.stdout) == (0, f"campus-edge {VERSION}\n")
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION


def test_a_start_imports_no_verb_but_the_one_asked_for() -> None:
    code = (
        "import sys\nfrom edge.cli import main\n"
        "try: main(['--version'])\nexcept SystemExit: pass\n"
        "sys.exit(any(one in sys.modules for one in ('asyncio', 'msgspec', 'yaml', 'aiohttp', 'edge.cli.status')))"
    )

    assert (
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True).returncode
        == 0
    )


def test_a_reader_that_has_seen_enough_is_no_failure(site: Site) -> None:
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{shlex.quote(sys.executable)} -m edge schema | head -n 1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(
    ("text", "store"),
    [
        ("store: {directory: /srv/ce}\n", "/srv/ce"),
        ("store:\n  # where it lies\n  directory: /srv/ce  # here\n", "/srv/ce"),
        ("store: {directory: beside}\n", "beside"),
        ("campus: {id: hs}\n", "/var/lib/campus-edge"),
        ("", "/var/lib/campus-edge"),
        ("store: {directory: /srv/ce}\ndoors: [unclosed\n", "/srv/ce"),
        ('a: \'unclosed\nstore:\n  keep: 7\n  directory: "/srv/ce"\n', "/srv/ce"),
        ("store: 7\n", "/var/lib/campus-edge"),
        ("store: {directory: /srv/ce}\nstore: {directory: /srv/ce}\n", "/srv/ce"),
    ],
    ids=[
        "flow",
        "block",
        "relative",
        "none",
        "empty",
        "broken after",
        "broken before",
        "no mapping",
        "twice",
    ],
)
def test_the_store_is_found_in_a_configuration_that_is_broken_too(
    tmp_path: Path, text: str, store: str
) -> None:
    from edge.cli.store import store_of

    config = tmp_path / "campus.yaml"
    config.write_text(text)

    assert store_of(config) == tmp_path / store


def test_without_a_configuration_the_store_is_the_default(tmp_path: Path) -> None:
    from edge.cli.store import DEFAULT, store_of

    assert store_of(tmp_path / "none.yaml") == DEFAULT


def test_of_a_file_that_is_gone_the_store_is_where_the_daemon_last_ran_on_it(tmp_path: Path) -> None:
    from edge.cli.store import store_of
    from edge.config.remembered import remember

    remember(tmp_path / "none.yaml", tmp_path / "state", {})

    assert store_of(tmp_path / "none.yaml") == tmp_path / "state"


def test_who_may_not_enter_the_store_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    from edge.config.remembered import remember

    with (
        tempfile.TemporaryDirectory() as folder
    ):  # a folder that others may enter, as /etc/campus-edge for its group
        Path(folder).chmod(0o755)
        store, config = Path(folder) / "store", Path(folder) / "campus.yaml"
        store.mkdir()
        config.write_text(f"store: {{directory: {store}}}\n")
        remember(config, store, {})
        with not_entered(store):
            assert main(["status", "--config", str(config)]) == 1

    assert "may not be opened by this user" in capsys.readouterr().err


@pytest.mark.parametrize(
    "verb",
    [
        "status",
        "tickets",
        "assets",
        "inspection list",
        "drill list",
        "tabletop list",
        "lock tcp-1 --reason x",
        "close --reason x",
        "selftest",
    ],
)
def test_a_verb_that_asks_the_daemon_loads_neither_the_configuration_nor_the_plan(
    verb: str, tmp_path: Path
) -> None:
    """They cost three times the rest of it; a person who locks a door by hand waits for no such thing."""
    asked = [*verb.split(), "--config", str(tmp_path / "none.yaml")]
    program = (
        "import sys; from edge.cli import main; code = main(sys.argv[1:]); "
        "print('loaded', *(one for one in sys.modules if one in ('edge.config.check', 'rules.plan', 'yaml')))"
    )
    done = subprocess.run([sys.executable, "-c", program, *asked], check=True, capture_output=True, text=True)
    assert "/var/lib/campus-edge" in done.stderr
    assert done.stdout.splitlines()[-1] == "loaded"


def test_the_store_of_the_file_that_the_daemon_runs_on_is_known_without_reading_it_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from edge.cli import store
    from edge.config.remembered import remember
    from edge.control.path import NAME

    config, there = tmp_path / "campus.yaml", tmp_path / "state"
    config.write_text(f"store: {{directory: {there}}}\n")
    there.mkdir()
    (there / NAME).touch()
    remember(config, there, {})
    monkeypatch.setattr(store, "_parsed", None)

    assert store.store_of(config) == there
