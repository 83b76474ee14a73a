"""RTSPS: believed are the system's authorities, those of a file, or the camera's own certificate in it."""

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers.cameras.stream import Source
from tests.drivers.cameras.rtp_front import Front
from tests.drivers.cameras.test_rtsp_client import VIDEO, lost, pictures, watched


def openssl(*command: str) -> None:
    subprocess.run(["openssl", *command], check=True, capture_output=True)


def certificate(folder: Path, name: str, host: str) -> tuple[Path, Path]:
    """A certificate that signed itself, as a camera's."""
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-keyout", str(key), "-out", str(cert), "-subj", f"/CN={name}", "-addext", f"subjectAltName={host}",
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return key, cert


@contextlib.asynccontextmanager
async def secured(key: Path, cert: Path) -> AsyncIterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    async with Front(VIDEO, pictures) as front:
        server = await asyncio.start_server(front._serve, "127.0.0.1", 0, ssl=context)
        async with server:
            yield f"rtsps://127.0.0.1:{server.sockets[0].getsockname()[1]}/main"


@pytest.mark.parametrize("host", ["IP:127.0.0.1", "DNS:camera-7.local"])
async def test_a_cameras_own_certificate_is_believed_whatever_name_it_carries(
    tmp_path: Path, host: str
) -> None:
    key, cert = certificate(tmp_path, "camera", host)

    async with secured(key, cert) as url, watched(Source("one", url, ca_file=str(cert))) as (seen, _):
        await seen.until(lambda seen: len(seen.units) == 5)


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    key, cert = certificate(tmp_path, "camera", "IP:127.0.0.1")
    _, other = certificate(tmp_path, "other", "IP:127.0.0.1")

    async with secured(key, cert) as url:
        assert (await lost(Source("one", url))).code == "tls"
        assert (await lost(Source("one", url, ca_file=str(other)))).code == "tls"
        assert (await lost(Source("one", url, ca_file=str(tmp_path / "none")))).code == "tls"


async def test_another_camera_of_the_same_authority_does_not_pass_for_this_one(tmp_path: Path) -> None:
    authority_key, authority = certificate(tmp_path, "authority", "DNS:authority")
    key, request, cert = tmp_path / "c.key", tmp_path / "c.csr", tmp_path / "c.pem"
    extension = tmp_path / "ext"
    extension.write_text("subjectAltName=IP:127.0.0.9\n")
    for command in (
        ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(key),
         "-out", str(request), "-subj", "/CN=c"],
        ["x509", "-req", "-in", str(request), "-CA", str(authority), "-CAkey", str(authority_key), "-out", str(cert),
         "-days", "2", "-extfile", str(extension), "-set_serial", "7"],
    ):  # fmt: skip
        openssl(*command)

    async with secured(key, cert) as url:
        ended = await lost(Source("one", url, ca_file=str(authority)))

    assert ended.code == "tls"


async def test_a_camera_that_speaks_no_tls_is_told_as_such() -> None:
    async with Front(VIDEO, pictures) as front:
        ended = await lost(Source("one", front.url().replace("rtsp:", "rtsps:"), answer_us=1_000_000))

    assert ended.code in ("tls", "unreachable", "closed")
