"""A configuration moved onto this machine still finds every file that the original named beside itself."""

import socket
from pathlib import Path
from typing import Any

import pytest

from edge.simulated.addresses import moved, spare_port

SCHOOL, HERE = Path("/school"), Path("/here")


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ({"policies": {"responses": "ours.yaml"}}, "responses"),
        ({"web": {"listen": "127.0.0.1:8443", "certificate": "tls/cert.pem"}}, "certificate"),
        ({"web": {"listen": "127.0.0.1:8443", "private_key": "tls/key.pem"}}, "private_key"),
        ({"mqtt": {"url": "mqtts://127.0.0.1:8883", "ca_file": "tls/ca.pem"}}, "ca_file"),
        ({"mqtt": {"url": "mqtts://127.0.0.1:8883", "password_file": "secrets/mqtt"}}, "password_file"),
    ],
)
def test_a_file_named_beside_the_original_is_still_found(section: dict[str, Any], key: str) -> None:
    (name,) = section
    assert moved(section, SCHOOL, HERE)[name][key] == str(SCHOOL / section[name][key])


def test_a_readers_key_is_still_found_and_its_port_is_moved() -> None:
    reader = {"id": "r", "driver": "osdp", "port": "/dev/ttyUSB1", "key_file": "secrets/r"}
    (simulated,) = moved({"controllers": [reader]}, SCHOOL, HERE)["controllers"]
    assert simulated["key_file"] == "/school/secrets/r"
    assert simulated["port"] == "/here/line-1"


def test_the_standard_responses_are_no_file() -> None:
    assert moved({"policies": {"responses": "standard"}}, SCHOOL, HERE)["policies"] == {
        "responses": "standard"
    }


def test_a_page_outside_this_machine_is_moved_onto_it_and_needs_no_certificate() -> None:
    web = {"listen": "10.20.0.5:8443", "certificate": "tls/cert.pem", "private_key": "tls/key.pem"}
    simulated = moved({"web": web}, SCHOOL, HERE)["web"]
    assert list(simulated) == ["listen"]
    assert simulated["listen"].startswith("127.0.0.1:")


def test_two_units_behind_one_gateway_of_this_machine_get_a_port_each() -> None:
    units = [
        {"id": f"t{n}", "driver": "modbus-tcp", "host": "127.0.0.1", "port": 5020, "unit": n} for n in (1, 2)
    ]
    first, second = moved({"controllers": units}, SCHOOL, HERE)["controllers"]
    assert first["port"] == 5020
    assert second["port"] != 5020


def test_a_spare_port_is_given_to_nobody_else_and_a_server_may_listen_on_it() -> None:
    port = spare_port()
    with socket.socket() as another, pytest.raises(OSError, match="in use"):
        another.bind(("127.0.0.1", port))
    with socket.create_server(("127.0.0.1", port)) as server:
        assert server.getsockname()[1] == port
