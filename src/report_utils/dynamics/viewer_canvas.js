// Drawing for the dynamics viewer: the heatmap and the path of one observation, on canvas.

const FONT = 12;

function setFont(context, root) {
  context.font = `${FONT}px ${getComputedStyle(root).fontFamily}`;
}

// Where the phases begin, and after the last one the number of epochs.
function phaseEdges(phase) {
  const edges = [0];
  phase.forEach((number, epoch) => epoch > 0 && number !== phase[epoch - 1] && edges.push(epoch));
  return [...edges, phase.length];
}

// Names of the phases over their columns: whole where they fit, their numbers where not.
function drawPhaseNames(context, names, edges, xOf, y) {
  const fit = names.every((name, i) => context.measureText(name).width < xOf(edges[i + 1]) - xOf(edges[i]) - 4);
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  names.forEach((name, i) => context.fillText(fit ? name : i + 1, (xOf(edges[i]) + xOf(edges[i + 1])) / 2, y));
}

// A number for whole epochs along x; the first epoch has number 1 and lies between 0 and 1 epochs trained.
function drawEpochAxis(context, n, xOf, y, title) {
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const epoch of ticks(0, n, Math.max(2, Math.min(8, (xOf(n) - xOf(0)) / 50))).found) {
    if (epoch % 1) continue;
    context.fillRect(xOf(epoch) - 0.5, y, 1, 4);
    context.fillText(epoch, xOf(epoch), y + 6);
  }
  context.fillText(title, (xOf(0) + xOf(n)) / 2, y + 8 + FONT);
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

class Heatmap {
  // values(rank, epoch) is what an observation is predicted to be; ranks are in ascending truth.
  constructor(root, data, values) {
    this.root = root;
    this.data = data;
    this.values = values;
    this.nEpochs = data.phase.length;
    this.nRows = data.labels.length;
    this.edges = phaseEdges(data.phase);
    this.table = bytesOf(data.colours);
    this.canvas = make("canvas", { tabindex: 0, role: "application", "aria-roledescription": "heatmap" });
  }

  // Colours every cell anew, for an order of the rows.
  sort(order) {
    const { mean, limit } = this.data;
    const paint = (values, width) => coloured(values, width, this.nRows, this.table, mean - limit, mean + limit);
    this.cells = paint((i) => this.values(order[Math.floor(i / this.nEpochs)], i % this.nEpochs), this.nEpochs);
    this.truths = paint((i) => this.data.truth[order[i]], 1);
  }

  draw(width, wanted, { row, epoch, selectedRow, sorted }) {
    const left = 52, top = FONT + 8, bottom = 2 * FONT + 16;
    const truthWidth = Math.max(32, 0.04 * width); // as wide as its name
    const ratio = window.devicePixelRatio || 1;
    // whole screen pixels for each row, so that no row is drawn thicker than another
    const height = (Math.max(1, Math.round((wanted * ratio) / this.nRows)) * this.nRows) / ratio;
    this.box = { left, top, width: width - left - truthWidth - 14, height: Math.min(height, 1.5 * wanted) };
    const { box } = this;
    const context = crisp(this.canvas, width, top + box.height + bottom);
    setFont(context, this.root);
    const ink = getComputedStyle(this.root).color;
    context.fillStyle = ink;
    context.imageSmoothingEnabled = box.height * ratio < this.nRows;
    const truthLeft = left + box.width + 5;
    context.drawImage(this.cells, left, top, box.width, box.height);
    context.drawImage(this.truths, truthLeft, top, truthWidth, box.height);
    const xOf = (column) => left + (column * box.width) / this.nEpochs;
    context.fillStyle = "#fff";
    for (const edge of this.edges.slice(1, -1)) context.fillRect(xOf(edge) - 1, top, 2, box.height);
    context.fillStyle = ink;
    drawPhaseNames(context, this.data.phases, this.edges, xOf, top - 5);
    context.fillText("truth", truthLeft + truthWidth / 2, top - 5);
    drawEpochAxis(context, this.nEpochs, xOf, top + box.height, "epochs trained");
    this.drawRowAxis(context, sorted);
    if (selectedRow !== null) this.drawSelection(context, selectedRow, width, ink);
    if (row !== null) this.drawCell(context, row, epoch, truthLeft, truthWidth);
  }

