const start = (root, s) => {
  const draw = stage(root, s.tip);
  const [HEIGHT, MARGIN] = [150, 20];
  let { before, after } = s;
  let numRuns = 1; // of which the best one is shown to the world
  const used = s.seeds.map(() => true);

  const chosen = (method) => s.runs[method].filter((_, seed) => used[seed]);
  const mean = (values) => total(values) / values.length;
  const variance = (values) => {
    const middle = mean(values);
    return total(values.map((value) => (value - middle) ** 2)) / (values.length - 1);
  };
  const compare = () => {
    const [first, second] = [chosen(before), chosen(after)];
    const gains = second.map((value, seed) => value - first[seed]);
    const error = Math.sqrt(variance(gains) / gains.length);
    const unpaired = Math.sqrt((variance(first) + variance(second)) / gains.length);
    return { gains, gain: mean(gains), error, unpaired, half: s.t[gains.length - 2] * error };
  };

  // The best of numRuns runs is the k-th smallest of all with a probability that counting gives.
  const choose = (n, k) => range(k).reduce((product, i) => (product * (n - i)) / (i + 1), 1);
  const chanceOfBest = (k, count) => choose(k, numRuns - 1) / choose(count, numRuns);
  const bestErrs = () => {
    const [low, high] = [chosen(before), chosen(after)]
      .sort((a, b) => mean(a) - mean(b))
      .map((values) => [...values].sort((a, b) => a - b));
    const share = (a, b) => (Math.sign(+(a - b).toFixed(6)) + 1) / 2;
    const chance = (k) => chanceOfBest(k, low.length);
    return total(low.map((a, i) => total(high.map((b, j) => chance(i) * chance(j) * share(a, b)))));
  };

  const signed = (value) => minus(`${value < 0 ? "" : "+"}${value.toFixed(3)}`);
  const verdict = ({ gain, half }) => {
    if (Math.abs(gain) <= half) return "Not resolved: the interval holds zero.";
    return gain > 0 ? "Resolved: a gain." : "Resolved: a loss.";
  };
  const best = ({ gain }) => {
    const runs = numRuns === 1 ? "one run" : `the best of ${numRuns} runs`;
    if (Math.abs(gain) < 1e-9) return "";
    const share = percent(bestErrs());
    return ` Showing only ${runs} of each favours the one with the lower mean in ${share} of the choices.`;
  };

  const chart = (width) => {
    const { gains, gain, half } = compare();
    const ends = [gain - half, gain + half, 0, ...gains].map(Math.abs);
    const far = 1.1 * Math.max(...ends, 0.01);
    const x = (value) => MARGIN + ((value / far + 1) / 2) * (width - 2 * MARGIN);
    const step = 10 ** Math.floor(Math.log10(far));
    const ticks = [-3, -2, -1, 0, 1, 2, 3].map((n) => n * (far > 4 * step ? 2 * step : step));
    const marks = ticks
      .filter((value) => Math.abs(value) < far)
      .flatMap((value) => [
        svg("line", {
          class: value ? "guide" : "zero",
          x1: x(value),
          x2: x(value),
          y1: 12,
          y2: 118,
        }),
        svg("text", { x: x(value), y: 136, "text-anchor": "middle" }, num(value)),
      ]);
    const dots = gains.map((value, n) =>
      svg("circle", { class: "dot", cx: x(value), cy: 30 + (40 * n) / gains.length, r: 5 }),
    );
    const low = clamp(x(gain - half), 0, width);
    const high = clamp(x(gain + half), 0, width);
    const interval = svg("path", {
      class: "interval",
      d: `M${low},95H${high}M${low},89v12M${high},89v12`,
    });
    const middle = svg("circle", { class: "mean", cx: x(gain), cy: 95, r: 6 });
    picture.replaceChildren(...marks, ...dots, interval, middle);
  };
  const paint = () => {
    const result = compare();
    const { gains, gain, error, unpaired, half } = result;
    repaint();
    say.textContent =
      `${s.names[after]} minus ${s.names[before]}, ${gains.length} seeds: ` +
      `${signed(gain)} points, standard error ${fixed(error, 3)} by seed ` +
      `(${fixed(unpaired, 3)} if the seeds are not paired), ` +
      `95 % from ${signed(gain - half)} to ${signed(gain + half)}. ${verdict(result)}${best(result)}`;
  };

  const pick = (words, value, onpick) => {
    const options = s.names.map((name, n) =>
      el("option", { value: n, selected: n === value }, name),
    );
    const select = el(
      "select",
      {
        "data-key": words,
        onchange: () => {
          onpick(+select.value);
          paint();
        },
      },
      ...options,
    );
    return el("label", {}, words, select);
  };
  const toggle = (seed) => (on) => {
    used[seed] = on;
    const count = used.filter(Boolean).length;
    boxes.querySelectorAll("input").forEach((box, n) => (box.disabled = used[n] && count === 2));
    slider.max = count;
    numRuns = Math.min(numRuns, count);
    slider.setAttribute("aria-valuetext", numRuns);
    paint();
  };
  const boxes = el(
    "div",
    { class: "row", role: "group", "aria-label": "seeds" },
    ...s.seeds.map((name, seed) => checkbox(`seed ${name}`, `seed ${name}`, true, toggle(seed))),
  );
  boxes.querySelectorAll("input").forEach((box) => (box.disabled = s.seeds.length === 2));
  const shown = el("span");
  const slider = el("input", {
    type: "range",
    min: 1,
    max: s.seeds.length,
    value: 1,
    "data-key": "runs",
    oninput: () => {
      numRuns = +slider.value;
      shown.textContent = numRuns;
      paint();
    },
  });
  shown.textContent = numRuns;
  const say = sentence();
  const { picture, repaint } = fluid(
    HEIGHT,
    "The differences by seed, their mean and its 95 % interval, in percentage points",
    chart,
  );
  draw([
    el(
      "div",
      { class: "row" },
      pick("before", before, (value) => (before = value)),
      pick("after", after, (value) => (after = value)),
    ),
    boxes,
    el("div", { class: "row" }, el("label", {}, "show the best of", slider, shown)),
    el("p", { class: "quiet" }, "Difference by seed, mean and 95 % interval (percentage points)"),
    picture,
    say,
  ]);
  paint();
};
