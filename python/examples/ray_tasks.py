"""Tasks of Ray write one array: ``pip install ray arraystow``, then ``python ray_tasks.py [FOLDER]``.

The tasks need the storage under the same path or URL. Tickets and receipts pass through Ray, and no elements.
"""

import sys
import tempfile

import numpy as np
import ray

import arraystow


@ray.remote
def simulate(place: str, ticket: str, region: tuple[slice, ...]) -> str:
    """Computes a part of the array and writes it. Returns the receipt."""
    rows, columns = region
    y = np.arange(rows.start, rows.stop, dtype="f4")[:, None]
    x = np.arange(columns.start, columns.stop, dtype="f4")
    return arraystow.Storage(place).slot(ticket).write(region, y + x)


@ray.remote
def merge(*receipts: str) -> str:
    return arraystow.merged(receipts)


def main() -> None:
    place = sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()
    storage = arraystow.Storage(place)
    height = arraystow.pending((600, 800), "f4", chunks=(100, 200), dims=["lat", "lon"], attrs={"units": "m"})
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    with storage.begin("global/ramp", {"name": "a ramp", "height": height}) as session:
        ticket = session.tickets["height"]
        parts = storage.slot(ticket).regions(4)
        receipts = [simulate.remote(place, ticket, part) for part in parts]
        session.commit([ray.get(merge.remote(*receipts))])
    ray.shutdown()

    loaded = storage.load("global/ramp")
    assert loaded["height"][599, 799] == 599 + 799 and storage.verify("global/ramp")[0]["faults"] == []
    print(f"{len(parts)} tasks have written {loaded['height']}")


if __name__ == "__main__":
    main()
