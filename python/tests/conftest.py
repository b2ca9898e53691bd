import json
import os
import subprocess

import pytest

import arraystow


@pytest.fixture
def storage(tmp_path):
    return arraystow.Storage(tmp_path / "storage")


@pytest.fixture
def helper():
    """Calls the Rust program that loads and saves with types."""

    def call(*arguments):
        program = os.environ["ARRAYSTOW_HELPER"]
        done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout else None

    return call


@pytest.fixture(scope="session")
def s3():
    """The options of an S3 server over HTTP, in a process of its own."""
    running = subprocess.Popen([os.environ["ARRAYSTOW_HELPER"], "s3"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield json.loads(running.stdout.readline())
    running.stdin.close()
    running.wait()
