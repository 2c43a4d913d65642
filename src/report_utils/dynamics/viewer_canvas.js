// Drawing for the dynamics viewer: the heatmap and the path of one item, on canvas.

const FONT = 12;
const NO_NUMBER = [153, 153, 153];

function setFont(context, root) {
  context.font = `${FONT}px ${getComputedStyle(root).fontFamily}`;
}

// Where the phases begin, and after the last one the number of columns.
function phaseEdges(phase) {
  const edges = [0];
  phase.forEach((number, column) => column > 0 && number !== phase[column - 1] && edges.push(column));
  return [...edges, phase.length];
}

// Names of the phases over their columns: whole where they fit, their numbers where not.
function drawPhaseNames(context, names, edges, xOf, y) {
  const fit = names.every((name, i) => context.measureText(name).width < xOf(edges[i + 1]) - xOf(edges[i]) - 4);
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  names.forEach((name, i) => context.fillText(fit ? name : i + 1, (xOf(edges[i]) + xOf(edges[i + 1])) / 2, y));
}

// Numbers of epochs along x. Where all from the first on were recorded, epoch 1 lies between 0 and 1 epochs trained;
// otherwise each column has its own number.
function drawEpochAxis(context, epochs, xOf, y) {
  const n = epochs.length;
  const everyOne = epochs.every((epoch, column) => epoch === column + 1);
  const most = Math.max(2, Math.min(8, (xOf(n) - xOf(0)) / 50));
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const place of ticks(0, everyOne ? n : n - 1, most).found) {
    if (place % 1 || (!everyOne && epochs[place] === null)) continue;
    const x = xOf(everyOne ? place : place + 0.5);
    context.fillRect(x - 0.5, y, 1, 4);
    context.fillText(everyOne ? place : epochs[place], x, y + 6);
  }
  context.fillText(everyOne ? "epochs trained" : "epoch", (xOf(0) + xOf(n)) / 2, y + 8 + FONT);
}

function drawSideTitle(context, text, x, y) {
  context.save();
  context.translate(x, y);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.textBaseline = "top";
  context.fillText(text, 0, 0);
  context.restore();
}

// A table of 256 colours as whole pixels, for a canvas.
function pixelsOf(table) {
  const bytes = new Uint8ClampedArray((table.length / 3) * 4).fill(255);
  for (let i = 0; 3 * i < table.length; i += 1) bytes.set([table[3 * i], table[3 * i + 1], table[3 * i + 2]], 4 * i);
  return new Uint32Array(bytes.buffer);
}

class Heatmap {
  constructor(root, rows, which) {
    Object.assign(this, { root, rows, which, view: { first: 0, count: rows.n }, box: { left: 0, top: 0, width: 1, height: 1 } });
    this.colours = pixelsOf(bytesOf(rows.data.colours));
    [this.grey] = pixelsOf(NO_NUMBER);
    if (rows.isClasses) this.classColours = pixelsOf(bytesOf(rows.data.classColours));
    this.canvas = make("canvas", { tabindex: 0, role: "application", "aria-roledescription": "heatmap" });
  }

  // Colours the rows of a window, each a line, or the mean of several in a line where there are more than lines.
  paint(order, { first, count }, nLines) {
    const { rows, colours, grey } = this;
    const { nColumns } = rows, values = rows.values[this.which];
    const lines = Math.min(count, nLines);
    const { centre, limit } = rows.data;
    const image = new ImageData(nColumns, lines), cells = new Uint32Array(image.data.buffer);
    const truthImage = new ImageData(1, lines), truths = new Uint32Array(truthImage.data.buffer);
    const sums = new Float64Array(nColumns), known = new Uint32Array(nColumns);
    const low = centre - limit, span = 2 * limit;
    const code = (value) => (span > 0 ? Math.max(0, Math.min(255, Math.floor(((value - low) / span) * 256))) : 0);
    for (let line = 0; line < lines; line += 1) {
      const from = first + Math.floor((line * count) / lines), to = first + Math.floor(((line + 1) * count) / lines);
      sums.fill(0);
      known.fill(0);
      let truth = 0;
      for (let row = from; row < to; row += 1) {
        const start = order[row] * nColumns;
        truth += rows.truth[order[row]];
        for (let column = 0; column < nColumns; column += 1) {
          const value = values[start + column];
          if (value === value) {
            sums[column] += value;
            known[column] += 1;
          }
        }
      }
      for (let column = 0; column < nColumns; column += 1) {
        cells[line * nColumns + column] = known[column] ? colours[code(sums[column] / known[column])] : grey;
      }
      truths[line] = this.classColours ? this.colourOf(rows.truth[order[(from + to) >> 1]]) : colours[code(truth / (to - from))];
    }
    this.cells = new OffscreenCanvas(nColumns, lines);
    this.cells.getContext("2d").putImageData(image, 0, 0);
    this.truths = new OffscreenCanvas(1, lines);
    this.truths.getContext("2d").putImageData(truthImage, 0, 0);
  }

