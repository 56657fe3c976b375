const start = (root, s) => {
  const draw = stage(root, s.tip);
  const size = s.minimum.length;
  const axes = range(size);
  const [SIDE, MOST_STEPS, FAR] = [320, 100, 1e6];
  const limit = 2 / s.curvature; // the largest learning rate that does not diverge
  const initial = { rate: s.rate, momentum: s.momentum, from: [...s.start] };
  let { rate, momentum, from } = initial;
  let steps = 10;

  const gradient = (w) =>
    axes.map((a) => total(axes.map((b) => s.hessian[a][b] * (w[b] - s.minimum[b]))));
  const excess = (w) => total(gradient(w).map((g, a) => (g * (w[a] - s.minimum[a])) / 2));
  const loss = (w) => s.offset + excess(w);
  // The weights before and after every step; a path that has left for good ends there.
  const walk = () => {
    const path = [from];
    let velocity = axes.map(() => 0);
    while (path.length <= steps && excess(path.at(-1)) < FAR * excess(from)) {
      const w = path.at(-1);
      const g = gradient(w);
      velocity = axes.map((a) => momentum * velocity[a] + g[a]);
      path.push(axes.map((a) => w[a] - rate * velocity[a]));
    }
    return path;
  };

  // What the map shows: a square around the minimum that holds the first start.
  const half = 1.5 * Math.max(...axes.map((a) => Math.abs(s.start[a] - s.minimum[a])));
  const scale = SIDE / (2 * half);
  const toX = (value) => SIDE / 2 + (value - s.minimum[0]) * scale;
  const edge = s.minimum.map((value) => value + half);
  const heightOf = (value) => SIDE - 30 - ((SIDE - 60) * (value - s.offset)) / excess([edge[0]]);
  const toY = (value) => SIDE / 2 - (value - s.minimum[1]) * scale;
  const place = (w) => [toX(w[0]), size === 1 ? heightOf(loss(w)) : toY(w[1])];
  // a point far outside would be drawn with an overflowing coordinate
  const inReach = (xy) => xy.map((value) => clamp(value, -5 * SIDE, 6 * SIDE).toFixed(2));
  const points = (places) => places.map((xy) => inReach(xy).join(",")).join(" ");

  // The weights whose loss lies `level` above the minimum: an ellipse, by the Cholesky factor.
  const ellipse = (level) => {
    const [[a, b], [, d]] = s.hessian;
    const [first, mixed] = [Math.sqrt(a), b / Math.sqrt(a)];
    const second = Math.sqrt(d - mixed ** 2);
    const radius = Math.sqrt(2 * level);
    return range(73).map((t) => {
      const [u, v] = [Math.cos((t * Math.PI) / 36), Math.sin((t * Math.PI) / 36)];
      const w1 = (radius * v) / second;
      const w0 = (radius * u - mixed * w1) / first;
      return place([s.minimum[0] + w0, s.minimum[1] + w1]);
    });
  };
  const landscape = () => {
    if (size === 1) {
      const curve = range(81).map((t) => place([s.minimum[0] + half * (t / 40 - 1)]));
      return [svg("polyline", { class: "curve", points: points(curve) })];
    }
    const high = excess(s.start);
    const levels = [4, 2, 1, 0.5, 0.25, 0.1, 0.03].map((share) => share * high);
    return levels.map((level) =>
      svg("polygon", { class: "level", points: points(ellipse(level)) }),
    );
  };
  // Some round numbers between `low` and `high`, three to seven.
  const ticks = (low, high) => {
    const rough = (high - low) / 7;
    const power = 10 ** Math.floor(Math.log10(rough));
    const pace = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
    const first = Math.ceil(low / pace);
    return range(Math.floor(high / pace) - first + 1).map((n) => (first + n) * pace);
  };
  // Both axes with their numbers, inside of the frame; none where it would meet the name of its axis.
  const scales = () => {
    const [x, y] = s.minimum;
    const [low, high] =
      size === 1 ? [s.offset, s.offset + excess([edge[0]])] : [y - half, y + half];
    const across = ticks(x - half, x + half).map((value) => [value, toX(value)]);
    const up = ticks(low, high).map((value) => [value, size === 1 ? heightOf(value) : toY(value)]);
    return [
      ...across
        .filter(([, at]) => at > 45 && at < SIDE - 40)
        .flatMap(([value, at]) => [
          svg("line", { class: "tick", x1: at, x2: at, y1: 0, y2: SIDE - 24 }),
          svg("text", { x: at, y: SIDE - 8, "text-anchor": "middle" }, short(value)),
        ]),
      ...up
        .filter(([, at]) => at > 32 && at < SIDE - 20)
        .flatMap(([value, at]) => [
          svg("line", { class: "tick", x1: 44, x2: SIDE, y1: at, y2: at }),
          svg("text", { x: 8, y: at + 4 }, short(value)),
        ]),
    ];
  };
  const dots = (places) =>
    places.map((xy, n) => {
      const [cx, cy] = inReach(xy);
      const isLast = n === places.length - 1;
      return svg("circle", { class: isLast ? "last" : "dot", cx, cy, r: isLast ? 6 : 3 });
    });
  const paintMap = (path) => {
    const places = path.map(place);
    const [x, y] = place(s.minimum);
    const goal = svg("path", { class: "goal", d: `M${x - 5},${y}h10M${x},${y - 5}v10` });
    const line = svg("polyline", { class: "path", points: points(places) });
    const words = svg("text", { x: SIDE - 8, y: SIDE - 8, "text-anchor": "end" }, s.names[0]);
    const side = svg("text", { x: 8, y: 18 }, size === 1 ? "loss" : s.names[1]);
    map.replaceChildren(...landscape(), ...scales(), goal, line, ...dots(places), words, side);
  };
  // The loss above its minimum by step, as powers of ten of what it was at the start.
  const [TOP, BOTTOM] = [3, -7];
  const paintCurve = (path) => {
    const y = (power) => 10 + ((TOP - power) / (TOP - BOTTOM)) * (SIDE - 40);
    const first = excess(path[0]) || 1;
    const power = (w) => clamp(Math.log10(Math.max(excess(w), 1e-300) / first), BOTTOM, TOP);
    const x = (n) => 52 + (n / Math.max(10, steps)) * (SIDE - 64);
    const places = path.map((w, n) => [x(n), y(power(w))]);
    const guides = [2, 0, -2, -4, -6].flatMap((p) => [
      svg("line", { class: "guide", x1: 52, x2: SIDE, y1: y(p), y2: y(p) }),
      svg("text", { x: 46, y: y(p) + 4, "text-anchor": "end" }, p ? minus(`1e${p}`) : "start"),
    ]);
    const line = svg("polyline", { class: "path", points: points(places) });
    const words = `${Math.max(10, steps)} steps`;
    const label = svg("text", { x: SIDE - 8, y: SIDE - 8, "text-anchor": "end" }, words);
    curve.replaceChildren(...guides, line, ...dots(places), label);
  };
  const short = (value) => minus(String(+value.toPrecision(4)));
  const list = (values) => (size === 1 ? short(values[0]) : `(${values.map(short).join(", ")})`);
  const verdict = () => {
    const most = limit * (1 + momentum);
    if (rate > most) return `It diverges: with this momentum the limit is ${short(most)}.`;
    return `It arrives in the end: with this momentum every rate below ${short(most)} does.`;
  };
  const paint = () => {
    const path = walk();
    const w = path.at(-1);
    paintMap(path);
    paintCurve(path);
    const names = size === 1 ? s.names[0] : `(${s.names.join(", ")})`;
    say.textContent =
      `After ${path.length - 1} step${path.length === 2 ? "" : "s"}: ${names} = ${list(w)}, ` +
      `loss ${short(loss(w))}, gradient ${list(gradient(w))}. ${verdict()}`;
    momentumSlider.setAttribute("aria-valuetext", num(momentum));
    momentumShown.textContent = num(momentum);
    rateSlider.value = 100 + 40 * Math.log10(rate / limit);
    rateSlider.setAttribute("aria-valuetext", short(rate));
  };

  const setRate = (value) => {
    rate = value;
    typedAs.set(rate, short(rate));
    rateField.settle(rate);
    paint();
  };
  const step = () => {
    steps = steps < MOST_STEPS ? steps + 1 : 0;
    paint();
    const here = excess(walk().at(-1)) / excess(from);
    return steps < MOST_STEPS && here < FAR && here > 1e-7;
  };
  const reset = () => {
    ({ rate, momentum, from } = initial);
    steps = 0;
    momentumSlider.value = momentum;
    setRate(rate);
  };
  const begin = (w) => {
    const bounded = axes.map((a) => clamp(w[a], s.minimum[a] - half, s.minimum[a] + half));
    if (excess(bounded) > 0) from = bounded;
    paint();
  };
  const byPointer = (event) => {
    const box = map.getBoundingClientRect();
    const right = ((event.clientX - box.left) / box.width - 0.5) * 2 * half;
    const up = (0.5 - (event.clientY - box.top) / box.height) * 2 * half;
    begin([s.minimum[0] + right, (s.minimum[1] ?? 0) + up].slice(0, size));
  };
  const byMouse = (event) => {
    if (event.pointerType !== "touch" && event.buttons) byPointer(event);
  };
  const byKey = (event) => {
    const moved = arrow(event);
    if (!moved) return;
    event.preventDefault();
    begin(
      [from[0] + (moved[1] * half) / 20, (from[1] ?? 0) - (moved[0] * half) / 20].slice(0, size),
    );
  };

  const say = sentence();
  const map = svg("svg", {
    class: "map",
    viewBox: `0 0 ${SIDE} ${SIDE}`,
    tabindex: 0,
    role: "application",
    "data-key": "map",
    "aria-label": "The loss and the path. Press, or use the arrow keys, to begin somewhere else.",
    // a finger may be about to scroll: it counts when it is lifted at the place where it was set down
    onpointerdown: byMouse,
    onpointermove: byMouse,
    onclick: byPointer,
    onkeydown: byKey,
  });
  const curve = svg("svg", {
    viewBox: `0 0 ${SIDE} ${SIDE}`,
    role: "img",
    "aria-label": "The loss above its minimum after every step, compared with the start",
  });
  const rateField = numberField("learning rate", rate, { class: "field number" }, (value) => {
    if (value <= 0) return "A learning rate is above 0";
    rate = value;
    paint();
  });
  const rateSlider = el("input", {
    type: "range",
    max: 124,
    step: "any",
    "aria-label": "learning rate, in powers of ten",
    oninput: () => setRate(limit * 10 ** ((rateSlider.value - 100) / 40)),
  });
  const momentumShown = el("span");
  const momentumSlider = el("input", {
    type: "range",
    max: 0.95,
    step: 0.05,
    value: momentum,
    oninput: () => {
      momentum = +momentumSlider.value;
      paint();
    },
  });
  const play = player(say, step, reset, 300);
  const tries = Object.entries(s.rates).map(([name, value]) => button(name, () => setRate(value)));
  draw([
    el(
      "div",
      { class: "row" },
      el("label", {}, "learning rate", rateField),
      rateSlider,
      el("label", {}, "momentum", momentumSlider, momentumShown),
    ),
    el("div", { class: "row" }, ...tries, ...play.buttons),
    el(
      "div",
      { class: "row plots" },
      el("figure", {}, el("figcaption", { class: "quiet" }, "the loss and the path"), map),
      el(
        "figure",
        {},
        el("figcaption", { class: "quiet" }, "loss above the minimum (start = 1)"),
        curve,
      ),
    ),
    say,
    el(
      "p",
      { class: "quiet" },
      `The largest curvature is ${short(s.curvature)}: without momentum every learning rate above ` +
        `2/${short(s.curvature)} = ${short(limit)} diverges. ` +
        `${byHand("Press on", "Touch")} the first picture to begin there.`,
    ),
  ]);
  setRate(rate);
};
