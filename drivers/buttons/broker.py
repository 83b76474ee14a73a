"""`mqtt: {embedded: true}`: a mosquitto of the daemon's own, as its child, on a loopback address.

It keeps its sessions and queues in the store directory. A daemon that was killed leaves its broker behind,
which goes on queueing presses; the next one ends it by its process id and starts its own on the same files.
"""

import asyncio
import base64
import contextlib
import hashlib
import os
import secrets
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import structlog

from drivers.base import Emit
from drivers.buttons.settings import ButtonTopic, MqttConfig, is_loopback
from drivers.child import killed
from drivers.clock import instant as now
from rules.model.events import ConditionChanged

log = structlog.get_logger()

CONDITION = "embedded_broker_down"
USER = "campus-edge"
RESTART_S = 0.3
"""A broker that dies is back within a second; one that cannot start is tried three times a second."""
NOT_INSTALLED_RETRY_S = 5.0
STOP_S = 3.0
"""Longest wait for mosquitto to write its queues and leave; it takes milliseconds."""

_OURS_ALONE = frozenset({"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"})
"""mosquitto tells systemd READY=1 where it can; only the daemon may (sd_notify(3))."""

_CONFIGURATION = """\
# Written by campus-edge at every start; changes here are lost.
listener {port} {host}
allow_anonymous true
password_file {directory}/passwords
acl_file {directory}/acl
persistence true
persistence_location {directory}/
# A press queued for us survives the broker's own death (after its PUBACK; `accepted` alone is a promise).
autosave_on_changes true
autosave_interval 1
# Without it a press waits for up to 40 ms on delayed acknowledgements.
set_tcp_nodelay true
# Presses held while we are away, or while a stuck key says 20,000 at once; never above 65,535.
max_queued_messages 60000
# Presses not yet durable: a slow disk must not fill the window.
max_inflight_messages 1000
# Tasmota and Shelly publish at QoS 0: kept for us too while we are away.
queue_qos0_messages true
message_size_limit 65536
log_dest stderr
log_type error
log_type warning
"""


