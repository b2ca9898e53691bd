//! The command `plot` on real storages; its files are read by programs that have not written them.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use arraystow::{ChunkedArray, Element, Storage};
use ndarray::{Array1, Array2, ArrayD, IxDyn, array};
use num_complex::Complex;
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::process::{Command, Output};
use tempfile::TempDir;

const PILLOW: &[&str] = &["pillow==11.3.0"];

fn arraystow(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_arraystow"));
    command.args(arguments).env_remove("COLORTERM").env_remove("NO_COLOR").output().unwrap()
}

fn printed(arguments: &[&str]) -> String {
    let output = arraystow(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(arguments: &[&str]) -> (i32, String) {
    let output = arraystow(arguments);
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// A cube with coordinates, a small table with a NaN, and arrays of other kinds.
#[derive(Serialize)]
struct Climate {
    air: ChunkedArray<f32>,
    lat: ChunkedArray<f64>,
    lon: ChunkedArray<f64>,
    table: ChunkedArray<f64>,
    names: ChunkedArray<String>,
    waves: ChunkedArray<Complex<f64>>,
}

fn climate() -> Climate {
    let air = ArrayD::from_shape_fn(IxDyn(&[3, 90, 180]), |at| (1000 * at[0] + at[1]) as f32);
    let air = ChunkedArray::from_ndarray(air, &[1, 40, 50]).unwrap().with_dims(["time", "lat", "lon"]).unwrap();
    let axis = |numbers: Array1<f64>, name: &str, units: &str| {
        let axis = ChunkedArray::from(numbers).with_dims([name]).unwrap();
        axis.with_attr("units", units).unwrap()
    };
    Climate {
        air: air.with_attr("units", "K <&\">").unwrap(),
        lat: axis(Array1::linspace(89.0, -89.0, 90), "lat", "degrees_north"),
        lon: axis(Array1::linspace(0.0, 358.0, 180), "lon", "degrees_east"),
        table: ChunkedArray::from(array![[0.0, 1.0], [f64::NAN, 2.0]]),
        names: ChunkedArray::from(array!["a".to_owned()]),
        waves: ChunkedArray::from(array![Complex::new(3.0, 4.0), Complex::new(0.0, -1.0)]),
    }
}

fn storage() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("storage").display().to_string();
    Storage::open(&place).unwrap().save("climate", &climate()).unwrap();
    (folder, place)
}

#[test]
fn cells_are_drawn_in_the_terminal() {
    let (_folder, place) = storage();
    let plot = |more: &[&str]| printed(&[&["plot", &place, "climate", "table", "--size", "24x9"], more].concat());
    // Shades of an array of 2 x 2, of which each element has 4 columns and 4 cells.
    let text = plot(&[]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "climate.table");
    assert_eq!(lines[1], "          0     ▒▒▒▒");
    assert_eq!(lines[4], "          1 ????████");
    assert!(lines[7].starts_with("          0 ") && lines[7].ends_with(" 2 table"), "{text}");
    assert_eq!(lines[8], "            ? NaN or missing: 1 of 4 elements");

    let line = |text: &str, line: usize| text.lines().nth(line).unwrap().to_owned();
    let dark = "\u{1b}[38;2;68;1;84m\u{1b}[48;2;68;1;84m▀\u{1b}[0m";
    assert!(line(&plot(&["--colors", "true"]), 1).contains(dark));
    let grey = "\u{1b}[38;5;246m\u{1b}[48;5;246m▀\u{1b}[0m";
    assert!(line(&plot(&["--colors", "256"]), 4).contains(grey), "{:?}", line(&plot(&["--colors", "256"]), 4));
    // The limits that were chosen.
    assert!(plot(&["--min", "-1", "--max", "5"]).contains("         -1 "));
}

#[test]
fn parts_have_their_coordinates() {
    let (_folder, place) = storage();
    let plot = |more: &[&str]| printed(&[&["plot", &place, "climate", "air"], more].concat());
    let text = plot(&[]);
    assert!(text.starts_with("climate.air[0, :, :]\n") && text.contains("lon (degrees_east)"), "{text}");
    assert!(
        text.contains("\n         50 ") && text.contains("\n        -50 ") && text.contains("88.5 air (K <&\">)"),
        "{text}"
    );
    assert!(plot(&["--slice", "time=2, lon=0"]).starts_with("climate.air[2, :, 0]\nair (K <&\">)\n"));
    let found = |more: &[&str]| serde_json::from_str::<Json>(&plot(&[&["--json"], more].concat())).unwrap();
    let rows = found(&["--slice", "1, 10:20:2, ::60"]);
    assert_eq!(rows["axes"][0], json!({ "name": "lat (degrees_north)", "len": 5, "first": 69.0, "last": 53.0 }));
    assert_eq!(rows["axes"][1], json!({ "name": "lon (degrees_east)", "len": 3, "first": 0.0, "last": 240.0 }));
    let means: Vec<f64> = [1010.0, 1012.0, 1014.0, 1016.0, 1018.0].into_iter().flat_map(|mean| [mean; 3]).collect();
    assert_eq!((&rows["cells"]["means"], &rows["limits"]), (&json!(means), &json!([1010.0, 1018.0])));
    // A coordinate is not drawn along itself.
    let line: Json = serde_json::from_str(&printed(&["plot", &place, "climate", "lat", "--json"])).unwrap();
    assert_eq!((&line["axes"][0]["name"], &line["axes"][0]["last"]), (&json!("lat"), &json!(89.0)));
    assert_eq!(line["line"]["ranges"][0], json!([89.0, 89.0]));
}

#[test]
fn pngs_have_the_colours_of_the_cells() {
    let (folder, place) = storage();
    let file = folder.path().join("table.png").display().to_string();
    printed(&["plot", &place, "climate", "table", "-o", &file]);
    let script = "import sys\n\
                  from PIL import Image\n\
                  image = Image.open(sys.argv[1])\n\
                  image.load()\n\
                  assert (image.mode, image.size) == ('RGB', (928, 800)), image.size\n\
                  at = lambda row, column: image.getpixel((90 + 175 + 350 * column, 44 + 175 + 350 * row))\n\
                  assert at(0, 0) == (68, 1, 84), at(0, 0)\n\
                  assert at(0, 1) == (32, 144, 140), at(0, 1)\n\
                  assert at(1, 0) == (150, 150, 150), at(1, 0)\n\
                  assert at(1, 1) == (253, 231, 37), at(1, 1)\n\
                  # The colour bar runs upwards, and the texts are there.\n\
                  assert image.getpixel((820, 44)) == (253, 231, 37) and image.getpixel((820, 743)) == (68, 1, 84)\n\
                  dark = lambda box: sum(sum(pixel) < 200 for pixel in image.crop(box).getdata())\n\
                  assert dark((0, 0, 928, 40)) > 50 and dark((836, 44, 928, 744)) > 50 and dark((0, 44, 85, 744)) > 20\n";
    arraystow_tests::python_env::run(PILLOW, script, &[&file]);
}

#[test]
fn svgs_have_the_cells_and_texts() {
    let (folder, place) = storage();
    let file = folder.path().join("air.svg").display().to_string();
    printed(&["plot", &place, "climate", "air", "--slice", "0, :3, :4", "--map", "grey", "-o", &file]);
    let script = "import sys, base64, io\n\
                  import xml.etree.ElementTree as tree\n\
                  from PIL import Image\n\
                  root = tree.parse(sys.argv[1]).getroot()\n\
                  space = '{http://www.w3.org/2000/svg}'\n\
                  cells, bar = root.findall(space + 'image')\n\
                  image = Image.open(io.BytesIO(base64.b64decode(cells.get('href').split(',', 1)[1])))\n\
                  assert image.size == (4, 3)\n\
                  greys = [image.getpixel((0, row)) for row in range(3)]\n\
                  assert greys[0] == (0, 0, 0) and greys[2] == (255, 255, 255) and 100 < greys[1][0] < 180, greys\n\
                  texts = [text.text.strip() for text in root.iter(space + 'text')]\n\
                  expected = {'climate.air[0, :3, :4]', 'air (K <&\">)', 'lat (degrees_north)', 'lon (degrees_east)'}\n\
                  assert expected <= set(texts), texts\n";
    arraystow_tests::python_env::run(PILLOW, script, &[&file]);

    let line = folder.path().join("line.svg").display().to_string();
    printed(&["plot", &place, "climate", "air", "--slice", "0,:,0", "-o", &line]);
    let histogram = folder.path().join("histogram.svg").display().to_string();
    printed(&["plot", &place, "climate", "air", "--histogram", "--bins", "3", "-o", &histogram]);
    let script = "import sys\n\
                  import xml.etree.ElementTree as tree\n\
                  space = '{http://www.w3.org/2000/svg}'\n\
                  line, histogram = (tree.parse(file).getroot() for file in sys.argv[1:])\n\
                  drawn = [path for path in line.iter(space + 'polyline') if path.get('stroke') == '#1F77B4']\n\
                  assert len(drawn) == 1 and len(drawn[0].get('points').split()) == 90\n\
                  bars = [bar for bar in histogram.iter(space + 'rect') if bar.get('fill') == '#1F77B4']\n\
                  assert len({bar.get('height') for bar in bars}) == 1 and len(bars) == 3\n";
    arraystow_tests::python_env::run(PILLOW, script, &[&line, &histogram]);
}

fn json_of<T: Element>(array: Array2<T>, more: &[&str]) -> Json {
    let folder = tempfile::tempdir().unwrap();
    Storage::open(folder.path()).unwrap().save("array", &ChunkedArray::from(array)).unwrap();
    let place = folder.path().display().to_string();
    serde_json::from_str(&printed(&[&["plot", &place, "array", "--json"], more].concat())).unwrap()
}

#[test]
fn all_numbers_are_drawn() {
    macro_rules! all {
        ($($number:expr),*) => { $(
            let found = json_of(array![[$number, $number]], &[]);
            assert_eq!(found["cells"]["means"], json!([1.0, 1.0]), "{found}");
        )* };
    }
    all!(1_i8, 1_i16, 1_i32, 1_i64, 1_u8, 1_u16, 1_u32, 1_u64, 1_f32, 1_f64, true);
    all!(half::f16::ONE, half::bf16::ONE, Complex::new(0.0_f32, 1.0), Complex::new(-1.0_f64, 0.0));
    let found = json_of(array![[f64::NAN, f64::INFINITY]], &[]);
    assert_eq!((&found["limits"], &found["cells"]["nan"]), (&json!([0.0, 0.0]), &json!(1)));
    let bins = json_of(array![[1.0, 1.0, f64::NAN, f64::INFINITY]], &["--histogram", "--bins", "1"]);
    assert_eq!(bins["histogram"], json!([{ "from": 0.5, "to": 1.5, "count": 2 }]));
}

#[test]
fn histograms_have_numbers_or_say_why_not() {
    let equal = json_of(array![[1e16, 1e16]], &["--histogram", "--bins", "3"]);
    let counts: Vec<_> = equal["histogram"].as_array().unwrap().iter().map(|bin| bin["count"].clone()).collect();
    assert_eq!(counts, [0, 2, 0], "{equal}");
    assert_eq!(json_of(array![[f64::MAX, f64::MAX]], &["--histogram", "--bins", "1"])["histogram"][0]["count"], 2);
    let (_folder, place) = storage();
    for (ends, said) in [
        (&["--min", "3"][..], "no number is within --min 3: the numbers are from 0 to 2"),
        (&["--max", "-1"], "no number is within --max -1: "),
        (&["--min", "0.25", "--max", "0.5"], "no number is within --min 0.25 and --max 0.5: "),
    ] {
        let (code, error) = refused(&[&["plot", &place, "climate", "table", "--histogram"], ends].concat());
        assert!(code == 2 && error.contains(said), "{error}");
    }
}

#[test]
fn pictures_of_any_numbers_are_files() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("place").display().to_string();
    let storage = Storage::open(&place).unwrap();
    let arrays = [
        array![[f64::NAN]],
        array![[f64::INFINITY, f64::NEG_INFINITY]],
        array![[-f64::MAX, f64::MAX]],
        array![[5e-324, 0.0]],
        Array2::from_elem((1, 5000), 7.0),
        Array2::from_shape_fn((5000, 2), |(row, _)| 1e16 + row as f64),
    ];
    for array in arrays {
        storage.save("array", &ChunkedArray::from(array.clone())).unwrap();
        for more in [&[][..], &["--slice", "0"], &["--slice", ":,0"]] {
            for name in ["a.png", "a.svg"] {
                let file = folder.path().join(name).display().to_string();
                printed(&[&["plot", &place, "array", "--force", "-o", &file], more].concat());
            }
            let text = printed(&[&["plot", &place, "array", "--size", "40x12"], more].concat());
            assert!(text.lines().count() <= 13, "{array}: {text}");
        }
    }
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let (folder, place) = storage();
    let plot = |path: &str, more: &[&str]| refused(&[&["plot", &place, "climate", path], more].concat());
    let file = |name: &str| folder.path().join(name).display().to_string();
    let cases = [
        ("names", vec![], 1, "elements of string are no numbers"),
        ("air", vec!["--slice", ":,:,:"], 2, "a picture has one axis or two, and 3 are left"),
        ("air", vec!["--slice", "0,0,0"], 2, "0 are left"),
        ("air", vec!["--slice", "3"], 2, "axis 0 of 3: \"3\" is outside"),
        ("air", vec!["--slice", "depth=1"], 2, "no axis has the name \"depth\", of [\"time\", \"lat\", \"lon\"]"),
        ("table", vec!["--min", "2", "--max", "1"], 2, "--min 2 is not below --max 1"),
        ("table", vec!["--min", "nan"], 2, "write a finite number"),
        ("table", vec!["--size", "100"], 2, "as 900x600"),
        ("table", vec!["-o", "table.gif"], 2, "ends in .png or .svg"),
        ("table", vec!["-o", "/nowhere/table.png"], 1, "/nowhere/table.png: "),
    ];
    for (path, more, code, expected) in cases {
        let (found, error) = plot(path, &more);
        assert!(found == code && error.contains(expected), "{more:?}: {found} {error}");
    }
    let (code, error) = plot("table", &["-o", &file("a.png"), "--size", "100x100"]);
    assert!(code == 2 && error.contains("at least 300x200"), "{error}");
    std::fs::write(file("b.png"), "kept").unwrap();
    let (code, error) = plot("table", &["-o", &file("b.png")]);
    assert!(code == 2 && error.contains("--force"), "{error}");
    assert_eq!(std::fs::read(file("b.png")).unwrap(), b"kept");
}

#[test]
fn pages_are_html_that_needs_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("place").display().to_string();
    let evil = "</pre><script>alert(1)</script>";
    let waves = climate().waves.with_attr("units", evil).unwrap();
    let value = json!({ "title": evil });
    let storage = Storage::open(&place).unwrap();
    storage.save("all", &(value, climate(), waves, ChunkedArray::from(Array1::<f32>::zeros(0)))).unwrap();
    let file = folder.path().join("all.html").display().to_string();
    printed(&["show", &place, "all", "--html", &file]);
    let (code, error) = refused(&["show", &place, "all", "--html", &file]);
    assert!(code == 2 && error.contains("--force"), "{error}");
    let part = folder.path().join("part.html").display().to_string();
    printed(&["show", &place, "all", "[1].table", "--html", &part]);
    let script = "import sys, re, html5lib\n\
                  space = '{http://www.w3.org/1999/xhtml}'\n\
                  for file, arrays in zip(sys.argv[1:], (8, 1)):\n\
                  \x20   text = open(file, encoding='utf-8').read()\n\
                  \x20   root = html5lib.HTMLParser(strict=True).parse(text)\n\
                  \x20   assert not list(root.iter(space + 'script')) and not list(root.iter(space + 'link'))\n\
                  \x20   named = [item for element in root.iter() for item in element.items()]\n\
                  \x20   links = [value for key, value in named if 'href' in key or 'src' in key]\n\
                  \x20   assert links and all(link.startswith('data:image/png;base64,') for link in links), links\n\
                  \x20   sections = list(root.iter(space + 'section'))\n\
                  \x20   assert len(sections) == arrays, len(sections)\n\
                  root = html5lib.parse(open(sys.argv[1], encoding='utf-8').read())\n\
                  shown = ''.join(root.itertext())\n\
                  assert shown.count('</pre><script>alert(1)</script>') >= 4, shown\n\
                  facts = '36, [3, 3, 4] along the axes, of [1, 40, 50]'\n\
                  for text in (facts, 'lat (degrees_north)', 'no elements', 'float32'):\n\
                  \x20   assert text in shown, (text, shown)\n\
                  picture = '{http://www.w3.org/2000/svg}svg'\n\
                  pictures = [len(list(section.iter(picture))) for section in root.iter(space + 'section')]\n\
                  assert sorted(pictures) == [0, 0, 2, 2, 2, 2, 2, 3], pictures\n";
    arraystow_tests::python_env::run(&["html5lib==1.1"], script, &[&file, &part]);
}

