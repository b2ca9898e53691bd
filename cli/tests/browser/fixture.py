"""Values for the tests, the programs that show them, and a browser that notices what no page may do."""
import atexit
import io
import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import sync_playwright

PROGRAM = os.environ["ARRAYSTOW"]
SCREENSHOTS = pathlib.Path(os.environ["SCREENSHOTS"])
EVIL = "\"><img src=x onerror=window.evil=1>'&amp;<script>window.evil=1"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP rebound.example 127.0.0.1"]
VIRIDIS = [(68, 1, 84), (253, 231, 37)]


def arraystow(*arguments):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def npy(file, shape, rows, times=1):
    """Writes an array of float64 as numpy writes it: each of its rows so many times."""
    head = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {tuple(shape)}, }}".encode()
    head += b" " * (63 - (len(head) + 10) % 64) + b"\n"
    with open(file, "wb") as out:
        out.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head)
        for row in rows:
            out.write(struct.pack(f"<{len(row)}d", *row) * times)


def zarr(folder, shape, chunks, dims, attributes, data_type="float64", fill=0.0):
    """Makes a Zarr array without chunks: all elements are the fill value."""
    folder.mkdir(parents=True)
    (folder / "zarr.json").write_text(json.dumps({
        "zarr_format": 3, "node_type": "array", "shape": shape, "data_type": data_type, "fill_value": fill,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
        "dimension_names": dims, "attributes": attributes}))


class Pages(unittest.TestCase):
    """A storage, its server and a browser, for all tests."""

    folder = None

    @classmethod
    def setUpClass(cls):
        if Pages.folder is None:
            Pages.start()

    @classmethod
    def start(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="arraystow-browser-"))
        atexit.register(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.place = cls.folder / "storage"
        arraystow("demo", cls.place)
        cls.save("grids/table", (2, 2), [[0.0, 1.0], [float("nan"), 2.0]])
        cls.save("grids/strip", (4, 20000), [[float(row)] * 20000 for row in range(4)])
        # The numbers grow along the columns, and by 2000 with each step of the first axis.
        steps = [[2000.0 * step + column for column in range(1800)] for step in range(3)]
        cls.save("grids/cube", (3, 1200, 1800), steps, 1200)
        zarr(cls.folder / "evil", [2, 3, 4], [1, 3, 4], [EVIL, "y", EVIL + "x"], {"units": EVIL, EVIL: EVIL})
        arraystow("import", cls.folder / "evil", cls.place, EVIL)
        cls.server = subprocess.Popen([PROGRAM, "serve", cls.place, "--json"], stdout=subprocess.PIPE, text=True)
        atexit.register(cls.stop)
        cls.url = json.loads("".join(cls.server.stdout.readline() for _ in range(3)))["url"]
        playwright = sync_playwright().start()
        atexit.register(playwright.stop)
        cls.browser = playwright.chromium.launch_persistent_context(
            cls.folder / "profile", executable_path=os.environ["CHROMIUM"], headless=True, args=FLAGS,
            viewport={"width": 1100, "height": 900})
        atexit.register(cls.browser.close)

    @classmethod
    def save(cls, name, shape, rows, times=1):
        file = cls.folder / "array.npy"
        npy(file, shape, rows, times)
        arraystow("import", file, cls.place, name, "--force")

    @classmethod
    def stop(cls):
        cls.server.send_signal(signal.SIGTERM)
        assert cls.server.wait(20) == 0, "the server was not stopped by the signal"

    def setUp(self):
        self.begun = time.monotonic()
        self.page = self.browser.new_page()
        self.page.set_default_timeout(20_000)
        self.wrong, self.asked = [], []
        self.page.on("console", lambda message: self.wrong.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.wrong.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def tearDown(self):
        self.page.close()
        print(f"{time.monotonic() - self.begun:5.1f} s  {self.id().rsplit('.', 1)[1]}", flush=True)
        self.assertEqual(self.wrong, [])
        foreign = [url for url in self.asked if urlsplit(url).scheme == "http" and not url.startswith(self.url)]
        self.assertEqual(foreign, [])

    def tiles(self):
        """The parameters of the tiles that were asked for, and forgets them."""
        found = [dict(pair.split("=") for pair in urlsplit(url).query.split("&")) for url in self.asked if "/tile/" in url]
        self.asked.clear()
        return found

    def ready(self):
        """Waits until all tiles are there."""
        self.page.wait_for_timeout(60)
        self.page.wait_for_selector(".stage[data-state=ready]")

    def pixels(self, selector, *places):
        """The pixels of an element at places from 0 to 1, from the left and from the top."""
        image = Image.open(io.BytesIO(self.page.locator(selector).first.screenshot())).convert("RGB")
        return [image.getpixel((int(x * image.width), int(y * image.height))) for x, y in places]

    def shot(self, name):
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    def near(self, found, expected, most=3):
        for one, other in zip(found, expected, strict=True):
            self.assertLessEqual(max(abs(a - b) for a, b in zip(one, other)), most, f"{found}, not {expected}")