def find_mosquitto() -> Path | None:
    """The installed broker; Debian keeps it in /usr/sbin, which is not on everybody's path."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    return Path(found) if found else None


def problem(host: str) -> str | None:
    """Why no embedded broker can run at this address, in words; None if it can."""
    if not is_loopback(host):
        return f"an embedded broker listens on loopback only, not on {host}; run a mosquitto with TLS instead"
    if find_mosquitto() is None:
        return "mosquitto is not installed; install the package, or give the url of a broker"
    return None


class EmbeddedBroker:
    """The child, its files and its life. `settings` is what the daemon's own sessions connect with."""

    def __init__(
        self,
        host: str,
        port: int,
        campus: str,
        store_directory: Path,
        buttons: Sequence[ButtonTopic],
        others: Sequence[str] = (),
    ) -> None:
        """others: topics beside the buttons' that may be written without a login."""
        self._directory = store_directory / "broker"
        self._buttons = tuple(buttons)
        self._others = tuple(others)
        self._pid: int | None = None
        self._down: tuple[str, ...] = ()
        self.settings = MqttConfig(
            host, port, campus, store_directory, username=USER, password=secrets.token_urlsafe(24)
        )
        self.listening = asyncio.Event()
        """Set while it takes connections."""

    async def run(self, emit: Emit) -> None:
        """Keep it running until cancelled, then stop it. Troubles are `ConditionChanged`, never raised."""
        while True:
            why = await self._run_once(emit)
            if why != self._down:
                self._down = why
                emit(ConditionChanged(now(), CONDITION, active=True, args=why))
            await asyncio.sleep(NOT_INSTALLED_RETRY_S if why == ("not_installed",) else RESTART_S)

    @property
    def pid(self) -> int | None:
        """The running child."""
        return self._pid

    async def _run_once(self, emit: Emit) -> tuple[str, ...]:
        """Run one child to its end; returns why there is none, as codes."""
        program = find_mosquitto()
        if program is None:
            return ("not_installed",)
        try:
            await self._end_left_behind()
            self._write_files()
            # Into a file: a pipe would break when we are killed, and the broker with it.
            with _emptied(self._directory / "log") as words:
                child = await asyncio.create_subprocess_exec(
                    program,
                    "-c",
                    self._directory / "mosquitto.conf",
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=words,
                    env={name: said for name, said in os.environ.items() if name not in _OURS_ALONE},
                )
        except OSError as err:
            log.error("embedded_broker_not_started", because=str(err))
            return ("not_started",)
        try:
            self._pid = child.pid
            self._pid_file.write_text(str(child.pid))
            async with asyncio.TaskGroup() as tasks:
                waiting = tasks.create_task(self._tell_when_up(emit))
                await child.wait()
                waiting.cancel()
        except OSError as err:
            log.error("embedded_broker_files", because=str(err))
            return ("not_started",)
        finally:
            self.listening.clear()
            self._pid = None
            await _stop(child)
        said = _last_words(self._directory / "log")
        log.error("embedded_broker_ended", code=child.returncode, said=said)
        return ("ended", str(child.returncode))

    async def _tell_when_up(self, emit: Emit) -> None:
        while True:
            try:
                _, writer = await asyncio.open_connection(self.settings.host, self.settings.port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            log.info("embedded_broker_up", pid=self._pid, port=self.settings.port)
            self.listening.set()
            if self._down:
                self._down = ()
                emit(ConditionChanged(now(), CONDITION, active=False, args=()))
            return

    @property
    def _pid_file(self) -> Path:
        return self._directory / "pid"

    async def _end_left_behind(self) -> None:
        """End the broker of a daemon that was killed: the process of our pid file, if it runs on our file."""
        try:
            pid = int(self._pid_file.read_text())
        except (OSError, ValueError):
            return
        if os.fsencode(self._directory / "mosquitto.conf") not in _command(pid):
            return
        log.warning("embedded_broker_left_behind", pid=pid)
        for stop in (signal.SIGTERM, signal.SIGKILL):
            os.kill(pid, stop)
            for _ in range(int(STOP_S / 0.02)):
                await asyncio.sleep(0.02)
                if not is_running(pid):
                    return

    def _write_files(self) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = _CONFIGURATION.format(
            host=self.settings.host.strip("[]"), port=self.settings.port, directory=self._directory
        )
        if os.geteuid() == 0:
            text += "# Else mosquitto becomes a user that cannot read this directory.\nuser root\n"
        _write(self._directory / "mosquitto.conf", text)
        _write(self._directory / "passwords", f"{USER}:{_hashed(self.settings.password or '')}\n")
        _write(self._directory / "acl", access_list(self._buttons, self._others))


def access_list(buttons: Sequence[ButtonTopic], others: Sequence[str] = ()) -> str:
    """Who may say what, in mosquitto's form: all else is the daemon's.

    Everybody on this machine may listen. Nobody but the daemon writes `campus/state/#` or an `accepted`.
    """
    lines = ["# Written by campus-edge from its configuration. Without a login:", "topic read #"]
    for button in buttons:
        lines += [f"topic write {topic}" for topic in (button.press_topic, button.status_topic) if topic]
    lines += [f"topic write {topic}" for topic in others]
    lines += ["", f"user {USER}", "topic readwrite #", ""]
    return "\n".join(lines)


def _command(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def is_running(pid: int) -> bool:
    """Whether this process still does anything; an ended one that nobody collects has no command line."""
    return any(_command(pid))


def _write(path: Path, text: str) -> None:
    beside = path.with_suffix(".new")
    beside.touch(mode=0o600)
    beside.write_text(text)
    beside.replace(path)


def _hashed(password: str) -> str:
    """A line of mosquitto 2's password file: $7$, PBKDF2-HMAC-SHA512. Few rounds do for 192 random bits."""
    salt = secrets.token_bytes(12)
    rounds = 101
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds)
    return f"$7${rounds}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _emptied(path: Path) -> IO[bytes]:
    return path.open("wb")


def _last_words(path: Path) -> str:
    try:
        return path.read_bytes()[-512:].decode("utf-8", "replace").strip()
    except OSError:
        return ""


async def _stop(child: asyncio.subprocess.Process) -> None:
    if child.returncode is not None:
        return
    child.terminate()
    try:
        async with asyncio.timeout(STOP_S):
            await child.wait()
    except (TimeoutError, asyncio.CancelledError) as why:
        await killed(child)
        if isinstance(why, asyncio.CancelledError):
            raise
