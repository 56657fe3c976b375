const start = (root, s) => {
  const draw = stage(root, s.tip);
  const [HEIGHT, LEFT, TOP, BOTTOM] = [350, 48, 14, 296];
  const NAMED = 480; // from this width on names stand beside their dots, on telephones only numbers
  let cost = 0; // which of the costs is the x-axis
  let limit = s.start; // the network whose cost is the budget

  const values = () => s.costs[cost].values;
  const everyone = range(s.names.length);
  const byCost = () => [...everyone].sort((a, b) => values()[a] - values()[b] || a - b);
  const byScore = [...everyone].sort((a, b) => s.mean[b] - s.mean[a] || a - b);
  const affordable = (n) => values()[n] <= values()[limit];
  const ranking = () => byScore.filter(affordable);

  const big = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 3 });
  const short = (value) =>
    value
      .toLocaleString("en-US", { notation: "compact", maximumSignificantDigits: 3 })
      .replace("K", "k") // as the book writes them
      .replace("B", "G");
  const score = (n) => `${fixed(s.mean[n], 1)} %`;
  const numberOf = (n) => byScore.indexOf(n) + 1;
  const named = (n) => (affordable(n) ? s.names[n] : `(${s.names[n]})`);

  const scale = (width) => {
    const logs = values().map(Math.log10);
    const [low, high] = [Math.min(...logs), Math.max(...logs)];
    const room = Math.max(high - low, 0.1);
    return (value) => LEFT + 12 + ((Math.log10(value) - low) / room) * (width - LEFT - 36);
  };
  const lowest = Math.floor(Math.min(...s.mean) / 5) * 5;
  const highest = Math.ceil(Math.max(...s.mean) / 5) * 5;
  const height = (points) => (points / Math.max(highest - lowest, 5)) * (BOTTOM - TOP);
  const y = (accuracy) => BOTTOM - height(accuracy - lowest);

  // A label stands right of its dot, or left of it where the picture ends; and below what would
  // cover it: another label or another dot.
  const labelPlaces = (x, width) => {
    const placed = [];
    for (const n of byScore) {
      const words = width < NAMED ? `${numberOf(n)}` : named(n);
      const [dot, long] = [x(values()[n]), 7 * words.length + 4];
      const fits = dot + 9 + long < width;
      const left = fits ? dot + 9 : dot - 9 - long;
      let row = y(s.mean[n]) + 4;
      const meets = (from, to) => from < left + long && left < to;
      const covers = (other) =>
        Math.abs(other.row - row) < 14 && meets(other.left, other.left + other.long);
      const hits = (m) => {
        const other = x(values()[m]);
        return m !== n && Math.abs(y(s.mean[m]) + 4 - row) < 11 && meets(other - 7, other + 7);
      };
      while (row < BOTTOM && (placed.some(covers) || everyone.some(hits))) row += 3;
      placed.push({ n, words, left, long, row, fits });
    }
    return placed;
  };

  const axes = (x, width) => {
    const marks = range((highest - lowest) / 5 + 1).map((step) => lowest + 5 * step);
    const across = marks.flatMap((mark) => [
      svg("line", { class: "guide", x1: LEFT, x2: width - 12, y1: y(mark), y2: y(mark) }),
      svg("text", { x: LEFT - 6, y: y(mark) + 4, "text-anchor": "end" }, `${mark} %`),
    ]);
    const [least, most] = [Math.min(...values()), Math.max(...values())];
    const up = range(16)
      .flatMap((power) => [1, 3].map((digit) => digit * 10 ** power))
      .filter((mark) => mark >= least && mark <= most)
      .flatMap((mark) => [
        svg("line", { class: "guide", x1: x(mark), x2: x(mark), y1: TOP, y2: BOTTOM }),
        svg("text", { x: x(mark), y: BOTTOM + 18, "text-anchor": "middle" }, short(mark)),
      ]);
    const words = `${s.costs[cost].name} (logarithmic)`;
    return [...across, ...up, svg("text", { x: LEFT, y: HEIGHT - 8 }, words)];
  };
  const states = (n) => [affordable(n) ? "" : "beyond", n === ranking()[0] ? "best" : ""].join(" ");
  const dot = (n, x) => {
    const [cx, cy, spread] = [x(values()[n]), y(s.mean[n]), height(s.error[n])];
    return svg(
      "g",
      { class: states(n), "data-n": n, ...pointing(n), onclick: () => allow(n) },
      svg("path", { class: "cross", d: `M${LEFT},${cy}H${cx}V${BOTTOM}` }),
      svg("line", { class: "spread", x1: cx, x2: cx, y1: cy - spread, y2: cy + spread }),
      svg("circle", { class: "reach", cx, cy, r: 12 }),
      svg("circle", { class: "dot", cx, cy, r: 5.5 }),
    );
  };
  const paintPicture = (width) => {
    const x = scale(width);
    const edge = x(values()[limit]) + 4;
    const labels = labelPlaces(x, width).map(({ n, words, left, long, row, fits }) =>
      svg(
        "text",
        {
          class: states(n),
          "data-n": n,
          x: fits ? left : left + long,
          y: row,
          "text-anchor": fits ? "start" : "end",
        },
        words,
      ),
    );
    const line = svg("line", { class: "budget", x1: edge, x2: edge, y1: TOP, y2: BOTTOM });
    picture.replaceChildren(...axes(x, width), line, ...everyone.map((n) => dot(n, x)), ...labels);
  };

  // The pointer on a dot and the focus on its line in the list show the same: both, and the way to
  // the axes.
  const look = (n) => {
    for (const element of box.querySelectorAll("[data-n]")) {
      element.classList.toggle("seen", +element.dataset.n === n);
    }
  };
  const pointing = (n) => ({ onpointerenter: () => look(n), onpointerleave: () => look(-1) });
  const entries = byScore.map((n) => {
    const price = el("span", { class: "price" });
    const name = el("span", { class: "name" });
    const entry = el(
      "button",
      {
        type: "button",
        "data-n": n,
        "data-key": `network ${n}`,
        ...pointing(n),
        onfocus: () => look(n),
        onblur: () => look(-1),
        onclick: () => allow(n),
      },
      el("span", { class: "number" }, numberOf(n)),
      name,
      el("span", {}, score(n)),
      price,
    );
    const update = () => {
      name.textContent = named(n);
      price.textContent = short(values()[n]);
      entry.className = states(n);
      entry.setAttribute("aria-pressed", n === limit);
    };
    return { entry, update };
  });

  const paint = () => {
    repaint();
    entries.forEach(({ update }) => update());
    const [best, second] = ranking();
    slider.value = byCost().indexOf(limit);
    slider.setAttribute("aria-valuetext", `${s.names[limit]}, ${big(values()[limit])}`);
    shown.textContent = s.names[limit];
    const count = ranking().length;
    const then = second === undefined ? "" : `, then ${s.names[second]} with ${score(second)}`;
    say.textContent =
      `At most ${big(values()[limit])} ${s.costs[cost].name}, as ${s.names[limit]}: ` +
      `${count} of ${s.names.length} networks. Best is ${s.names[best]} with ${score(best)}${then}.`;
  };
  const allow = (n) => {
    limit = n;
    paint();
    look(n);
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
  const label =
    "Accuracy against the chosen cost, and a list of the networks, the most accurate first; " +
    "in brackets what the budget does not allow";
  const { picture, repaint } = fluid(HEIGHT, label, paintPicture);
  const list = el("ol", {}, ...entries.map(({ entry }) => el("li", {}, entry)));
  const box = el("div", {}, picture, list);
  draw([
    el(
      "div",
      { class: "row" },
      el("label", {}, "cost", select),
      el("label", {}, "budget", slider, shown),
    ),
    box,
    say,
  ]);
  paint();
};
