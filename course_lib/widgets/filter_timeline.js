const start = (root, s) => {
  const draw = stage(root, s.tip);
  const { epochs, rows, columns, accuracy } = s;
  const [size, last] = [rows * columns, epochs.length - 1];
  const span = epochs[last] - epochs[0];
  const filters = range(s.filters);
  const values = halves(s.values);
  const limit = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  let now = last;

  // n counts the kept epochs: epochs[n] is the epoch itself
  const kernel = (n, f) => values.slice((n * s.filters + f) * size, (n * s.filters + f + 1) * size);
  const dot = (a, b) => total(a.map((value, q) => value * b[q]));
  const cosine = (n, f) => {
    const [first, then] = [kernel(0, f), kernel(n, f)];
    return dot(first, then) / Math.sqrt(dot(first, first) * dot(then, then));
  };
  const cosines = epochs.map((_, n) => filters.map((f) => cosine(n, f)));
  const angle = (value) => (Number.isNaN(value) ? "none, a filter of zeros" : fixed(value, 3));
  const shade = (value, most) => {
    const strength = ((most * Math.abs(value)) / limit).toFixed(1);
    return mix(strength, value < 0 ? "#d6604d" : "#4393c3");
  };

  // The path of the cosine: to the right the epochs as they are spaced, from `lowest` up to 1.
  const lowest = Math.min(0, ...cosines.flat().map((value) => value || 0));
  const point = (n, f) => {
    const x = span ? 3 + (94 * (epochs[n] - epochs[0])) / span : 50;
    return [x, 3 + (34 * (1 - (cosines[n][f] || 0))) / (1 - lowest)];
  };
  const firstKernel = (f) => {
    const square = (value, q) => {
      const [x, y] = [q % columns, Math.floor(q / columns)];
      return svg("rect", { x, y, width: 1, height: 1, style: `fill:${shade(value, 100)}` });
    };
    const name = `Filter ${f + 1} at epoch ${epochs[0]}`;
    const viewBox = `0 0 ${columns} ${rows}`;
    const attributes = { class: "first", role: "img", "aria-label": name, viewBox };
    return svg(
      "svg",
      { ...attributes, "shape-rendering": "crispEdges" },
      ...kernel(0, f).map(square),
    );
  };
  const path = (f) =>
    svg(
      "svg",
      { class: "path", viewBox: "0 0 100 40", "aria-hidden": "true" },
      svg("polyline", { points: epochs.map((_, n) => point(n, f).join(",")).join(" ") }),
      svg("circle", { r: 3 }),
    );
  const weightCell = (i, j) => el("td", { role: "gridcell", tabindex: i + j ? -1 : 0 });
  const figures = filters.map((f) =>
    el(
      "figure",
      {},
      grid(`Filter ${f + 1}`, rows, columns, weightCell),
      el("div", { class: "below" }, firstKernel(f), path(f)),
      el("figcaption", { class: "quiet" }),
    ),
  );

  const showFilter = (figure, f) => {
    const weights = kernel(now, f);
    figure.querySelectorAll("td").forEach((td, q) => {
      td.textContent = fixed(weights[q], 2);
      td.style.backgroundColor = shade(weights[q], 55);
    });
    const words = `cosine with epoch ${epochs[0]}: ${angle(cosines[now][f])}`;
    figure.querySelector("figcaption").textContent = words;
    const [x, y] = point(now, f);
    figure.querySelector("circle").setAttribute("cx", x);
    figure.querySelector("circle").setAttribute("cy", y);
  };
  const cosineWords = () => {
    const known = cosines[now];
    if (s.filters > 8) return `from ${angle(Math.min(...known))} to ${angle(Math.max(...known))}`;
    return known.map((value, f) => `filter ${f + 1} ${angle(value)}`).join(", ");
  };
  const show = (n) => {
    now = n;
    const name = `Epoch ${epochs[n]}`;
    slider.value = epochs[n];
    slider.setAttribute("aria-valuetext", name);
    label.textContent = name;
    figures.forEach(showFilter);
    const right = accuracy[n] == null ? "" : `, validation accuracy ${percent(accuracy[n])}`;
    say.textContent = `${name}${right}. Cosine with epoch ${epochs[0]}: ${cosineWords()}.`;
  };
  // The next kept epoch in the direction in which the slider was moved.
  const slide = () => {
    play.stop();
    const wanted = +slider.value;
    const kept = epochs.findIndex((epoch) => epoch >= wanted);
    const before = epochs[kept] > wanted ? kept - 1 : kept;
    show(wanted < epochs[now] ? before : kept);
  };
  const step = () => {
    show(now === last ? 0 : now + 1);
    return now < last;
  };

  const say = sentence();
  const label = el("strong");
  const slider = el("input", {
    type: "range",
    class: "slider",
    min: epochs[0],
    max: epochs[last],
    step: 1,
    "data-key": "epoch",
    "aria-label": "epoch",
    oninput: slide,
  });
  // many epochs pass in a few seconds, a handful can be looked at one by one
  const play = player(say, step, () => show(0), clamp(8000 / (last + 1), 100, 900));
  play.buttons.forEach((one) => (one.disabled = !last));
  draw([
    el("div", { class: "row" }, ...play.buttons, slider, label),
    say,
    el("div", { class: "row filters" }, ...figures),
    el(
      "p",
      { class: "quiet" },
      `Blue is positive, red is negative; the full colour is ${num(limit)}, the largest number ` +
        `of all epochs. With each filter: itself at epoch ${epochs[0]}, and its cosine with that ` +
        `over the epochs, from ${num(lowest)} at the bottom to 1 at the top.`,
    ),
  ]);
  show(last);
};
