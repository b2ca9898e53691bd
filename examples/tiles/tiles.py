"""The same as src/main.rs, with dask, h5py, Pillow and the standard library's server."""
import http.server
import io
import sys
import tempfile
import threading
import urllib.error
import urllib.request

import dask.array
import h5py
import numpy as np
import PIL.Image

SIDE = 4096
TILE = 256


def rings(block_info=None):
    (top, bottom), (left, right) = block_info[None]["array-location"]
    y = np.arange(top, bottom)[:, None] / 512 - 4
    x = np.arange(left, right)[None, :] / 512 - 4
    return (127.5 + 127.5 * np.sin(x * x + y * y)).astype("u1")


def build(path):
    chunks = ((TILE,) * (SIDE // TILE),) * 2
    level = dask.array.map_blocks(rings, chunks=chunks, dtype="u1")
    levels = int(np.log2(SIDE // TILE))
    for z in range(levels, -1, -1):
        level.to_hdf5(path, f"/levels/{z}")
        with h5py.File(path) as file:
            stored = dask.array.from_array(file[f"levels/{z}"][:], (TILE, TILE))
        means = dask.array.coarsen(np.mean, stored, {0: 2, 1: 2})
        level = means.round().astype("u1").rechunk((TILE, TILE))
    with h5py.File(path, "a") as file:
        file.attrs["title"] = "rings"


class Tiles(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            z, y, x = (int(part) for part in self.path.strip("/").split("/"))
            with h5py.File(self.server.pyramid) as file:
                tile = file[f"levels/{z}"][y * TILE : (y + 1) * TILE, x * TILE : (x + 1) * TILE]
        except (ValueError, KeyError):
            return self.send_error(404)
        if tile.shape != (TILE, TILE):
            return self.send_error(404)
        image = io.BytesIO()
        PIL.Image.fromarray(tile).save(image, "png")
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        self.wfile.write(image.getvalue())

    def log_message(self, *_):
        pass


def fetch(url):
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def main():
    with tempfile.TemporaryDirectory() as folder:
        build(f"{folder}/pyramid.h5")
        with h5py.File(f"{folder}/pyramid.h5") as file:
            print(file.attrs["title"], [file["levels"][name].shape for name in sorted(file["levels"])])
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
        server.pyramid = f"{folder}/pyramid.h5"
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        url = f"http://127.0.0.1:{server.server_port}"
        print(f"serving {url}/0/0/0")
        for path in "/0/0/0", "/4/15/15", "/4/16/0", "/9/0/0":
            status, body = fetch(url + path)
            print(f"{path}: {status}, {len(body)} bytes")
        if sys.argv[1:] != ["serve"]:
            server.shutdown()
        serving.join()


main()
