// A reader's own event list for the page "Weigh a cluster": a CSV file, or a binary table of a FITS file, is read here
// and goes nowhere. Which columns are position and energy, and in which unit, follows report_utils.events (reading.py,
// positions.py, energies.py, missions.py); what these know of missions and units is handed over as `facts`. The
// unit of positions is not asked for: an image's box is that of its events, whatever they are measured in.
//
// A table is {kind, name, isFits, columns, nRows, value(keyword), fileValue(keyword), read(column)}; a column is
// {name, number, unit, single, fault}, and reading it gives {values: Float64Array}. Numbers of single precision are
// rounded as NumPy rounds them, so that an event on the edge of a pixel falls where band_counts puts it.

class UnreadableFile extends Error {}

function refuse(text) {
  throw new UnreadableFile(text);
}

const lower = (value) => (value === undefined ? "" : String(value).trim().toLowerCase());
const plainName = (name) => name.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
const listed = (columns) => columns.slice(0, 30).map(({ name }) => name).join(", ") + (columns.length > 30 ? ", ..." : "");

// --- FITS (standard 4.0)

const FORMATS = {
  L: [1], X: [1], A: [1], B: [1, "getUint8"], I: [2, "getInt16"], J: [4, "getInt32"], K: [8, "getBigInt64"],
  E: [4, "getFloat32"], D: [8, "getFloat64"], C: [8], M: [16], P: [8], Q: [16],
};

function cardValue(text) {
  const quoted = /^\s*'((?:[^']|'')*)'/.exec(text);
  if (quoted) return quoted[1].replaceAll("''", "'").trimEnd();
  const bare = text.split("/")[0].trim();
  if (bare === "T" || bare === "F") return bare === "T";
  return bare !== "" && Number.isFinite(Number(bare.replace(/d/i, "E"))) ? Number(bare.replace(/d/i, "E")) : bare;
}

// The header that starts at a byte: its keywords, and where its data start; null where the file has no further one.
function fitsHeader(bytes, start, file) {
  const text = (from, to) => String.fromCharCode(...bytes.subarray(from, to));
  if (!["SIMPLE  =", "XTENSION="].includes(text(start, start + 9))) return null;
  const cards = {};
  for (let at = start; at + 80 <= bytes.length; at += 80) {
    const card = text(at, at + 80), keyword = card.slice(0, 8).trimEnd();
    if (keyword === "END") return { cards, start: start + Math.ceil((at + 80 - start) / 2880) * 2880 };
    if (card.slice(8, 10) === "= " && !(keyword in cards)) cards[keyword] = cardValue(card.slice(10));
  }
  return refuse(`${file}: a header has no END card; copy or download the file again`);
}

function fitsColumns(cards, where) {
  const columns = [];
  let offset = 0;
  for (let number = 1; number <= cards.TFIELDS; number += 1) {
    const form = String(cards[`TFORM${number}`] ?? "").trim().toUpperCase();
    const [, repeat, code] = /^(\d*)([LXBIJKAEDCMPQ])/.exec(form)
      ?? refuse(`${where}: TFORM${number} is '${form}', which FITS does not know; copy or download the file again`);
    const nValues = repeat === "" ? 1 : Number(repeat), [size, getter] = FORMATS[code];
    const [scale, zero] = [cards[`TSCAL${number}`] ?? 1, cards[`TZERO${number}`] ?? 0];
    let fault = getter && nValues === 1 ? "" : `has the format '${form}', which is not a number for each event; choose another file`;
    if (!(Number.isFinite(scale) && Number.isFinite(zero) && scale !== 0)) fault = `has TSCAL ${scale} and TZERO ${zero}; correct the header`;
    const null_ = cards[`TNULL${number}`];
    columns.push({
      name: String(cards[`TTYPE${number}`] ?? `column ${number}`).trim(), number, offset, getter, scale, zero, fault,
      isReal: code === "E" || code === "D", isFloat: code === "E", unit: String(cards[`TUNIT${number}`] ?? "").trim(),
      single: code === "E" || ("BI".includes(code) && scale === 1 && zero === 0),
      null: typeof null_ === "number" && "BIJK".includes(code) ? null_ : null,
    });
    offset += code === "X" ? Math.ceil(nValues / 8) : nValues * size;
  }
  if (offset !== cards.NAXIS1) {
    refuse(`${where}: its columns take ${offset} bytes a row, NAXIS1 says ${cards.NAXIS1}; the header is damaged: copy or download the file again`);
  }
  return columns;
}

