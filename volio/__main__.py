"""``python -m volio``: the same as the command ``volio``."""

import sys

from volio.cli import main

if __name__ == "__main__":
    sys.exit(main())
