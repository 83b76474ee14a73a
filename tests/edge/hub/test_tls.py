"""Over TLS: a certificate whose key is enrolled speaks for its campus, a token speaks without one."""

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import ClientError, ClientSession, TCPConnector

from edge.district import api
from tests.edge.hub.served import Box, Hub, problem
from tests.flow.postgres import Postgres


class Authority:
    """Makes certificates, as a district's own does, by openssl."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.pem = folder / "ca.pem"
        self._openssl("req", "-x509", *KEY, "-subj", "/CN=District", "-keyout", "ca.key", "-out", "ca.pem")

    def certificate(self, name: str) -> Path:
        """PEM with its key behind it."""
        (self.folder / "more").write_text("subjectAltName=IP:127.0.0.1\n")
        self._openssl("req", *KEY, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self._openssl(
            "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-extfile", "more", "-out", f"{name}.crt",
        )  # fmt: skip
        made = self.folder / f"{name}.pem"
        made.write_text((self.folder / f"{name}.crt").read_text() + (self.folder / f"{name}.key").read_text())
        return made

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)


KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls") / "ca")


@pytest.fixture(scope="module")
def hub(
    postgres: Postgres, made: str, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hub]:
    certificate = authority.certificate("hub")
    tls = ["--certificate", str(certificate), "--client-ca", str(authority.pem)]
    running = Hub(postgres.database(made), tmp_path_factory.mktemp("hub"), *tls)
    yield running
    assert running.end() == 0


def shows(authority: Authority, certificate: Path | None) -> TCPConnector:
    context = ssl.create_default_context(cafile=str(authority.pem))
    if certificate is not None:
        context.load_cert_chain(certificate)
    return TCPConnector(ssl=context)


async def test_a_certificate_speaks_for_the_campus_that_it_was_enrolled_for(
    hub: Hub, authority: Authority
) -> None:
    ours, theirs = authority.certificate("north"), authority.certificate("stranger")
    said = hub.run("enrol", "north", "--certificate", str(authority.folder / "north.crt"))
    hub.run("enrol", "south")
    assert "north is enrolled" in said

    for certificate, campus, expected in (
        (ours, "north", 200),
        (ours, "south", 401),
        (theirs, "north", 401),
        (None, "north", 401),
    ):
        async with ClientSession(connector=shows(authority, certificate)) as session:
            status, body, _ = await Box(session, hub, "", campus).get(api.POSITION)
            assert status == expected, (certificate, campus)
            assert expected == 200 or problem(status, body).code == "not_allowed"


async def test_a_certificate_of_nobody_we_know_does_not_even_connect(
    hub: Hub, authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "other").certificate("north")

    async with ClientSession(connector=shows(authority, stranger)) as session:
        with pytest.raises((ClientError, OSError)):
            await Box(session, hub, "", "north").get(api.POSITION)


async def test_a_token_speaks_over_tls_without_a_certificate(hub: Hub, authority: Authority) -> None:
    token = hub.run("enrol", "west").strip()

    async with ClientSession(connector=shows(authority, None)) as session:
        assert (await Box(session, hub, token, "west").position()).epochs == ()
