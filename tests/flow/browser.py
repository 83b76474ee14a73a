"""A browser's part of HTTP for journeys: forms, one cookie, no redirect followed; and a program with a token."""

import http.client
import json
from dataclasses import dataclass
from urllib.parse import urlencode

from tests.flow.mosquitto import Document


@dataclass(frozen=True)
class Seen:
    """One answer."""

    status: int
    body: bytes
    cookie: str
    location: str

    @property
    def json(self) -> Document:
        found: Document = json.loads(self.body)
        return found


class Browser:
    """Speaks to one `host:port`, with the cookie that it was given last."""

    def __init__(self, listen: str, token: str = "") -> None:
        self._listen = listen
        self._token = token
        self.cookie = ""

    def get(self, path: str) -> Seen:
        """One page or document."""
        return self._ask("GET", path, None, {})

    def send(self, path: str, form: dict[str, str]) -> Seen:
        """A form, as a page of this very site sends it."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": f"http://{self._listen}",
            "Sec-Fetch-Site": "same-origin",
        }
        return self._ask("POST", path, urlencode(form).encode(), headers)

    def post(self, path: str, document: Document) -> Seen:
        """A document, as a script of this very site sends it."""
        headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
        return self._ask("POST", path, json.dumps(document).encode(), headers)

    def sign_in(self, name: str, password: str, code: str = "") -> Seen:
        """Through the page's form; the cookie is kept."""
        return self.send("/sign-in", {"name": name, "password": password, "code": code})

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Seen:
        if self.cookie:
            headers = {**headers, "Cookie": self.cookie}
        if self._token:
            headers = {**headers, "Authorization": f"Bearer {self._token}"}
        host, _, port = self._listen.rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=45)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            set_cookie = answer.headers.get("Set-Cookie", "")
            if set_cookie:
                self.cookie = set_cookie.partition(";")[0]
            location = answer.headers.get("Location", "")
            return Seen(answer.status, answer.read(), set_cookie, location)
        finally:
            connection.close()
