"""``python -m arraystow`` is the command ``arraystow``."""

import sys

from ._native import run_command

if __name__ == "__main__":
    sys.exit(run_command(["python -m arraystow", *sys.argv[1:]]))