function fitsColumnValues(bytes, table, column) {
  const view = new DataView(bytes.buffer, bytes.byteOffset), values = new Float64Array(table.nRows);
  const { getter, offset, scale, zero, isFloat } = column;
  for (let row = 0, at = table.start + offset; row < table.nRows; row += 1, at += table.rowBytes) {
    let value = Number(view[getter](at)); // big-endian
    if (column.null !== null && value === column.null) value = NaN;
    else if (scale !== 1 || zero !== 0) value = isFloat ? Math.fround(Math.fround(value * Math.fround(scale)) + Math.fround(zero)) : value * scale + zero;
    values[row] = value;
  }
  return values;
}

function fitsTables(bytes, file) {
  const tables = [];
  let start = 0, primary = null;
  for (let number = 0; number < 1000 && start < bytes.length; number += 1) {
    const header = fitsHeader(bytes, start, file);
    if (!header) break;
    const { cards } = header;
    primary ??= cards;
    const name = String(cards.EXTNAME ?? number).trim(), where = `${file}: table ${name}`;
    if (["BINTABLE", "TABLE"].includes(cards.XTENSION) && !cards.ZIMAGE) {
      const isBinary = cards.XTENSION === "BINTABLE";
      const table = {
        kind: "event table", isFits: true, file, name, number, where, start: header.start, rowBytes: cards.NAXIS1, nRows: cards.NAXIS2,
        columns: isBinary ? fitsColumns(cards, where) : [],
        value: (keyword) => cards[keyword], fileValue: (keyword) => cards[keyword] ?? primary[keyword],
      };
      table.demandWhole = () => {
        if (!isBinary) refuse(`${where} is an ASCII table, which this page does not read; report-utils predict does`);
        if (cards.ZTABLE) refuse(`${where} is compressed by fpack (ZTABLE); unpack the file with funpack first`);
        const whole = Math.floor((bytes.length - table.start) / table.rowBytes);
        if (whole < table.nRows) {
          refuse(`${where}: row ${Math.max(0, whole) + 1}: the file ends here, of ${table.nRows} rows; it is cut off: copy or download it again`);
        }
      };
      table.read = (column) => fitsColumnValues(bytes, table, column);
      tables.push(table);
    }
    let elements = cards.NAXIS > 0 ? 1 : 0;
    for (let axis = 1; axis <= cards.NAXIS; axis += 1) elements *= cards[`NAXIS${axis}`];
    const nBytes = (Math.abs(cards.BITPIX) / 8) * (cards.GCOUNT ?? 1) * ((cards.PCOUNT ?? 0) + elements);
    start = header.start + Math.ceil(nBytes / 2880) * 2880;
  }
  return tables.length ? tables : refuse(`${file}: holds no table, so no events; give the event file, not an image or a spectrum`);
}

// The table called EVENTS, else the first with positions and energies, else the only one.
function chosenTable(tables, file) {
  const promises = ({ columns }) => {
    const names = new Set(columns.map(({ name }) => lower(name)));
    const has = (...wanted) => wanted.every((name) => names.has(name));
    return (has("ra", "dec") || has("x", "y")) && ["energy", "signal", "pi", "pha"].some((name) => names.has(name));
  };
  let found = tables.filter(({ name }) => name.toUpperCase() === "EVENTS");
  if (!found.length) found = tables.filter(promises).slice(0, 1);
  if (!found.length && tables.length === 1) found = tables;
  const shown = tables.slice(0, 20).map(({ name, number }) => `${name} (number ${number})`).join(", ");
  if (!found.length) refuse(`${file}: no table is called EVENTS or holds positions and energies; it holds ${shown}`);
  const filled = found.filter(({ nRows }) => nRows !== 0);
  if (filled.length > 1) refuse(`${file}: holds ${filled.length} tables ${filled[0].name} with rows; this page reads files with one`);
  return filled[0] ?? found[0];
}

// --- text (events/csv_table.py)

