// The dynamics viewer (viewer.py): what is pointed at, chosen and sorted, and the words for it.
//
// For tests and other scripts, the element holds data-row, data-epoch (from 0, in the order shown), data-selected
// (a rank in ascending truth, from 0) and data-sort; each number of the readout has data-field.

start("dynamics-viewer", async (root, shown, data) => {
  const scale = 10 ** data.decimals;
  const nRows = data.labels.length, nEpochs = data.phase.length;
  const fromWhole = async (numbers) => (await unpacked(numbers)).map((value) => value / scale);
  data.truth = await fromWhole(data.truth);
  const predictions = await Promise.all(data.predictions.map(fromWhole));
  const images = await Promise.all(data.images.map(async (each) => ({ ...each, codes: await unpacked(each.values) })));
  const predicted = (which, rank, epoch) => predictions[which][rank * nEpochs + epoch];
  const residual = (which, rank, epoch) => predicted(which, rank, epoch) - data.truth[rank];
  const edges = phaseEdges(data.phase);
  const several = data.titles.length > 1;
  const state = { row: null, epoch: null, selected: null };
  let order = data.labels.map((_, rank) => rank);
  let sorted = "in ascending truth";

  // --- sorting

  const gain = (which, phase) => (rank) => {
    const before = phase === 0 ? 0 : edges[phase] - 1;
    return Math.abs(residual(which, rank, before)) - Math.abs(residual(which, rank, edges[phase + 1] - 1));
  };
  const sorts = [{ value: "truth", text: "truth", sorted, key: null }];
  data.titles.forEach((title, which) => {
    const group = several ? title : undefined;
    const error = (rank) => Math.abs(residual(which, rank, nEpochs - 1));
    sorts.push({ value: `error-${which}`, text: "last error, largest first", group, sorted: "largest last error first", key: error });
    data.phases.forEach((name, phase) => {
      const during = phase === 0 ? `${name}, after its first epoch` : name;
      sorts.push({
        value: `gain-${which}-${phase}`, text: `gain during ${during}, largest first`, group,
        sorted: `largest gain during ${name} first`, key: gain(which, phase),
      });
    });
  });
  const sortBy = (value) => {
    const chosen = sorts.find((sort) => sort.value === value);
    const pointed = state.row === null ? null : order[state.row];
    order = data.labels.map((_, rank) => rank);
    if (chosen.key) {
      const keys = order.map(chosen.key);
      order.sort((a, b) => keys[b] - keys[a] || a - b);
    }
    sorted = chosen.sorted;
    if (pointed !== null) state.row = order.indexOf(pointed);
    heatmaps.forEach((heatmap) => heatmap.sort(order));
    root.dataset.sort = value;
    update();
  };

  // --- the elements

  const heatmaps = data.titles.map((_, which) => new Heatmap(root, data, (rank, epoch) => predicted(which, rank, epoch)));
  heatmaps.forEach((heatmap, which) => {
    const name = `${data.titles[which]}: ${nRows} rows, one for each ${data.item}, and ${nEpochs} epochs.`;
    heatmap.canvas.setAttribute("aria-label", `${name} Arrow keys move, Page Up and Page Down by ten rows, Enter draws the path.`);
  });
  const [bar, labelBar] = colourBar(bytesOf(data.colours));
  const unit = data.unit ? ` [${data.unit}]` : "";
  labelBar(`prediction \u2212 mean truth${unit}`, [
    `\u2264 ${plain(-data.limit, data.decimals)}`, "0", `\u2265 ${plain(data.limit, data.decimals)}`,
  ]);
  const [where, tellWhere] = facts([
    ["label", data.item], ["truth", `true ${data.quantity}`], ["truth-rank", "rank by truth"], ["phase", "phase"], ["epoch", "epoch"],
  ]);
  const swatch = (which) => {
    const line = make("span", { class: "ru-swatch" });
    line.style.borderColor = `var(--ru-${1 + (which % 2)})`;
    return line;
  };
  const named = (which) => make("th", { scope: "row" }, swatch(which), ` ${data.titles[which]}`);
  const [told, tellEach] = table(
    [["prediction", "prediction"], ["residual", `prediction \u2212 truth${unit}`], ["rank", "rank"]], data.titles.map((_, which) => named(which)));
  const readout = make("div", { class: "ru-readout", role: "status" }, where, told);
  const hint = make("div", { class: "ru-hint" }, `Point at a cell to read it. A click, a tap or the Enter key draws that ${data.item}\u2019s path, below.`);
  const plots = make("div", { class: "ru-plots" }, ...heatmaps.map((heatmap, which) =>
    make("div", {}, ...(several ? [make("div", { class: "ru-plot-title" }, data.titles[which])] : []), heatmap.canvas)));
  const detail = make("div", { class: "ru-detail", hidden: "" });
  const path = make("canvas", { role: "img" });
  const choices = make("div", { class: "ru-choices" }, chooser("Rows sorted by", sorts, sortBy));
  shown.append(hint, choices, readout, plots, bar, detail);

  // --- what is pointed at and chosen

  const rankAmong = (which, rank, epoch) => {
    const value = predicted(which, rank, epoch);
    let lower = 0;
    for (let i = 0; i < nRows; i += 1) lower += predicted(which, i, epoch) < value;
    return lower + 1;
  };
  const tell = () => {
    const { row, epoch } = state;
    const rank = order[row], phase = data.phase[epoch];
    tellWhere({
      label: data.labels[rank],
      truth: plain(data.truth[rank], data.decimals),
      "truth-rank": `${rank + 1} of ${nRows}`,
      phase: data.phases[phase],
      epoch: `${epoch + 1} of ${nEpochs}`,
    });
    data.titles.forEach((_, which) => tellEach(which, {
      prediction: plain(predicted(which, rank, epoch), data.decimals),
      residual: signed(residual(which, rank, epoch), data.decimals),
      rank: rankAmong(which, rank, epoch),
    }));
  };
  const point = ({ row, epoch }) => {
    if (row === state.row && epoch === state.epoch) return;
    Object.assign(state, { row, epoch });
    update();
  };
  const choose = () => {
    state.selected = order[state.row];
    fillDetail();
    update();
  };

  const phaseTable = (rank) => {
    const [element, fill] = table(data.phases.map((name, phase) => [`end-${phase}`, name]), data.titles.map((_, which) => named(which)),
      `prediction \u2212 truth${unit} at the end of each phase`);
    data.titles.forEach((_, which) => fill(which, Object.fromEntries(data.phases.map((_, phase) =>
      [`end-${phase}`, signed(residual(which, rank, edges[phase + 1] - 1), data.decimals)]))));
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
  const fillDetail = () => {
    const rank = state.selected;
    const name = `${data.item} ${data.labels[rank]}`;
    const ends = data.titles.map((title, which) =>
      `${several ? `${title}: ` : ""}from ${plain(predicted(which, rank, 0), data.decimals)} after the first epoch to `
      + `${plain(predicted(which, rank, nEpochs - 1), data.decimals)} after the last`);
    path.setAttribute("aria-label", `Path of ${name}. ${ends.join("; ")}. Truth ${plain(data.truth[rank], data.decimals)}.`);
    const key = (mark, text) => make("span", {}, mark, ` ${text}`);
    const left = make("div", { class: "ru-path" },
      make("div", { class: "ru-detail-title" }, make("strong", {}, name[0].toUpperCase() + name.slice(1)),
        ...data.titles.map((title, which) => key(swatch(which), several ? title : "prediction")),
        key(make("span", { class: "ru-swatch ru-dashed" }), "truth")),
      path, phaseTable(rank));
    const right = images.map((each, which) => imageRow(each, which, rank));
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
    canvas.addEventListener("focus", () => state.row === null && canvas.matches(":focus-visible") && point({ row: 0, epoch: 0 }));
    canvas.addEventListener("keydown", (event) => {
      const { row, epoch } = state.row === null ? { row: 0, epoch: 0 } : state;
      const moves = {
        ArrowUp: [row - 1, epoch], ArrowDown: [row + 1, epoch], ArrowLeft: [row, epoch - 1], ArrowRight: [row, epoch + 1],
        PageUp: [row - 10, epoch], PageDown: [row + 10, epoch], Home: [row, 0], End: [row, nEpochs - 1],
        Enter: [row, epoch], " ": [row, epoch],
      };
      if (!(event.key in moves) || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      const [newRow, newEpoch] = moves[event.key];
      point({ row: Math.max(0, Math.min(nRows - 1, newRow)), epoch: Math.max(0, Math.min(nEpochs - 1, newEpoch)) });
      if (event.key === "Enter" || event.key === " ") choose();
    });
  });

  // --- drawing

  const draw = () => {
    const whole = shown.clientWidth;
    if (!whole) return;
    const beside = several && whole >= 280 * data.titles.length;
    plots.style.gridTemplateColumns = beside ? `repeat(${data.titles.length}, 1fr)` : "1fr";
    const width = beside ? (whole - 16 * (data.titles.length - 1)) / data.titles.length : whole;
    const selectedRow = state.selected === null ? null : order.indexOf(state.selected);
    const height = several && !beside ? 220 : 380;
    for (const heatmap of heatmaps) heatmap.draw(Math.floor(width), height, { ...state, selectedRow, sorted });
    if (state.selected === null) return;
    const lines = predictions.map((all) => [...all.slice(state.selected * nEpochs, (state.selected + 1) * nEpochs)]);
    detail.classList.toggle("ru-wide", images.length > 0 && whole >= 560);
    drawPath(path, root, Math.min(path.parentElement.clientWidth, 640), data, lines, data.truth[state.selected], state.epoch);
  };
  const askDraw = drawWhenNeeded(root, draw);
  const update = () => {
    if (state.row !== null) {
      tell();
      root.dataset.row = state.row;
      root.dataset.epoch = state.epoch;
    }
    if (state.selected !== null) root.dataset.selected = state.selected;
    askDraw();
  };
  sortBy("truth");
});
