"""The walls between packages: each contract in pyproject.toml is a sentence, and breaks when it is broken."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONTRACTS: list[str] = [
    contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
]

# contract -> the module that trespasses (a new one, or one that exists and gets a line), and its import.
TRESPASSES = {
    "edge sees drivers sees rules, never back": ("drivers.new_1", "edge"),
    "rules touches no I/O, no clock, no randomness, no third party": ("rules.new_2", "time"),
    "the vocabulary is made of nothing but itself": ("rules.model.new_3", "rules.plan"),
    "drivers speak the vocabulary and do not decide": ("drivers.new_4", "rules.plan"),
    "only the interlock seals a permit and only drivers.base looks for the seal": (
        "edge.new_5",
        "rules.model.seal",
    ),
    "only edge.journal, edge.views and the book's process speak SQL": ("edge.new_6", "sqlite3"),
    "the daemon speaks to the book's process and never loads it": ("edge.operations", "edge.book.database"),
    "what decides a press sees nothing of the book but which flags are its": (
        "rules.supervision",
        "rules.book.sweep",
    ),
    "only drivers.buttons.mqtt_link speaks MQTT": ("edge.new_7", "aiomqtt"),
    "only the OSDP child and the simulated reader speak OSDP": (
        "drivers.new_8",
        "drivers.doors.osdp_library",
    ),
    "the driver speaks to the OSDP child over a socket and never loads its library": (
        "drivers.doors.osdp",
        "drivers.doors.osdp_session",
    ),
    "the daemon speaks to the paging process and never loads it": (
        "drivers.outputs.paging_bus",
        "drivers.outputs.speech_shelf",
    ),
    "only edge.config reads YAML": ("edge.new_10", "yaml"),
    "only edge.web, the district, the hub, the webhook and the simulators speak HTTP": (
        "edge.new_11",
        "aiohttp",
    ),
    "only a line to the mail server speaks SMTP": ("drivers.outputs.smtp", "aiosmtplib"),
    "only edge.journal signs and encrypts": ("edge.new_12", "cryptography"),
    "only edge.web.pages.templates speaks Jinja": ("edge.new_14", "jinja2"),
    "only the hashing process speaks Argon2": ("edge.new_13", "argon2"),
    "only edge.web.pages.qr speaks QR": ("edge.new_16", "segno"),
    "the camera process speaks to the ONVIF process and never loads it": (
        "edge.media.onvif",
        "edge.media.onvif_process",
    ),
    "the camera process speaks to the processes that decode and never loads them": (
        "edge.media.looks",
        "edge.media.looking_process",
    ),
    "only the hashing process reads the list of common passwords": ("edge.new_15", "zxcvbn"),
    "only processes that may be killed speak to FFmpeg's libraries and numpy": ("drivers.new_17", "av"),
    "only drivers.cameras.onvif speaks ONVIF and reaches out by HTTP": ("drivers.new_18", "onveef"),
    "what a stranger's bundle is read by is loaded by its own process alone": (
        "edge.new_20",
        "edge.flaws.keeping",
    ),
    "what a stranger's floor plan is read by is loaded by its own process alone": (
        "edge.new_22",
        "edge.floorplans.svg",
    ),
    "a tabletop touches no driver, no inbox, no journal on disk and no network": (
        "edge.tabletop.film",
        "drivers.doors.modbus_tcp",
    ),
    "the daemon speaks to the processes of tabletops and never loads them": (
        "edge.new_23",
        "edge.scenarios.reading",
    ),
    "only edge.district.pressing speaks Zstandard": ("edge.new_24", "backports"),
    "only the hub speaks to PostgreSQL": ("edge.new_25", "asyncpg"),
    "the hub sees of a campus what it sends and nothing else": (
        "edge.hub.new_26",
        "edge.web.shared",
    ),
    "only the live door of WebRTC and the bench's viewers speak ICE": ("edge.new_19", "aiortc"),
}


@pytest.fixture(scope="module")
def broken_contracts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the linter says of a copy of the tree with a trespass for each wall: contract -> what broke it."""
    tree = tmp_path_factory.mktemp("broken")
    for package in ("edge", "drivers", "rules"):
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    for module, imported in TRESPASSES.values():
        with (tree / module.replace(".", "/")).with_suffix(".py").open("a") as source:
            source.write(f"import {imported}\n")

    lint_imports = Path(sys.executable).with_name("lint-imports")
    report = subprocess.run(
        [lint_imports, "--no-cache"], cwd=tree, capture_output=True, text=True, check=False
    )
    _, _, details = report.stdout.partition("Broken contracts")
    headings = re.split(r"^(.+)\n-{5,}$", details, flags=re.MULTILINE)
    return dict(zip(headings[1::2], headings[2::2], strict=True))


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_wall_breaks_when_it_is_broken(contract: str, broken_contracts: dict[str, str]) -> None:
    assert contract in TRESPASSES, "a new contract needs a trespass here, so that it is seen to break"
    module, imported = TRESPASSES[contract]
    assert f"{module} -> {imported} " in broken_contracts[contract]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_name_of_a_wall_is_a_sentence_that_explains_it(contract: str) -> None:
    assert re.fullmatch(r"[a-z].* (sees|touches|is|speaks?|seals|reads|signs) .*[^.]", contract)
