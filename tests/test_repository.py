"""What the tree promises to a newcomer: where things lie, how files begin, and what is in none of them."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ("edge", "drivers", "rules")
LOCKS = ("requirements.lock", "tests/requirements.lock")

THE_USERS_TOP_LEVEL = {
    "edge",
    "drivers",
    "rules",
    "systemd",
    "config",
    "firmware_notes",
    "tests",
    "install.sh",
    "pyproject.toml",
    "README.md",
}
BESIDE_IT = {
    ".ci",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Makefile",
    "SECURITY.md",
    "requirements.lock",
}


def tracked() -> list[Path]:
    """Every file of the repository, those not yet committed too, as paths relative to its root."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode != 0:
        pytest.skip(f"not a git checkout, so nobody can say what belongs to it: {listing.stderr.strip()}")
    return [Path(name) for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def python_files() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py"]


def test_the_top_level_is_the_one_the_user_fixed() -> None:
    top_level = {path.parts[0] for path in tracked()}

    assert top_level == THE_USERS_TOP_LEVEL | BESIDE_IT


def test_every_python_file_says_first_what_it_is_for() -> None:
    silent = [path for path in python_files() if not ast.get_docstring(ast.parse((ROOT / path).read_text()))]

    assert silent == []


def test_no_file_is_named_for_everything() -> None:
    words = {"utils", "util", "common", "helpers", "helper", "manager", "misc"}
    named_for_everything = [path for path in tracked() if words & set(re.split(r"[_./-]", str(path)))]

    assert named_for_everything == []


def test_no_python_file_is_longer_than_500_lines() -> None:
    long = [path for path in python_files() if len((ROOT / path).read_text().splitlines()) > 500]

    assert long == []


def test_no_test_folder_is_a_package() -> None:
    """Tests are found by path; an `__init__.py` would give two files one name."""
    assert [path for path in python_files() if path.parts[0] == "tests" and path.name == "__init__.py"] == []


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    somebodys = re.compile(r"(?<![\w.*~-])/(?:work|root|home/\w+)/")
    naming = [path for path in tracked() if somebodys.search((ROOT / path).read_text(errors="replace"))]

    assert naming == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_pins_every_package_with_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text()
    entries = re.findall(r"^[^\s#].*?(?<!\\)$", text, flags=re.MULTILINE | re.DOTALL)

    assert len(entries) > 20
    assert [entry for entry in entries if not re.match(r"[a-z0-9-]+==\S+ ", entry)] == []
    assert [entry for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_holds_no_address_and_no_path(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()

    assert [
        line for line in lines if re.search(r"://|index-url|find-links|trusted-host|file:|^\s*#|^-", line)
    ] == []


def test_tests_run_on_the_versions_that_the_appliance_runs_on() -> None:
    ours, theirs = (
        dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / lock).read_text(), flags=re.MULTILINE))
        for lock in LOCKS
    )

    assert {name: theirs.get(name) for name in ours} == ours


def calls(path: Path) -> set[str]:
    """The last names of everything that a file calls: `Permit` for `commands.Permit(…)`."""
    return {
        node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
    }


def test_only_the_interlock_makes_a_permit() -> None:
    makers = [str(path) for path in python_files() if path.parts[0] in SOURCES and "Permit" in calls(path)]

    assert makers == ["rules/interlock.py"]


def test_nobody_else_alters_a_permit() -> None:
    """`replace(permit, drives=…)` would carry the seal over to drives that nobody judged."""
    altering = [
        str(path)
        for path in python_files()
        if path.parts[0] in SOURCES and path != Path("rules/interlock.py")
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("replace") and node.args
        if "permit" in ast.unparse(node.args[0]).lower()
    ]

    assert altering == []


def test_rules_import_themselves_and_a_few_modules_that_only_compute() -> None:
    """The contract in pyproject.toml names what is forbidden; this names what is left, so that nothing is forgotten."""
    computing = {
        "collections", "collections.abc", "dataclasses", "datetime", "functools", "hashlib", "itertools", "operator", "re",
        "typing",
    }  # fmt: skip
    imported = {
        name
        for path in python_files()
        if path.parts[0] == "rules"
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
        )
    }

    assert {name for name in imported if name.partition(".")[0] != "rules"} <= computing
    # A date is computed with; the clock that is in the same module is not asked.
    of_datetime = {
        one.name
        for path in python_files()
        if path.parts[0] == "rules"
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "datetime"
        for one in node.names
    }
    assert of_datetime <= {"date"}


def test_rules_ask_neither_clock_nor_chance_nor_disk() -> None:
    impure = {
        "now",
        "today",
        "utcnow",
        "monotonic",
        "uuid1",
        "uuid4",
        "random",
        "open",
        "print",
        "input",
        "getenv",
    }
    asking = {str(path): calls(path) & impure for path in python_files() if path.parts[0] == "rules"}

    assert {path: asked for path, asked in asking.items() if asked} == {}


def test_the_installer_refuses_what_it_does_not_know_and_says_how_it_is_used() -> None:
    for arguments in ([], ["--everything"], ["--packages", "--now"]):
        answer = subprocess.run(
            [ROOT / "install.sh", *arguments], capture_output=True, text=True, check=False
        )

        assert (answer.returncode, answer.stdout) == (2, "")
        assert answer.stderr.startswith("Usage: ./install.sh --packages")


def test_the_installer_changes_nothing_where_every_package_is_there(tmp_path: Path) -> None:
    """`make` has run it before the tests, so it has nothing to do: it must not even ask for the right to."""
    for forbidden in ("apt-get", "sudo", "systemctl"):
        (tmp_path / forbidden).write_text("#!/bin/sh\necho called $0 >&2\nexit 9\n")
        (tmp_path / forbidden).chmod(0o755)

    answer = subprocess.run(
        [ROOT / "install.sh", "--packages"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
