"""A form with a file, as browsers send it, in whatever pieces it comes; what is no such form is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.web.enclosed import LONGEST_FIELD, Enclosed, NotEnclosed
from tests.edge.web.enclosing import MARK, sent


def read(data: bytes, size: int = 1_000_000, mark: str = MARK) -> tuple[dict[str, str], bytes, bool]:
    form = Enclosed(mark)
    file = b"".join(form.feed(data[at : at + size]) for at in range(0, len(data), size))
    return form.fields, file, form.over


@given(
    st.lists(
        st.sampled_from(
            [b"\r", b"\n", b"\r\n--", MARK.encode(), b"\r\n--" + MARK[:-1].encode(), b"x", bytes(9)]
        )
    ),
    st.integers(1, 60),
)
def test_a_file_arrives_as_it_was_whatever_it_holds_and_in_whatever_pieces(
    parts: list[bytes], size: int
) -> None:
    file = b"".join(parts)
    if b"\r\n--" + MARK.encode() in file:
        file = file.replace(MARK.encode(), b"")
    fields, found, over = read(sent(file, ("kind", "cve"), ("note", "ä\r\nb")), size)
    assert (fields, found, over) == ({"kind": "cve", "note": "ä\nb"}, file, True)


def test_a_form_that_ends_too_early_is_not_over() -> None:
    whole = sent(b"{}", ("kind", "cve"))
    assert all(not read(whole[:end])[2] for end in range(1, len(whole) - 4))


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n" * 9,
        sent(b"{}", ("a", "x"), ("a", "y")),
        sent(b"{}", ("a", "x" * (LONGEST_FIELD + 1))),
        sent(b"{}", ("a", "\x00")),
        sent(b"{}", *((f"f{n}", "") for n in range(30))),
        sent(b"{}").removesuffix(b"--\r\n") + b"\r\n" + sent(b"{}"),
        f"--{MARK}\r\nContent-Type: text/plain\r\n\r\nx\r\n--{MARK}--".encode(),
        f"--{MARK}\r\n".encode() + b"x" * 5_000,
        f"--{MARK}!!".encode(),
    ],
    ids=["no form", "twice", "long", "no text", "many", "two files", "no name", "long head", "odd boundary"],
)
def test_what_is_no_form_of_ours_is_refused(data: bytes) -> None:
    with pytest.raises(NotEnclosed):
        read(data)


@pytest.mark.parametrize("mark", ["", "a b", "x" * 71, "ä", "a\r\nb"])
def test_a_boundary_that_may_not_be_one_is_refused(mark: str) -> None:
    with pytest.raises(NotEnclosed):
        Enclosed(mark)
