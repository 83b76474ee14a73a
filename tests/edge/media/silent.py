"""A process that begins and never answers: `python -m tests.edge.media.silent`."""

import os

if __name__ == "__main__":
    while os.read(0, 1 << 16):
        pass
