"""Over TLS: the session's cookie with every flag, HSTS, nothing older than TLS 1.2, and no plain cookie accepted."""

import asyncio
import http.client
import ssl
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from edge.people import shelf
from edge.people.book import Account
from edge.people.hashing import CHEAP, Hasher
from edge.simulated.addresses import spare_port
from tests.edge.web.api.served import Answer, lay_book
from tests.edge.web.conftest import make_pair
from tests.flow.rig import School, running
from tests.flow.school import school

PASSWORD = "seven blue herons at dawn"


class Secure:
    """A campus whose page is served over TLS."""

    def __init__(self, campus: School, context: ssl.SSLContext) -> None:
        self.host, _, port = campus.tree["web"]["listen"].rpartition(":")
        self.port = int(port)
        self.context = context

    def send(
        self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        link = http.client.HTTPSConnection(self.host, self.port, timeout=20, context=self.context)
        try:
            told = {"Origin": f"https://{self.host}:{self.port}", **(headers or {})}
            link.request(method, path, body, told)
            got = link.getresponse()
            return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())
        finally:
            link.close()


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    folder = tmp_path_factory.mktemp("secure")
    (folder / "tls").mkdir(mode=0o700)
    pair = make_pair(folder / "tls")
    pair.private_key.chmod(0o600)

    def make(port: int) -> dict[str, object]:
        tree = school(folder, port)
        files = {"certificate": "tls/cert.pem", "private_key": "tls/key.pem"}
        return {**tree, "web": {"listen": f"127.0.0.1:{spare_port()}", **files}}

    async def hashed() -> str:
        hasher = Hasher(CHEAP, CHEAP)
        try:
            return await hasher.hash(PASSWORD)
        finally:
            await hasher.close()

    with running(folder, make, started=False) as campus:
        lay_book(campus.store)
        book, _ = shelf.load(campus.store)
        kim = Account("account:kim", "Kim Ito", "staff", asyncio.run(hashed()))
        shelf.save(campus.store, book.with_account(kim))
        campus.start()
        context = ssl.create_default_context(cafile=str(pair.certificate))
        served = Secure(campus, context)

        def answers(_: object) -> bool:
            try:
                return served.send("GET", "/healthz").status == 200
            except OSError:
                return False

        campus.until("the page is open", answers)
        yield served


def signed_in(secure: Secure) -> str:
    form = urlencode({"name": "Kim Ito", "password": PASSWORD})
    done = secure.send("POST", "/sign-in", form, {"Content-Type": "application/x-www-form-urlencoded"})
    assert done.status == 303, done.body
    return done.headers["set-cookie"]


def test_the_sessions_cookie_carries_every_flag(secure: Secure) -> None:
    name, *flags = [part.strip() for part in signed_in(secure).split(";")]
    assert name.startswith("__Host-campus-edge=")
    assert {one.lower() for one in flags} == {"httponly", "secure", "samesite=strict", "path=/"}


def test_it_opens_the_api_and_ends_with_signing_out(secure: Secure) -> None:
    cookie = {"Cookie": signed_in(secure).partition(";")[0]}
    assert secure.send("GET", "/api/v1/campus", None, cookie).status == 200

    gone = secure.send(
        "POST", "/sign-out", "", {**cookie, "Content-Type": "application/x-www-form-urlencoded"}
    )

    assert gone.status == 303
    assert "secure" in gone.headers["set-cookie"].lower()
    assert secure.send("GET", "/api/v1/campus", None, cookie).status == 401


def test_a_plain_cookie_of_the_same_session_is_nobodys(secure: Secure) -> None:
    value = signed_in(secure).partition(";")[0].partition("=")[2]
    assert secure.send("GET", "/api/v1/campus", None, {"Cookie": f"campus-edge={value}"}).status == 401


def test_every_answer_tells_browsers_to_stay_on_tls(secure: Secure) -> None:
    for path in ("/healthz", "/api/v1/campus", "/nowhere"):
        told = secure.send("GET", path).headers["strict-transport-security"]
        assert told == "max-age=31536000; includeSubDomains"


def test_nothing_older_than_tls_1_2_is_spoken(secure: Secure) -> None:
    old = ssl.create_default_context()
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        asyncio.run(asyncio.wait_for(asyncio.open_connection(secure.host, secure.port, ssl=old), 10))