  // Twenty colours in pairs: ten strong ones first, and then the pale ones.
  colourOf(number) {
    return this.classColours[((2 * number) % 20) + (number % 20 >= 10 ? 1 : 0)];
  }

  draw(width, wanted, order, view, { row, column, selectedRow, sorted, bySort }) {
    const { data, isClasses } = this.rows;
    const left = isClasses ? 70 : 58, top = FONT + 8, bottom = 2 * FONT + 16;
    const truthWidth = Math.max(32, 0.04 * width); // as wide as its name
    const ratio = window.devicePixelRatio || 1;
    // whole screen pixels for each row, so that no row is drawn thicker than another
    const pixels = Math.floor(wanted * ratio);
    const height = view.count > pixels ? pixels / ratio : (Math.max(1, Math.round(pixels / view.count)) * view.count) / ratio;
    this.box = { left, top, width: width - left - truthWidth - 14, height: Math.min(height, 1.5 * wanted) };
    const { box } = this;
    const painted = [order, view.first, view.count, pixels];
    if (!this.painted || painted.some((value, i) => value !== this.painted[i])) {
      this.paint(order, view, pixels);
      this.painted = painted;
    }
    this.view = view;
    const context = crisp(this.canvas, width, top + box.height + bottom);
    setFont(context, this.root);
    const ink = getComputedStyle(this.root).color;
    context.fillStyle = ink;
    context.imageSmoothingEnabled = false;
    const truthLeft = left + box.width + 5;
    context.drawImage(this.cells, left, top, box.width, box.height);
    context.drawImage(this.truths, truthLeft, top, truthWidth, box.height);
    const xOf = (place) => left + (place * box.width) / data.epoch.length;
    const { edges } = this.rows;
    context.fillStyle = "#fff";
    for (const edge of edges.slice(1, -1)) context.fillRect(xOf(edge) - 1, top, 2, box.height);
    context.fillStyle = ink;
    drawPhaseNames(context, data.phases, edges, xOf, top - 5);
    context.fillText("truth", truthLeft + truthWidth / 2, top - 5);
    drawEpochAxis(context, data.epoch, xOf, top + box.height);
    if (isClasses && bySort === "truth") this.drawClassAxis(context, order, ink, truthLeft + truthWidth);
    else this.drawRowAxis(context);
    drawSideTitle(context, `${data.item}, ${sorted}`, 0, top + box.height / 2);
    if (selectedRow !== null && this.isShown(selectedRow)) this.drawSelection(context, selectedRow, width, ink);
    if (row !== null && this.isShown(row)) this.drawCell(context, row, column, truthLeft, truthWidth);
  }

  isShown(row) {
    return row >= this.view.first && row < this.view.first + this.view.count;
  }

  yOf(row) {
    return this.box.top + ((row - this.view.first) * this.box.height) / this.view.count;
  }

  drawRowAxis(context) {
    const { left } = this.box;
    const { first, count } = this.view;
    context.textAlign = "right";
    context.textBaseline = "middle";
    const between = ticks(first, first + count, 5);
    const start = first === 0 ? [1] : [];
    for (const number of [...start, ...between.found.filter((n) => n > Math.max(1, first) && n % 1 === 0)]) {
      const y = this.yOf(number - 0.5);
      context.fillRect(left - 3, y - 0.5, 3, 1);
      context.fillText(thousands(number), left - 5, y);
    }
  }

  // The name of each class beside its rows, and a line between two.
  drawClassAxis(context, order, ink, right) {
    const { left } = this.box;
    const { first, count } = this.view;
    const { data, truth } = this.rows;
    context.textAlign = "right";
    context.textBaseline = "middle";
    let below = -Infinity;
    for (let start = first; start < first + count;) {
      let end = start;
      while (end < first + count && truth[order[end]] === truth[order[start]]) end += 1;
      const middle = this.yOf((start + end) / 2);
      if (middle - below > FONT) {
        const name = data.classes[truth[order[start]]];
        context.fillText(name.length > 7 ? `${name.slice(0, 6)}\u2026` : name, left - 5, middle);
        below = middle;
      }
      context.fillStyle = "#fff";
      if (end < first + count) context.fillRect(left, this.yOf(end) - 0.5, right - left, 1);
      context.fillStyle = ink;
      start = end;
    }
  }

