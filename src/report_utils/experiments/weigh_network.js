// The trained networks of the page "Weigh a cluster" (weigh.py), and what a reader does to the counts before they see
// them. Counts are whole numbers, band by band, row by row from the lowest y: the place of (band, row, column) is
// (band * n + row) * n + column.

// A 16-bit floating-point number (IEEE 754 binary16) from its bits.
function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : (2 ** -14 * fraction) / 1024);
}

// Splits a network's weights into its layers. Shapes are those of kernels, each followed by its bias, in Keras' order:
// (rows, columns, inputs, outputs) or (inputs, outputs). Here the weights of an output lie side by side.
function layersOf(bits, shapes) {
  let at = 0;
  const parts = shapes.map((shape) => Float64Array.from(bits.subarray(at, (at += shape.reduce((a, b) => a * b, 1))), fromHalf));
  return shapes.flatMap((shape, i) => {
    if (i % 2) return [];
    const [inputs, outputs] = shape.slice(-2), taps = parts[i].length / outputs;
    const kernel = parts[i].map((_, to) => parts[i][(to % taps) * outputs + Math.floor(to / taps)]);
    return [{ size: shape.length === 4 ? shape[0] : 0, inputs, outputs, kernel, bias: parts[i + 1] }];
  });
}

// A convolution ("same"), the largest of each 2 x 2 pixels, bias and ReLU. The largest is taken first: bias and ReLU
// keep the order, so this is the same (fused_forward.py). Values are (row, column, channel). Nearly all of the page's
// time is spent here: four neighbours are convolved at a time, so that each weight is fetched once for all of them.
function convolved(values, n, { size, inputs, outputs, kernel, bias }) {
  const before = (size - 1) >> 1, wide = n + size - 1, half = n >> 1, taps = size * size * inputs, along = size * inputs;
  const padded = new Float64Array(wide * wide * inputs);
  for (let row = 0; row < n; row += 1) {
    padded.set(values.subarray(row * n * inputs, (row + 1) * n * inputs), ((row + before) * wide + before) * inputs);
  }
  const pooled = new Float64Array(half * half * outputs), seen = new Float64Array(4 * taps);
  for (let row = 0; row < half; row += 1) {
    for (let column = 0; column < half; column += 1) {
      for (let corner = 0; corner < 4; corner += 1) {
        const left = 2 * column + (corner & 1), top = 2 * row + (corner >> 1);
        for (let down = 0, to = corner; down < size; down += 1) {
          const from = ((top + down) * wide + left) * inputs;
          for (let i = 0; i < along; i += 1, to += 4) seen[to] = padded[from + i];
        }
      }
      const place = (row * half + column) * outputs;
      for (let o = 0; o < outputs; o += 1) {
        let a = 0, b = 0, c = 0, d = 0;
        for (let tap = 0, weight = o * taps, at = 0; tap < taps; tap += 1, weight += 1, at += 4) {
          const value = kernel[weight];
          a += value * seen[at];
          b += value * seen[at + 1];
          c += value * seen[at + 2];
          d += value * seen[at + 3];
        }
        pooled[place + o] = Math.max(0, Math.max(a, b, c, d) + bias[o]);
      }
    }
  }
  return pooled;
}

// log10(1 + n) of each channel, a sum of some bands, centred and scaled as in training: (row, column, channel).
function imageOf(counts, n, { bands, mean, spread }) {
  const size = n * n, channels = bands.length, image = new Float64Array(size * channels);
  bands.forEach((summed, channel) => {
    for (let i = 0; i < size; i += 1) {
      let events = 0;
      for (const band of summed) events += counts[band * size + i];
      image[i * channels + channel] = (Math.log1p(events) / Math.LN10 - mean[channel]) / spread;
    }
  });
  return image;
}

// A dense layer, without its activation.
function weighted(values, { inputs, kernel, bias }) {
  return bias.map((start, o) => {
    let sum = start;
    for (let i = 0; i < inputs; i += 1) sum += values[i] * kernel[o * inputs + i];
    return sum;
  });
}

