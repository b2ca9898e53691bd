"""The viewer of `serve`: the last two axes in tiles."""
import re

from fixture import VIRIDIS, Pages, arraystow
from playwright.sync_api import expect

GREY = (150, 150, 150)


class Viewer(Pages):
    def open(self, name, more=""):
        self.page.goto(f"{self.url}array/{name}?path={more}")
        self.ready()

    def limits(self, low, high, colours="grey"):
        self.page.fill(".low", str(low))
        self.page.fill(".high", str(high))
        self.page.select_option("select", colours)
        self.page.locator(".high").dispatch_event("change")
        self.ready()

    def levels(self):
        return [int(level) for level in self.page.get_attribute(".stage", "data-levels").split(",")]

    def test_tiles_have_the_colours_of_the_elements(self):
        self.open("grids/table")
        # The table is square, in the middle of the stage.
        box = self.page.locator(".stage").bounding_box()
        side = box["height"] / box["width"] / 4
        left, right = .5 - side, .5 + side
        found = self.pixels(".stage", (left, .25), (right, .25), (left, .75), (right, .75))
        self.near(found, [VIRIDIS[0], (32, 144, 140), (150, 150, 150), VIRIDIS[1]])
        self.shot("table")

    def test_sliders_choose_the_other_axes(self):
        self.open("grids/cube")
        self.assertEqual(self.page.locator(".axis output").inner_text(), "0 of 3")
        self.assertEqual({tile["at"] for tile in self.tiles()}, {"0"})
        self.near(self.pixels(".stage", (.85, .5)), [(204, 224, 29)], 15)
        self.limits(0, 5799)
        self.tiles()
        before = self.pixels(".stage", (.5, .5))
        self.page.focus(".axis input")
        self.page.keyboard.press("ArrowRight")
        self.ready()
        self.page.keyboard.press("ArrowRight")
        self.ready()
        self.assertEqual({tile["at"] for tile in self.tiles()}, {"1", "2"})
        self.assertEqual(self.page.locator(".axis output").inner_text(), "2 of 3")
        self.assertTrue(self.page.url.endswith("#at=2"))
        after = self.pixels(".stage", (.5, .5))
        self.near(before + after, [(40, 40, 40), (215, 215, 215)], 25)
        self.shot("cube")
        # The address has the place.
        self.page.reload()
        self.ready()
        self.assertEqual(self.page.locator(".axis output").inner_text(), "2 of 3")

    def test_zooming_loads_other_tiles(self):
        self.open("grids/cube")
        self.limits(0, 1799)
        self.assertEqual(self.levels(), [1, 1])
        self.assertEqual({(tile["rows"], tile["columns"]) for tile in self.tiles()}, {("1", "1")})
        self.page.focus(".stage")
        self.page.keyboard.press("+")
        self.page.keyboard.press("+")
        self.ready()
        closer = self.tiles()
        self.assertEqual(self.levels(), [0, 0])
        self.assertEqual({(tile["rows"], tile["columns"]) for tile in closer}, {("0", "0")})
        # Only what is on the stage is loaded, of 5 x 8 tiles.
        self.assertLess(len({(tile["row"], tile["column"]) for tile in closer}), 20)
        self.near(self.pixels(".stage", (.5, .5)), [GREY], 6)

        # The wheel zooms around the pointer.
        box = self.page.locator(".stage").bounding_box()
        self.page.mouse.move(box["x"] + box["width"] * .25, box["y"] + box["height"] / 2)
        before = self.pixels(".stage", (.25, .5))
        self.page.mouse.wheel(0, -400)
        self.ready()
        self.near(self.pixels(".stage", (.25, .5)), before, 4)
        self.page.click("button.all")
        self.ready()
        self.near(self.pixels(".stage", (.5, .5)), [GREY], 6)

    def test_dragging_moves_the_array(self):
        self.open("grids/cube")
        self.limits(0, 1799)
        for _ in range(4):
            self.page.click("text=Zoom in")
        self.ready()
        before = self.pixels(".stage", (.5, .5))[0]
        self.tiles()
        box = self.page.locator(".stage").bounding_box()
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        for _ in range(6):
            self.page.mouse.move(*middle)
            self.page.mouse.down()
            self.page.mouse.move(middle[0] - 400, middle[1], steps=4)
            self.page.mouse.up()
        self.ready()
        after = self.pixels(".stage", (.5, .5))[0]
        self.assertGreater(after[0], before[0] + 15)
        self.assertTrue(self.tiles())
        self.page.focus(".stage")
        for _ in range(40):
            self.page.keyboard.press("ArrowLeft")
        self.ready()
        self.assertLess(self.pixels(".stage", (.5, .5))[0][0], after[0] - 15)

    def test_the_pointer_reads_an_element(self):
        self.open("ponds/two-stones", "height")
        self.page.hover(".stage")
        expect(self.page.locator(".status")).to_have_text(re.compile(r"^y 36\d, x 7\d\d: -?0\.\d+ m$"))
        self.shot("height")

    def test_colours_of_a_part(self):
        self.open("grids/cube")
        self.assertEqual(self.page.input_value(".low"), "3.5")
        for _ in range(3):
            self.page.click("text=Zoom in")
        self.page.click("text=Colours of this part")
        self.ready()
        low, high = (float(self.page.input_value(field)) for field in (".low", ".high"))
        self.assertTrue(500 < low < 900 < high < 1300, (low, high))
        # What is no number is refused.
        self.page.focus(".low")
        self.page.fill(".low", "x")
        self.page.keyboard.press("Tab")
        self.assertEqual(float(self.page.input_value(".low")), low)

    def test_long_arrays_fill_the_stage(self):
        self.open("grids/strip")
        self.assertGreater(self.levels()[1], 3)
        self.assertEqual(self.levels()[0], 0)
        found = self.pixels(".stage", (.1, .1), (.9, .1), (.5, .9))
        self.near(found, [VIRIDIS[0], VIRIDIS[0], VIRIDIS[1]])
        self.shot("strip")

    def test_numbers_that_differ_in_their_last_digits_have_colours(self):
        self.save("close", (200, 200), [[16777213.0] * 100 + [16777215.0] * 100], 200)
        self.open("close")
        self.assertEqual([self.page.input_value(field) for field in (".low", ".high")], ["16777213", "16777215"])
        self.near(self.pixels(".stage", (.3, .5), (.7, .5)), [VIRIDIS[0], VIRIDIS[1]])
        self.page.hover(".stage")
        expect(self.page.locator(".status")).to_have_text(re.compile(r": 1677721[35] *$"))

    def test_a_value_that_was_saved_again_is_loaded_again(self):
        self.save("again", (300, 300), [[1.0] * 300], 300)
        self.open("again")
        self.save("again", (200, 400), [[2.0] * 400], 200)
        self.page.select_option("select", "magma")
        expect(self.page.locator("table")).to_contain_text("[200, 400]")
        self.ready()
        self.assertEqual(self.page.input_value(".low"), "2")
        arraystow("rm", self.place, "again", "--yes")
        self.page.select_option("select", "plasma")
        expect(self.page).to_have_title("Not Found")
        self.assertTrue(all("410" in text or "404" in text for text in self.wrong), self.wrong)
        self.wrong.clear()
