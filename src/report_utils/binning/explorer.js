// The image explorer (explorer.py). It makes images of band counts as transforms.py does: log10(1 + n) of sums of
// bands, with the pixels above a percentile of the occupied ones emptied.
//
// For tests and other scripts, the element holds data-example, data-transform and data-scale, which are set when
// the image is drawn, and a property "image": {counts, values}, an array of whole numbers and one of log10(1 + n)
// for each channel, row by row from the lowest y.

// NumPy's default percentile of ascending numbers: linear between the two nearest, by its own arithmetic.
function percentile(ascending, q) {
  const at = (ascending.length - 1) * (q / 100);
  const below = Math.floor(at), share = at - below;
  const low = ascending[below], high = ascending[Math.min(below + 1, ascending.length - 1)];
  return share >= 0.5 ? high - (high - low) * (1 - share) : low + (high - low) * share;
}

function transformed(counts, nBands, { bands, percentile: q }) {
  const size = counts.length / nBands;
  const total = new Float64Array(size);
  for (let i = 0; i < counts.length; i += 1) total[i % size] += counts[i];
  const occupied = q === null ? [] : total.filter((n) => n > 0).sort();
  const threshold = occupied.length ? percentile(occupied, q) : Infinity;
  return bands.map((summed) => {
    const channel = new Float64Array(size);
    for (const band of summed) {
      for (let i = 0; i < size; i += 1) if (total[i] <= threshold) channel[i] += counts[band * size + i];
    }
    return channel;
  });
}

