const start = (root, s) => {
  const draw = stage(root, s.tip);
  const SETTINGS = ["kernel", "stride", "padding", "dilation"];
  const LEAST = [1, 1, 0, 1];
  const [WIDTH, MARGIN, MOST_DOTS] = [640, 20, 70];
  let layers = s.layers.map((layer) => [...layer]);
  let shown = layers.length;
  let preset = "";
  let shadow;

  // After every layer: the field of a unit, the jump between two units, the padding so far.
  const fields = () => {
    let [field, jump, padding] = [1, 1, 0];
    return layers.map(([kernelSize, stride, pad, dilation]) => {
      field += (kernelSize - 1) * dilation * jump;
      padding += pad * jump;
      jump *= stride;
      return { field, jump, padding };
    });
  };
  // The units of every level, input first, that unit 0 after layer n sees, as [first, last].
  const cone = (n) => {
    const spans = [[0, 0]];
    for (const [kernelSize, stride, pad, dilation] of layers.slice(0, n).reverse()) {
      const [first, last] = spans[0];
      spans.unshift([first * stride - pad, last * stride - pad + dilation * (kernelSize - 1)]);
    }
    return spans;
  };
  const centreOf = (all) => (level, unit) => {
    if (!level) return unit;
    const { field, jump, padding } = all[level - 1];
    return (field - 1) / 2 - padding + unit * jump;
  };
  const picture = (n, all) => {
    const spans = cone(n);
    const [low, high] = spans[0];
    const gap = clamp(200 / n, 14, 34);
    const height = gap * n + 30;
    const centre = centreOf(all);
    const x = (pixel) => MARGIN + ((pixel - low + 0.5) / (high - low + 1)) * (WIDTH - 2 * MARGIN);
    const y = (level) => height - 15 - level * gap;
    // a pixel is as wide as its square, a unit is a point
    const half = (level) => (level ? 0 : 0.5);
    const left = spans.map(([a], l) => `${x(centre(l, a) - half(l))},${y(l)}`);
    const right = spans.map(([, b], l) => `${x(centre(l, b) + half(l))},${y(l)}`);
    const dot = (level, unit) =>
      svg("circle", {
        cx: x(centre(level, unit)),
        cy: y(level),
        r: Math.min(4, gap / 4),
        fill: "currentColor",
      });
    const line = (level, first, last) =>
      svg("line", {
        x1: x(centre(level, first)),
        x2: x(centre(level, last)),
        y1: y(level),
        y2: y(level),
        stroke: "currentColor",
        "stroke-width": 2,
      });
    const marks = spans.flatMap(([first, last], level) => {
      const count = last - first + 1;
      if (count > MOST_DOTS) return [line(level, first, last)];
      return range(count).map((q) => dot(level, first + q));
    });
    const name =
      `Side view: one unit after layer ${n}, above, ` +
      `and the ${high - low + 1} input pixels that it sees, below.`;
    const points = [...left, ...right.reverse()].join(" ");
    return svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": name },
      svg("polygon", { points, fill: "currentColor", opacity: 0.16 }),
      ...marks,
    );
  };

  // What the reader has just done something to stays in sight, or comes there: row `at` of the list.
  const reveal = (list, before, at) => {
    list.scrollTop = before;
    const [row, frame] = [list.querySelectorAll("tbody tr")[at], list].map((e) =>
      e.getBoundingClientRect(),
    );
    const [above, below] = [frame.top + 3 - row.top, row.bottom + 3 - frame.bottom];
    if (above > 0) list.scrollTop -= above;
    else if (below > 0) list.scrollTop += below;
  };
  const change = (newLayers, newShown = newLayers.length, name = "", at = newShown - 1) => {
    layers = newLayers;
    shown = clamp(newShown, 1, layers.length);
    preset = name;
    const before = shadow.querySelector(".layers").scrollTop;
    render();
    reveal(shadow.querySelector(".layers"), before, at);
  };
  // The cone stays the one that was shown; the focus goes to the layer that has moved up.
  const removeAt = (l) => {
    const at = Math.min(l, layers.length - 2);
    const rest = layers.filter((_, other) => other !== l);
    change(rest, shown - (l < shown), "", at);
    const next = shadow.querySelector(`[data-key="remove${at}"]:not(:disabled)`);
    (next ?? shadow.querySelector("[data-key=add]")).focus({ preventScroll: true });
  };
  const settingCell = (l, c) => {
    const input = el("input", {
      type: "number",
      min: LEAST[c],
      max: 999,
      value: layers[l][c],
      class: "field",
      "data-key": `${l},${c}`,
      "aria-label": `${SETTINGS[c]} of layer ${l + 1}`,
      onchange: () => {
        const typed = Math.round(read(input.value) ?? layers[l][c]);
        layers[l][c] = clamp(typed, LEAST[c], 999);
        change(layers, shown, "", l);
      },
    });
    return el("td", { "data-name": SETTINGS[c] }, input);
  };
  const layerRow = (l, result) => {
    const show = el("input", {
      type: "radio",
      name: "shown",
      "data-key": `show${l}`,
      checked: l + 1 === shown,
      "aria-label": `Show a unit after layer ${l + 1}`,
      onchange: () => change(layers, l + 1, preset),
    });
    const remove = button("\u2212", () => removeAt(l), {
      "data-key": `remove${l}`,
      "aria-label": `Remove layer ${l + 1}`,
      disabled: layers.length === 1,
    });
    const results = Object.entries(result).map(([name, value]) =>
      el("td", { "data-name": name }, num(value)),
    );
    return el(
      "tr",
      { class: l + 1 === shown ? "on" : "" },
      el("td", {}, show),
      el("th", { scope: "row" }, String(l + 1)),
      ...range(SETTINGS.length).map((c) => settingCell(l, c)),
      ...results,
      el("td", { class: "remove" }, remove),
    );
  };
  const table = (all) => {
    const heads = ["show", "layer", ...SETTINGS, "field", "jump", "total padding", "remove"];
    return el(
      "table",
      {},
      el("caption", {}, "Layers, from the input up"),
      el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, ...layers.map((_, l) => layerRow(l, all[l]))),
    );
  };
  const presets = () => {
    const names = ["", ...Object.keys(s.presets)];
    const options = names.map((name) =>
      el("option", { value: name, selected: name === preset }, name || "your own"),
    );
    const pick = () => {
      if (!select.value) return;
      const chosen = s.presets[select.value].map((layer) => [...layer]);
      change(chosen, chosen.length, select.value);
    };
    const select = el("select", { "data-key": "preset", onchange: pick }, ...options);
    return el("label", {}, "stack", select);
  };
  const add = () =>
    button("add a 3\u00d73 layer", () => change([...layers, [3, 1, 1, 1]]), {
      "data-key": "add",
      disabled: layers.length >= 60,
    });
  const say = sentence();
  const render = () => {
    const all = fields();
    const { field, jump, padding } = all[shown - 1];
    const below =
      shown > 1 ? [all[shown - 2].field, `after layer ${shown - 1}`] : [1, "in the image"];
    shadow = draw([
      el("div", { class: "row" }, presets(), add()),
      say,
      picture(shown, all),
      el(
        "div",
        { class: "layers", tabindex: 0, role: "region", "aria-label": "Layers" },
        table(all),
      ),
    ]);
    say.textContent =
      `One unit after layer ${shown} sees ${field}\u00d7${field} input pixels, ` +
      `${field - below[0]} more per axis than one ${below[1]}. ` +
      `Neighbouring units are ${jump} pixel${jump > 1 ? "s" : ""} apart. ` +
      `The padding adds up to ${padding} on each side.`;
  };
  render();
};
