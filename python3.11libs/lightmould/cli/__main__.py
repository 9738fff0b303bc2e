"""`python -m lightmould.cli VERB`, where the `lightmould` command is not installed."""

import sys

from lightmould.cli import main

if __name__ == "__main__":
    sys.exit(main())
