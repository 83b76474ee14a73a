"""Secret files: what is refused, and that none is ever shown."""

import copy
import os
import pickle
import traceback
from pathlib import Path

import pytest

from edge import default_passwords
from edge.config.check import Checked, read
from edge.config.secrets import LONGEST_BYTES, SCBK_D, Secrets
from tests.edge.config.campuses import KEY, SOUND, edit

MORE = (
    "outputs: [{id: hook, driver: webhook, url: 'https://10.0.0.9/', secret_file: signing, commissioned: 2026-08-14},\n"
    "  {id: mail, driver: smtp, host: 10.0.0.9, tls: required, username: u, password_file: mailing, to: [a@example.org],\n"
    "   commissioned: 2026-08-14}]\n"
    'district: {url: "https://hub.example.org", token_file: token}\n'
    "cameras: [{id: cam, name: Cam, zone: a, url: 'rtsp://10.0.0.1/s', credentials_file: credentials}]\n"
    'web: {listen: "10.0.0.5:8443", certificate: cert, private_key: private}\n'
)
TEXT = edit(
    SOUND,
    (
        'mqtt: {url: "mqtt://127.0.0.1:1883"}',
        'mqtt: {url: "mqtts://10.0.0.5", username: u, password_file: password, ca_file: ca}',
    ),
    ("policies:\n", MORE + "policies:\n"),
)
PEM = b"-----BEGIN CERTIFICATE-----\nxyz\n-----END CERTIFICATE-----\n"
GOOD = {
    "reader-key": KEY,
    "password": b"hunter2-secret\n",
    "token": b"token-secret",
    "signing": b"whsec_c2lnbmluZy1zZWNyZXQtb2YtMzItYnl0ZXMtISEhISEh\n",
    "mailing": b"mailing-secret\n",
    "credentials": b"admin:camera-secret\n",
    "ca": PEM,
    "cert": PEM,
    "private": b"-----BEGIN PRIVATE KEY-----\nprivate-secret\n-----END PRIVATE KEY-----\n",
}


def campus(folder: Path, **files: bytes | None) -> Checked:
    (folder / "campus.yaml").write_text(TEXT)
    for name, data in {**GOOD, **{name.replace("_", "-"): data for name, data in files.items()}}.items():
        if data is not None:
            (folder / name).write_bytes(data)
            (folder / name).chmod(0o640)
    return read(folder / "campus.yaml")


def test_good_secret_files_are_read_once_and_kept(tmp_path: Path) -> None:
    found = campus(tmp_path)

    assert found.problems == ()
    assert found.secrets.line("password") == "hunter2-secret"
    assert found.secrets.line("credentials") == "admin:camera-secret"
    assert found.secrets.osdp_key("reader-key") == bytes.fromhex(KEY.decode())
    assert found.secrets.raw("private") == GOOD["private"]
    assert found.secrets.line("mailing") == "mailing-secret"
    assert found.secrets.webhook_secret("signing") == b"signing-secret-of-32-bytes-!!!!!!"


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("reader_key", None, "does not exist"),
        ("reader_key", b"9f1c", "does not hold 32 hex digits"),
        ("reader_key", b"x" * 32, "does not hold 32 hex digits"),
        ("reader_key", b"9f 1c 0a 5b e2 d3 44 78 a6 b1 c2", "does not hold 32 hex digits"),
        ("reader_key", SCBK_D.hex().encode(), "a key that everybody knows"),
        ("reader_key", b"00" * 16, "a key that everybody knows"),
        ("password", b"", "does not hold one line"),
        ("password", b"one\ntwo\n", "does not hold one line"),
        ("password", b"\xff\xfe", "is no text"),
        ("token", b"  \n", "does not hold one line"),
        ("credentials", b"admin", "does not hold user:password"),
        ("credentials", b":pw", "does not hold user:password"),
        ("ca", b"hello", "holds no ca in PEM form"),
        ("cert", b"hello", "holds no certificate in PEM form"),
        ("private", PEM, "holds no private key in PEM form"),
        ("token", b"x" * (LONGEST_BYTES + 1), "is longer than"),
        ("mailing", b"one\ntwo\n", "does not hold one line"),
        ("signing", b"whsec_not base64", "does not hold whsec_ and the base64"),
        ("signing", b"whsec_c2hvcnQ=", "does not hold whsec_ and the base64"),
        ("signing", b"", "does not hold whsec_ and the base64"),
    ],
)
def test_a_secret_file_that_is_not_what_it_should_be_is_one_problem_at_its_key(
    tmp_path: Path, name: str, data: bytes | None, what: str
) -> None:
    found = campus(tmp_path, **{name: data})

    assert len(found.problems) == 1
    assert what in found.problems[0].what
    assert found.problems[0].topic == ("web" if name in ("cert", "private") else "secret")
    assert (found.config is None) is (name not in ("cert", "private"))


