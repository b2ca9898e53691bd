"""The same as main.rs, with numpy and json: two files for each run, in one process."""
import json
import math
import pathlib
import tempfile
import time

import numpy as np

RUNS = 2000
STEPS = 1000


def simulate(parameters):
    angle, speed, step = 0.2, 0.0, 0.05
    path = np.zeros((STEPS, 2))
    for n in range(STEPS):
        force = parameters["drive"] * math.cos(n * step * 2 / 3)
        speed += step * (force - math.sin(angle) - parameters["damping"] * speed)
        angle += step * speed
        path[n] = angle, speed
    return {"parameters": parameters, "turns": angle / math.tau}, path


def save(folder, number):
    parameters = {"damping": 0.1 + number % 40 / 50, "drive": number // 40 / 25}
    run, path = simulate(parameters)
    array = folder / f"{number:04}.npy"
    np.save(array, path)
    unfinished = folder / f"{number:04}.unfinished"
    unfinished.write_text(json.dumps(run))
    unfinished.rename(folder / f"{number:04}.json")


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        start = time.time()
        for number in range(RUNS):
            save(folder, number)
        print(f"{RUNS} runs simulated and saved in {time.time() - start:.1f} s")

        start = time.time()
        chosen = []
        for document in sorted(folder.glob("*.json")):
            summary = json.loads(document.read_text())
            if summary["parameters"]["damping"] < 0.3 and abs(summary["turns"]) > 1:
                chosen.append((summary["turns"], document))
        took = time.time() - start
        print(f"{len(chosen)} of them turn over although the damping is low, found in {took:.2f} s")

        turns, document = max(chosen, key=lambda run: abs(run[0]))
        run = json.loads(document.read_text())
        fastest = abs(np.load(document.with_suffix(".npy"))[:, 1]).max()
        drive = run["parameters"]["drive"]
        print(f"{document.name} turns most, {turns:.1f} times: drive {drive:.2f}, fastest {fastest:.2f}")


main()
