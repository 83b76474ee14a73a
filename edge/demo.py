"""`campus-edge demo`: a simulated campus, a real broker, and the daemon on it; `--press` presses for real and judges.

Three processes: this one, the simulators (`python -m edge.demo`), and the daemon (`campus-edge run`). No root, no
network, no configuration.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from edge.cli import DID_NOT_HOLD, DONE
from edge.cli.ledger import ledger
from edge.cli.out import complain, ourselves, say
from edge.control.client import Broken, NotRunning, ask
from edge.control.path import NAME
from edge.setting import setting_of
from edge.simulated import floorplans
from edge.simulated.addresses import spare_port
from edge.simulated.demo import demo_tree
from edge.simulated.keyholder import Keyholder, NoKeyholder
from edge.simulated.run import Simulation

BUTTON: Final = "pb-101"
GESTURE: Final = "hold"
READY_S: Final = 30.0
"""A small machine under load; the daemon itself is armed within 3 s."""
PROVEN_S: Final = 15.0


def main(args: argparse.Namespace) -> int:
    """Run it all until Ctrl-C, or with `--press` until every door is proven."""
    # A plain SIGTERM, or the SIGHUP of a terminal that is closed, would leave the children behind. nohup is obeyed.
    for stop in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(stop) is not signal.SIG_IGN:
            signal.signal(stop, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        return _run(args)
    return DID_NOT_HOLD if args.press else DONE


def _run(args: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="campus-edge-demo-") as folder:
        out = Path(folder)
        config = out / "campus.yaml"
        web, control = args.port or spare_port(), spare_port()
        tree = demo_tree(out, web, spare_port())
        for controller in tree["controllers"]:
            if controller["driver"] == "modbus-tcp":
                controller["port"] = spare_port()
        for camera in tree["cameras"]:
            port = spare_port()
            camera |= {"url": f"rtsp://127.0.0.1:{port}/main", "sub_url": f"rtsp://127.0.0.1:{port}/sub"}
        config.write_text(json.dumps(tree, indent=1))
        with (
            _child("edge.demo", str(config), str(control)),
            _child("edge", "run", "--config", str(config)) as daemon,
        ):
            document = _armed(out / "store", daemon)
            if document is None:
                return DID_NOT_HOLD
            _introduce(document, config, web, control)
            say(
                "  cameras:       "
                + ", ".join(str(one["url"]) for one in tree["cameras"])
                + "   user viewer, password demo-pictures"
            )
            if not args.press:
                _introduce_keyholder(out / "store", web)
                _introduce_map(out, config)
                _until_interrupted(daemon)
                return DONE
            return _press(out / "store", control)


def _introduce(document: dict[str, Any], config: Path, web: int, control: int) -> None:
    doors, controllers = len(document["doors"]), len(document["controllers"])
    say(f"Armed: {doors} doors on {controllers} controllers, {len(document['buttons'])} buttons.")
    say(f"  status, live:  {ourselves()} status --watch --config {config}")
    say(f"  press:         {ourselves()} press pb-wired --real --config {config}")
    say(f"  break things:  http://127.0.0.1:{control}   health: http://127.0.0.1:{web}/readyz")


def _introduce_map(out: Path, config: Path) -> None:
    """The sample campus, brought as a school brings its own: floor plans, and the list of the things on them."""
    *plans, things = floorplans.write(out)
    done = True
    for verb, file in (("assets", things), *(("floorplan", one) for one in plans)):
        command = [sys.executable, "-m", "edge", "import", verb, str(file), "--config", str(config)]
        done = subprocess.run(command, capture_output=True, check=False).returncode == 0 and done  # noqa: S603  our own program
    if not done:
        complain("the sample campus could not be brought: the page Map says what is there.")


def _introduce_keyholder(store: Path, web: int) -> None:
    """Somebody who may release, made for this demo alone."""
    demo = Keyholder(store / NAME)
    try:
        demo.make("demo")
    except (NoKeyholder, NotRunning, Broken) as err:
        complain(f"no demo account could be made: {err}")
        return
    say(f"  page:          http://127.0.0.1:{web}   sign in as demo, password {demo.password}")
    say("  release, end:  … release DOOR --reason R --user demo, … close --reason R --user demo")
    say("                 with one of these codes, each good once:")
    for five in (demo.codes[:5], demo.codes[5:]):
        say(f"                 {'  '.join(five)}")


def _press(store: Path, control: int) -> int:
    """Press over MQTT, wait for every door, print the ledger."""
    say(f"Pressing {BUTTON} ({GESTURE}) over MQTT, for real …")
    pressed_at = time.monotonic()
    answer = _post(f"http://127.0.0.1:{control}/buttons/{BUTTON}/press", {"gesture": GESTURE})
    heard = answer.get("accepted")
    took_ms = (time.monotonic() - pressed_at) * 1000
    say(
        f"accepted after {took_ms:.0f} ms, on disk: {heard.get('durable') if isinstance(heard, dict) else 'not heard'}"
    )
    ends = pressed_at + PROVEN_S
    document = _snapshot(store)
    while time.monotonic() < ends and not _all_secured(document):
        time.sleep(0.05)
        document = _snapshot(store)
    if document is None:
        complain("the daemon does not answer any more; nothing is proven.")
        return DID_NOT_HOLD
    say(ledger(sorted(document["doors"], key=lambda door: str(door["id"]))))
    secured = sum(door["verdict"] == "secured" for door in document["doors"])
    say(
        f"{secured} of {len(document['doors'])} doors secured, proven by bolt and position read after the command."
    )
    return DONE if _all_secured(document) and isinstance(heard, dict) else DID_NOT_HOLD


def _all_secured(document: dict[str, Any] | None) -> bool:
    if document is None or not document["doors"]:
        return False
    return all(door["verdict"] == "secured" and door["order"] is not None for door in document["doors"])


def _armed(store: Path, daemon: subprocess.Popen[bytes]) -> dict[str, Any] | None:
    """Wait until a press would lock every door: armed, every controller up, every button heard."""
    ends = time.monotonic() + READY_S
    document: dict[str, Any] | None = None
    while time.monotonic() < ends and daemon.poll() is None:
        document = _snapshot(store)
        if document is not None and _ready(document):
            return document
        time.sleep(0.05)
    missing = [] if document is None else [str(one["id"]) for one in document["controllers"] if not one["up"]]
    why = (
        f"the daemon ended with {daemon.returncode}"
        if daemon.poll() is not None
        else f"not up: {missing or 'broker'}"
    )
    complain(f"the demo campus was not armed within {READY_S:.0f} s: {why}. Nothing was pressed.")
    return None


def _ready(document: dict[str, Any]) -> bool:
    return (
        bool(document["appliance"]["armed"])
        and all(one["up"] for one in document["controllers"])
        and all(one["supervision"] in ("heard", "unsupervised") for one in document["buttons"])
        and all(door["verdict"] != "unknown" for door in document["doors"])
        and all(one["state"] == "quiet" for one in document["inputs"])
    )


def _snapshot(store: Path) -> dict[str, Any] | None:
    try:
        found = ask(store / NAME, {"do": "status"}, 5.0).get("data")
    except (NotRunning, Broken):
        return None
    return found if isinstance(found, dict) else None


def _post(url: str, body: dict[str, object]) -> dict[str, Any]:
    request = urllib.request.Request(url, json.dumps(body).encode(), method="POST")  # noqa: S310  loopback
    try:
        with urllib.request.urlopen(request, timeout=PROVEN_S) as answer:  # noqa: S310
            found: dict[str, Any] = json.loads(answer.read())
            return found
    except (urllib.error.URLError, TimeoutError) as err:
        complain(f"the simulated button could not press: {err}")
        return {}


@contextlib.contextmanager
def _child(module: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours, ended by its id whatever happens."""
    quiet = None if os.environ.get("CAMPUS_EDGE_DEMO_LOG") else subprocess.DEVNULL
    child = subprocess.Popen([sys.executable, "-m", module, *arguments], stderr=quiet)  # noqa: S603  our own program
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(5.0)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _until_interrupted(daemon: subprocess.Popen[bytes]) -> None:
    say("Ctrl-C ends it.")
    daemon.wait()


async def _simulate(config: Path, control: int) -> None:
    async with Simulation(setting_of(config), control, config.parent / "store") as running:
        await running.until_told()


if __name__ == "__main__":
    asyncio.run(_simulate(Path(sys.argv[1]), int(sys.argv[2])))
