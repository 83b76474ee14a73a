"""The verbs that run something: the daemon itself, the demo, the simulators, the measurement."""

import argparse
import asyncio
import importlib


def run(args: argparse.Namespace) -> int:
    """The daemon in the foreground."""
    from edge.run import run as daemon

    return asyncio.run(daemon(args.config.absolute()))


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
