"""The same as main.rs, with numpy alone. Nothing checks the files, and each has the conductivity once more."""
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

SIDE = 256
STEPS = 400
STEPS_BETWEEN_CHECKPOINTS = 20
CHECKPOINTS_TO_KEEP = 3


def start():
    temperature = np.full((SIDE, SIDE), 290.0)
    temperature[96:160, 96:160] = 400.0
    conductivity = np.full((SIDE, SIDE), 0.2)
    conductivity[: SIDE // 2] = 0.05
    return {"step": 0, "temperature": temperature, "conductivity": conductivity}


def next_temperature(t, conductivity):
    new = t.copy()
    around = (t[:-2, 1:-1] + t[2:, 1:-1]) + (t[1:-1, :-2] + t[1:-1, 2:])
    new[1:-1, 1:-1] += conductivity[1:-1, 1:-1] * (around - 4.0 * t[1:-1, 1:-1])
    return new


def checkpoints(folder):
    return sorted(folder.glob("*.npz"))


def save(folder, state):
    unfinished = folder / "unfinished"
    with open(unfinished, "wb") as file:
        np.savez(file, **state)
    unfinished.rename(folder / f"{state['step']:06}.npz")


def simulate(folder):
    folder = pathlib.Path(folder)
    found = checkpoints(folder)
    if found:
        with np.load(found[-1]) as newest:
            state = dict(newest)
    else:
        state = start()
    print("begins at step", state["step"])
    while state["step"] < STEPS:
        state["temperature"] = next_temperature(state["temperature"], state["conductivity"])
        state["step"] += 1
        if state["step"] % STEPS_BETWEEN_CHECKPOINTS == 0:
            save(folder, state)
            for old in checkpoints(folder)[:-CHECKPOINTS_TO_KEEP]:
                old.unlink()
    return state


def main():
    if len(sys.argv) > 1:
        simulate(sys.argv[1])
        return
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        process = subprocess.Popen([sys.executable, __file__, folder])
        while len(checkpoints(pathlib.Path(folder))) < 2:
            time.sleep(0.001)
        process.kill()
        process.wait()
        print("killed; there are", checkpoints(pathlib.Path(folder)))
        resumed = simulate(folder)
        assert len(checkpoints(pathlib.Path(folder))) == CHECKPOINTS_TO_KEEP
        assert (resumed["temperature"] == simulate(other)["temperature"]).all()
        print("the same as without the kill, to the bit; the hottest point has", resumed["temperature"].max(), "K")


main()