/// The columns, rows and pixels of a PNG file.
fn decoded(png: &[u8]) -> (usize, usize, Vec<[u8; 3]>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width as usize, info.height as usize, pixels.as_chunks::<3>().0.to_vec())
}

/// The pixels of a picture in Sixel, in percent.
fn of_sixel(text: &str) -> (usize, usize, Vec<[u8; 3]>) {
    let data = text.strip_prefix("\u{1b}Pq\"1;1;").unwrap().strip_suffix("\u{1b}\\\n").unwrap();
    let end = data.find('#').unwrap();
    let (width, height) = data[..end].split_once(';').unwrap();
    let (width, height): (usize, usize) = (width.parse().unwrap(), height.parse().unwrap());
    let (mut pixels, mut colours) = (vec![[255; 3]; width * height], std::collections::BTreeMap::new());
    let (mut row, mut column, mut colour, mut count) = (0, 0, [0; 3], 1);
    let mut rest = &data[end..];
    while let Some(first) = rest.chars().next() {
        rest = &rest[1..];
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(rest.len());
        match first {
            '#' => {
                let numbers: Vec<u8> = rest[..digits].split(';').map(|number| number.parse().unwrap()).collect();
                match numbers[..] {
                    [number, 2, red, green, blue] => drop(colours.insert(number, [red, green, blue])),
                    [number] => colour = colours[&number],
                    _ => panic!("{numbers:?}"),
                }
                rest = &rest[digits..];
            }
            '!' => {
                count = rest[..digits].parse().unwrap();
                rest = &rest[digits..];
            }
            '$' => column = 0,
            '-' => (row, column) = (row + 6, 0),
            bits => {
                for _ in 0..std::mem::replace(&mut count, 1) {
                    let set = (0..6).filter(|bit| (bits as u8 - 63) >> bit & 1 == 1);
                    set.for_each(|bit| pixels[(row + bit) * width + column] = colour);
                    column += 1;
                }
            }
        }
    }
    (width, height, pixels)
}

