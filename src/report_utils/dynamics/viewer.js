// The dynamics viewer (viewer.py): what is pointed at, chosen, sorted, searched and zoomed, and the words for it.
//
// For tests and other scripts, the element holds data-row, data-epoch (the place of the column, from 0, in the order
// shown), data-selected (a rank in ascending truth, from 0), data-sort, data-first and data-count (the rows shown);
// each number of the readout has data-field.

const SMALLEST_WINDOW = 12;
const WINDOW_FROM = 40; // pictures of fewer rows have nothing to zoom

start("dynamics-viewer", async (root, shown, data) => {
  const rows = await Rows.of(data);
  const images = await Promise.all(data.images.map(async (each) => ({ ...each, codes: await unpacked(each.values) })));
  const { n: nRows, nColumns, edges } = rows;
  const several = data.titles.length > 1, last = nColumns - 1;
  const lastEpoch = data.epoch[last];
  const state = { row: null, column: null, selected: null };
  const view = { first: 0, count: nRows };
  const sorts = rows.sorts();
  let order = rows.ordered(null), places = order, sort = sorts[0];

  const sortBy = (value) => {
    const pointed = state.row === null ? null : order[state.row];
    sort = sorts.find((each) => each.value === value);
    order = rows.ordered(sort.key);
    places = new Array(nRows);
    order.forEach((rank, row) => (places[rank] = row));
    if (pointed !== null) state.row = places[pointed];
    root.dataset.sort = value;
    if (pointed !== null) reveal(state.row);
    update();
  };

  // --- the elements

  const heatmaps = data.titles.map((_, which) => new Heatmap(root, rows, which));
  heatmaps.forEach((heatmap, which) => {
    const name = `${data.titles[which]}: ${nRows} rows, one for each ${data.item}, and ${nColumns} epochs.`;
    const zoom = nRows > WINDOW_FROM ? " Plus and minus zoom, 0 shows all rows." : "";
    heatmap.canvas.setAttribute(
      "aria-label", `${name} Arrow keys move, Page Up and Page Down by ten rows, Enter draws the path.${zoom}`);
  });
  const [bar, labelBar] = colourBar(bytesOf(data.colours));
  const unit = data.unit ? ` [${data.unit}]` : "";
  const offset = data.show === "number" ? 0 : data.centre;
  const barTitle = {
    number: `prediction \u2212 mean truth${unit}`,
    margin: "probability of the true class \u2212 largest other",
    probability: "probability of the true class",
  }[data.show];
  labelBar(barTitle, [
    `${rows.isClasses ? "" : "\u2264 "}${plain(offset - data.limit, data.decimals)}`, plain(offset, rows.isClasses ? 1 : 0),
    `${rows.isClasses ? "" : "\u2265 "}${plain(offset + data.limit, data.decimals)}`,
  ]);
  const [where, tellWhere] = facts([
    ["label", data.item], ["truth", rows.isClasses ? "true class" : `true ${data.quantity}`],
    ...(rows.isClasses ? [] : [["truth-rank", "rank by truth"]]), ["phase", "phase"], ["epoch", "epoch"],
  ]);
  const swatch = (which) => {
    const line = make("span", { class: "ru-swatch" });
    line.style.borderColor = `var(--ru-${1 + (which % 4)})`;
    return line;
  };
  const named = (which) => make("th", { scope: "row" }, swatch(which), ` ${data.titles[which]}`);
  const columns = rows.isClasses
    ? [["prediction", "predicted class"], ["residual", data.show]]
    : [["prediction", "prediction"], ["residual", `prediction \u2212 truth${unit}`], ["rank", "rank"]];
  const [told, tellEach] = table(
    columns, data.titles.map((_, which) => named(which)), null, `values of ${data.titles.join(", ")}`);
  const readout = make("div", { class: "ru-readout", role: "status" }, where, told);
  const hint = make("div", { class: "ru-hint" }, `Point at a cell to read it. A click, a tap or the Enter key draws that ${data.item}\u2019s path, below.`);
  const plots = make("div", { class: "ru-plots" }, ...heatmaps.map((heatmap, which) =>
    make("div", {}, ...(several ? [make("div", { class: "ru-plot-title" }, data.titles[which])] : []), heatmap.canvas)));
  const note = make("div", { class: "ru-note" });
  const detail = make("div", { class: "ru-detail", hidden: "" });
  const path = make("canvas", { role: "img" });
  const choices = make("div", { class: "ru-choices" }, chooser("Rows sorted by", sorts, sortBy));

  // --- searching

  const search = make("input", { type: "search", autocomplete: "off", spellcheck: "false" });
  const searchNote = make("span", { class: "ru-found", role: "status" });
  const searched = { text: null, ranks: [], at: -1 };
  const find = () => {
    if (search.value !== searched.text) Object.assign(searched, { text: search.value, ranks: rows.found(search.value), at: -1 });
    if (!searched.ranks.length) {
      searchNote.textContent = search.value.trim() ? "none" : "";
      return;
    }
    searched.at = (searched.at + 1) % searched.ranks.length;
    const more = searched.ranks.length > 1 ? `${searched.at + 1} of ${thousands(searched.ranks.length)}; Enter: next` : "found";
    searchNote.textContent = more;
    point({ row: places[searched.ranks[searched.at]], column: state.column ?? last });
    choose();
  };
  search.addEventListener("keydown", (event) => event.key === "Enter" && find());
  search.addEventListener("search", () => search.value || find());
  choices.append(make("label", { class: "ru-choice" }, make("span", {}, `Find ${data.item} `, searchNote), search));

  // --- zooming: the rows from view.first on, view.count of them

  const show = (first, count) => {
    view.count = Math.max(Math.min(SMALLEST_WINDOW, nRows), Math.min(nRows, Math.round(count)));
    view.first = Math.max(0, Math.min(nRows - view.count, Math.round(first)));
    update();
  };
  const zoom = (factor, about = null) => {
    const middle = about ?? (state.row !== null && heatmaps[0].isShown(state.row) ? state.row : view.first + view.count / 2);
    const count = Math.max(Math.min(SMALLEST_WINDOW, nRows), Math.min(nRows, view.count / factor));
    show(middle - ((middle - view.first) * count) / view.count, count);
  };
  const reveal = (row) => {
    if (row < view.first || row >= view.first + view.count) show(row - view.count / 2, view.count);
  };
  const button = (text, label, action) => {
    const element = make("button", { type: "button", "aria-label": label, title: label }, text);
    element.addEventListener("click", action);
    return element;
  };
  const slider = make("input", { type: "range", min: 0, step: 1, "aria-label": "first row shown" });
  slider.addEventListener("input", () => show(Number(slider.value), view.count));
  const window_ = make("span", { class: "ru-window" });
  if (nRows > WINDOW_FROM) {
    choices.append(make("div", { class: "ru-choice", role: "group", "aria-label": "rows shown" }, make("span", {}, window_),
      button("+", "zoom in", () => zoom(2)), button("\u2212", "zoom out", () => zoom(0.5)), button("all", "all rows", () => show(0, nRows)),
      slider));
  }
  shown.append(hint, choices, readout, plots, note, bar, detail);

  // --- what is pointed at and chosen

  const rankAmong = (which, rank, column) => {
    const value = rows.value(which, rank, column);
    let lower = 0;
    for (let i = 0; i < nRows; i += 1) lower += rows.value(which, i, column) < value;
    return lower + 1;
  };
  const written = (value, write) => (Number.isFinite(value) ? write(value, data.decimals) : "not a number");
  const truthOf = (rank) => (rows.isClasses ? data.classes[rows.truth[rank]] : plain(rows.truth[rank], data.decimals));
  const tell = () => {
    const { row, column } = state;
    const rank = order[row], epoch = data.epoch[column];
    tellWhere({
      label: data.labels[rank],
      truth: truthOf(rank),
      ...(rows.isClasses ? {} : { "truth-rank": `${rank + 1} of ${nRows}` }),
      phase: data.phases[data.phase[column]],
      epoch: epoch === null ? "not recorded" : `${epoch} of ${lastEpoch}`,
    });
    data.titles.forEach((_, which) => {
      const value = rows.value(which, rank, column), known = Number.isFinite(value);
      tellEach(which, rows.isClasses ? {
        prediction: known ? data.classes[rows.likeliest[which][rank * nColumns + column]] : "\u2013",
        residual: epoch === null ? "\u2013" : written(value, data.show === "margin" ? signed : plain),
      } : {
        prediction: epoch === null ? "\u2013" : written(value, plain),
        residual: known ? signed(rows.residual(which, rank, column), data.decimals) : "\u2013",
        rank: known ? rankAmong(which, rank, column) : "\u2013",
      });
    });
  };
  const point = ({ row, column }) => {
    reveal(row);
    if (row === state.row && column === state.column) return;
    Object.assign(state, { row, column });
    update();
  };
  const choose = () => {
    state.selected = order[state.row];
    fillDetail();
    update();
  };

  const phaseTable = (rank) => {
    const what = rows.isClasses ? data.show : `prediction \u2212 truth${unit}`;
    const [element, fill] = table(
      [...data.phases.map((name, phase) => [`end-${phase}`, name]), ["learnt", "right from epoch"], ["forgotten", "times forgotten"]],
      data.titles.map((_, which) => named(which)), `${what} at the end of each phase`);
    const write = rows.isClasses && data.show === "probability" ? plain : signed;
    data.titles.forEach((_, which) => {
      const learnt = rows.learnt(which, rank);
      fill(which, {
        ...Object.fromEntries(data.phases.map((_, phase) =>
          [`end-${phase}`, written(rows.residual(which, rank, edges[phase + 1] - 1), write)])),
        learnt: learnt === null ? "never" : data.epoch[learnt],
        forgotten: rows.forgotten(which, rank),
      });
    });
    return element;
  };
  const imageRow = ({ codes, channels, height, width, fullHeight, fullWidth }, which, rank) => {
    const size = height * width;
    const row = make("div", { class: "ru-images" });
    channels.forEach((channel, c) => {
      const start = (rank * channels.length + c) * size;
      const canvas = make("canvas", { width, height, role: "img", "aria-label": `${data.labels[rank]}, ${channel}` });
      const picture = coloured((i) => codes[start + i], width, height, bytesOf(data.imageColours), 0, 63);
      canvas.getContext("2d").drawImage(picture, 0, 0);
      row.append(captioned(canvas, channel));
    });
    const coarse = height < fullHeight || width < fullWidth
      ? `; ${fullWidth} \u00d7 ${fullHeight} pixels drawn as ${width} \u00d7 ${height}` : "";
    const title = images.length > 1 ? `seen by ${data.titles[which]}` : "seen by the model";
    return make("div", {}, make("div", { class: "ru-note" }, `${title}; one colour scale${coarse}`), row);
  };
  const featureList = (rank) => {
    const [list, fill] = facts(data.features.names.map((name) => [name, name]));
    fill(Object.fromEntries(data.features.names.map((name, i) => [name, data.features.rows[rank][i]])));
    return make("div", {}, make("div", { class: "ru-note" }, `known of this ${data.item}`), list);
  };
  const fillDetail = () => {
    const rank = state.selected;
    const name = `${data.item} ${data.labels[rank]}`;
    const begin = data.epoch[0] === 0 ? "before the training" : "after the first epoch";
    const ends = data.titles.map((title, which) =>
      `${several ? `${title}: ` : ""}from ${written(rows.value(which, rank, 0), plain)} ${begin} to `
      + `${written(rows.value(which, rank, last), plain)} after the last`);
    path.setAttribute("aria-label", `Path of ${name}. ${ends.join("; ")}. Truth ${truthOf(rank)}.`);
    const key = (mark, text) => make("span", {}, mark, ` ${text}`);
    const dashed = { number: "truth", margin: "right above", probability: "one half" }[data.show];
    const left = make("div", { class: "ru-path" },
      make("div", { class: "ru-detail-title" }, make("strong", {}, name[0].toUpperCase() + name.slice(1)),
        ...data.titles.map((title, which) => key(swatch(which), several ? title : rows.isClasses ? data.show : "prediction")),
        key(make("span", { class: "ru-swatch ru-dashed" }), dashed)),
      path, phaseTable(rank));
    const right = images.map((each, which) => imageRow(each, which, rank));
    if (data.features) right.push(featureList(rank));
    detail.replaceChildren(left, make("div", { class: "ru-sets" }, ...right));
    detail.hidden = false;
  };

  heatmaps.forEach((heatmap) => {
    const { canvas } = heatmap;
    canvas.addEventListener("pointermove", (event) => point(heatmap.at(event)));
    canvas.addEventListener("pointerdown", (event) => point(heatmap.at(event)));
    canvas.addEventListener("click", (event) => {
      point(heatmap.at(event));
      choose();
    });
    // rows scroll under the wheel until the window's end, and the page after that; with Ctrl, or two fingers, it zooms
    canvas.addEventListener("wheel", (event) => {
      const before = [view.first, view.count];
      const rowsPerPixel = view.count / heatmap.box.height;
      if (event.ctrlKey && nRows > WINDOW_FROM) zoom(2 ** (-event.deltaY / 200), heatmap.at(event).row);
      else if (view.count < nRows && event.deltaY) {
        show(view.first + Math.sign(event.deltaY) * Math.max(1, Math.abs(event.deltaY) * rowsPerPixel), view.count);
      }
      if (event.ctrlKey || before[0] !== view.first || before[1] !== view.count) event.preventDefault();
    }, { passive: false });
    canvas.addEventListener("focus", () => state.row === null && canvas.matches(":focus-visible") && point({ row: view.first, column: 0 }));
    canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const zooms = nRows > WINDOW_FROM ? { "+": () => zoom(2), "=": () => zoom(2), "-": () => zoom(0.5), 0: () => show(0, nRows) } : {};
      const { row, column } = state.row === null ? { row: 0, column: 0 } : state;
      const moves = {
        ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
        PageUp: [row - 10, column], PageDown: [row + 10, column], Home: [row, 0], End: [row, last],
        Enter: [row, column], " ": [row, column],
      };
      if (!(event.key in moves) && !(event.key in zooms)) return;
      event.preventDefault();
      if (event.key in zooms) {
        zooms[event.key]();
        return;
      }
      const [newRow, newColumn] = moves[event.key];
      point({ row: Math.max(0, Math.min(nRows - 1, newRow)), column: Math.max(0, Math.min(last, newColumn)) });
      if (event.key === "Enter" || event.key === " ") choose();
    });
  });

  // --- drawing

  const tellWindow = () => {
    root.dataset.first = view.first;
    root.dataset.count = view.count;
    window_.textContent = view.count === nRows ? `All ${thousands(nRows)} rows`
      : `Rows ${thousands(view.first + 1)} to ${thousands(view.first + view.count)} of ${thousands(nRows)}`;
    slider.max = nRows - view.count;
    slider.value = view.first;
    slider.disabled = view.count === nRows;
    const perLine = view.count / (heatmaps[0].box.height * (window.devicePixelRatio || 1));
    const precision = 1 / data.scale;
    const notes = [
      perLine > 1.01 ? `Each line is the mean of about ${Math.ceil(perLine)} rows; zoom in to see them.` : "",
      data.scale < 10 ** data.decimals ? `Values are rounded to ${precision.toPrecision(2)}.` : "",
      data.predictions.some((each) => each.holes) ? "Grey: not recorded, or not a number." : "",
    ];
    note.textContent = notes.filter(Boolean).join(" ");
  };
  const draw = () => {
    const whole = shown.clientWidth;
    if (!whole) return;
    const beside = several && whole >= 280 * data.titles.length;
    plots.style.gridTemplateColumns = beside ? `repeat(${data.titles.length}, 1fr)` : "1fr";
    const width = beside ? (whole - 16 * (data.titles.length - 1)) / data.titles.length : whole;
    const selectedRow = state.selected === null ? null : places[state.selected];
    const height = several && !beside ? 220 : 380;
    const now = { ...state, selectedRow, sorted: sort.sorted, bySort: sort.value };
    for (const heatmap of heatmaps) heatmap.draw(Math.floor(width), height, order, view, now);
    tellWindow();
    if (state.selected === null) return;
    const lines = rows.values.map((all) => [...all.subarray(state.selected * nColumns, (state.selected + 1) * nColumns)]);
    const isWide = (images.length > 0 || data.features) && whole >= 560;
    detail.classList.toggle("ru-wide", Boolean(isWide));
    const level = { number: rows.truth[state.selected], margin: 0, probability: 0.5 }[data.show];
    drawPath(path, root, Math.min(path.parentElement.clientWidth, 640), rows, lines, level, state.column);
  };
  const askDraw = drawWhenNeeded(root, draw);
  const update = () => {
    if (state.row !== null) {
      tell();
      root.dataset.row = state.row;
      root.dataset.epoch = state.column;
    }
    if (state.selected !== null) root.dataset.selected = state.selected;
    askDraw();
  };
  sortBy("truth");
});