start("image-explorer", async (root, shown, data) => {
  const n = data.pixels;
  const colours = bytesOf(data.colours);
  const state = { example: 0, transform: data.first, scale: "shared", column: null, row: null };
  const cubes = new Map();
  let panels = [];
  let drawn = 0;

  // --- the elements

  const pick = (name, change) => async (value) => {
    state[name] = change(value);
    await show();
  };
  const examples = chooser("Cluster", data.examples.map(({ name }, value) => ({ value, text: name })), pick("example", Number));
  const transforms = chooser("Transform", data.transforms.map(({ title }, value) => ({ value, text: title })), pick("transform", Number));
  const scales = chooser("Colour scale", [
    { value: "shared", text: "one for all channels" }, { value: "own", text: "one for each channel" },
  ], pick("scale", String));
  transforms.querySelector("select").value = data.first;
  const box = make("div", { class: "ru-note" });
  const grid = make("div", { class: "ru-panels" });
  const [bar, labelBar] = colourBar(colours);
  const readout = make("div", { class: "ru-readout", role: "status" });
  const hint = make("div", { class: "ru-hint" }, "Pick a cluster and a transform. Point at a pixel, or go there with the arrow keys, to read it in all channels.");
  shown.append(hint, make("div", { class: "ru-choices" }, examples, transforms, scales, bar), grid, box, readout);

  // --- what is shown

  const whole = (values) => values.reduce((sum, value) => sum + value, 0);
  const cubeOf = async (example, source) => {
    const name = `${example} ${source}`;
    if (!cubes.has(name)) cubes.set(name, unpacked(data.examples[example].sources[source].counts));
    return cubes.get(name);
  };
  const show = async () => {
    const asked = (drawn += 1);
    const transform = data.transforms[state.transform];
    const cube = await cubeOf(state.example, transform.source);
    if (asked !== drawn) return; // another choice was made meanwhile
    const counts = transformed(cube, data.bands, transform);
    const values = counts.map((channel) => channel.map((events) => Math.log10(1 + events)));
    const highest = values.map((channel) => Math.max(Math.log10(2), channel.reduce((a, b) => Math.max(a, b), 0)));
    const shared = Math.max(...highest);
    root.image = { counts, values };
    panels = counts.map((channel, c) => {
      const high = state.scale === "shared" ? shared : highest[c];
      const canvas = make("canvas", { tabindex: 0, role: "application", "aria-roledescription": "image" });
      const occupied = channel.reduce((sum, events) => sum + (events > 0), 0);
      const says = `${thousands(whole(channel))} events in ${thousands(occupied)} of ${thousands(n * n)} pixels`;
      canvas.setAttribute("aria-label", `${transform.channels[c]}: ${says}. Arrow keys move.`);
      listen(canvas);
      // y upwards: the lowest row comes last
      const picture = coloured((i) => values[c][(n - 1 - Math.floor(i / n)) * n + (i % n)], n, n, colours, 0, high);
      const end = state.scale === "shared" ? "" : `; colours up to ${plain(high, 2)}`;
      const name = make("strong", {}, transform.channels[c]);
      return { canvas, picture, element: captioned(canvas, name, make("br"), `${says}${end}`) };
    });
    grid.replaceChildren(...panels.map(({ element }) => element));
    labelBar("log\u2081\u2080(1 + events) in a pixel", state.scale === "shared" ? ["0", plain(shared / 2, 2), plain(shared, 2)] : ["0", "", "highest"]);
    const [left, right, bottom, top] = data.examples[state.example].sources[transform.source].box;
    const [width, height] = [right - left, top - bottom];
    box.textContent = `The box is ${width.toFixed(0)} \u00d7 ${height.toFixed(0)} arcsec: a pixel is `
      + `${(width / n).toFixed(2)} arcsec along x and ${(height / n).toFixed(2)} arcsec along y.`;
    makeReadout(transform);
    draw();
    Object.assign(root.dataset, { example: state.example, transform: transform.name, scale: state.scale });
  };

  // --- what is pointed at

  let tell = () => {};
  const makeReadout = (transform) => {
    const [where, tellWhere] = facts([["column", "column"], ["row", "row"], ["x", "x [arcsec]"], ["y", "y [arcsec]"]]);
    const [element, fill] = table([["events", "events"], ["value", "log\u2081\u2080(1 + events)"]],
      transform.channels.map((name) => make("th", { scope: "row" }, name)));
    readout.replaceChildren(where, element);
    const [left, right, bottom, top] = data.examples[state.example].sources[transform.source].box;
    tell = () => {
      const { column, row } = state;
      if (column === null) return;
      tellWhere({
        column, row,
        x: plain(left + ((column + 0.5) * (right - left)) / n, 1),
        y: plain(bottom + ((row + 0.5) * (top - bottom)) / n, 1),
      });
      root.image.counts.forEach((channel, c) => fill(c, {
        events: thousands(channel[row * n + column]), value: plain(root.image.values[c][row * n + column], 3),
      }));
    };
    tell();
  };
  const point = (column, row) => {
    const within = (value) => Math.max(0, Math.min(n - 1, value));
    Object.assign(state, { column: within(column), row: within(row) });
    Object.assign(root.dataset, { column: state.column, row: state.row });
    tell();
    askDraw();
  };
  const listen = (canvas) => {
    const at = (event) => {
      const place = canvas.getBoundingClientRect();
      const share = (position, start) => Math.floor(((position - start) / side) * n);
      point(share(event.clientX, place.left + margin.left), n - 1 - share(event.clientY, place.top + margin.top));
    };
    canvas.addEventListener("pointermove", at);
    canvas.addEventListener("pointerdown", at);
    canvas.addEventListener("focus", () => state.column === null && canvas.matches(":focus-visible") && point(n >> 1, n >> 1));
    canvas.addEventListener("keydown", (event) => {
      const moves = {
        ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], PageUp: [0, 10], PageDown: [0, -10],
        Home: [-n, 0], End: [n, 0],
      };
      if (!(event.key in moves) || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      const [right, up] = moves[event.key];
      if (state.column === null) point(n >> 1, n >> 1);
      else point(state.column + right, state.row + up);
    });
  };

  // --- drawing

  const margin = { left: 32, right: 8, top: 6, bottom: 20 };
  let side = 0;
  const draw = () => {
    const width = shown.clientWidth;
    if (!width) return;
    const columns = Math.min(panels.length, width >= 640 ? 4 : 2);
    grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    const each = Math.min(360, Math.floor((width - 8 * (columns - 1)) / columns));
    side = each - margin.left - margin.right;
    for (const { canvas, picture } of panels) drawPanel(canvas, picture, each);
  };
  const drawPanel = (canvas, picture, width) => {
    const context = crisp(canvas, width, side + margin.top + margin.bottom);
    const style = getComputedStyle(root);
    context.font = `11px ${style.fontFamily}`;
    context.fillStyle = context.strokeStyle = style.color;
    context.imageSmoothingEnabled = side * (window.devicePixelRatio || 1) < n;
    context.drawImage(picture, margin.left, margin.top, side, side);
    for (const pixel of [0, n / 2, n]) {
      const along = (pixel / n) * side;
      context.fillRect(margin.left + along - 0.5, margin.top + side, 1, 4);
      context.fillRect(margin.left - 4, margin.top + side - along - 0.5, 4, 1);
      context.textBaseline = "top";
      context.textAlign = pixel === n ? "right" : "center";
      context.fillText(pixel, margin.left + along + (pixel === n ? 4 : 0), margin.top + side + 6);
      context.textBaseline = pixel === n ? "top" : "middle";
      context.textAlign = "right";
      context.fillText(pixel, margin.left - 6, margin.top + side - along - (pixel === n ? 4 : 0));
    }
    if (state.column === null) return;
    const cell = side / n, size = Math.max(cell, 6);
    const x = margin.left + (state.column + 0.5) * cell, y = margin.top + (n - 0.5 - state.row) * cell;
    for (const [colour, line] of [["#000", 3.5], ["#fff", 1.5]]) {
      context.strokeStyle = colour;
      context.lineWidth = line;
      context.strokeRect(x - size / 2, y - size / 2, size, size);
    }
  };
  const askDraw = drawWhenNeeded(root, draw);
  await show();
  askDraw();
});
