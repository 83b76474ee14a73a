"""`user`, `token` and `release`: what is asked, what is printed once, and that no secret stands in an argument."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from rules.model.events import ReleaseAsked
from tests.edge.cli.conftest import ROOT, Run, Site
from tests.edge.control.desks import PaperDesk, serving
from tests.edge.people.someone import PASSWORD, START_UTC_US


@pytest.fixture
def password(tmp_path: Path) -> str:
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    return str(file)


def first_code(said: str) -> str:
    """The first of the printed codes."""
    return next(line.strip() for line in said.splitlines() if line.startswith("  "))


def test_a_release_takes_the_code_from_a_file_and_names_who_released(
    run: Run, site: Site, password: str, tmp_path: Path
) -> None:
    desk = PaperDesk()
    with serving(site.store, desk):
        added = run("user", "add", "Ada Moreno", "--role", "administrator", "--password-file", password)
        codes = run("user", "codes", "Ada Moreno")
        (tmp_path / "code").write_text(first_code(codes.stdout) + "\n")
        release = ("release", "a-101", "--reason", "over", "--user", "Ada Moreno")
        done = run(*release, "--code-file", str(tmp_path / "code"))
        again = run(*release, "--code-file", str(tmp_path / "code"))

    assert (added.returncode, codes.returncode, done.returncode, again.returncode) == (0, 0, 0, 1)
    assert len([line for line in codes.stdout.splitlines() if line.startswith("  ")]) == 10
    assert "used before" in again.stderr
    (event,) = desk.asked
    assert isinstance(event, ReleaseAsked)
    assert event.doors == ("a-101",)
    assert desk.actors[0].startswith("account:")


def test_a_release_in_a_script_reads_the_code_from_standard_input(site: Site, password: str) -> None:
    desk = PaperDesk()
    command = [sys.executable, "-m", "edge", "release", "a-101", "--reason", "over", "--user", "Ada"]
    with serving(site.store, desk):
        made = _process(site, "user", "add", "Ada", "--role", "administrator", "--password-file", password)
        codes = _process(site, "user", "codes", "Ada", "--json")
        code = json.loads(codes.stdout)["data"]["secret"][3]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "CAMPUS_EDGE_CONFIG": str(site.config)},
            input=code + "\n",
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    assert (made.returncode, done.returncode) == (0, 0)
    assert "1 door told to rest" in done.stdout


def test_at_a_terminal_the_code_is_asked_for_and_not_shown(site: Site, password: str) -> None:
    desk = PaperDesk()
    with serving(site.store, desk):
        _process(site, "user", "add", "Ada", "--role", "administrator", "--password-file", password)
        code = first_code(_process(site, "user", "codes", "Ada").stdout)
        said, status = _at_a_terminal(site, code, "release", "a-101", "--reason", "over", "--user", "Ada")

    assert status == 0
    assert "Code of Ada:" in said
    assert code not in said
    assert len(desk.asked) == 1


def test_without_a_code_nothing_is_asked_and_it_is_exit_2(run: Run, site: Site, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    desk = PaperDesk()
    release = ("release", "a-101", "--reason", "over", "--user", "Ada", "--code-file")
    with serving(site.store, desk):
        for file in ("empty", "nowhere"):
            ended = run(*release, str(tmp_path / file))
            assert ended.returncode == 2
            assert "No door was released" in ended.stderr
    assert not desk.asked


def test_a_token_is_printed_once_and_listed_without_its_secret(run: Run, site: Site) -> None:
    desk = PaperDesk()
    with serving(site.store, desk):
        created = run("token", "create", "--name", "corridor sign", "--role", "device", "--expires", "90d")
        secret = created.stdout.splitlines()[-1]
        caller = desk.people.by_bearer(secret)
        listed = run("token", "list")
        items = json.loads(run("token", "list", "--json").stdout)["items"]
        revoked = run("token", "revoke", "Corridor Sign")
        gone = desk.people.by_bearer(secret)

    assert (created.returncode, listed.returncode, revoked.returncode) == (0, 0, 0)
    assert caller is not None
    assert (caller.role, gone) == ("device", None)
    assert secret not in listed.stdout + json.dumps(items)
    assert [(one["name"], one["role"]) for one in items] == [("corridor sign", "device")]
    assert items[0]["expires_utc_s"] > START_UTC_US / 1e6


@pytest.mark.parametrize("when", ["soon", "90", "-1d", "2027-13-40", "99999999d"])
def test_an_expiry_that_is_no_time_is_exit_2(run: Run, site: Site, when: str) -> None:
    ended = run("token", "create", "--name", "sign", "--role", "device", f"--expires={when}")

    assert ended.returncode == 2
    assert "is no time" in ended.stderr


def test_users_are_listed_with_what_they_have_to_prove_themselves(
    run: Run, site: Site, password: str
) -> None:
    with serving(site.store, PaperDesk()):
        run("user", "add", "Ada Moreno", "--role", "administrator", "--password-file", password)
        run("user", "add", "Bo Ling", "--role", "staff", "--password-file", password)
        totp = run("user", "totp", "Ada Moreno")
        run("user", "codes", "Bo Ling")
        disabled = run("user", "disable", "Bo Ling")
        shown = run("user", "list").stdout
        items = json.loads(run("user", "list", "--json").stdout)["items"]

    assert "otpauth://totp/Lincoln%20High%20School:Ada%20Moreno?secret=" in totp.stdout
    assert disabled.returncode == 0
    assert "DISABLED" in shown
    assert [(one["name"], one["totp"], one["codes_left"], one["disabled"]) for one in items] == [
        ("Ada Moreno", True, 0, False),
        ("Bo Ling", False, 10, True),
    ]


def test_somebody_is_invited_given_another_role_and_their_lost_factors_taken_away(
    run: Run, site: Site
) -> None:
    desk = PaperDesk()
    with serving(site.store, desk):
        invited = run("user", "invite", "Bo Ling", "--role", "staff")
        again = run("user", "invite", "Bo Ling")
        taken = run("user", "invite", "Bo Ling", "--role", "staff")
        role = run("user", "role", "Bo Ling", "--role", "technician")
        run("user", "codes", "Bo Ling")
        bare = run("user", "remove-factors", "Bo Ling")
        listed = run("user", "list")
        items = json.loads(run("user", "list", "--json").stdout)["items"]

    assert [one.returncode for one in (invited, again, taken, role, bare)] == [0, 0, 1, 0, 0]
    assert "/welcome" in invited.stdout
    assert first_code(invited.stdout) != first_code(again.stdout)
    assert "Bo Ling is technician from now on." in role.stdout
    assert [(one["role"], one["codes_left"]) for one in items] == [("technician", 0)]
    assert items[0]["invited_until_utc_s"] > START_UTC_US / 1e6
    assert "invited" in listed.stdout
    assert first_code(again.stdout) not in listed.stdout + json.dumps(items)


def test_a_refusal_is_exit_1_with_its_sentence(run: Run, site: Site, tmp_path: Path, password: str) -> None:
    (tmp_path / "weak").write_text("Password2024!\n")
    with serving(site.store, PaperDesk()):
        weak = run("user", "add", "Ada", "--role", "staff", "--password-file", str(tmp_path / "weak"))
        run("user", "add", "Ada", "--role", "administrator", "--password-file", password)
        last = run("user", "disable", "Ada")

    assert (weak.returncode, last.returncode) == (1, 1)
    assert "everybody tries first" in weak.stderr
    assert "last administrator" in last.stderr


def test_without_a_daemon_accounts_are_not_changed_and_it_is_said_why(
    run: Run, site: Site, password: str
) -> None:
    ended = run("user", "add", "Ada", "--role", "staff", "--password-file", password)

    assert ended.returncode == 1
    assert "no daemon runs" in ended.stderr
    assert not (site.store / "people.json").exists()


def _process(site: Site, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "edge", *arguments],
        cwd=ROOT,
        env={**os.environ, "CAMPUS_EDGE_CONFIG": str(site.config)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def _at_a_terminal(site: Site, typed: str, *arguments: str) -> tuple[str, int]:
    """What a terminal shows while a verb asks there and `typed` is typed; its exit code."""
    main, end = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "edge", *arguments],
        cwd=ROOT,
        env={**os.environ, "CAMPUS_EDGE_CONFIG": str(site.config)},
        stdin=end,
        stdout=end,
        stderr=end,
        start_new_session=True,
    )
    os.close(end)
    said = b""
    while b": " not in said:
        said += os.read(main, 4_096)
    os.write(main, typed.encode() + b"\n")
    try:
        while piece := os.read(main, 4_096):
            said += piece
    except OSError:
        pass  # the other end is closed: it ended
    os.close(main)
    return said.decode(), child.wait(30)
