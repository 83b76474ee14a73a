"""What a start takes along: nothing that no part of the daemon uses."""

import json
import subprocess
import sys

import pytest

from drivers.lean import without

FOREIGN = ("dns", "rich", "pygments", "numpy", "av", "aiortc", "pymodbus", "onveef")


def test_a_start_takes_along_no_library_that_it_does_not_use() -> None:
    asked = (
        "import json, sys\n"
        "from drivers.lean import without\n"
        "with without('rich'):\n"
        "    import edge.run, edge.web.application\n"
        f"print(json.dumps([one for one in {FOREIGN!r} if one in sys.modules]))"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True, text=True)

    assert json.loads(said.stdout) == []


def test_what_is_left_out_meanwhile_can_be_imported_afterwards() -> None:
    sys.modules.pop("colorsys", None)
    with without("colorsys"), pytest.raises(ImportError):
        import colorsys
    import colorsys

    assert colorsys.rgb_to_hsv(0, 0, 0) == (0, 0, 0)


def test_what_is_there_already_stays() -> None:
    import json as there

    with without("json"):
        import json as again

    assert again is there
