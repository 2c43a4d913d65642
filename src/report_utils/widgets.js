// What the widgets share. Their scripts follow this one inside the same function; nothing becomes global.

function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes;
}

// Reads what packed() in widgets.py wrote.
async function unpacked({ low, bytes, data }) {
  const stream = new Blob([bytesOf(data)]).stream().pipeThrough(new DecompressionStream("deflate"));
  const planes = new Uint8Array(await new Response(stream).arrayBuffer());
  const n = planes.length / bytes;
  const values = new Float64Array(n);
  for (let i = 0; i < n; i += 1) values[i] = low + planes[i];
  for (let plane = 1, weight = 256; plane < bytes; plane += 1, weight *= 256) {
    const start = plane * n;
    for (let i = 0; i < n; i += 1) if (planes[start + i]) values[i] += weight * planes[start + i];
  }
  return values;
}

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// A labelled list to choose from; options are {value, text, group?}.
function chooser(label, options, onChange) {
  const select = make("select");
  let parent = select;
  for (const { value, text, group } of options) {
    if (!group) parent = select;
    else if (parent.label !== group) select.append((parent = make("optgroup", { label: group })));
    parent.append(make("option", { value }, text));
  }
  select.addEventListener("change", () => onChange(select.value));
  return make("label", { class: "ru-choice" }, make("span", {}, label), select);
}

// A list of short facts; returns the element and a function that fills it with {name: text}.
function facts(fields) {
  const list = make("div", { class: "ru-facts" });
  const places = {};
  for (const [name, label] of fields) {
    places[name] = make("span", { "data-field": name }, "\u2013");
    list.append(make("div", {}, make("span", { class: "ru-name" }, `${label} `), places[name]));
  }
  return [list, (texts) => Object.entries(texts).forEach(([name, text]) => (places[name].textContent = text))];
}

// A small table; returns the element and a function that fills one of its rows with {name: text}.
function table(columns, rowHeads, caption, name = "values") {
  const heads = columns.map(([, label]) => make("th", { scope: "col" }, label));
  const places = rowHeads.map(() => Object.fromEntries(columns.map(([name]) => [name, make("td", { "data-field": name }, "\u2013")])));
  const rows = rowHeads.map((head, row) => make("tr", {}, head, ...Object.values(places[row])));
  const element = make("table", {}, make("thead", {}, make("tr", {}, make("td"), ...heads)), make("tbody", {}, ...rows));
  if (caption) element.prepend(make("caption", {}, caption));
  const fill = (row, texts) => Object.entries(texts).forEach(([name, text]) => (places[row][name].textContent = text));
  const scrolled = { class: "ru-table", tabindex: 0, role: "region", "aria-label": caption ?? name };
  return [make("div", scrolled, element), fill];
}

// A picture and what it shows. Not a figure element: pages have their own style for those.
function captioned(canvas, ...caption) {
  return make("div", {}, canvas, make("div", { class: "ru-caption" }, ...caption));
}

// Makes a canvas as fine as the screen; returns a context that is drawn on in CSS pixels.
function crisp(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

// Values as an image of width x height coloured cells, for drawImage; row 0 is the top one.
function coloured(values, width, height, table, low, high) {
  const cells = new OffscreenCanvas(width, height);
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i += 1) {
    const share = high > low ? (values(i) - low) / (high - low) : 0;
    const colour = 3 * Math.max(0, Math.min(255, Math.floor(share * 256)));
    image.data.set([table[colour], table[colour + 1], table[colour + 2], 255], 4 * i);
  }
  cells.getContext("2d").putImageData(image, 0, 0);
  return cells;
}

function gradient(table) {
  const stops = [];
  for (let i = 0; i < 256; i += 15) stops.push(`rgb(${table[3 * i]} ${table[3 * i + 1]} ${table[3 * i + 2]})`);
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

function colourBar(table) {
  const ends = [make("span"), make("span"), make("span")];
  const title = make("span", { class: "ru-bar-title" });
  const strip = make("span", { class: "ru-bar-strip" });
  strip.style.backgroundImage = gradient(table);
  const bar = make("div", { class: "ru-bar" }, title, strip, make("span", { class: "ru-bar-ends" }, ...ends));
  const label = (text, numbers) => {
    title.textContent = text;
    numbers.forEach((number, i) => (ends[i].textContent = number));
  };
  return [bar, label];
}

// About n round numbers between two numbers.
function ticks(low, high, n) {
  const raw = (high - low) / n;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i += 1) found.push(i * step);
  return { step, found };
}

function signed(value, decimals) {
  const text = Math.abs(value).toFixed(decimals);
  if (Number(text) === 0) return text;
  return (value < 0 ? "\u2212" : "+") + text;
}

function plain(value, decimals) {
  return value.toFixed(decimals).replace("-", "\u2212");
}

function thousands(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

// Tells whether the page is dark by the colour of its text: every theme of every host has one.
function isDark(element) {
  const [red, green, blue] = getComputedStyle(element).color.match(/[\d.]+/g).map(Number);
  return 0.3 * red + 0.59 * green + 0.11 * blue > 128;
}

// Calls draw when the widget's width, the theme or the screen's fineness changes; returns how to ask for it.
function drawWhenNeeded(root, draw) {
  let asked = false;
  const ask = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      root.toggleAttribute("data-dark", isDark(root));
      draw();
    });
  };
  let width = 0;
  new ResizeObserver(() => {
    if (root.clientWidth !== width) ask();
    width = root.clientWidth;
  }).observe(root);
  const theme = new MutationObserver(ask);
  for (const element of [document.documentElement, document.body]) theme.observe(element, { attributes: true });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ask);
  window.addEventListener("resize", ask);
  return ask;
}

// Builds every widget of a kind that still shows its plain form, now and when the page is complete.
function start(kind, build) {
  const all = async () => {
    for (const root of document.querySelectorAll(`[data-widget="${kind}"]:not([data-started])`)) {
      const source = root.querySelector("script[type='application/json']");
      // another copy of this script may have begun with it while this one waited
      if (!source || "started" in root.dataset || typeof DecompressionStream === "undefined") continue;
      root.dataset.started = "";
      const shown = make("div", { class: "ru-shown" });
      try {
        await build(root, shown, JSON.parse(source.textContent));
        root.append(shown);
        root.dataset.ready = "";
      } catch (error) {
        console.error(error);
      }
    }
  };
  all();
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", all);
}