  drawSelection(context, row, width, ink) {
    const { left } = this.box;
    const y = this.yOf(row + 0.5);
    context.fillStyle = ink;
    for (const [x, direction] of [[left - 1, -1], [width - 1, 1]]) {
      context.beginPath();
      context.moveTo(direction < 0 ? x : x - 6, y);
      context.lineTo(direction < 0 ? x - 7 : x + 1, y - 5);
      context.lineTo(direction < 0 ? x - 7 : x + 1, y + 5);
      context.fill();
    }
  }

  // The pointed cell, and thin lines along its row and column: black within white shows on every colour.
  drawCell(context, row, column, truthLeft, truthWidth) {
    const { left, top, width, height } = this.box;
    const cell = { w: width / this.rows.nColumns, h: height / this.view.count };
    const x = left + column * cell.w, y = this.yOf(row);
    const w = Math.max(cell.w, 5), h = Math.max(cell.h, 5);
    const shapes = [
      [left, y, width, cell.h],
      [truthLeft, y, truthWidth, cell.h],
      [x, top, cell.w, height],
      [x + (cell.w - w) / 2, y + (cell.h - h) / 2, w, h],
    ];
    shapes.forEach((shape, i) => {
      const strong = i === 3;
      context.lineWidth = strong ? 3.5 : 1;
      context.strokeStyle = strong ? "#fff" : "rgb(255 255 255 / 0.7)";
      context.strokeRect(...shape);
      context.lineWidth = strong ? 1.5 : 0.5;
      context.strokeStyle = strong ? "#000" : "rgb(0 0 0 / 0.7)";
      context.strokeRect(...shape);
    });
  }

  // The row and column at a place on the page; right of the last column is the last one.
  at(event) {
    const place = this.canvas.getBoundingClientRect();
    const { left, top, width, height } = this.box;
    const within = (share, n) => Math.max(0, Math.min(n - 1, Math.floor(share * n)));
    return {
      row: this.view.first + within((event.clientY - place.top - top) / height, this.view.count),
      column: within((event.clientX - place.left - left) / width, this.rows.nColumns),
    };
  }
}

// Draws one item's values over the epochs, one line for each recording, with the truth; of classes, with the line
// above which it is right.
function drawPath(canvas, root, width, rows, lines, truth, column) {
  const left = 58, top = FONT + 8, height = 170, bottom = 2 * FONT + 16;
  const { data, edges } = rows;
  const context = crisp(canvas, width, top + height + bottom);
  setFont(context, root);
  const style = getComputedStyle(root);
  const ink = style.color;
  const n = data.epoch.length;
  const all = [truth, ...lines.flat()].filter(Number.isFinite);
  const [lowest, highest] = all.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);
  const pad = Math.max(0.06 * (highest - lowest), 10 ** -data.decimals);
  const [low, high] = [lowest - pad, highest + pad];
  const xOf = (place) => left + (place * (width - left - 12)) / n;
  const yOf = (value) => top + ((high - value) / (high - low)) * height;
  context.fillStyle = context.strokeStyle = ink;
  context.lineWidth = 1;
  context.strokeRect(left, top, xOf(n) - left, height);
  context.globalAlpha = 0.45;
  for (const edge of edges.slice(1, -1)) context.fillRect(xOf(edge) - 0.5, top, 1, height);
  context.globalAlpha = 1;
  drawPhaseNames(context, data.phases, edges, xOf, top - 5);
  drawEpochAxis(context, data.epoch, xOf, top + height);
  context.textAlign = "right";
  context.textBaseline = "middle";
  const marks = ticks(low, high, 5);
  const decimals = Math.max(0, -Math.floor(Math.log10(marks.step) + 1e-9));
  for (const value of marks.found) {
    context.fillRect(left - 4, yOf(value) - 0.5, 4, 1);
    context.fillText(plain(value, decimals), left - 6, yOf(value));
  }
  drawSideTitle(context, rows.isClasses ? data.show : data.quantity, 0, top + height / 2);
  context.setLineDash([6, 4]);
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(left, yOf(truth));
  context.lineTo(xOf(n), yOf(truth));
  context.stroke();
  context.setLineDash([]);
  lines.forEach((line, i) => {
    context.strokeStyle = context.fillStyle = style.getPropertyValue(`--ru-${1 + (i % 4)}`);
    context.lineWidth = 2;
    context.beginPath();
    line.forEach((value, at) => {
      if (!Number.isFinite(value)) return;
      const goesOn = at > 0 && Number.isFinite(line[at - 1]);
      context[goesOn ? "lineTo" : "moveTo"](xOf(at + 0.5), yOf(value));
    });
    context.stroke();
    context.beginPath();
    if (column !== null && Number.isFinite(line[column])) context.arc(xOf(column + 0.5), yOf(line[column]), 4, 0, 7);
    context.fill();
  });
}
