"""Passwords that a device came with: anybody can read them in its manual, so that they keep nobody out.

What is configured is compared; nothing is sent, and no password is tried at a device.
"""

from typing import Final

from edge.config.model import Config
from edge.config.secrets import Secrets
from edge.own_network import Found

KNOWN: Final = frozenset(
    {
        "",
        "0000",
        "1111",
        "1234",
        "12345",
        "123456",
        "1234567",
        "12345678",
        "123456789",
        "4321",
        "666666",
        "888888",
        "9999",
        "admin",
        "admin1234",
        "admin123",
        "administrator",
        "camera",
        "campus-edge",
        "changeme",
        "default",
        "fliradmin",
        "guest",
        "hikvision",
        "ikwb",
        "jvc",
        "meinsm",
        "mosquitto",
        "pass",
        "password",
        "root",
        "secret",
        "service",
        "supervisor",
        "system",
        "test",
        "ubnt",
        "user",
        "wbox",
        "wbox123",
    }
)
"""From knowledge: the cameras' manuals (Axis `pass`, Mobotix `meinsm`, Hikvision and Panasonic `12345`, Bosch `service`, Samsung
`4321`, Dahua `888888`, FLIR `fliradmin`, Ubiquiti `ubnt`), and what Mirai tried (its published source, `scanner.c`)."""


def is_known(user: str, password: str) -> bool:
    """Whether whoever has the manual, or the name, has the password too."""
    said = password.strip().lower()
    return said in KNOWN or said == user.strip().lower()


def found(config: Config, secrets: Secrets) -> list[Found]:
    """The cameras, and the broker, whose configured password is one of these. Never the password itself."""
    bad: list[Found] = []
    for one in config.cameras:
        if one.credentials_file is not None:
            user, _, password = secrets.line(one.credentials_file).partition(":")
            if is_known(user, password):
                bad.append(("password_default", one.id, ()))
    mqtt = config.mqtt
    if mqtt is not None and mqtt.url is not None and mqtt.username and mqtt.password_file is not None:
        password = secrets.line(mqtt.password_file)
        if is_known(mqtt.username, password):
            bad.append(("password_default", config.campus.id, ()))
    return bad
