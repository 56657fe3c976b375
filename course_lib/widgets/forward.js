// A stack of layers, forward: what torch computes, in plain loops. A map is {values, channels, side}.

const dense = (x, { weights, biases }) => {
  const width = x.values.length;
  const values = Float32Array.from(biases);
  for (let row = 0; row < values.length; row++) {
    const from = row * width;
    let sum = values[row];
    for (let k = 0; k < width; k++) sum += weights[from + k] * x.values[k];
    values[row] = sum;
  }
  return { values, channels: values.length, side: 1 };
};

// One weight at a time is added to the whole map: the inner loop runs along a row.
const convolve = (x, { weights, biases, size, padding }) => {
  const side = x.side + 2 * padding - size + 1;
  const values = new Float32Array(biases.length * side * side);
  const addShifted = (weight, from, to, down, right) => {
    for (let i = Math.max(0, -down); i < Math.min(side, x.side - down); i++) {
      const source = from + (i + down) * x.side + right;
      const target = to + i * side;
      const end = Math.min(side, x.side - right);
      for (let j = Math.max(0, -right); j < end; j++) {
        values[target + j] += weight * x.values[source + j];
      }
    }
  };
  for (let out = 0; out < biases.length; out++) {
    const to = out * side * side;
    values.fill(biases[out], to, to + side * side);
    for (let channel = 0; channel < x.channels; channel++) {
      for (let k = 0; k < size * size; k++) {
        const weight = weights[(out * x.channels + channel) * size * size + k];
        const down = Math.floor(k / size) - padding;
        addShifted(weight, channel * x.side * x.side, to, down, (k % size) - padding);
      }
    }
  }
  return { values, channels: biases.length, side };
};

// Windows of `size` without overlap; what is left at the border is dropped, as in torch.
const pool = (x, size, combine) => {
  const side = Math.floor(x.side / size);
  const values = new Float32Array(x.channels * side * side);
  const window = new Float32Array(size * size);
  for (let at = 0; at < values.length; at++) {
    const channel = Math.floor(at / (side * side));
    const [i, j] = [Math.floor(at / side) % side, at % side];
    for (let k = 0; k < window.length; k++) {
      const row = i * size + Math.floor(k / size);
      window[k] = x.values[(channel * x.side + row) * x.side + j * size + (k % size)];
    }
    values[at] = combine(window);
  }
  return { values, channels: x.channels, side };
};
const largest = (window) => window.reduce((a, b) => Math.max(a, b));
const mean = (window) => window.reduce((a, b) => a + b) / window.length;

// A number times each channel, and another one added.
const scale = (x, { weights, biases }) => {
  const area = x.side * x.side;
  const values = x.values.map((value, k) => {
    const channel = Math.floor(k / area);
    return value * weights[channel] + biases[channel];
  });
  return { ...x, values };
};

const KINDS = {
  linear: dense,
  conv: convolve,
  scale,
  relu: (x) => ({ ...x, values: x.values.map((value) => Math.max(0, value)) }),
  max: (x, { size }) => pool(x, size || x.side, largest),
  mean: (x, { size }) => pool(x, size || x.side, mean),
};
const softmax = (logits) => {
  const top = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - top));
  return powers.map((power) => power / total(powers));
};
// Every map on the way, the logits last.
const activations = (layers, image) => {
  const maps = [image];
  for (const layer of layers) maps.push(KINDS[layer.kind](maps[maps.length - 1], layer));
  return maps.slice(1);
};
// Models as they come with a page: weights and biases as base64 of float16.
const unpacked = (models) => {
  const unpack = (layer) => {
    if (!layer.weights) return layer;
    const [weights, biases] = [layer.weights, layer.biases].map((text) =>
      Float32Array.from(halves(text)),
    );
    return { ...layer, weights, biases };
  };
  return models.map(({ name, layers }) => ({ name, layers: layers.map(unpack) }));
};
