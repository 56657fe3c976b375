const start = (root, s) => {
  const draw = stage(root, s.tip);
  const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [560, 320, 46, 400, 14, 280];
  let cost = 0; // which of the costs is the x-axis
  let limit = s.start; // the network whose cost is the budget

  const values = () => s.costs[cost].values;
  const everyone = range(s.names.length);
  const byCost = () => [...everyone].sort((a, b) => values()[a] - values()[b] || a - b);
  const affordable = (n) => values()[n] <= values()[limit];
  const ranking = () => everyone.filter(affordable).sort((a, b) => s.mean[b] - s.mean[a] || a - b);

  const big = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 3 });
  const score = (n) => `${fixed(s.mean[n], 1)} %`;

  const scale = () => {
    const logs = values().map(Math.log10);
    const [low, high] = [Math.min(...logs), Math.max(...logs)];
    const room = Math.max(high - low, 0.1);
    return (value) => LEFT + 12 + ((Math.log10(value) - low) / room) * (RIGHT - LEFT - 24);
  };
  const lowest = Math.floor(Math.min(...s.mean) / 5) * 5;
  const highest = Math.ceil(Math.max(...s.mean) / 5) * 5;
  const y = (accuracy) =>
    BOTTOM - ((accuracy - lowest) / Math.max(highest - lowest, 5)) * (BOTTOM - TOP);

  // Names stand right of their dots, each below what would cover it: a name or another dot.
  const width = (n) => 7 * (s.names[n].length + 2);
  const labelRows = (x) => {
    const placed = [];
    for (const n of [...everyone].sort((a, b) => s.mean[b] - s.mean[a])) {
      const left = x(values()[n]) + 9;
      let row = y(s.mean[n]) + 4;
      const meets = (from, to) => from < left + width(n) && left < to;
      const covers = (other) =>
        Math.abs(other.row - row) < 13 && meets(other.left, other.left + width(other.n));
      const hits = (m) => {
        const dotX = x(values()[m]);
        return m !== n && Math.abs(y(s.mean[m]) + 4 - row) < 11 && meets(dotX - 7, dotX + 7);
      };
      while (row < BOTTOM && (placed.some(covers) || everyone.some(hits))) row += 3;
      placed.push({ n, left, row });
    }
    return placed;
  };

  const axes = () => {
    const marks = range((highest - lowest) / 5 + 1).map((step) => lowest + 5 * step);
    return marks.flatMap((mark) => [
      svg("line", { class: "guide", x1: LEFT, x2: RIGHT, y1: y(mark), y2: y(mark) }),
      svg("text", { x: LEFT - 6, y: y(mark) + 4, "text-anchor": "end" }, `${mark} %`),
    ]);
  };
  const dot = (n, x, best) => {
    const [cx, cy] = [x(values()[n]), y(s.mean[n])];
    const spread = (s.error[n] / Math.max(highest - lowest, 5)) * (BOTTOM - TOP);
    return svg(
      "g",
      { class: affordable(n) ? "" : "beyond" },
      svg("line", { class: "spread", x1: cx, x2: cx, y1: cy - spread, y2: cy + spread }),
      svg("circle", { class: n === best ? "dot best" : "dot", cx, cy, r: 5.5 }),
    );
  };

  const paint = () => {
    const x = scale();
    const [best, second] = ranking();
    const edge = x(values()[limit]) + 4;
    const names = labelRows(x).map(({ n, left, row }) =>
      svg("text", { x: left, y: row }, affordable(n) ? s.names[n] : `(${s.names[n]})`),
    );
    const line = svg("line", { class: "budget", x1: edge, x2: edge, y1: TOP, y2: BOTTOM });
    const title = svg("text", { x: LEFT, y: HEIGHT - 12 }, `${s.costs[cost].name} (logarithmic)`);
    picture.replaceChildren(
      ...axes(),
      line,
      ...everyone.map((n) => dot(n, x, best)),
      ...names,
      title,
    );
    const order = byCost();
    slider.value = order.indexOf(limit);
    slider.setAttribute("aria-valuetext", `${s.names[limit]}, ${big(values()[limit])}`);
    shown.textContent = s.names[limit];
    const count = ranking().length;
    const then = second === undefined ? "" : `, then ${s.names[second]} with ${score(second)}`;
    say.textContent =
      `At most ${big(values()[limit])} ${s.costs[cost].name}, as ${s.names[limit]}: ` +
      `${count} of ${s.names.length} networks. Best is ${s.names[best]} with ${score(best)}${then}.`;
  };

  const select = el(
    "select",
    {
      "data-key": "cost",
      onchange: () => {
        cost = +select.value;
        paint();
      },
    },
    ...s.costs.map(({ name }, n) => el("option", { value: n }, name)),
  );
  const slider = el("input", {
    type: "range",
    min: 0,
    max: s.names.length - 1,
    "data-key": "budget",
    oninput: () => {
      limit = byCost()[+slider.value];
      paint();
    },
  });
  const shown = el("span");
  const say = sentence();
  const picture = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img",
    "aria-label": "Accuracy against the chosen cost; in brackets what the budget does not allow",
  });
  draw([
    el(
      "div",
      { class: "row" },
      el("label", {}, "cost", select),
      el("label", {}, "budget", slider, shown),
    ),
    picture,
    say,
  ]);
  paint();
};
