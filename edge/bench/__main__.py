"""`python -m edge.bench`."""

import sys

from edge.bench.bench import main, parser

if __name__ == "__main__":
    sys.exit(main(parser().parse_args()))
