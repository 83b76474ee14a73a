"""A body that is sent slowly outlives no revocation, no role and no proof; a call for help it does outlive."""

from collections.abc import AsyncIterator, Callable

import pytest

from tests.edge.campus import D1, locked_down
from tests.edge.web.pages.conftest import Office, People, Serve

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
END = b"held=held&reason=over&seen=inc-1+lockdown"
START = b"response=lockdown&zone=hs"
LOCK = b'{"reason": "x"}'


def ends(people: People, cookie: str) -> None:
    people.revoked.add(cookie)


def loses_its_proof(people: People, cookie: str) -> None:
    people.unproven.add(cookie)


def runs_out(people: People, cookie: str) -> None:
    people.ran_out.add(cookie)


@pytest.mark.parametrize(
    ("path", "kind", "body", "meanwhile", "status", "done"),
    [
        ("/close", FORM, END, None, 303, 1),
        ("/close", FORM, END, ends, 401, 0),
        ("/close", FORM, END, loses_its_proof, 403, 0),
        ("/close", FORM, END, runs_out, 401, 0),
        ("/api/v1/doors/b-201/lock", JSON, LOCK, None, 200, 1),
        ("/api/v1/doors/b-201/lock", JSON, LOCK, ends, 401, 0),
        ("/start", FORM, START, runs_out, 303, 1),
        ("/start", FORM, START, loses_its_proof, 303, 1),
        ("/start", FORM, START, ends, 401, 0),
    ],
)
async def test_who_may_is_asked_once_more_when_the_body_is_whole(
    serve: Serve,
    path: str,
    kind: str,
    body: bytes,
    meanwhile: Callable[[People, str], None] | None,
    status: int,
    done: int,
) -> None:
    office = Office(state=locked_down({D1: "secured"}))
    served = await serve(office)

    async def slowly() -> AsyncIterator[bytes]:
        # The gate let it in: it was told to go on, and only now comes what it has to say.
        if meanwhile is not None:
            meanwhile(office.people, "administrator")
        yield body

    async with served.client.post(
        served.url + path,
        data=slowly(),
        headers={
            "Cookie": "campus-edge=administrator",
            "Sec-Fetch-Site": "same-origin",
            "Content-Type": kind,
        },
        expect100=True,
        allow_redirects=False,
    ) as answer:
        said = await answer.text()

    assert (answer.status, len(office.asked)) == (status, done), said
