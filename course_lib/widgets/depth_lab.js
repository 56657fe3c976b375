const start = (root, s) => {
  const draw = stage(root, s.tip);
  const { width, batch, presets } = s;
  const [HIGH, LEFT, MARGIN, TOP, BOTTOM] = [254, 62, 14, 12, 212];
  const COLOURS = ["currentColor", "#d6604d"];
  const NAMES = ["activations", "gradients"];
  let { depth, variance, normalised, residual, scale, draw: seed } = s;
  let free = false;
  let series; // mean squares of activations and of gradients, from the input on
  let looked = Math.floor(depth / 2); // the layer whose numbers are read off

  // A number between -1 and 1 for every place, the same in every browser and in Python.
  const noise = (layer, k) => {
    const place = (seed * (s.mostLayers + 2) + layer) * width * width + k;
    let mixed = Math.imul(place, 0x9e3779b9);
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 31 - 1;
  };

  // All arrays are rows of `width` numbers, one row behind the other.
  const meanSquare = (values) => values.reduce((sum, v) => sum + v * v, 0) / values.length;
  const scaled = (values) => {
    const size = Math.sqrt(meanSquare(values));
    return values.map((value) => value / size);
  };
  const rows = (value) => Float64Array.from(range(batch * width), value);
  const weightsOf = (layer) => {
    const size = Math.sqrt((3 * variance) / width);
    return Float64Array.from(range(width * width), (k) => noise(1 + layer, k) * size);
  };
  const transposed = (weights) =>
    weights.map((_, k) => weights[(k % width) * width + Math.floor(k / width)]);
  // Each row of x times the transpose of the weights: the inner loop runs along a row of both.
  const times = (x, weights) => {
    const product = new Float64Array(x.length);
    for (let at = 0; at < product.length; at++) {
      const [row, unit] = [at - (at % width), (at % width) * width];
      let sum = 0;
      for (let k = 0; k < width; k++) sum += x[row + k] * weights[unit + k];
      product[at] = sum;
    }
    return product;
  };

  // Batch normalisation, forward and backward: a column is one unit over the whole batch.
  const columnMeans = (value) => {
    const means = new Float64Array(width);
    for (let at = 0; at < batch * width; at++) means[at % width] += value(at) / batch;
    return means;
  };
  const normalise = (z) => {
    const mean = columnMeans((at) => z[at]);
    const spread = columnMeans((at) => (z[at] - mean[at % width]) ** 2);
    const deviation = spread.map((square) => Math.sqrt(square + 1e-5));
    return { deviation, normal: z.map((v, at) => (v - mean[at % width]) / deviation[at % width]) };
  };
  const normaliseBack = (gradient, { normal, deviation }) => {
    const mean = columnMeans((at) => gradient[at]);
    const along = columnMeans((at) => gradient[at] * normal[at]);
    const back = (g, at) => g - mean[at % width] - normal[at] * along[at % width];
    return gradient.map((g, at) => back(g, at) / deviation[at % width]);
  };

  // One layer up: its output, and the way back for a gradient.
  const layerUp = (x, layer) => {
    const weights = weightsOf(layer);
    const z = times(x, weights);
    const norm = normalised ? normalise(z) : null;
    const branch = norm ? norm.normal : z;
    const factor = residual ? scale : 1;
    const output = branch.map((b, at) => Math.max(0, (residual ? x[at] : 0) + factor * b));
    const back = (upstream) => {
      const passed = upstream.map((g, at) => (output[at] > 0 ? g : 0));
      const inBranch = passed.map((g) => factor * g);
      const below = times(norm ? normaliseBack(inBranch, norm) : inBranch, transposed(weights));
      return residual ? below.map((g, at) => g + passed[at]) : below;
    };
    return { output, back };
  };
  const measure = () => {
    let x = scaled(rows((k) => Math.max(0, noise(0, k))));
    const activations = [meanSquare(x)];
    const ways = [];
    for (let layer = 0; layer < depth; layer++) {
      const { output, back } = layerUp(x, layer);
      activations.push(meanSquare(output));
      ways.push(back);
      x = output;
    }
    let gradient = scaled(rows((k) => noise(0, batch * width + k)));
    const gradients = [meanSquare(gradient)];
    for (const back of ways.reverse()) {
      gradient = back(gradient);
      gradients.unshift(meanSquare(gradient));
    }
    return [activations, gradients];
  };

  const power = (value) => minus(value.toExponential(1).replace("e+", "e"));
  const perLayer = (ratio) => fixed(ratio ** (1 / depth), 2);
  const describe = ([activations, gradients]) => {
    const parts = [normalised ? "with batch normalisation" : "without normalisation"];
    parts.push(residual ? `with skips, branches times ${num(scale)}` : "without skips");
    const [end, start] = [activations[depth], gradients[0]];
    const theory =
      normalised || residual ? "" : ` (half of n times the variance: ${fixed(variance / 2, 2)})`;
    return (
      `${depth} layers, variance ${num(variance)}/n, ${parts.join(", ")}. ` +
      `Activations end at ${power(end)} of the input's mean square, ` +
      `a factor of ${perLayer(end)} per layer${theory}. ` +
      `Gradients arrive at the input with ${power(start)} of the mean square that they have at the top, ` +
      `a factor of ${perLayer(start)} per layer.`
    );
  };

  const chart = (width) => {
    const right = width - MARGIN;
    const logs = series.map((values) => values.map((value) => Math.log10(value)));
    const low = Math.min(-1, Math.floor(Math.min(...logs.flat())));
    const high = Math.max(1, Math.ceil(Math.max(...logs.flat())));
    const x = (layer) => LEFT + (layer / depth) * (right - LEFT);
    const y = (log) => BOTTOM - ((log - low) / (high - low)) * (BOTTOM - TOP);
    const step = Math.ceil((high - low) / 6);
    const across = range(high - low + 1)
      .map((k) => low + k)
      .filter((log) => log % step === 0)
      .flatMap((log) => [
        svg("line", { class: log ? "guide" : "one", x1: LEFT, x2: right, y1: y(log), y2: y(log) }),
        svg("text", { x: LEFT - 8, y: y(log) + 4, "text-anchor": "end" }, minus(`1e${log}`)),
      ]);
    const below = range(5)
      .map((k) => Math.round((k * depth) / 4))
      .filter((layer, k, all) => all.indexOf(layer) === k)
      .map((layer) => svg("text", { x: x(layer), y: BOTTOM + 18, "text-anchor": "middle" }, layer));
    const name = svg(
      "text",
      { x: (LEFT + right) / 2, y: HIGH - 6, "text-anchor": "middle" },
      "layer",
    );
    const lines = logs.map((values, k) => {
      const points = values.map((log, layer) => `${x(layer)},${y(log)}`).join(" ");
      return svg("polyline", { points, stroke: COLOURS[k], "stroke-dasharray": k ? "7 4" : "" });
    });
    const at = Math.min(looked, depth);
    const dots = logs.map((values, k) =>
      svg("circle", { cx: x(at), cy: y(values[at]), r: 4.5, fill: COLOURS[k] }),
    );
    const reading = svg("line", { class: "reading", x1: x(at), x2: x(at), y1: TOP, y2: BOTTOM });
    picture.replaceChildren(...across, ...below, name, reading, ...lines, ...dots);
  };
  // The pointer in the chart and the slider below it read off the same numbers.
  const readOff = (layer) => {
    looked = layer;
    const at = Math.min(layer, depth);
    const words = NAMES.map((name, k) => `${name} ${power(series[k][at])}`).join(", ");
    shownLayer.textContent = `${at}: ${words}`;
    reader.value = at;
    reader.setAttribute("aria-valuetext", `layer ${at}: ${words}`);
    repaint();
  };
  const byPointer = (event) => {
    const frame = picture.getBoundingClientRect();
    const part = (event.clientX - frame.left - LEFT) / (frame.width - LEFT - MARGIN);
    readOff(clamp(Math.round(part * depth), 0, depth));
  };
  const numbers = () => {
    const head = ["layer", ...NAMES].map((name) => el("th", { scope: "col" }, name));
    const body = range(depth + 1).map((layer) => {
      const cells = series.map((values) => el("td", {}, power(values[layer])));
      return el("tr", {}, el("th", { scope: "row" }, layer), ...cells);
    });
    list.replaceChildren(el("tr", {}, ...head), ...body);
  };
  const paint = () => {
    series = measure();
    numbers();
    reader.max = depth;
    readOff(looked);
    say.textContent = describe(series);
    own.input.disabled = !free;
    part.input.disabled = !residual;
  };

  const dial = (words, attributes, value, onmove, tell = num) => {
    const shown = el("span", { class: "value" });
    const show = (now) => {
      shown.textContent = tell(now);
      input.setAttribute("aria-valuetext", tell(now));
    };
    const move = () => {
      onmove(+input.value);
      show(+input.value);
      paint();
    };
    const input = el("input", { type: "range", "data-key": words, oninput: move, ...attributes });
    input.value = value;
    show(value);
    return { input, show, label: el("label", {}, words, input, shown) };
  };
  const toggle = (words, checked, change) =>
    checkbox(words, words, checked, (on) => {
      change(on);
      paint();
    });
  const pick = () => {
    const preset = presets.findIndex(([, value]) => value === variance);
    free = preset < 0;
    const names = [...presets.map(([name]) => name), "of your own"];
    const chosen = free ? presets.length : preset;
    const options = names.map((name, k) =>
      el("option", { value: k, selected: k === chosen }, name),
    );
    const change = () => {
      free = +select.value === presets.length;
      if (!free) variance = presets[+select.value][1];
      own.input.value = variance;
      own.show(variance);
      paint();
    };
    const select = el("select", { "data-key": "variance", onchange: change }, ...options);
    return el("label", {}, "variance of a weight", select);
  };

  const [least, most] = s.range;
  const many = dial("layers", { min: 1, max: s.mostLayers }, depth, (value) => (depth = value));
  const own = dial(
    "variance times n",
    { min: least, max: most, step: 0.1 },
    variance,
    (value) => (variance = value),
    (value) => `${num(value)}, so ${num(value)}/${width} with n = ${width} inputs of a unit`,
  );
  const part = dial(
    "branch scale",
    { min: 0, max: 1, step: 0.01 },
    scale,
    (value) => (scale = value),
  );
  const again = button("other weights", () => {
    seed = (seed + 1) % s.mostDraws;
    paint();
  });
  const keys = NAMES.map((name, k) => {
    const line = { x2: 30, y1: 5, y2: 5, stroke: COLOURS[k], "stroke-dasharray": k ? "7 4" : "" };
    return el(
      "span",
      {},
      svg("svg", { viewBox: "0 0 30 10", class: "key" }, svg("line", line)),
      name,
    );
  });
  const say = sentence();
  const list = el("table", {});
  const { picture, repaint } = fluid(
    HIGH,
    "Mean squares of activations and of gradients by layer, on a logarithmic axis",
    chart,
  );
  fill(picture, { onpointermove: byPointer, onpointerdown: byPointer }, []);
  const shownLayer = el("span", { class: "value" });
  const reader = el("input", {
    type: "range",
    min: 0,
    max: depth,
    value: 0,
    "data-key": "reader",
    oninput: () => readOff(+reader.value),
  });
  draw([
    el("div", { class: "row" }, many.label, pick(), own.label),
    el(
      "div",
      { class: "row" },
      toggle("batch normalisation", normalised, (on) => (normalised = on)),
      toggle("skips", residual, (on) => (residual = on)),
      part.label,
      again,
    ),
    el("p", { class: "quiet keys" }, "Mean square by layer: ", ...keys),
    picture,
    el("label", { class: "reader" }, "read off at layer", reader, shownLayer),
    say,
    el("details", {}, el("summary", {}, "the numbers"), list),
  ]);
  paint();
};