function csvTable(text, file) {
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n|\r/);
  const stated = /^"?sep=([,;|:\t ])"?$/i.exec(lines[0]);
  let at = stated ? 1 : 0;
  const comments = [];
  while (at < lines.length && (lines[at].startsWith("#") || !lines[at].trim())) comments.push(lines[at++]);
  if (at >= lines.length) refuse(`${file}: does not name columns; a CSV file begins with a line of names, separated by commas, tabs or semicolons`);
  const isEcsv = /^#\s*%ECSV/.test(comments[0] ?? "");
  const counted = [",", "\t", ";"].map((one) => [lines[at].split(one).length, one]).sort((a, b) => b[0] - a[0])[0];
  let delimiter = stated ? stated[1] : counted[0] > 1 ? counted[1] : " ";
  if (isEcsv && !stated) delimiter = comments.map((line) => /^#\s*delimiter:\s*['"]?([,;\t ])['"]?\s*$/.exec(line)).find(Boolean)?.[1] ?? " ";
  const split = (line) => (delimiter === " " ? line.trim().split(/\s+/) : line.split(delimiter)).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
  const isNumber = (cell) => cell !== "" && Number.isFinite(Number(cell));
  let names = split(lines[at]), first = at + 1;
  if (names.some(isNumber)) { // names in a comment, as numpy.savetxt writes them
    const above = comments.reverse().map((line) => line.replace(/^#+/, "").trim())
      .map((line) => (delimiter === " " && /[,\t;]/.test(line) ? line.split(/[,\t;]/).map((cell) => cell.trim()) : split(line)))
      .find((cells) => cells.length === names.length && !cells.some(isNumber));
    if (above) [names, first] = [above, at];
  }
  if (names.length < 2) refuse(`${file}: line ${at + 1} does not name columns ('${lines[at].slice(0, 80)}'); a CSV file begins with a line of names, separated by commas, tabs or semicolons`);
  const unitOf = (name) => {
    const line = isEcsv ? comments.find((one) => new RegExp(`name:\\s*'?${name.replace(/[^\w]/g, "\\$&")}'?\\s*,`).test(one)) : undefined;
    return /unit:\s*'?([^,'}]+)/.exec(line ?? "")?.[1].trim() ?? "";
  };
  const rows = [];
  for (let line = first; line < lines.length; line += 1) if (lines[line].trim()) rows.push(lines[line]);
  const columns = names.map((name, i) => ({ name, number: i + 1, unit: unitOf(name), single: false, fault: "" }));
  const read = ({ name, number }) => Float64Array.from(rows, (line, row) => {
    const cells = split(line);
    if (cells.length !== names.length) refuse(`${file}: row ${row + 1}: ${cells.length} values, where the header has ${names.length} names; every row needs as many values as the header has names`);
    const cell = cells[number - 1], value = Number(cell);
    if (cell === "" || /^[+-]?(nan|inf|infinity)$/i.test(cell)) return NaN;
    if (Number.isNaN(value) || /x/i.test(cell)) refuse(`${file}: row ${row + 1}: column '${name}' holds '${cell.slice(0, 40)}', which is not a number; correct it`);
    return value;
  });
  return {
    kind: "CSV table", isFits: false, file, name: "lines", where: `${file}: table lines`, columns, nRows: rows.length,
    value: () => undefined, fileValue: () => undefined, demandWhole: () => {}, read,
  };
}

// --- which columns (events/positions.py, energies.py)

function found(table, name, units = []) {
  const accepted = new Set([name, ...units.map((unit) => `${name}_${unit.toLowerCase()}`)]);
  const all = table.columns.filter((column) => (units.length && !table.isFits ? accepted.has(plainName(column.name)) : lower(column.name) === name));
  if (all.length > 1) refuse(`${table.file}: columns ${all.map((column) => `'${column.name}'`).join(" and ")} could both be ${name}; rename all but one`);
  return all[0];
}

function missionOf(table) {
  const [telescope, instrument] = ["TELESCOP", "INSTRUME"].map((keyword) => lower(table.fileValue(keyword)));
  if (telescope.includes("chandra") || telescope === "axaf") return "chandra";
  if ((telescope + instrument).includes("erosita") || (telescope === "srg" && /^[tf]m\d/.test(instrument))) return "erosita";
  return { "astro-e2": "suzaku", "xmm-newton": "xmm" }[telescope] ?? telescope;
}

