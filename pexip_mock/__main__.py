"""`python -m pexip_mock`: the same as `pexip-mock`."""

import sys

from pexip_mock.cli import main

if __name__ == "__main__":
    sys.exit(main())