@pytest.mark.parametrize(
    "name", ["reader-key", "password", "token", "credentials", "private", "mailing", "signing"]
)
def test_a_secret_that_everybody_can_read_is_refused(tmp_path: Path, name: str) -> None:
    campus(tmp_path)
    (tmp_path / name).chmod(0o644)

    found = read(tmp_path / "campus.yaml")

    assert [problem.what for problem in found.problems] == [f"everybody on this machine can read {name}"]
    assert "chmod o=" in found.problems[0].do


def test_a_certificate_may_be_read_by_everybody(tmp_path: Path) -> None:
    campus(tmp_path)
    (tmp_path / "cert").chmod(0o644)
    (tmp_path / "ca").chmod(0o644)

    assert read(tmp_path / "campus.yaml").problems == ()


def test_a_folder_in_a_files_place_is_told(tmp_path: Path) -> None:
    campus(tmp_path)
    (tmp_path / "token").unlink()
    (tmp_path / "token").mkdir()

    assert "cannot be read" in read(tmp_path / "campus.yaml").problems[0].what


def test_a_pipe_that_nobody_writes_to_is_told_and_holds_no_start(tmp_path: Path) -> None:
    campus(tmp_path)
    (tmp_path / "token").unlink()
    os.mkfifo(tmp_path / "token", 0o600)

    assert [problem.what for problem in read(tmp_path / "campus.yaml").problems] == [
        "token is no ordinary file"
    ]


def test_no_secret_is_shown_by_repr_problem_or_traceback(tmp_path: Path) -> None:
    found = campus(tmp_path, credentials=b"only-secret")
    shown = [repr(found), repr(found.secrets), *(problem.text() for problem in found.problems)]
    try:
        found.secrets.line("none")
    except KeyError:
        shown.append(traceback.format_exc())

    for text in shown:
        assert "secret\\n" not in text
        for word in (
            "hunter2",
            "token-secret",
            "camera-secret",
            "only-secret",
            "mailing-secret",
            "signing-secret",
            "c2lnbmluZy1zZWNyZXQ",
            "private-secret",
            KEY.decode().strip(),
        ):
            assert word not in text


def test_secrets_do_not_leave_the_process_by_pickle_or_copy() -> None:
    for leave in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            leave(Secrets({"a": b"b"}))


@pytest.mark.parametrize(
    ("camera", "broker", "told"),
    [
        (b"admin:camera-secret", b"hunter2-secret", set()),
        (b"root:pass", b"hunter2-secret", {"cam"}),
        (b"keeper:Keeper\n", b"hunter2-secret", {"cam"}),
        (b"admin:camera-secret", b"u", {"lincoln-hs"}),
        (b"admin:12345", b"MOSQUITTO", {"cam", "lincoln-hs"}),
    ],
)
def test_a_password_that_stands_in_manuals_is_known_for_it(
    camera: bytes, broker: bytes, told: set[str], tmp_path: Path
) -> None:
    checked = campus(tmp_path, credentials=camera, password=broker)
    assert checked.config is not None

    found = default_passwords.found(checked.config, checked.secrets)

    assert {subject for _, subject, _ in found} == told
    assert all(args == () for _, _, args in found)  # never the password itself
