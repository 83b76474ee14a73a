"""What ARCHITECTURE.md promises: every place and every type it names is there, and it fits on a page."""

import ast
import builtins
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "ARCHITECTURE.md"
SOURCES = ("edge", "drivers", "rules")
PLACES = (*SOURCES, "systemd", "config", "firmware_notes", "tests")


def built_lines() -> list[str]:
    """Lines about what stands: no line that names a later part, "(part 4)", and no table's last column."""
    lines = [
        line.rpartition("|")[0].rpartition("|")[0] if line.startswith("|") else line
        for line in PAGE.read_text().splitlines()
    ]
    return [line for line in lines if not re.search(r"\bparts? [2-9]", line)]


def named() -> set[str]:
    return {name for line in built_lines() for name in re.findall(r"`([^`]+)`", line)}


def named_paths() -> set[str]:
    anywhere = {name for name in named() if re.fullmatch(rf"(?:{'|'.join(PLACES)})/[\w./*-]*", name)}
    at_the_top = {name for name in named() if re.fullmatch(r"[\w.-]+\.(?:md|sh|toml|lock)|Makefile", name)}
    return anywhere | at_the_top


def modules_of_a_row() -> set[str]:
    """In a row of the code map that begins with one place, each bare name is a module or a folder there."""
    return {
        f"{place}{module}"
        for line in built_lines()
        for place, rest in re.findall(r"^\| `([\w/]+/)` \|(.*)", line)
        for module in re.findall(r"`([a-z_]+)`", rest)
    }


def named_types() -> set[str]:
    return {
        name.removesuffix("()") for name in named() if re.fullmatch(r"[A-Z][a-z]\w*(?:\.\w+)?(?:\(\))?", name)
    }


def defined_types() -> set[str]:
    """Every class, union and alias of the sources, and `Class.method` for each method."""
    names: set[str] = set()
    for source in SOURCES:
        for path in (ROOT / source).rglob("*.py"):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef):
                    names.add(node.name)
                    names |= {
                        f"{node.name}.{member.name}"
                        for member in node.body
                        if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef)
                    }
                elif isinstance(node, ast.Assign):
                    names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
                elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    names.add(node.target.id)
    return names


def test_every_place_on_the_page_exists() -> None:
    assert named_paths()
    assert [name for name in sorted(named_paths()) if not list(ROOT.glob(name.rstrip("/")))] == []


def test_every_module_in_the_code_map_exists() -> None:
    assert modules_of_a_row()
    missing = [
        name
        for name in sorted(modules_of_a_row())
        if not (ROOT / name).is_dir() and not list(ROOT.glob(f"{name}.*"))
    ]

    assert missing == []


def test_every_type_on_the_page_exists() -> None:
    assert named_types() - {"Makefile"} - set(dir(builtins)) - defined_types() == set()


def test_every_package_has_its_place_on_the_page() -> None:
    text = PAGE.read_text()

    assert [place for place in (*SOURCES, "tests") if f"`{place}/" not in text] == []


def test_the_page_fits_on_a_page() -> None:
    lines = PAGE.read_text().splitlines()

    assert len(lines) < 90
    assert [line for line in lines if len(line) > 220] == []
