// Weigh a cluster (weigh.py): a reader changes an observation, and networks say its mass at once.
//
// For tests and other scripts, the element has a property "weigh": what it holds and does (see the end), and
// data-milliseconds, how long the last change took from the counts to the drawn page.

const UNCHANGED = "as it is";
const TRAIL = 240; // states that the plot keeps
const KINDS = {
  distance: { label: "Distance", text: ({ value, redshift }) => `${thousands(Math.round(value))} Mpc (z ${redshift.toFixed(2)})` },
  temperature: { label: "Temperature", text: ({ value }) => `${value.toFixed(1)} keV` },
  exposure: { label: "Exposure, or brightness", text: ({ value }) => `${value < 100 ? value.toFixed(0) : thousands(Math.round(value))} ks` },
};
const COLOURS = ["--rw-1", "--rw-2", "--rw-3"];

start("weigh", async (root, shown, data) => {
  const n = data.pixels, nBands = data.bands.length, colours = bytesOf(data.colours);
  const upperEdges = data.upperEdges.map((edge) => edge ?? Infinity);
  const range = { ...data.range, hardness: data.range.hardness.map((edge) => edge ?? Infinity) };
  const networks = await Promise.all(data.networks.map(async (network) => (
    { ...network, layers: layersOf(await unpacked(network.weights), network.shapes) }
  )));
  const state = { cluster: null, own: null, change: null, agn: true, keep: 1, shuffled: false, brush: Math.max(1, Math.round(n / 10)), at: null };
  const cut = new Uint8Array(n * n);
  let cubes = [], sliders = {}, trail = [], counts = null, highest = 1, masses = [];

  // --- the elements

  const unique = `weigh-${Math.random().toString(36).slice(2, 8)}`; // labels need ids that no other widget has
  const button = (text, onClick) => {
    const element = make("button", { type: "button" }, text);
    element.addEventListener("click", onClick);
    return element;
  };
  const checkbox = (text, onChange) => {
    const input = make("input", { type: "checkbox" });
    input.addEventListener("change", () => onChange(input.checked));
    return [make("label", { class: "rw-check" }, input, make("span", {}, text)), input];
  };
  // A slider with what it says on its right; stops are whole numbers from 0.
  const slider = (name, label, onInput) => {
    const input = make("input", { type: "range", id: `${unique}-${name}`, min: 0, step: 1, "data-slider": name });
    const says = make("output", { for: input.id });
    const own = make("span", { class: "rw-own", title: "as it is" });
    const element = make("div", { class: "rw-slider" }, make("label", { for: input.id }, label), says, make("div", { class: "rw-track" }, input, own));
    input.addEventListener("input", () => onInput(Number(input.value)));
    const set = (value, text, last, ownAt = null) => {
      Object.assign(input, { max: last, value });
      input.setAttribute("aria-valuetext", text);
      says.textContent = text;
      own.hidden = ownAt === null;
      if (ownAt !== null) own.style.setProperty("--at", last ? ownAt / last : 0);
    };
    return { element, input, set };
  };

  const options = data.clusters.map(({ group, truth, redshift, words }, value) => ({
    value, group: group[0].toUpperCase() + group.slice(1),
    text: `log M ${truth.toFixed(2)}: ${[words, redshift ? `z ${redshift.toFixed(2)}` : ""].filter(Boolean).join(", ")}`,
  }));
  const clusters = chooser("Cluster", options, (value) => pick(Number(value)));
  const select = clusters.querySelector("select");
  const step = (by) => button(by < 0 ? "\u2039 lighter" : "heavier \u203a", () => {
    const from = state.own ? 0 : state.cluster;
    pick((from + by + data.clusters.length) % data.clusters.length);
  });
  const grid = make("div", { class: "rw-images", role: "group", "aria-label": "The observation in four energy bands" });
  const chart = make("canvas", { role: "img", class: "rw-chart" });
  const swatch = (colour) => {
    const element = make("span", { class: "ru-swatch" });
    element.style.borderTopColor = colour;
    return element;
  };
  const heads = [
    ...networks.map(({ title }, i) => make("th", { scope: "row" }, swatch(`var(${COLOURS[i]})`), ` ${title}`)),
    make("th", { scope: "row" }, make("span", { class: "ru-swatch ru-dashed" }), " true mass"),
  ];
  const [masstable, fill] = table([["mass", "log M"], ["error", "\u00b1 dex"], ["off", "off by"], ["solar", "10\u00b9\u2074 M\u2609"]], heads, null, "Predicted masses");
  const warnings = make("ul", { class: "rw-warnings", "aria-label": "Warnings" });
  const status = make("div", { class: "rw-hidden", role: "status" });
  const changeSliders = make("div", { class: "rw-sliders" });
  const [agnLabel, agnBox] = checkbox("AGN shine", (on) => {
    Object.assign(state, { agn: on, change: null });
    moved(on ? UNCHANGED : "without AGN");
  });
  const note = make("p", { class: "rw-note" });
  const SHARES = 40; // steps of the thinning, down to a hundredth
  const keep = slider("keep", "Thin: events kept", (value) => {
    state.keep = 10 ** (-2 * (SHARES - value) / SHARES);
    moved("thinned");
  });
  const [shuffleLabel, shuffleBox] = checkbox("Shuffle the energies among the events", (on) => {
    state.shuffled = on;
    moved(on ? "shuffled" : "not shuffled");
  });
  const brush = slider("brush", "Brush", (value) => {
    state.brush = value + 1;
    brush.set(value, `${2 * value + 3} pixels wide`, n / 4 - 1);
    askDraw();
  });
  const file = make("input", { type: "file", id: `${unique}-file`, accept: ".fits,.fit,.evt,.csv,.tsv,.txt,.dat,.ecsv,.gz" });
  const unit = chooser("Unit of its energies", [
    { value: "", text: "as the file says" }, { value: "keV", text: "keV" }, { value: "eV", text: "eV" },
  ], () => state.file && readFile(state.file));
  const said = make("p", { class: "rw-said", role: "alert" });
  const own = make("div", { class: "rw-drop" }, make("label", { for: file.id }, "Choose an event list, or drop it here"), file, unit);

  const part = (title, ...children) => make("section", { class: "rw-part" }, make("div", { class: "rw-title" }, title), ...children);
  shown.append(
    make("div", { class: "ru-choices rw-pick" }, clusters, make("div", { class: "rw-steps" }, step(-1), step(1), button("Start over", () => reset()))),
    grid,
    make("div", { class: "rw-columns" },
      make("div", { class: "rw-result" }, chart, masstable, warnings, status),
      make("div", { class: "rw-controls" },
        part("What if it were different?", changeSliders, agnLabel, note),
        part("Touch the image",
          make("p", { class: "rw-note" }, "Paint on an image to cut pixels out of all bands. With the keyboard: arrow keys move the brush, space cuts."),
          brush.element,
          make("div", { class: "rw-steps" }, button("Cut out the core", () => cutCore()), button("Put the cut back", () => mend())),
          keep.element, shuffleLabel),
      )),
    part("Your own event list",
      make("p", { class: "rw-note" }, "CSV with columns x, y and energy (or ra, dec and energy_kev ...), or a FITS event table. It is read and weighed in this page: nothing leaves your browser."),
      own, said),
  );

  const panels = data.bands.map((name, band) => {
    const keys = band ? { role: "img" } : { tabindex: 0, role: "application", "aria-roledescription": "image to cut" };
    const canvas = make("canvas", keys), caption = make("span");
    grid.append(captioned(canvas, make("strong", {}, name), make("br"), caption));
    listen(canvas);
    return { canvas, caption, name, picture: null };
  });

  // --- the observation

  const stateOf = (kind) => data.clusters[state.cluster].states.findIndex((one) => one.kind === kind);
  const hasAgn = () => !state.own && stateOf("agn") >= 0;
  function cube() {
    if (state.own) return state.own.counts;
    if (state.change !== null) return cubes[state.change];
    return !state.agn && hasAgn() ? cubes[stateOf("agn")] : cubes[0];
  }
  const dealt = new WeakMap(); // shuffling takes longest and is the same each time
  function touched() {
    let now = cube();
    if (state.shuffled) {
      if (!dealt.has(now)) dealt.set(now, shuffledEnergies(now, nBands));
      now = dealt.get(now);
    }
    return without(thinned(now, state.keep), cut);
  }

  async function pick(number) {
    const { cubes: packed_, states } = data.clusters[number];
    const flat = await unpacked(packed_), size = nBands * n * n;
    cubes = states.map((_, i) => flat.subarray(i * size, (i + 1) * size));
    Object.assign(state, { cluster: number, own: null });
    select.value = number;
    root.dataset.cluster = data.clusters[number].row;
    makeSliders();
    reset();
  }
  function reset() {
    Object.assign(state, { change: null, agn: true, keep: 1, shuffled: false });
    cut.fill(0);
    trail = [];
    highest = Math.log10(1 + Math.max(1, cube().reduce((a, b) => Math.max(a, b), 0)));
    moved(UNCHANGED);
  }
  function makeSliders() {
    const cluster = state.own ? null : data.clusters[state.cluster];
    sliders = {};
    for (const [kind, { label, text }] of Object.entries(KINDS)) {
      if (!cluster || !(kind in cluster)) continue;
      const stops = cluster.states.map((one, i) => ({ ...one, i })).filter((one) => one.kind === kind);
      stops.push({ value: cluster[kind], redshift: cluster.redshift, i: null });
      stops.sort((a, b) => a.value - b.value);
      const one = slider(kind, label, (value) => {
        state.change = stops[value].i;
        state.agn = false;
        moved(state.change !== null ? label.split(",")[0].toLowerCase() : hasAgn() ? "without AGN" : UNCHANGED);
      });
      one.show = () => {
        const here = stops.findIndex(({ i }) => i === state.change), ownAt = stops.findIndex(({ i }) => i === null);
        const at = here >= 0 ? here : ownAt;
        one.set(at, text(stops[at]), stops.length - 1, ownAt);
      };
      if (stops.length > 1) sliders[kind] = one;
    }
    changeSliders.replaceChildren(...Object.values(sliders).map(({ element }) => element));
    agnLabel.hidden = !hasAgn();
    const without_ = Object.keys(sliders).length && hasAgn() ? " Changed observations are without AGN, whose light in the simulation would not dim with distance." : "";
    note.textContent = state.own ? "Your own observation cannot be observed again: touch its image instead."
      : !Object.keys(sliders).length ? "These observations come from files, so they cannot be observed again."
        : `The simulation observes the same gas again, with the same random numbers and one thing changed. Without AGN, gas twice as bright gives the same image as twice the exposure.${without_}`;
  }

  // --- a change: the counts, the networks, the page

  function weigh(of) {
    if (!of.some((events) => events > 0)) return networks.map(() => null);
    return networks.map((network) => predictedMass(network, of, n));
  }
  let asked = null, spoken = 0;
  function moved(why) {
    if (asked === null) requestAnimationFrame(follow);
    asked = why;
  }
  function follow() {
    const began = performance.now(), why = asked;
    asked = null;
    counts = touched();
    masses = weigh(counts);
    if (masses[0] !== null) trail.push({ why, masses });
    if (trail.length > TRAIL) trail.splice(1, 1);
    show();
    draw();
    root.dataset.milliseconds = (performance.now() - began).toFixed(1);
    root.dataset.states = 1 + Number(root.dataset.states ?? 0);
    clearTimeout(spoken);
    spoken = setTimeout(() => {
      status.textContent = masses[0] === null ? "No events are left." : networks.map(({ title }, i) => `${title} ${masses[i].toFixed(2)}`).join(", ");
    }, 700);
  }
  const truth = () => (state.own ? null : data.clusters[state.cluster].truth);
  function show() {
    const dash = "\u2013", { bands, events, hardness } = totalsOf(counts, nBands), lines = new Map();
    networks.forEach((network, i) => {
      const mass = masses[i];
      if (mass === null) return fill(i, { mass: dash, error: dash, off: dash, solar: dash });
      const { scatter } = errorAt(network.error, mass);
      fill(i, {
        mass: plain(mass, 2), error: scatter === null ? dash : plain(scatter, 2),
        off: truth() === null ? dash : signed(mass - truth(), 2), solar: plain(10 ** (mass - 14), 2),
      });
      for (const line of outsideOf(range, events, hardness, mass)) {
        lines.set(line, line.startsWith("predicted") ? `${title(network)}: ${line}` : line);
      }
    });
    const known = truth() === null ? { mass: dash, solar: dash } : { mass: plain(truth(), 2), solar: plain(10 ** (truth() - 14), 2) };
    fill(networks.length, { ...known, error: "", off: "" });
    const texts = masses[0] === null ? ["no events are left"] : [...lines.values()];
    if (state.own) texts.push(data.caveat);
    warnings.replaceChildren(...texts.map((line) => make("li", {}, line)));
    warnings.hidden = !texts.length;
    Object.values(sliders).forEach((one) => one.show());
    Object.assign(agnBox, { checked: state.agn && state.change === null });
    shuffleBox.checked = state.shuffled;
    keep.set(Math.round(SHARES + (SHARES * Math.log10(state.keep)) / 2), `${state.keep >= 0.1 ? (100 * state.keep).toFixed(0) : (100 * state.keep).toFixed(1)}%`, SHARES);
    brush.set(state.brush - 1, `${2 * state.brush + 1} pixels wide`, n / 4 - 1);
    panels.forEach((panel, band) => {
      panel.caption.textContent = `${thousands(bands[band])} event${bands[band] === 1 ? "" : "s"}`;
      panel.canvas.setAttribute("aria-label", `${panel.name}: ${thousands(bands[band])} events${band ? "" : ". Arrow keys move the brush, space cuts."}`);
      panel.picture = pictureOf(band);
    });
    chart.setAttribute("aria-label", `Predicted masses over ${trail.length} states: ${networks.map(({ title }, i) => `${title} ${masses[i] === null ? dash : plain(masses[i], 2)}`).join(", ")}; true ${truth() === null ? "unknown" : plain(truth(), 2)}`);
  }
  const title = (network) => network.title;

  // --- images and brush

  function pictureOf(band) {
    const cells = new OffscreenCanvas(n, n), image = new ImageData(n, n);
    for (let i = 0; i < n * n; i += 1) {
      const pixel = (n - 1 - Math.floor(i / n)) * n + (i % n); // y upwards
      const code = 3 * Math.min(255, Math.floor((Math.log1p(counts[band * n * n + pixel]) / Math.LN10 / highest) * 256));
      image.data.set(cut[pixel] ? [128, 128, 128, 90] : [colours[code], colours[code + 1], colours[code + 2], 255], 4 * i);
    }
    cells.getContext("2d").putImageData(image, 0, 0);
    return cells;
  }
  function paint(column, row) {
    const reach = state.brush + 0.5;
    for (let y = Math.max(0, Math.ceil(row - reach)); y <= Math.min(n - 1, row + reach); y += 1) {
      for (let x = Math.max(0, Math.ceil(column - reach)); x <= Math.min(n - 1, column + reach); x += 1) {
        if ((x - column) ** 2 + (y - row) ** 2 <= reach ** 2) cut[y * n + x] = 1;
      }
    }
    moved("cut");
  }
  // The core is where the brush would cut the most events of all bands.
  function cutCore() {
    const now = without(cube(), cut), total = new Float64Array(n * n), reach = state.brush + 0.5;
    for (let i = 0; i < now.length; i += 1) total[i % (n * n)] += now[i];
    let best = -1, place = 0;
    for (let i = 0; i < n * n; i += 1) {
      const x = i % n, y = Math.floor(i / n);
      let sum = 0;
      for (let v = Math.max(0, Math.ceil(y - reach)); v <= Math.min(n - 1, y + reach); v += 1) {
        for (let u = Math.max(0, Math.ceil(x - reach)); u <= Math.min(n - 1, x + reach); u += 1) {
          if ((u - x) ** 2 + (v - y) ** 2 <= reach ** 2) sum += total[v * n + u];
        }
      }
      if (sum > best) [best, place] = [sum, i];
    }
    paint(place % n, Math.floor(place / n));
  }
  function mend() {
    cut.fill(0);
    moved("put back");
  }
  function listen(canvas) {
    const at = (event) => {
      const box = canvas.getBoundingClientRect(), within = (share) => Math.max(0, Math.min(n - 1, Math.floor(share * n)));
      state.at = [within((event.clientX - box.left) / box.width), n - 1 - within((event.clientY - box.top) / box.height)];
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      canvas.setPointerCapture(event.pointerId);
      at(event);
      paint(...state.at);
    });
    canvas.addEventListener("pointermove", (event) => {
      at(event);
      if (event.buttons & 1) paint(...state.at);
      else askDraw();
    });
    canvas.addEventListener("pointerleave", () => {
      state.at = null;
      askDraw();
    });
    canvas.addEventListener("blur", () => {
      state.at = null;
      askDraw();
    });
    canvas.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], " ": [0, 0] };
      if (!(event.key in moves) || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      const [x, y] = state.at ?? [n >> 1, n >> 1], [right, up] = moves[event.key];
      state.at = [x + right, y + up].map((value) => Math.max(0, Math.min(n - 1, value)));
      if (event.key === " ") paint(...state.at);
      askDraw();
    });
  }

  // --- drawing

  function draw() {
    const width = shown.clientWidth;
    if (!width || !counts) return;
    const columns = width >= 560 ? nBands : 2, gap = 8;
    grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    const each = Math.floor((width - gap * (columns - 1)) / columns);
    for (const { canvas, picture } of panels) drawPanel(canvas, picture, each);
    drawChart(chart.parentElement.clientWidth, width >= 560 ? 260 : 220);
  }
  function drawPanel(canvas, picture, side) {
    const context = crisp(canvas, side, side), cell = side / n;
    context.imageSmoothingEnabled = side * (window.devicePixelRatio || 1) < n;
    context.drawImage(picture, 0, 0, side, side);
    if (!state.at) return;
    for (const [colour, line] of [["#000", 3], ["#fff", 1.5]]) {
      Object.assign(context, { strokeStyle: colour, lineWidth: line });
      context.beginPath();
      context.arc((state.at[0] + 0.5) * cell, (n - 0.5 - state.at[1]) * cell, (state.brush + 0.5) * cell, 0, 2 * Math.PI);
      context.stroke();
    }
  }
  function drawChart(width, height) {
    const context = crisp(chart, width, height), style = getComputedStyle(root);
    const ink = style.color, hue = COLOURS.map((name) => style.getPropertyValue(name));
    const left = 42, right = Math.min(120, width * 0.3), top = 22, bottom = height - 34, end = width - right;
    const error = networks.map((network, i) => (masses[i] === null ? 0 : errorAt(network.error, masses[i]).scatter ?? 0));
    const all = [...trail.flatMap((one) => one.masses), ...(truth() === null ? [] : [truth()]),
      ...masses.flatMap((mass, i) => (mass === null ? [] : [mass - error[i], mass + error[i]]))];
    let low = Math.floor((Math.min(...all) - 0.05) * 5) / 5, high = Math.ceil((Math.max(...all) + 0.05) * 5) / 5;
    while (high - low < 0.79) [low, high] = [low - 0.1, high + 0.1];
    const y = (mass) => bottom - ((mass - low) / (high - low)) * (bottom - top);
    const x = (i) => end - 8 - Math.min(14, (end - left - 16) / Math.max(1, trail.length - 1)) * (trail.length - 1 - i);
    const text = (words, at, up, align = "left") => {
      context.textAlign = align;
      context.fillText(words, at, up);
    };
    const line = (fromX, fromY, toX, toY) => {
      context.beginPath();
      context.moveTo(fromX, fromY);
      context.lineTo(toX, toY);
      context.stroke();
    };
    context.font = `12px ${style.fontFamily}`;
    context.textBaseline = "middle";
    Object.assign(context, { strokeStyle: ink, fillStyle: ink, lineWidth: 1 });
    for (const mass of ticks(low, high, height / 45).found) {
      context.globalAlpha = 0.15;
      line(left, y(mass), width, y(mass));
      context.globalAlpha = 1;
      text(plain(mass, 1), left - 6, y(mass), "right");
    }
    text("log M [M\u2609]", 2, 8);
    context.globalAlpha = 0.35;
    line(end, top, end, bottom);
    context.globalAlpha = 1;
    if (truth() !== null) {
      context.setLineDash([5, 4]);
      line(left, y(truth()), width, y(truth()));
      context.setLineDash([]);
      text("true mass", left + 4, y(truth()) - 8);
    }
    // what was changed: a word where it begins, the latest first, if there is room
    let free = end;
    for (let i = trail.length - 1; i >= 0; i -= 1) {
      if (i && trail[i - 1].why === trail[i].why) continue;
      const at = i ? (x(i - 1) + x(i)) / 2 : x(0), { why } = trail[i];
      context.globalAlpha = 0.25;
      if (i) line(at, top, at, bottom);
      context.globalAlpha = 1;
      const room = context.measureText(why).width, from = free === end ? Math.min(at, end - room) : at;
      if (from + room > free || from < left) continue;
      text(why, from, bottom + 10);
      free = from - 10;
    }
    networks.forEach((network, i) => {
      Object.assign(context, { strokeStyle: hue[i], fillStyle: hue[i], lineWidth: 2 });
      context.beginPath();
      trail.forEach((one, k) => (k ? context.lineTo(x(k), y(one.masses[i])) : context.moveTo(x(k), y(one.masses[i]))));
      context.stroke();
      if (trail.length < 60) trail.forEach((one, k) => context.fillRect(x(k) - 1.5, y(one.masses[i]) - 1.5, 3, 3));
      const at = end + ((i + 0.5) * right) / networks.length;
      if (masses[i] !== null) {
        line(at, y(masses[i] - error[i]), at, y(masses[i] + error[i]));
        context.beginPath();
        context.arc(at, y(masses[i]), 5, 0, 2 * Math.PI);
        context.fill();
      }
      text(["1", "2", "4"][i] ?? "", at, bottom + 10, "center");
    });
    context.fillStyle = ink;
    text("bands", end + right / 2, bottom + 25, "center");
    text("your changes \u2192", end - 8, bottom + 25, "right");
    if (trail.length < 2) {
      context.globalAlpha = 0.7;
      const lines = width < 460 ? ["Drag a slider or", "paint on an image:", "the masses leave a trail."] : ["Drag a slider or paint on an image:", "the masses leave a trail here."];
      lines.forEach((words, i) => text(words, (left + end) / 2, bottom - 22 - 16 * (lines.length - 1 - i), "center"));
      context.globalAlpha = 1;
    }
  }
  const askDraw = drawWhenNeeded(root, draw);

  // --- the reader's own file

  async function readFile(chosen) {
    state.file = chosen;
    said.classList.remove("rw-bad");
    said.textContent = `Reading ${chosen.name} \u2026`;
    try {
      const bytes = await unzipped(new Uint8Array(await chosen.arrayBuffer()), chosen.name);
      const events = readEvents(chosen.name, bytes, unit.querySelector("select").value, data.reading);
      state.own = { name: chosen.name, counts: binned(events, n, upperEdges, chosen.name) };
      select.querySelector("[data-own]")?.remove();
      select.prepend(make("option", { value: "own", "data-own": "" }, chosen.name));
      select.value = "own";
      said.textContent = `${chosen.name}: ${thousands(events.energy.length)} events of ${thousands(events.nRows)} rows; ${events.how}.`;
      makeSliders();
      reset();
    } catch (error) {
      if (!(error instanceof UnreadableFile)) console.warn(error);
      said.classList.add("rw-bad");
      said.textContent = error instanceof UnreadableFile ? error.message : `${chosen.name}: cannot be read (${error.message}); copy or download it again`;
    }
  }
  file.addEventListener("change", () => file.files[0] && readFile(file.files[0]));
  for (const kind of ["dragover", "dragleave", "drop"]) {
    shown.addEventListener(kind, (event) => { // anywhere: a browser would open a file that misses the field
      event.preventDefault();
      own.classList.toggle("rw-over", kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files[0]) readFile(event.dataTransfer.files[0]);
    });
  }

  root.weigh = { state, networks, cut, weigh, readFile, paint, moved, counts: () => counts, masses: () => masses, shuffledEnergies, thinned, without,
    binned: (name, bytes, stated) => binned(readEvents(name, bytes, stated, data.reading), n, upperEdges, name) };
  await pick(data.clusters.findIndex(({ states }) => states.some(({ kind }) => kind === "agn")) >= 0 ? middle() : 0);
  function middle() {
    const withAgn = data.clusters.map(({ states }, i) => (states.some(({ kind }) => kind === "agn") ? i : -1)).filter((i) => i >= 0);
    return withAgn[withAgn.length >> 1];
  }
});