function positionColumns(table) {
  const [ra, dec] = ["ra", "dec"].map((name) => found(table, name, ["deg"]));
  const [x, y] = ["x", "y"].map((name) => found(table, name, ["arcsec"]));
  const isChandra = missionOf(table) === "chandra";
  if (ra && dec && !(isChandra && x && y)) return { x: ra, y: dec, isSky: true };
  if (x && y) return { x, y, isSky: false };
  return refuse(`${table.where}: there is no column ${isChandra ? "'x'/'y'" : "'RA'/'DEC' or 'X'/'Y'"} for positions; it has ${listed(table.columns)}; rename those to use`);
}

// How a column becomes keV: {column, unit, by, why, step, offset, ebounds}, or a refusal.
function decidedEnergies(table, tables, facts, stated) {
  const names = [["energy", facts.namedUnits], ["signal", facts.namedUnits], ["pi", facts.namedUnits], ["pha", []]];
  let column;
  for (const [name, units] of names) column ??= found(table, name, units);
  if (!column) refuse(`${table.where}: holds no energies: there is no column 'ENERGY', 'SIGNAL', 'PI' or 'PHA'; it has ${listed(table.columns)}; rename the one to use`);
  const of = (unit, by, why) => ({ column, unit, by, why });
  if (stated) return of(stated, "user", "as stated");
  const name = lower(column.name), mission = missionOf(table), instrument = lower(table.fileValue("INSTRUME"));
  const known = facts.missions.find((one) => one.mission === mission && one.column === name && instrument.startsWith(one.instrument));
  const tunit = facts.energyUnits[column.unit] ?? facts.energyUnits[lower(column.unit)];
  const same = (one, other) => Math.abs(one.factor / other.factor - 1) < 1e-9;
  const contradiction = (what) => refuse(`${table.file}: column '${column.name}': ${what}; state the unit beside the file`);
  if (known) {
    if (tunit && known.trustsTunit && !(known.isEv && same(tunit, facts.energyUnits.ev))) contradiction(`mission ${mission} means something else than TUNIT ${column.unit}`);
    if (known.isEv) return of("eV", "mission", "by name and mission");
    const ebounds = eboundsOf(tables, name, facts);
    if (!ebounds) return { ...of("channel", "mission", `by mission ${mission}`), step: known.step, offset: known.offset };
    const step = known.step / 1e3;
    for (const [channel, kev] of ebounds) if (Math.abs((channel * known.step + known.offset) / 1e3 - kev) > 1.01 * step) contradiction(`mission ${mission} and EBOUNDS in the same file disagree`);
    return { ...of("channel", "ebounds", "by EBOUNDS in the same file"), ebounds };
  }
  const named = facts.namedUnits.find((unit) => plainName(column.name).endsWith(`_${unit.toLowerCase()}`));
  if (named) {
    const unit = facts.energyUnits[named] ?? facts.energyUnits[named.toLowerCase()] ?? refuse(`${table.file}: column '${column.name}': this page reads no energies in ${named}; give them in keV`);
    if (tunit && !same(tunit, unit)) contradiction(`its name says ${named}, and its unit ${column.unit}`);
    return of(unit.name, "name", "as its name says");
  }
  if (tunit) return of(tunit.name, "unit", "as TUNIT says");
  if (["pi", "pha"].includes(name) && mission === "chandra" && instrument.startsWith("hrc")) {
    refuse(`${table.where}: holds no energies (Chandra's HRC does not measure them)`);
  }
  if (table.isFits && ["energy", "signal"].includes(name) && !column.unit) return of("keV", "custom", "by name");
  const countsChannels = ["chan", "channel", "channels", "ch", "adu", "bin"].includes(lower(column.unit));
  if (table.isFits && (["pi", "pha"].includes(name) || countsChannels)) {
    const ebounds = eboundsOf(tables, name, facts);
    if (ebounds) return { ...of("channel", "ebounds", "by EBOUNDS in the same file"), ebounds };
  }
  const why = column.unit ? ` (TUNIT is '${column.unit}', not an energy that this page knows)` : "";
  return refuse(`${table.file}: column '${column.name}': its unit cannot be decided${why}; state the unit beside the file`);
}

// The middle of each channel [keV] in a table EBOUNDS of the same file, or null.
function eboundsOf(tables, name, facts) {
  const all = tables.filter((table) => table.name.toUpperCase() === "EBOUNDS" && ["channel", "e_min", "e_max"].every((one) => found(table, one)));
  if (all.length !== 1 || !["", name].includes(["pi", "pha"].includes(lower(all[0].value("CHANTYPE"))) ? lower(all[0].value("CHANTYPE")) : "")) return null;
  const [table] = all, columns = ["channel", "e_min", "e_max"].map((one) => found(table, one));
  table.demandWhole();
  const [channel, low, high] = columns.map(table.read);
  const inKev = columns.map(({ unit }) => energyUnit(unit || "keV", facts));
  return new Map(Array.from(channel, (one, i) => [one, (inKev[1](low[i]) + inKev[2](high[i])) / 2]));
}