// The log10 mass that a network predicts from band counts.
function predictedMass(network, counts, n) {
  let values = imageOf(counts, n, network), side = n;
  const dense = network.layers.filter((layer) => !layer.size);
  for (const layer of network.layers.filter(({ size }) => size)) {
    values = convolved(values, side, layer);
    side >>= 1;
  }
  const features = new Float64Array(dense[0].inputs); // means over the pixels
  for (let i = 0; i < values.length; i += 1) features[i % features.length] += values[i] / (side * side);
  values = features;
  dense.forEach((layer, number) => {
    values = weighted(values, layer);
    if (number < dense.length - 1) values = values.map((value) => Math.max(0, value));
  });
  return values[0] * network.target.spread + network.target.mean;
}

// --- what a reader does to the counts

// Random numbers in [0, 1), the same for the same seed (mulberry32).
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// Deals the energies of all events out among them: every pixel keeps its events, and every band.
function shuffledEnergies(counts, nBands, seed = 1) {
  const size = counts.length / nBands, random = randomNumbers(seed);
  const ofEvent = new Uint8Array(counts.reduce((sum, events) => sum + events, 0));
  for (let i = 0, at = 0; i < counts.length; i += 1) ofEvent.fill(Math.floor(i / size), at, (at += counts[i]));
  for (let i = ofEvent.length - 1; i > 0; i -= 1) {
    const other = Math.floor(random() * (i + 1)), band = ofEvent[i];
    ofEvent[i] = ofEvent[other];
    ofEvent[other] = band;
  }
  const dealt = new Float64Array(counts.length);
  let next = 0;
  for (let pixel = 0; pixel < size; pixel += 1) {
    for (let band = 0; band < nBands; band += 1) {
      for (let left = counts[band * size + pixel]; left > 0; left -= 1) dealt[ofEvent[next++] * size + pixel] += 1;
    }
  }
  return dealt;
}

// Keeps each event with a probability. An event draws the same number each time: fewer are a subset of more.
function thinned(counts, share, seed = 2) {
  if (share >= 1) return counts;
  const random = randomNumbers(seed), kept = new Float64Array(counts.length);
  for (let i = 0; i < counts.length; i += 1) {
    for (let left = counts[i]; left > 0; left -= 1) if (random() < share) kept[i] += 1;
  }
  return kept;
}

// Empties the pixels that are cut out, in every band.
function without(counts, cut) {
  if (!cut.some(Boolean)) return counts;
  return counts.map((events, i) => (cut[i % cut.length] ? 0 : events));
}

// --- how far a prediction can be trusted (prediction/limits.py)

// The bias and scatter of held-out clusters of like prediction.
function errorAt(error, mass) {
  const bin = error.edges.filter((edge) => edge < mass).length;
  return { bias: error.bias[bin], scatter: error.scatter[bin], clusters: error.clusters[bin] };
}

// The events of each band, all of them, and the events above the lowest band for each one in it.
function totalsOf(counts, nBands) {
  const size = counts.length / nBands, bands = new Array(nBands).fill(0);
  for (let i = 0; i < counts.length; i += 1) bands[Math.floor(i / size)] += counts[i];
  const events = bands.reduce((a, b) => a + b, 0);
  return { bands, events, hardness: bands[0] > 0 ? (events - bands[0]) / bands[0] : Infinity };
}

// Says in which properties an observation lies outside the training.
function outsideOf(range, events, hardness, mass) {
  const digits = (value) => (Number.isFinite(value) ? String(Number(value.toPrecision(3))) : "infinite");
  const checks = [
    [events, range.events, "events", (value) => thousands(Math.round(value))],
    [hardness, range.hardness, "hardness", digits],
    [mass, range.mass, "predicted mass", (value) => plain(value, 2)],
  ];
  return checks
    .filter(([value, [low, high]]) => !(low <= value && value <= high))
    .map(([value, [low, high], name, text]) => `${name} ${text(value)} outside ${text(low)} to ${text(high)} of the training`);
}
