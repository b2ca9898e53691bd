"""`show --html` and the pages of `serve` without the viewer."""
import http.server
import threading

from fixture import EVIL, VIRIDIS, Pages, arraystow
from playwright.sync_api import expect


class Shown(Pages):
    def file(self, name):
        file = self.folder / "page.html"
        arraystow("show", self.place, name, "--html", file, "--force")
        self.page.goto(file.as_uri())

    def test_a_file_has_the_tree_the_facts_and_the_pictures(self):
        self.file("ponds/two-stones")
        self.assertEqual(self.page.title(), "ponds/two-stones")
        tree = self.page.locator("pre").first.inner_text()
        self.assertIn('title: "two stones"', tree)
        self.assertIn("height: float32[721, 1440] in chunks of [128, 128]", tree)
        facts = self.page.locator("section").first.inner_text()
        for text in ("float32", "[721, 1440]", "72, [6, 12] along the axes, of [128, 128]", "units\tm"):
            self.assertIn(text, facts)
        self.assertEqual(self.page.locator("section .picture svg").count(), 4)
        self.assertEqual(self.page.locator(".chunks path").count(), 18)
        self.assertEqual([url for url in self.asked if not url.startswith(("file:", "data:"))], [])
        self.shot("file")

    def test_a_files_picture_has_the_colours_of_the_elements(self):
        self.file("grids/table")
        found = self.pixels(".picture image", (.25, .25), (.75, .25), (.25, .75), (.75, .75))
        self.near(found, [VIRIDIS[0], (32, 144, 140), (150, 150, 150), VIRIDIS[1]])

    def test_hostile_texts_of_a_file_are_texts(self):
        self.file(EVIL)
        self.assertIn(EVIL, self.page.inner_text("body"))
        self.assertEqual(self.page.evaluate("window.evil"), None)
        self.assertEqual(self.page.locator("script, img[src=x]").count(), 0)

    def test_the_list_leads_to_the_values(self):
        self.page.goto(self.url)
        self.assertEqual(self.page.locator(".values a").count(), 5)
        self.shot("list")
        self.page.fill("input[name=glob]", "grids/*")
        self.page.click("text=Show")
        self.assertEqual(self.page.locator(".values a").all_inner_texts(), ["grids/cube", "grids/strip", "grids/table"])
        self.page.goto(self.url)
        self.page.click("text=ponds/two-stones")
        self.page.wait_for_load_state("networkidle")
        self.assertIn("mass_kg: 1.5", self.page.locator("pre").inner_text())
        loaded = "images => images.map(image => image.complete && image.naturalWidth > 100)"
        self.page.locator("img.picture").last.scroll_into_view_if_needed()
        self.page.wait_for_load_state("networkidle")
        self.assertEqual(self.page.locator("img.picture").evaluate_all(loaded), [True] * 4)
        self.shot("value")
        self.page.click("h2 a >> text=height")
        self.page.wait_for_selector(".stage[data-state=ready]")
        self.page.click("nav >> text=ponds/two-stones")
        self.assertEqual(self.page.title(), "ponds/two-stones")

    def test_thumbnails_have_the_colours_of_the_elements(self):
        self.page.goto(self.url + "value/grids/table")
        self.page.wait_for_load_state("networkidle")
        # The picture has 548 x 420 pixels, of which 320 x 320 are the elements.
        places = [((90 + x) / 548, (44 + y) / 420) for y in (80, 240) for x in (80, 240)]
        found = self.pixels("img.picture", *places)
        self.near(found, [VIRIDIS[0], (32, 144, 140), (150, 150, 150), VIRIDIS[1]])

    def test_hostile_texts_are_texts(self):
        name = EVIL
        self.page.goto(self.url)
        self.page.get_by_role("link", name=name).click()
        self.assertEqual(self.page.title(), name)
        self.assertIn(EVIL, self.page.inner_text("body"))
        self.page.click("h2 a")
        self.ready()
        self.assertIn(EVIL, self.page.locator(".axis span").inner_text())
        self.page.hover(".stage")
        expect(self.page.locator(".status")).to_contain_text(f"{EVIL}x 2: 0 {EVIL}")
        self.assertEqual(self.page.evaluate("window.evil"), None)
        self.shot("hostile")

    def test_what_is_not_there_is_said_in_words(self):
        self.page.goto(self.url + "value/nothing")
        self.assertIn('nothing', self.page.inner_text("body"))
        self.assertEqual(len(self.wrong), 1)
        self.wrong.clear()
        self.page.click("text=All values")
        self.assertEqual(self.page.locator(".values a").count(), 5)

    def test_pages_fit_a_narrow_window_and_both_themes(self):
        addresses = [self.url, self.url + "value/ponds/two-stones", self.url + "array/grids/cube?path=", "file"]
        try:
            for theme in ("light", "dark"):
                self.page.emulate_media(color_scheme=theme)
                for address in addresses:
                    self.page.set_viewport_size({"width": 380, "height": 800})
                    if address == "file":
                        self.file("ponds/two-stones")
                    else:
                        self.page.goto(address)
                    self.page.wait_for_load_state("networkidle")
                    width = self.page.evaluate("document.documentElement.scrollWidth")
                    self.assertLessEqual(width, 380, address)
                    ground = self.page.evaluate("getComputedStyle(document.body).backgroundColor")
                    self.assertEqual(ground == "rgb(255, 255, 255)", theme == "light")
                    self.shot(f"narrow-{theme}-{addresses.index(address)}")
        finally:
            self.page.emulate_media(color_scheme="light")

    def test_other_origins_read_nothing(self):
        """A page of another port, of another name, and of a name that stands for this server's address."""
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(b"<title>foreign</title><link rel=icon href='data:,'>")

            def log_message(self, *_):
                pass

        other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=other.serve_forever, daemon=True).start()
        script = """async (url) => {
            const found = [];
            for (const mode of ['cors', 'no-cors']) {
                await fetch(url, { mode }).then((response) => found.push(response.type + response.status), () => found.push('none'));
            }
            for (const [kind, address] of [['script', 'viewer.js'], ['img', 'icon.svg']]) {
                const element = document.createElement(kind);
                const done = new Promise((resolve) => { element.onload = () => resolve('loaded'); element.onerror = () => resolve('none'); });
                element.src = url + address;
                document.body.append(element);
                found.push(await done);
            }
            const frame = document.createElement('iframe');
            frame.src = url;
            document.body.append(frame);
            await new Promise((resolve) => { frame.onload = resolve; });
            found.push(frame.contentDocument === null ? 'none' : 'read');
            return found;
        }"""
        own_port = self.url.rstrip("/").rsplit(":", 1)[1]
        for host in ("127.0.0.1", "localhost"):
            self.page.goto(f"http://{host}:{other.server_port}/")
            self.assertEqual(self.page.evaluate(script, self.url), ["none"] * 5, host)
        response = self.page.goto(f"http://rebound.example:{own_port}/")
        self.assertEqual(response.status, 403)
        self.assertNotIn("ponds", self.page.inner_text("body"))
        # A link on a foreign page leads nowhere either.
        self.page.goto(f"http://localhost:{other.server_port}/")
        self.page.evaluate("url => { location.href = url; }", self.url)
        self.page.wait_for_url(self.url)
        self.assertNotIn("ponds", self.page.inner_text("body"))
        other.shutdown()
        self.wrong.clear()
        self.asked.clear()