// A function from a value in a unit to keV; powers of ten are exact, as in missions.py.
function energyUnit(unit, facts) {
  if (unit === "keV") return (value) => value;
  if (unit === "eV") return (value) => value / 1000;
  const { factor, inverse } = facts.energyUnits[unit] ?? facts.energyUnits[unit.toLowerCase()];
  return factor < 1 ? (value) => value / inverse : (value) => value * factor;
}

function inKev(values, energies, facts) {
  const { unit, step, offset, ebounds } = energies;
  let convert = unit === "channel" ? (value) => (value * step + offset) / 1e3 : energyUnit(unit, facts);
  if (ebounds) convert = (value) => ebounds.get(value) ?? NaN;
  return values.map(energies.column.single ? (value) => Math.fround(convert(value)) : convert);
}

// Compares the unit with the median of the values; custom alone may take large ones for eV (energies.py, settled).
function settled(energies, values, table, facts) {
  const step = Math.max(1, Math.floor(values.length / 100000));
  const sample = values.filter((value, i) => i % step === 0 && Number.isFinite(value) && value >= 0).sort();
  if (energies.by === "user" || !sample.length) return energies;
  const half = sample.length >> 1, median = sample.length % 2 ? sample[half] : (sample[half - 1] + sample[half]) / 2;
  const custom = energies.by === "custom", { unit } = energies;
  if (custom && median > facts.minCustomEv) return { ...energies, unit: "eV", why: `taken for eV: its median of ${Number(median.toPrecision(5))} cannot be keV` };
  const kev = inKev(Float64Array.of(median), energies, facts)[0], [low, high] = facts.mediansKev;
  const where = `${table.file}: column '${energies.column.name}'`, shown = Number(median.toPrecision(4));
  if (custom && kev > facts.maxCustomKev) refuse(`${where}: nothing states its unit, and a median of ${shown} may be keV or eV; state the unit beside the file`);
  if (!Number.isFinite(kev) || ((kev >= low || unit === "keV") && kev <= high)) return energies;
  return refuse(`${where}: it is read in ${unit}, ${energies.why}, but a median of ${shown} does not look like that; state the unit beside the file`);
}

// --- positions (events/positions.py)

// Pixels relative to the reference pixel, in arcsec where the header tells their size; else as they are.
function pixelAxis(table, column, facts) {
  const degrees = (unit) => (unit === "" ? 1 : facts.angleUnits[lower(unit)]);
  const axis = (value, pattern) => {
    const of = (word) => value(pattern.replace("{}", word));
    const number = (one) => (typeof one === "number" ? one : undefined);
    const kind = String(of("TYP") ?? "").toUpperCase(), size = degrees(String(of("UNI") ?? "").trim()) ?? (/^(RA--|DEC-)/.test(kind) ? 1 : undefined);
    return { pixel: number(of("RPX")) ?? 0, step: size === undefined || number(of("DLT")) === undefined ? undefined : of("DLT") * size };
  };
  let found_ = axis(table.value, `TC{}${column.number}`);
  if (found_.step === undefined && ["X", "Y"].includes(column.name.toUpperCase())) {
    const other = axis(table.fileValue, `REF${column.name.toUpperCase()}C{}`);
    if (other.step !== undefined) found_ = other;
  }
  return found_;
}

