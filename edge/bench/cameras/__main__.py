"""`python -m edge.bench.cameras`."""

import sys

from edge.bench.cameras.bench import main, parser

if __name__ == "__main__":
    sys.exit(main(parser().parse_args()))
