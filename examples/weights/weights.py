"""The same as main.rs, with numpy and pickle: one file, which is read whole, and only by programs with these classes."""
import dataclasses
import os
import pickle
import tempfile

import numpy as np

LAYERS = {"encoder": 64 * 64, "decoder": 64 * 16}


class Weights:
    """Shared by the model and the optimizer."""

    def __init__(self, values):
        self.values = values


@dataclasses.dataclass
class Model:
    name: str
    layers: dict


@dataclasses.dataclass
class Group:
    weights: Weights
    mean: np.ndarray
    variance: np.ndarray


@dataclasses.dataclass
class Adam:
    rate: float
    step: int
    groups: dict


def begin():
    layers = {name: Weights((np.arange(n) % 7 / 7 - 0.5).astype("f4")) for name, n in LAYERS.items()}
    groups = {name: Group(w, np.zeros_like(w.values), np.zeros_like(w.values)) for name, w in layers.items()}
    return {"model": Model("autoencoder", layers), "adam": Adam(0.01, 0, groups)}


def step(training):
    model, adam = training["model"], training["adam"]
    adam.step += 1
    for name, group in adam.groups.items():
        gradient = 2 * (group.weights.values - np.float32(0.25))
        group.mean = group.mean * np.float32(0.9) + gradient * np.float32(0.1)
        group.variance = group.variance * np.float32(0.999) + gradient * gradient * np.float32(0.001)
        mean = group.mean / np.float32(1 - 0.9**adam.step)
        variance = group.variance / np.float32(1 - 0.999**adam.step)
        new = Weights(group.weights.values - mean * np.float32(adam.rate) / (np.sqrt(variance) + np.float32(1e-8)))
        group.weights = model.layers[name] = new


def main():
    training = begin()
    for _ in range(100):
        step(training)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "training.pickle")
        with open(path + ".unfinished", "wb") as file:
            pickle.dump(training, file)
        os.rename(path + ".unfinished", path)
        print(os.path.getsize(path), "bytes")
        with open(path, "rb") as file:
            resumed = pickle.load(file)
    for name, weights in resumed["model"].layers.items():
        assert weights is resumed["adam"].groups[name].weights
    for _ in range(100):
        step(training)
        step(resumed)
    for name, weights in training["model"].layers.items():
        assert (weights.values == resumed["model"].layers[name].values).all()
    print("after 100 more steps, the resumed training has the same weights")
    decoder = resumed["model"].layers["decoder"].values.reshape(64, 16)
    print("the decoder's weights:", decoder.shape, "on average", decoder.mean())


main()
