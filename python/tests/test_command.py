"""``python -m arraystow`` is the command."""

import json
import subprocess
import sys
import tempfile

import numpy as np


def command(*arguments):
    # An empty folder: with -m, Python imports modules from the current one.
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run([sys.executable, "-m", "arraystow", *arguments], capture_output=True, text=True, cwd=folder)
    return run.returncode, run.stdout, run.stderr


def test_the_command_runs(storage):
    storage.save("a/x", {"height": np.arange(5000.0)})
    code, printed, _ = command("--json", "ls", storage.place)
    assert code == 0 and json.loads(printed)[0]["name"] == "a/x"
    code, printed, _ = command("--help")
    assert code == 0 and "Usage: " in printed
    code, _, error = command("nothing")
    assert code == 2 and "unrecognized subcommand" in error
    code, _, error = command("show", storage.place, "b")
    assert code == 1 and error.startswith("error: ")