function onPlane(table, columns, values, facts) {
  const { x, y, isSky } = columns, trustsUnits = missionOf(table) !== "erosita";
  const round = x.single && y.single ? Math.fround : (value) => value;
  if (!isSky) {
    const axes = [x, y].map((column) => pixelAxis(table, column, facts));
    const units = [x, y].map(({ unit }) => (trustsUnits && unit ? facts.angleUnits[lower(unit)] : undefined));
    const haveSteps = axes.every(({ step }) => step !== undefined), haveUnits = units.every((unit) => unit !== undefined);
    const mission = facts.skyPixels[missionOf(table)] ?? 1;
    return values.map((of, i) => {
      const size = haveSteps ? Math.abs(axes[i].step) * 3600 : haveUnits ? units[i] * 3600 : mission;
      return of.map((value) => round((value - axes[i].pixel) * size));
    });
  }
  const sizes = [x, y].map(({ unit, name }) => (trustsUnits && unit
    ? facts.angleUnits[lower(unit)] ?? refuse(`${table.file}: column '${name}': TUNIT is '${unit}', not an angle; correct the header`) : 1));
  const [ra, dec] = values.map((of, i) => (sizes[i] === 1 ? of : of.map((value) => value * sizes[i])));
  const single = (x.single && y.single) || table.value("XYPREC") === "float32";
  const centre = tangentPoint(ra, dec, table);
  const [xi, eta, cosine] = projected(ra, dec, centre);
  const far = cosine.findIndex((value) => value < Math.cos((20 * Math.PI) / 180));
  if (far >= 0) refuse(`${table.file}: row ${far + 1}: column '${x.name}' lies more than 20 deg from the field's centre; correct or remove such rows`);
  return single ? [xi.map(Math.fround), eta.map(Math.fround)] : [xi, eta];
}

function skyCentre(ra, dec, step = 1) {
  let x = 0, y = 0, z = 0;
  for (let i = 0; i < ra.length; i += step) {
    const alpha = (ra[i] * Math.PI) / 180, delta = (dec[i] * Math.PI) / 180;
    x += Math.cos(delta) * Math.cos(alpha);
    y += Math.cos(delta) * Math.sin(alpha);
    z += Math.sin(delta);
  }
  const degrees = 180 / Math.PI, turn = (Math.atan2(y, x) * degrees) % 360;
  return [turn < 0 ? turn + 360 : turn, Math.atan2(z, Math.hypot(x, y)) * degrees];
}

function tangentPoint(ra, dec, table) {
  const pointing = ["RA_PNT", "DEC_PNT"].map((keyword) => table.value(keyword));
  if (pointing.every((value) => typeof value === "number")) {
    const near = skyCentre(ra, dec, Math.max(1, Math.floor(ra.length / 10000)));
    if (projected([pointing[0]], [pointing[1]], near)[2][0] > Math.cos((5 * Math.PI) / 180)) return pointing;
  }
  return skyCentre(ra, dec);
}

function projected(ra, dec, centre) {
  const radians = Math.PI / 180, arcsec = (180 / Math.PI) * 3600;
  const [sin0, cos0] = [Math.sin(centre[1] * radians), Math.cos(centre[1] * radians)];
  const [xi, eta, cosine] = [0, 1, 2].map(() => new Float64Array(ra.length));
  for (let i = 0; i < ra.length; i += 1) {
    const alpha = ra[i] * radians - centre[0] * radians, delta = dec[i] * radians;
    const [sinDelta, cosDelta] = [Math.sin(delta), Math.cos(delta)], along = cosDelta * Math.cos(alpha);
    const towards = sinDelta * sin0 + along * cos0, scale = arcsec / towards;
    xi[i] = cosDelta * Math.sin(alpha) * scale;
    eta[i] = (sinDelta * cos0 - along * sin0) * scale;
    cosine[i] = towards;
  }
  return [xi, eta, cosine];
}

// --- one file

// Refuses rows that cannot be used, and names the first of them.
function demandUsable(table, rowOf, faults) {
  const all = faults.map(([why, isBad, values]) => [values.findIndex(isBad), why, isBad, values]).filter(([at]) => at >= 0);
  if (!all.length) return;
  const [at, why, isBad, values] = all.sort((a, b) => a[0] - b[0])[0];
  const n = values.reduce((sum, value) => sum + isBad(value), 0);
  refuse(`${table.file}: row ${rowOf(at) + 1}: ${why} (${n} such rows of ${table.nRows}); correct them, or leave them out`);
}

