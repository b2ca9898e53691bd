'use strict';
// The last two axes of an array in tiles, which the server draws. A tile has SIDE cells at most along each axis. At
// level n of an axis, a cell has 2^n elements.
{
    const SIDE = 256;
    const MOST_PIXELS = 64; // of an element
    const MOST_OLD = 64; // tiles that are shown until the new ones are there
    const viewer = document.getElementById('viewer');
    const find = (selector) => viewer.querySelector(selector);
    const stage = find('.stage');
    const status = find('.status');
    const sliders = [...viewer.querySelectorAll('.axis input')];
    const outputs = [...viewer.querySelectorAll('.axis output')];
    const [low, high, map, bar] = [find('.low'), find('.high'), find('select'), find('.bar')];
    const { place, units, rowAxis, columnAxis } = viewer.dataset;
    const lens = [Number(viewer.dataset.rows), Number(viewer.dataset.columns)];
    // For rows and columns: the element at the upper left corner of the stage, and pixels of an element.
    let start = [0, 0];
    let scale = [1, 1];
    let isWhole = true;
    let isLeaving = false;
    let fault = '';
    const tiles = new Map();

    const room = () => [Math.max(stage.clientHeight, 1), Math.max(stage.clientWidth, 1)];
    const ratio = lens[0] / lens[1];
    const isLong = ratio > 8 || ratio < 1 / 8;
    const clamp = (value, least, most) => Math.max(least, Math.min(value, most));
    const at = () => sliders.map((slider) => slider.value).join(',');

    // What a server answers; a value that was saved again is loaded again.
    async function answer(address, signal) {
        for (let attempt = 0; ; attempt += 1) {
            const response = await fetch(address, { signal });
            if (response.ok) {
                return response;
            }
            if (response.status === 410) {
                say('the value was saved again');
                // Once, although all tiles are answered so.
                if (!isLeaving) {
                    isLeaving = true;
                    location.reload();
                }
                return new Promise(() => {});
            }
            const text = (await response.text()).trim();
            if (response.status !== 503 || attempt === 2) {
                throw new Error(text);
            }
            await new Promise((resolve) => { setTimeout(resolve, 1000); });
        }
    }

    async function numbers(window, signal) {
        const [top, bottom, left, right] = window;
        const query = `&at=${at()}&top=${top}&bottom=${bottom}&left=${left}&right=${right}`;
        return (await answer(`/numbers/${place}${query}`, signal)).json();
    }

    function say(text) {
        status.textContent = text;
    }

    function failed(error) {
        if (error.name !== 'AbortError') {
            fault = error.message || 'the server does not answer';
            say(fault);
        }
    }

    // The elements on the stage: a range of each axis.
    function shown() {
        return [0, 1].map((axis) => {
            const first = clamp(Math.floor(start[axis]), 0, lens[axis] - 1);
            const end = Math.ceil(start[axis] + room()[axis] / scale[axis]);
            return [first, clamp(end, first + 1, lens[axis])];
        });
    }

    // A cell is one pixel of the screen or more. No axis has a level above the first that has one tile.
    function level(axis) {
        const wanted = Math.floor(Math.log2(1 / (scale[axis] * (window.devicePixelRatio || 1))));
        return clamp(wanted, 0, Math.max(0, Math.ceil(Math.log2(lens[axis] / SIDE))));
    }

    function addresses() {
        const levels = [level(0), level(1)];
        const ranges = shown().map(([first, end], axis) => {
            const side = SIDE * 2 ** levels[axis];
            return [Math.floor(first / side), Math.ceil(end / side)];
        });
        const found = new Map();
        for (let row = ranges[0][0]; row < ranges[0][1]; row += 1) {
            for (let column = ranges[1][0]; column < ranges[1][1]; column += 1) {
                const parts = [row, column].map((index, axis) => {
                    const side = SIDE * 2 ** levels[axis];
                    return [index * side, Math.min((index + 1) * side, lens[axis])];
                });
                const query = `&at=${at()}&rows=${levels[0]}&columns=${levels[1]}&row=${row}&column=${column}`;
                const colours = `&low=${low.value}&high=${high.value}&map=${map.value}`;
                found.set(`/tile/${place}${query}${colours}`, parts);
            }
        }
        stage.dataset.levels = levels.join(',');
        return found;
    }

    async function load(address, tile) {
        try {
            const response = await answer(address, tile.control.signal);
            const source = URL.createObjectURL(await response.blob());
            tile.image.src = source;
            await tile.image.decode();
            URL.revokeObjectURL(source);
            // It may have become needless in the meantime.
            if (tiles.get(address) === tile) {
                tile.isLoaded = true;
                stage.append(tile.image);
            }
        } catch (error) {
            if (tiles.get(address) === tile) {
                tiles.delete(address);
                failed(error);
            }
        }
        settle();
    }

    function remove(address, tile) {
        tile.control.abort();
        tile.image.remove();
        tiles.delete(address);
    }

    // The old tiles go when all new ones are there.
    function settle() {
        const all = [...tiles];
        const isDone = all.every(([, tile]) => tile.isLoaded || tile.isOld);
        const old = all.filter(([, tile]) => tile.isOld);
        for (const [address, tile] of isDone ? old : old.slice(0, -MOST_OLD)) {
            remove(address, tile);
        }
        stage.dataset.state = isDone ? 'ready' : 'loading';
    }

    function put(tile) {
        const [[top, bottom], [left, right]] = tile.parts.map((part, axis) => (
            part.map((element) => Math.round((element - start[axis]) * scale[axis]))
        ));
        Object.assign(tile.image.style, {
            top: `${top}px`, left: `${left}px`, width: `${right - left}px`, height: `${bottom - top}px`,
        });
    }

    function draw() {
        if (low.value === '' || high.value === '') {
            return;
        }
        const needed = addresses();
        for (const [address, tile] of tiles) {
            tile.isOld = !needed.has(address);
            if (tile.isOld && !tile.isLoaded) {
                remove(address, tile);
            }
        }
        for (const [address, parts] of needed) {
            if (!tiles.has(address)) {
                const image = new Image();
                image.alt = '';
                image.draggable = false;
                const tile = { parts, image, control: new AbortController(), isLoaded: false, isOld: false };
                tiles.set(address, tile);
                load(address, tile);
            }
        }
        tiles.forEach(put);
        settle();
    }

    let isAsked = false;
    function redraw() {
        if (!isAsked) {
            isAsked = true;
            requestAnimationFrame(() => { isAsked = false; draw(); });
        }
    }

    // Elements are square, unless one axis is much longer than the other one.
    function wholeScale() {
        const each = room().map((pixels, axis) => pixels / lens[axis]);
        return isLong ? each : [Math.min(...each), Math.min(...each)];
    }

    // Keeps a part of the array on the stage; what is smaller than the stage is in its middle.
    function keep() {
        start = start.map((first, axis) => {
            const seen = room()[axis] / scale[axis];
            return seen >= lens[axis] ? (lens[axis] - seen) / 2 : clamp(first, 0, lens[axis] - seen);
        });
    }

    // The stage has the shape of the array, as far as the window has room for it.
    function shape() {
        const most = Math.min(0.7 * window.innerHeight, 580);
        stage.style.height = `${clamp(isLong ? most : stage.clientWidth * ratio, Math.min(200, most), most)}px`;
    }

    function whole() {
        isWhole = true;
        scale = wholeScale();
        keep();
        redraw();
    }

    function move(rows, columns) {
        isWhole = false;
        start = [start[0] + rows / scale[0], start[1] + columns / scale[1]];
        keep();
        redraw();
    }

    // `y` and `x` are the pixels that stay where they are.
    function zoom(factor, y = room()[0] / 2, x = room()[1] / 2) {
        const least = wholeScale();
        const limited = clamp(factor, Math.max(...least.map((one, axis) => one / scale[axis])),
            Math.max(1, Math.min(...scale.map((one) => MOST_PIXELS / one))));
        const fixed = [start[0] + y / scale[0], start[1] + x / scale[1]];
        scale = scale.map((one) => one * limited);
        start = [fixed[0] - y / scale[0], fixed[1] - x / scale[1]];
        isWhole = limited <= 1 && scale.every((one, axis) => one <= least[axis] * 1.001);
        keep();
        redraw();
    }

    async function colour() {
        stage.dataset.state = 'loading';
        const [[top, bottom], [left, right]] = shown();
        try {
            const found = await numbers([top, bottom, left, right]);
            // In full: the elements may differ only in their last digits.
            [low.value, high.value] = [found.low, found.high];
            fault = '';
            say('');
            draw();
        } catch (error) {
            failed(error);
        }
    }

    function moved() {
        outputs.forEach((output, axis) => {
            output.textContent = `${sliders[axis].value} of ${Number(sliders[axis].max) + 1}`;
        });
        history.replaceState(null, '', `#at=${at()}`);
        fault = '';
        redraw();
    }

    // The element below the pointer, read when it rests.
    let resting = { timer: 0, control: new AbortController() };
    function point(event) {
        clearTimeout(resting.timer);
        resting.control.abort();
        const box = stage.getBoundingClientRect();
        const pixels = [event.clientY - box.top, event.clientX - box.left];
        const [row, column] = pixels.map((pixel, axis) => Math.floor(start[axis] + pixel / scale[axis]));
        if (row < 0 || column < 0 || row >= lens[0] || column >= lens[1]) {
            say(fault);
            return;
        }
        const text = `${rowAxis} ${row}, ${columnAxis} ${column}`;
        say(text);
        const control = new AbortController();
        const timer = setTimeout(async () => {
            try {
                const found = await numbers([row, row + 1, column, column + 1], control.signal);
                say(`${text}: ${found.element} ${units}`);
            } catch (error) {
                failed(error);
            }
        }, 150);
        resting = { timer, control };
    }

    let dragged = null;
    stage.addEventListener('pointerdown', (event) => {
        dragged = [event.clientY, event.clientX];
        stage.setPointerCapture(event.pointerId);
    });
    stage.addEventListener('pointermove', (event) => {
        if (dragged) {
            move(dragged[0] - event.clientY, dragged[1] - event.clientX);
            dragged = [event.clientY, event.clientX];
        } else {
            point(event);
        }
    });
    for (const end of ['pointerup', 'pointercancel']) {
        stage.addEventListener(end, () => { dragged = null; });
    }
    stage.addEventListener('wheel', (event) => {
        event.preventDefault();
        const box = stage.getBoundingClientRect();
        zoom(2 ** (-event.deltaY / 200), event.clientY - box.top, event.clientX - box.left);
    }, { passive: false });
    const keys = {
        ArrowUp: () => move(-64, 0), ArrowDown: () => move(64, 0), ArrowLeft: () => move(0, -64),
        ArrowRight: () => move(0, 64), '+': () => zoom(2), '=': () => zoom(2), '-': () => zoom(0.5), 0: whole,
    };
    stage.addEventListener('keydown', (event) => {
        if (keys[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
            event.preventDefault();
            keys[event.key]();
        }
    });
    find('.in').addEventListener('click', () => zoom(2));
    find('.out').addEventListener('click', () => zoom(0.5));
    find('.all').addEventListener('click', whole);
    find('.limits').addEventListener('click', colour);
    sliders.forEach((slider) => slider.addEventListener('input', moved));
    for (const input of [low, high]) {
        let before = '';
        input.addEventListener('focus', () => { before = input.value; });
        input.addEventListener('change', () => {
            if (input.value.trim() === '' || !Number.isFinite(Number(input.value))) {
                input.value = before;
            }
            redraw();
        });
    }
    const choose = () => { bar.src = `/bar.png?map=${map.value}`; redraw(); };
    map.addEventListener('change', choose);
    new ResizeObserver(() => { shape(); if (isWhole) { whole(); } else { keep(); redraw(); } }).observe(stage);

    const asked = new URLSearchParams(location.hash.slice(1)).get('at')?.split(',') ?? [];
    sliders.forEach((slider, axis) => { slider.value = asked[axis] ?? 0; });
    if (sliders.length > 0) {
        moved();
    }
    choose();
    shape();
    whole();
    colour();
}