  drawRowAxis(context, sorted) {
    const { left, top, height } = this.box;
    context.textAlign = "right";
    context.textBaseline = "middle";
    const between = ticks(0, this.nRows, 5);
    for (const number of [1, ...between.found.filter((n) => n > 1 && n % 1 === 0)]) {
      const y = top + ((number - 0.5) * height) / this.nRows;
      context.fillRect(left - 3, y - 0.5, 3, 1);
      context.fillText(number, left - 11, y);
    }
    drawSideTitle(context, `${this.data.item}, ${sorted}`, 0, top + height / 2);
  }

  drawSelection(context, row, width, ink) {
    const { left, top, height } = this.box;
    const y = top + ((row + 0.5) * height) / this.nRows;
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
  drawCell(context, row, epoch, truthLeft, truthWidth) {
    const { left, top, width, height } = this.box;
    const cell = { w: width / this.nEpochs, h: height / this.nRows };
    const x = left + epoch * cell.w, y = top + row * cell.h;
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

  // The row and epoch at a place on the page; right of the last epoch is the last epoch.
  at(event) {
    const place = this.canvas.getBoundingClientRect();
    const { left, top, width, height } = this.box;
    const within = (share, n) => Math.max(0, Math.min(n - 1, Math.floor(share * n)));
    return {
      row: within((event.clientY - place.top - top) / height, this.nRows),
      epoch: within((event.clientX - place.left - left) / width, this.nEpochs),
    };
  }
}

// Draws one observation's predictions over the epochs, one line for each dynamics, with the truth.
function drawPath(canvas, root, width, data, lines, truth, epoch) {
  const left = 58, top = FONT + 8, height = 170, bottom = 2 * FONT + 16;
  const context = crisp(canvas, width, top + height + bottom);
  setFont(context, root);
  const style = getComputedStyle(root);
  const ink = style.color;
  const n = data.phase.length, edges = phaseEdges(data.phase);
  const all = [truth, ...lines.flat()];
  const [lowest, highest] = all.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);
  const pad = Math.max(0.06 * (highest - lowest), 10 ** -data.decimals);
  const [low, high] = [lowest - pad, highest + pad];
  const xOf = (column) => left + (column * (width - left - 12)) / n;
  const yOf = (value) => top + ((high - value) / (high - low)) * height;
  context.fillStyle = context.strokeStyle = ink;
  context.lineWidth = 1;
  context.strokeRect(left, top, xOf(n) - left, height);
  context.globalAlpha = 0.45;
  for (const edge of edges.slice(1, -1)) context.fillRect(xOf(edge) - 0.5, top, 1, height);
  context.globalAlpha = 1;
  drawPhaseNames(context, data.phases, edges, xOf, top - 5);
  drawEpochAxis(context, n, xOf, top + height, "epochs trained");
  context.textAlign = "right";
  context.textBaseline = "middle";
  const marks = ticks(low, high, 5);
  const decimals = Math.max(0, -Math.floor(Math.log10(marks.step) + 1e-9));
  for (const value of marks.found) {
    context.fillRect(left - 4, yOf(value) - 0.5, 4, 1);
    context.fillText(plain(value, decimals), left - 6, yOf(value));
  }
  drawSideTitle(context, data.quantity, 0, top + height / 2);
  context.setLineDash([6, 4]);
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(left, yOf(truth));
  context.lineTo(xOf(n), yOf(truth));
  context.stroke();
  context.setLineDash([]);
  lines.forEach((line, i) => {
    context.strokeStyle = context.fillStyle = style.getPropertyValue(`--ru-${1 + (i % 2)}`);
    context.lineWidth = 2;
    context.beginPath();
    line.forEach((value, at) => context.lineTo(xOf(at + 0.5), yOf(value)));
    context.stroke();
    context.beginPath();
    if (epoch !== null) context.arc(xOf(epoch + 0.5), yOf(line[epoch]), 4, 0, 7);
    context.fill();
  });
}
