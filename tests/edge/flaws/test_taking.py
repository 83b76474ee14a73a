"""A bundle is read in a process of its own, which may refuse, die or hang and takes nothing else with it."""

import sys
from pathlib import Path

import pytest

from edge.flaws.index import taken
from edge.flaws.refusal import Refused
from edge.flaws.taking import Taking
from tests.edge.flaws.bundles import item, nvd, packed
from tests.rules.book.records import AXIS


async def test_a_file_is_taken_refused_and_the_index_rebuilt_by_the_process(tmp_path: Path) -> None:
    store, file = tmp_path / "store", tmp_path / "nvdcve-2.0-2023.json.gz"
    file.write_bytes(packed(nvd(item(AXIS))))
    taking = Taking(store)

    found = await taking.take("cve", file)
    index = store / "flaws" / "flaws.db"
    assert taken(index) == (found,)
    with pytest.raises(Refused, match="not CISA's catalogue") as told:
        await taking.take("kev", file)
    assert told.value.code == "no_bundle"
    index.unlink()
    assert [one.sha256 for one in await taking.rebuild()] == [found.sha256]
    assert taking.process_id is None


@pytest.mark.parametrize(
    "does",
    ["import time; time.sleep(600)", "raise SystemExit(1)", "print('nonsense')", "print('{}' * 100_000)"],
)
async def test_a_process_that_hangs_dies_or_babbles_is_a_refusal(tmp_path: Path, does: str) -> None:
    taking = Taking(tmp_path, 2.0, (sys.executable, "-c", does))
    with pytest.raises(Refused) as told:
        await taking.take("cve", tmp_path / "x")
    assert told.value.code == "failed"
    assert taking.process_id is None


async def test_an_unknown_kind_is_refused_by_the_process_itself(tmp_path: Path) -> None:
    with pytest.raises(Refused) as told:
        await Taking(tmp_path).take("x", tmp_path)  # type: ignore[arg-type]
    assert told.value.code == "failed"
