"""`campus-edge simulate`: simulators for every device a configuration names, with a control page to break them."""

import argparse
import asyncio
import tempfile
from pathlib import Path

from edge.cli import CONFIGURATION, DID_NOT_HOLD, DONE
from edge.cli.out import complain, ourselves, say
from edge.config.yaml12 import compose, plain_of
from edge.setting import NotAccepted, setting_of
from edge.simulated.addresses import spare_port
from edge.simulated.run import Simulation, write_moved


def main(args: argparse.Namespace) -> int:
    """Move the configuration onto this machine, simulate it, and say how to run the daemon on it."""
    config: Path = args.config
    try:
        setting_of(config)
        node, _ = compose(config.read_bytes(), str(config))
        tree = plain_of(node) if node is not None else None
        if not isinstance(tree, dict):
            raise NotAccepted(())
        with tempfile.TemporaryDirectory(prefix="campus-edge-simulated-") as folder:
            written = write_moved(tree, config.absolute().parent, Path(folder))
            return asyncio.run(_simulate(config, written))
    except NotAccepted as err:
        for problem in err.problems:
            complain(problem.text())
        return CONFIGURATION
    except OSError as err:
        complain(
            f"the simulators could not start: {err}. Nothing is simulated; free what is taken and try again."
        )
        return DID_NOT_HOLD


async def _simulate(config: Path, written: Path) -> int:
    async with Simulation(setting_of(written), spare_port(), written.parent / "store") as running:
        say(f"every device of {config} is simulated. Break them at {running.url}")
        say(f"The daemon on it: {ourselves()} run --config {written}")
        await running.until_told()
    return DONE
