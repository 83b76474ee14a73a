"""The shipped access list on a real mosquitto: only the daemon says how the campus stands and that a press was accepted."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.simulated.addresses import spare_port
from tests.flow.mosquitto import MOSQUITTO
from tests.flow.waiting import wait_for

ACL = Path(__file__).parents[2] / "config" / "mosquitto.acl"
DAEMON = "campus-edge"
OTHERS = ("pb-101", "pb-102", "zigbee2mqtt", "chirpstack", "shelly", "tasmota", "signs", "somebody")
OURS = (
    "campus/state/zone/a",
    "campus/state/door/a-101",
    "campus/state/appliance",
    "campus/state/anything/else",
    "campus/button/pb-101/accepted",
    "campus/button/pb-102/accepted",
)


class Guarded:
    """A mosquitto with logins for everybody and our list."""

    def __init__(self, folder: Path) -> None:
        self.port = spare_port()
        passwords = folder / "passwords"
        passwords.touch(mode=0o600)
        for user in (DAEMON, *OTHERS):
            subprocess.run(["mosquitto_passwd", "-b", passwords, user, "pw"], check=True, capture_output=True)
        acl = folder / "campus-edge.acl"
        shutil.copy(ACL, acl)
        acl.chmod(0o600)
        root = "user root\n" if os.geteuid() == 0 else ""
        config = folder / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} 127.0.0.1\n{root}allow_anonymous false\npassword_file {passwords}\nacl_file {acl}\n"
        )
        self.child = subprocess.Popen(
            [MOSQUITTO, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for("mosquitto listens", lambda: self.say(DAEMON, "campus/edge/up", "x").returncode == 0)

    def say(self, user: str, topic: str, text: str, *more: str) -> "subprocess.CompletedProcess[str]":
        """Publish, QoS 1 and retained: mosquitto acknowledges what it refuses, too."""
        return self._run("mosquitto_pub", user, "-q", "1", "-r", "-t", topic, "-m", text, *more)

    def kept(self, user: str, topic: str) -> str:
        """What a user hears of a topic that is kept; `""`: nothing."""
        return self._run(
            "mosquitto_sub", user, "-t", topic, "-C", "1", "-W", "1", "--retained-only", "-F", "%p"
        ).stdout.strip()

    def _run(self, program: str, user: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [program, "-p", str(self.port), "-u", user, "-P", "pw", *arguments],
            check=False,
            capture_output=True,
            text=True,
            timeout=20,
        )


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    broker = Guarded(tmp_path_factory.mktemp("guarded"))
    yield broker
    broker.child.terminate()
    broker.child.wait(10)


def test_only_the_daemon_says_how_the_campus_stands_and_that_a_press_was_accepted(guarded: Guarded) -> None:
    for topic in OURS:
        assert guarded.say(DAEMON, topic, "true").returncode == 0

    for user in OTHERS:
        for topic in OURS:
            guarded.say(user, topic, f"false, by {user}")

    readable = [topic for topic in OURS if topic.startswith("campus/state/")]
    assert {topic: guarded.kept(DAEMON, topic) for topic in readable} == dict.fromkeys(readable, "true")
    assert guarded.kept("pb-101", "campus/button/pb-101/accepted") == "true"
    assert guarded.kept("pb-102", "campus/button/pb-102/accepted") == "true"


def test_without_a_login_nothing_is_said_at_all(guarded: Guarded) -> None:
    done = subprocess.run(
        ["mosquitto_pub", "-p", str(guarded.port), "-q", "1", "-t", "campus/state/appliance", "-m", "x"],
        check=False,
        capture_output=True,
        timeout=20,
    )
    assert done.returncode != 0


def test_signs_follow_the_state_and_hear_no_press(guarded: Guarded) -> None:
    guarded.say(DAEMON, "campus/state/zone/a", "true")
    guarded.say("pb-101", "campus/button/pb-101/press", "pressed")
    assert guarded.kept("signs", "campus/state/zone/a") == "true"
    assert guarded.kept("signs", "campus/button/pb-101/press") == ""
    assert guarded.kept(DAEMON, "campus/button/pb-101/press") == "pressed"


def test_a_button_speaks_for_itself_and_for_no_other(guarded: Guarded) -> None:
    guarded.say("pb-101", "campus/button/pb-102/press", "pressed")
    guarded.say("pb-102", "campus/button/pb-102/status", "well")
    assert guarded.kept(DAEMON, "campus/button/pb-102/press") == ""
    assert guarded.kept(DAEMON, "campus/button/pb-102/status") == "well"
    assert guarded.kept("pb-102", "campus/button/pb-101/accepted") == ""
