"""The command line `campus-edge`: parses, imports the one verb that was asked for, and runs it.

Exit codes: 0 done, 1 it did not hold, 2 usage, 78 configuration (contract section 2).
"""

import importlib
import os
import sys
from collections.abc import Callable, Sequence

from edge.cli.parser import parser

DONE, DID_NOT_HOLD, USAGE, CONFIGURATION = 0, 1, 2, 78


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; the exit code. A usage problem exits with 2 by itself (argparse)."""
    args = parser().parse_args(arguments)
    module, _, function = args.verb.partition(":")
    verb: Callable[..., int] = getattr(importlib.import_module(module), function)
    try:
        code = verb(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader (`| head`) has seen enough. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    return code