#[test]
fn terminals_get_the_pixels_of_the_file() {
    use base64::Engine as _;
    let (folder, place) = storage();
    let file = folder.path().join("picture.png").display().to_string();
    for part in [&["air"][..], &["air", "--slice", "0,0"], &["air", "--histogram"]] {
        let plot = |more: &[&str]| printed(&[&["plot", &place, "climate"], part, more].concat());
        plot(&["-o", &file, "--size", "600x400", "--force"]);
        let png = std::fs::read(&file).unwrap();

        let kitty = plot(&["--as", "kitty", "--size", "600x400"]);
        let sequences: Vec<&str> = kitty.strip_suffix("\u{1b}\\\n").unwrap().split("\u{1b}\\").collect();
        let last = sequences.len() - 1;
        let parts = sequences.iter().enumerate().map(|(number, sequence)| {
            let first = if number == 0 { "a=T,f=100,q=2," } else { "" };
            let data = sequence.strip_prefix(&format!("\u{1b}_G{first}m={};", u8::from(number < last))).unwrap();
            assert!(data.len() <= 4096);
            data
        });
        let data: String = parts.collect();
        assert!(base64::engine::general_purpose::STANDARD.decode(data).unwrap() == png, "{part:?}");

        let (width, height, expected) = decoded(&png);
        let (columns, rows, found) = of_sixel(&plot(&["--as", "sixel", "--size", "600x400"]));
        assert_eq!((columns, rows), (width, height));
        let near = |(found, expected): (&[u8; 3], &[u8; 3])| {
            let percent = expected.map(|value| f64::from(value) / 2.55);
            found.iter().zip(percent).all(|(found, expected)| (f64::from(*found) - expected).abs() < 3.0)
        };
        assert!(found.iter().zip(&expected).all(near), "{part:?}");
    }
    // Without a size, the picture has that of a terminal; what is no terminal gets characters unless it is chosen.
    let kitty = printed(&["plot", &place, "climate", "air", "--as", "kitty"]);
    assert!(kitty.starts_with("\u{1b}_G"));
    assert!(printed(&["plot", &place, "climate", "air"]).starts_with("climate.air[0, :, :]\n"));
    let (code, error) = refused(&["plot", &place, "climate", "air", "--as", "sixel", "--size", "20x20"]);
    assert!(code == 2 && error.contains("at least 300x200"), "{error}");
    assert_eq!(refused(&["plot", &place, "climate", "air", "--as", "sixel", "-o", &file]).0, 2);
}
