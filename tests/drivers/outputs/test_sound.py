"""Speech files are read as what they are or not at all, and sound keeps its pitch and its loudness over a change of rate."""

import math
from array import array
from pathlib import Path

import pytest

from drivers.outputs.sound import NotSound, attention, read_speech, resampled, write_speech, write_wave


def tone(frequency: float, rate: int, seconds: float = 0.25) -> "array[int]":
    return array(
        "h",
        [round(10_000 * math.sin(2 * math.pi * frequency * at / rate)) for at in range(int(rate * seconds))],
    )


def loudness(samples: "array[int]") -> float:
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    return math.sqrt(sum(one * one for one in middle) / len(middle))


@pytest.mark.parametrize(("from_hz", "to_hz"), [(16_000, 8_000), (22_050, 16_000)])
def test_a_tone_that_the_lower_rate_holds_stays_and_one_that_would_fold_back_is_gone(
    from_hz: int, to_hz: int
) -> None:
    low, high = to_hz * 0.1, min(to_hz * 0.6, from_hz * 0.48)
    kept = resampled(tone(low, from_hz), from_hz, to_hz)
    gone = resampled(tone(high, from_hz), from_hz, to_hz)

    wanted = tone(low, to_hz)
    assert abs(len(kept) - len(wanted)) <= 1
    assert max(abs(a - b) for a, b in zip(kept[200:-200], wanted[200:-200], strict=False)) < 60
    assert loudness(gone) < 15


def test_nothing_wraps_round_at_full_scale() -> None:
    square = array("h", ([32_767] * 20 + [-32_768] * 20) * 20)

    halved = resampled(square, 16_000, 8_000)

    assert (max(halved), min(halved)) == (32_767, -32_768)


def test_the_tone_before_the_words_is_a_second_of_two_and_begins_and_ends_in_silence() -> None:
    sound = attention(8_000)

    assert len(sound) == 8_000
    assert (sound[0], sound[3_999], sound[4_000], sound[-1]) == (0, 0, 0, 0)
    assert max(sound) < 11_001


def test_what_is_no_speech_file_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    write_wave(file, tone(440, 16_000), 16_000)
    assert read_speech(file) == tone(440, 16_000)

    for spoilt, why in [
        (file.read_bytes()[:30], "fmt|cut"),
        (b"RIFF", "cut off"),
        (b"", "cut off"),
        (b"\0" * 100, "RIFF"),
        (file.read_bytes()[:-2], "cut off"),
        (file.read_bytes() + b"\0" * 40, "not what was written"),
    ]:
        (tmp_path / "b.wav").write_bytes(spoilt)
        with pytest.raises(NotSound, match=why):
            read_speech(tmp_path / "b.wav")
    write_speech(file, tone(440, 16_000))
    assert read_speech(file) == tone(440, 16_000)
    whole = file.read_bytes()
    for at in (44, 4_000, len(whole) - 1):
        # One bit that a disk gave back otherwise: what would be said is not what was made.
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(NotSound, match="not what was written"):
            read_speech(file)
    write_wave(file, tone(440, 8_000), 8_000)
    with pytest.raises(NotSound, match="8000 Hz"):
        read_speech(file)
    with pytest.raises(FileNotFoundError):
        read_speech(tmp_path / "none.wav")