// Reads an event list: {x, y [arcsec], energy [keV], nRows, how}. `stated` is a unit of energy that the reader gives.
function readEvents(file, bytes, stated, facts) {
  const magic = String.fromCharCode(...bytes.subarray(0, 6));
  const isText = /\.(csv|tsv|txt|dat|ecsv)(\.gz)?$/i.test(file);
  if (magic !== "SIMPLE" && !isText) refuse(`${file}: this is neither a FITS file nor text whose name ends in .csv; this page reads these two, and report-utils predict reads more`);
  const tables = magic === "SIMPLE" ? fitsTables(bytes, file) : [csvTable(new TextDecoder().decode(bytes), file)];
  const table = chosenTable(tables, file);
  table.demandWhole();
  const columns = positionColumns(table), { x, y } = columns;
  let energies = decidedEnergies(table, tables, facts, stated);
  for (const { name, fault } of [x, y, energies.column]) if (fault) refuse(`${table.where}: column '${name}' ${fault}`);
  if (table.nRows === 0) refuse(`${file}: table ${table.name} has no rows, so no events`);
  let values = [x, y, energies.column].map(table.read), rowOf = (at) => at;
  const mission = missionOf(table), isNowhere = (value) => Math.abs(value + 99999999) < 10;
  const leavesOut = (mission === "erosita" && lower(energies.column.name) === "pi" && ((i) => values[2][i] < 0))
    || ((mission === "xmm" || table.fileValue("REFXCTYP") !== undefined) && lower(x.name) === "x" && ((i) => isNowhere(values[0][i]) || isNowhere(values[1][i])
      || (table.value(`TNULL${x.number}`) === -99999999 && (Number.isNaN(values[0][i]) || Number.isNaN(values[1][i])))));
  if (leavesOut) {
    const kept = Array.from(values[0].keys()).filter((i) => !leavesOut(i));
    values = values.map((of) => Float64Array.from(kept, (i) => of[i]));
    rowOf = (at) => kept[at];
    if (!kept.length) refuse(`${file}: no events are left of ${table.nRows} rows`);
  }
  energies = settled(energies, values[2], table, facts);
  const energy = inKev(values[2], energies, facts), named = `column '${energies.column.name}'`;
  const limits = columns.isSky ? [720, 90] : [3.4028234663852886e38, 3.4028234663852886e38];
  demandUsable(table, rowOf, [
    [`${named} is not a finite number`, (value) => !Number.isFinite(value), energy],
    [`${named} is negative`, (value) => value < 0, energy],
    [`${named} is above ${facts.maxKev} keV`, (value) => value > facts.maxKev && value < Infinity, energy],
    ...[x, y].flatMap(({ name }, i) => [
      [`column '${name}' is not a finite number`, (value) => !Number.isFinite(value), values[i]],
      [`column '${name}' is not ${columns.isSky ? "an angle on the sky" : "a position"}`, (value) => Number.isFinite(value) && Math.abs(value) > limits[i], values[i]],
    ]),
  ]);
  const [placeX, placeY] = onPlane(table, columns, values.slice(0, 2), facts);
  const unit = energies.ebounds || energies.unit === "channel" ? "channels" : energies.unit;
  const how = `position: ${x.name}, ${y.name}; energy: ${energies.column.name} [${unit}] ${energies.why}`;
  return { x: placeX, y: placeY, energy, nRows: table.nRows, how };
}

// Unpacks a gzipped file; others stay as they are.
async function unzipped(bytes, file) {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    return refuse(`${file}: its gzip stream is cut off or damaged; copy or download it again`);
  }
}

// --- events to counts (binning/counts.py)

// Counts events by band, row and column. The box is the events' own; an event on an inner edge belongs to the pixel
// above it, the maximum to the last pixel; bands are closed on the right.
function binned({ x, y, energy }, n, upperEdges, file) {
  const axes = [["x", x], ["y", y]].map(([name, values]) => {
    let low = Infinity, high = -Infinity;
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (!(high > low)) refuse(`${file}: all ${values.length} events lie at one ${name}, so there is no box to divide into pixels; check the position columns`);
    const step = (high - low) / n, edges = Float64Array.from({ length: n + 1 }, (_, i) => i * step + low);
    edges[n] = high;
    return { values, low, step, edges };
  });
  const pixel = ({ values, low, step, edges }, i) => {
    let at = Math.max(0, Math.min(n - 1, Math.floor((values[i] - low) / step)));
    while (at > 0 && values[i] < edges[at]) at -= 1;
    while (at < n - 1 && values[i] >= edges[at + 1]) at += 1;
    return at;
  };
  const counts = new Float64Array(n * n * upperEdges.length);
  for (let i = 0; i < energy.length; i += 1) {
    let band = 0;
    while (energy[i] > upperEdges[band]) band += 1;
    counts[(band * n + pixel(axes[1], i)) * n + pixel(axes[0], i)] += 1;
  }
  return counts;
}
