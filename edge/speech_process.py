"""Makes one phrase: its words from standard input, said by espeak-ng, as a WAVE file (PCM, 16 bit, mono, 16 kHz).

`python -m edge.speech_process PROGRAM VOICE FILE`, started by `edge.speech`; its exit code says what came of it.
"""

import io
import subprocess
import sys
import wave
from array import array
from pathlib import Path
from typing import Final

from drivers.confined import confine
from drivers.outputs.sound import SPEECH_HZ, resampled, samples_of, write_speech
from edge.speech_exits import FAILED, MISSING, SAID, UNWRITTEN

WORDS_A_MINUTE: Final = "150"
"""Slower than it speaks by itself: halls echo (NFPA 72 asks for words that are understood, not for many)."""
PATIENCE_S: Final = 20.0
LOUDEST: Final = 29_000
"""Peak: as loud as fits. Espeak leaves a third unused."""
NICE: Final = 10


def main(program: str, voice: str, file: str) -> int:
    confine(nice=NICE)
    try:
        said = subprocess.run(  # noqa: S603  the program is the daemon's own choice
            [program, "-v", voice, "-s", WORDS_A_MINUTE, "--stdin", "--stdout"],
            input=sys.stdin.buffer.read(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE_S,
            check=True,
            preexec_fn=confine,  # there is one thread; hung, it ends with us
        )
    except FileNotFoundError:
        return MISSING
    except (OSError, subprocess.SubprocessError):
        return FAILED
    try:
        samples = _loud(_read(said.stdout))
    except (wave.Error, EOFError, ValueError):
        return FAILED
    part = Path(f"{file}.part")
    try:
        part.parent.mkdir(mode=0o700, exist_ok=True)
        write_speech(part, samples)
        part.rename(file)
    except OSError:
        part.unlink(missing_ok=True)
        return UNWRITTEN
    return SAID


def _read(data: bytes) -> "array[int]":
    """Raises wave.Error, EOFError, ValueError."""
    with wave.open(io.BytesIO(data)) as file:
        if (file.getnchannels(), file.getsampwidth()) != (1, 2):
            raise ValueError("no mono sound of 16 bits")
        # It writes as it speaks, so that its header says no length.
        samples = samples_of(file.readframes(len(data) // 2))
        return resampled(samples, file.getframerate(), SPEECH_HZ)


def _loud(samples: "array[int]") -> "array[int]":
    peak = max(map(abs, samples), default=0)
    if not peak:
        raise ValueError("silence")
    return array("h", [one * LOUDEST // peak for one in samples])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
