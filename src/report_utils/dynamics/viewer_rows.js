// The rows of the dynamics viewer: their values, and the orders that they can be sorted in.

// Reads what packed_values() in viewer_data.py wrote: one number for each cell, NaN where there is none.
async function unpackedCells({ first, changes, holes }, nRows, nColumns, scale) {
  const [starts, coded, open] = await Promise.all([unpacked(first), unpacked(changes), holes ? unpacked(holes) : null]);
  const values = new Float64Array(nRows * nColumns);
  for (let row = 0, at = 0, from = 0; row < nRows; row += 1) {
    let steps = starts[row];
    values[at] = steps / scale;
    at += 1;
    for (let column = 1; column < nColumns; column += 1, at += 1, from += 1) {
      const change = coded[from];
      steps += change % 2 ? -(change + 1) / 2 : change / 2;
      values[at] = steps / scale;
    }
  }
  if (open) for (let at = 0; at < values.length; at += 1) if (open[at]) values[at] = NaN;
  return values;
}

class Rows {
  // Ranks are in ascending truth, and of classes in the order of the classes.
  static async of(data) {
    const rows = new Rows();
    const n = data.labels.length, nColumns = data.epoch.length;
    Object.assign(rows, { data, n, nColumns, isClasses: Boolean(data.classes), edges: phaseEdges(data.phase) });
    const scaled = (await unpacked(data.truth)).map((value) => value / data.truthScale);
    rows.truth = scaled;
    rows.values = await Promise.all(data.predictions.map((each) => unpackedCells(each, n, nColumns, data.scale)));
    rows.likeliest = data.predicted ? await Promise.all(data.predicted.map(unpacked)) : [];
    rows.columns = data.epoch.flatMap((epoch, column) => (epoch === null ? [] : [column]));
    return rows;
  }

  value(which, rank, column) {
    return this.values[which][rank * this.nColumns + column];
  }

  // By how much a prediction exceeds the truth; of classes, which have no such thing, what is shown.
  residual(which, rank, column) {
    return this.value(which, rank, column) - (this.isClasses ? 0 : this.truth[rank]);
  }

  // How bad a prediction is: a distance, or by how much a wrong class is preferred.
  error(which, rank, column) {
    const value = this.residual(which, rank, column);
    return this.isClasses ? -value : Math.abs(value);
  }

  isRight(which, rank, column) {
    if (!this.isClasses) return this.error(which, rank, column) <= this.data.tolerance;
    return this.likeliest[which][rank * this.nColumns + column] === this.truth[rank];
  }

  // The first recorded column of the last stretch in which an item is right, or null if it is wrong at the end.
  learnt(which, rank) {
    let found = null;
    for (let i = this.columns.length - 1; i >= 0 && this.isRight(which, rank, this.columns[i]); i -= 1) found = this.columns[i];
    return found;
  }

  forgotten(which, rank) {
    let times = 0, before = false;
    for (const column of this.columns) {
      const now = this.isRight(which, rank, column);
      if (before && !now) times += 1;
      before = now;
    }
    return times;
  }

  // How far the predictions of several trainings are apart at the end: their standard deviation.
  disagreement(rank) {
    const last = this.values.map((_, which) => this.value(which, rank, this.nColumns - 1));
    const mean = last.reduce((sum, value) => sum + value, 0) / last.length;
    return Math.sqrt(last.reduce((sum, value) => sum + (value - mean) ** 2, 0) / last.length);
  }

  // What rows can be sorted by: {value, text, group, sorted, key}, the largest key first.
  sorts() {
    const { titles, phases, epoch } = this.data;
    const several = titles.length > 1, last = this.nColumns - 1;
    const sorts = [{ value: "truth", text: "truth", sorted: this.isClasses ? "by true class" : "in ascending truth", key: null }];
    titles.forEach((title, which) => {
      const group = several ? title : undefined;
      sorts.push({
        value: `error-${which}`, text: this.isClasses ? "last margin, most wrong first" : "last error, largest first", group,
        sorted: this.isClasses ? "most wrong at the end first" : "largest last error first",
        key: (rank) => this.error(which, rank, last),
      });
      phases.forEach((name, phase) => {
        const before = phase === 0 ? 0 : this.edges[phase] - 1;
        const during = phase === 0 && epoch[0] !== 0 ? `${name}, after its first epoch` : name;
        sorts.push({
          value: `gain-${which}-${phase}`, text: `gain during ${during}, largest first`, group,
          sorted: `largest gain during ${name} first`,
          key: (rank) => this.error(which, rank, before) - this.error(which, rank, this.edges[phase + 1] - 1),
        });
      });
      sorts.push({
        value: `ease-${which}`, text: "ease, hardest first", group, sorted: "hardest first",
        key: (rank) => this.learnt(which, rank) ?? Infinity,
      });
    });
    if (several) {
      sorts.push({
        value: "disagreement", text: "disagreement at the end, largest first", sorted: "largest disagreement first",
        key: (rank) => this.disagreement(rank),
      });
    }
    return sorts;
  }

  // Ranks in an order, the largest key first; what has no number comes first of all.
  ordered(key) {
    const order = Array.from({ length: this.n }, (_, rank) => rank);
    if (!key) return order;
    const keys = order.map((rank) => {
      const value = key(rank);
      return Number.isNaN(value) ? Infinity : value;
    });
    return order.sort((a, b) => (keys[a] === keys[b] ? a - b : keys[b] - keys[a]));
  }

  // Ranks whose name is, begins with, or holds a text: the nearest to it first.
  found(text) {
    const wanted = text.trim().toLowerCase();
    if (!wanted) return [];
    const names = (this.lowerCase ??= this.data.labels.map((label) => label.toLowerCase()));
    const kinds = [[], [], []];
    names.forEach((name, rank) => {
      if (name === wanted) kinds[0].push(rank);
      else if (name.startsWith(wanted)) kinds[1].push(rank);
      else if (name.includes(wanted)) kinds[2].push(rank);
    });
    return kinds.flat();
  }
}
