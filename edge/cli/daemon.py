"""The verbs that run something: the daemon itself, the demo, the simulators, the measurement."""

import argparse
import asyncio
import importlib

from drivers.lean import without
from edge.cli import DID_NOT_HOLD, DONE
from edge.cli.out import complain, plain, say, say_json
from edge.cli.store import store_of

COPY = ", from the copy that the running daemon keeps"


def run(args: argparse.Namespace) -> int:
    """The daemon in the foreground."""
    # structlog draws tracebacks with it where it is installed, beside us: 60 ms and 5 MB of each start, for nothing.
    with without("rich"):
        from edge.run import run as daemon

    return asyncio.run(daemon(args.config.absolute()))


def prepare(args: argparse.Namespace) -> int:
    """The journal folded by this release, so that its start takes no minutes."""
    from edge import logs
    from edge.ahead import fold_ahead
    from edge.journal.writer import JournalRefused

    logs.set_up()  # standard output is for what was asked
    store = store_of(args.config)
    try:
        done = fold_ahead(store, lambda count: None if args.json else say(f"{count} events folded"))
    except (JournalRefused, OSError) as err:
        complain(
            f"nothing was prepared: {plain(err)}. What runs goes on; a start of this release folds the whole journal, which "
            "takes about a minute for a million events."
        )
        return DID_NOT_HOLD
    if args.json:
        say_json({"events": done.events, "from_copy": done.from_copy, "prepared": done.head is not None})
    else:
        say(f"Prepared: {done.events} events folded{COPY if done.from_copy else ''}. Now start this release.")
    return DONE


def demo(args: argparse.Namespace) -> int:
    """A simulated campus."""
    return _main("edge.demo", args)


def simulate(args: argparse.Namespace) -> int:
    """Simulators for a configuration."""
    return _main("edge.simulate", args)


def bench(args: argparse.Namespace) -> int:
    """From a press to the last door; called by `make bench`."""
    return _main("edge.bench", args)


def _main(module: str, args: argparse.Namespace) -> int:
    return int(importlib.import_module(module).main(args))
