"""Who logs waits for nobody: a log that is not taken loses lines and says how many, and nothing else."""

import os
import threading
from collections.abc import Callable, Iterator
from typing import TextIO

import pytest

from edge.logs import Unhurried

PATIENCE_S = 10.0


class Pipe:
    """A log whose reader takes only what it is told to."""

    def __init__(self) -> None:
        reading, writing = os.pipe()
        self.reader = os.fdopen(reading, "r")
        self.writer: TextIO = os.fdopen(writing, "w")
        os.set_blocking(writing, False)
        try:
            while True:
                os.write(writing, b"\n")
        except BlockingIOError:
            os.set_blocking(writing, True)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    one = Pipe()
    yield one
    one.reader.close()
    one.writer.close()


def in_time(act: Callable[[], None]) -> bool:
    """Whether it returned."""
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    return not thread.is_alive()


def test_who_logs_does_not_wait_for_a_log_that_hangs(pipe: Pipe) -> None:
    log = Unhurried(pipe.writer, most=3)

    def a_hundred_lines() -> None:
        for number in range(100):
            log.write(f"line {number}\n")

    assert in_time(a_hundred_lines)
    found = (line for line in pipe.reader if line != "\n")
    assert next(found) == "line 0\n"
    assert "lines_dropped=" in next(line for line in found if not line.startswith("line"))
    log.leave()


def test_what_still_waits_at_the_end_is_written(pipe: Pipe) -> None:
    log = Unhurried(pipe.writer)
    log.write("last words\n")
    leaving = threading.Thread(target=log.leave, args=(PATIENCE_S,))
    leaving.start()

    assert next(line for line in pipe.reader if line != "\n") == "last words\n"
    leaving.join()


def test_an_end_does_not_wait_for_a_log_that_hangs_for_ever(pipe: Pipe) -> None:
    log = Unhurried(pipe.writer)
    log.write("never taken\n")

    assert in_time(lambda: log.leave(0.01))
    assert next(line for line in pipe.reader if line != "\n") == "never taken\n"


def test_a_log_that_nobody_takes_any_more_ends_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", buffering=1) as file:
        log = Unhurried(file)
        log.write("into the void\n")
        log.write("and again\n")
        log.leave(PATIENCE_S)
        assert not log._thread.is_alive()
        os.dup2(os.open(os.devnull, os.O_WRONLY), writing)
