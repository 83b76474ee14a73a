"""The service units as systemd reads them, checked without starting one: the appliance's, and the district's hub's."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = sorted((Path(__file__).parents[2] / "systemd").glob("*.service"))
UNIT = next(one for one in UNITS if one.stem == "campus-edge")

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None,
    reason="systemd-analyze is missing: the unit is NOT checked here; install the package systemd",
)


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


def verify(unit: Path) -> subprocess.CompletedProcess[str]:
    # Without --recursive-errors=no a misspelt key is a warning and the exit code stays 0.
    return analyze("verify", "--man=no", "--recursive-errors=no", str(unit))


@pytest.fixture(params=UNITS, ids=lambda one: one.stem)
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A shipped unit with a stand-in for the executable, which is not installed where tests run."""
    shipped: Path = request.param
    copy = tmp_path / shipped.name
    text, replaced = re.subn(
        r"^ExecStart=\S+", "ExecStart=/bin/true", shipped.read_text(), flags=re.MULTILINE
    )
    assert replaced == 1
    copy.write_text(text)
    return copy


def test_systemd_accepts_the_unit_without_a_word(unit: Path) -> None:
    verdict = verify(unit)

    assert (verdict.returncode, verdict.stdout, verdict.stderr) == (0, "", "")


def test_systemd_refuses_the_unit_with_a_misspelt_key(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("RestartSec=", "RestartSecs="))

    verdict = verify(unit)

    assert verdict.returncode != 0
    assert "RestartSecs" in verdict.stderr


def test_the_service_is_exposed_no_more_than_2_of_10(unit: Path) -> None:
    verdict = analyze("security", "--offline=true", "--threshold=20", str(unit))

    assert verdict.returncode == 0, verdict.stdout


def test_the_measure_of_exposure_sees_a_protection_taken_away(unit: Path) -> None:
    unit.write_text(re.sub(r"^User=.*\n|^CapabilityBoundingSet=\n", "", unit.read_text(), flags=re.MULTILINE))

    verdict = analyze("security", "--offline=true", "--threshold=20", str(unit))

    assert verdict.returncode != 0


@pytest.mark.parametrize(
    "line",
    [
        "Type=notify",
        "NotifyAccess=main",
        "ExecStart=/opt/campus-edge/bin/campus-edge run --config /etc/campus-edge/campus.yaml",
        "ExecReload=/bin/kill -HUP $MAINPID",
        "WatchdogSec=10",
        "Restart=always",
        "RestartSec=1",
        "RestartPreventExitStatus=78",
        "StartLimitIntervalSec=0",
        "KillMode=mixed",
        "StateDirectory=campus-edge",
        "StateDirectoryMode=0700",
        "SupplementaryGroups=dialout",
    ],
)
def test_the_unit_keeps_what_the_daemon_counts_on(line: str) -> None:
    assert line in UNIT.read_text().splitlines()


def test_three_starts_that_hang_fit_into_the_minute_that_leads_to_safe_mode() -> None:
    text = UNIT.read_text()
    start_s, stop_s, restart_s = (
        int(re.findall(rf"^{key}=(\d+)$", text, flags=re.MULTILINE)[0])
        for key in ("TimeoutStartSec", "TimeoutStopSec", "RestartSec")
    )

    assert 3 * (start_s + stop_s + restart_s) < 60


@pytest.mark.parametrize(
    "hides_what_we_need", ["ProcSubset=pid", "PrivateDevices=yes", "PrivateNetwork=yes", "NoExecPaths="]
)
def test_the_unit_hides_nothing_that_the_daemon_or_its_children_need(hides_what_we_need: str) -> None:
    assert not re.search(rf"^{hides_what_we_need}", UNIT.read_text(), flags=re.MULTILINE)
