import json
import os
import subprocess

import pytest

import arraystow


@pytest.fixture
def storage(tmp_path):
    return arraystow.Storage(tmp_path / "storage")


@pytest.fixture(scope="session")
def helper():
    """Calls the Rust program that loads and saves with types. It runs as long as the tests."""
    program = [os.environ["ARRAYSTOW_HELPER"], "talk"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:

        def call(*arguments):
            running.stdin.write(json.dumps(list(map(str, arguments))) + "\n")
            running.stdin.flush()
            answer = json.loads(running.stdout.readline())
            assert "done" in answer, answer["failed"]
            return answer["done"]

        yield call
        running.stdin.close()


@pytest.fixture(scope="session")
def s3():
    """The options of an S3 server over HTTP, in a process of its own."""
    running = subprocess.Popen([os.environ["ARRAYSTOW_HELPER"], "s3"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield json.loads(running.stdout.readline())
    running.stdin.close()
    running.wait()
