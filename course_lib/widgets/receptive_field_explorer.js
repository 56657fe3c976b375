const start = (root, s) => {
  const draw = stage(root);
  if (!draw) return;
  const NAMES = ["kernel", "stride", "padding", "dilation"], LEAST = [1, 1, 0, 1];
  let layers = s.layers.map(l => [...l]), shown = layers.length, preset = "";
  const fields = () => {
    let r = 1, j = 1, p = 0;
    return layers.map(([k, t, pad, d]) => { r += (k - 1) * d * j; p += pad * j; j *= t; return {r, j, p}; });
  };
  // The units of every level that one unit of level n (counted 0) sees, as [first, last].
  const cone = n => {
    const spans = [[0, 0]];
    for (let l = n - 1; l >= 0; l--) {
      const [k, t, pad, d] = layers[l], [a, b] = spans[0];
      spans.unshift([a * t - pad, b * t - pad + d * (k - 1)]);
    }
    return spans;
  };
  const svg = (tag, attrs, ...kids) => {
    const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const k in attrs) e.setAttribute(k, attrs[k]);
    e.append(...kids);
    return e;
  };
  const picture = (n, all) => {
    const spans = cone(n), [lo, hi] = spans[0], width = 640, gap = Math.max(14, Math.min(46, 300 / n)), height = gap * n + 30;
    const x = v => 20 + (v - lo + .5) / (hi - lo + 1) * (width - 40), y = l => height - 15 - l * gap;
    // centre of unit i of level l, in input pixels
    const centre = (l, i) => l ? (all[l - 1].r - 1) / 2 - all[l - 1].p + i * all[l - 1].j : i;
    const left = [], right = [], marks = [];
    spans.forEach(([a, b], l) => {
      const half = l ? 0 : .5;
      left.push(`${x(centre(l, a) - half)},${y(l)}`);
      right.unshift(`${x(centre(l, b) + half)},${y(l)}`);
      if (b - a < 70) for (let i = a; i <= b; i++)
        marks.push(svg("circle", {cx: x(centre(l, i)), cy: y(l), r: Math.min(4, gap / 4), fill: "currentColor"}));
      else marks.push(svg("line", {x1: x(centre(l, a)), x2: x(centre(l, b)), y1: y(l), y2: y(l), stroke: "currentColor", "stroke-width": 2}));
    });
    const name = `Side view: one unit after layer ${n}, above, and the ${hi - lo + 1} input pixels that it sees, below.`;
    return svg("svg", {viewBox: `0 0 ${width} ${height}`, width: "100%", style: "max-width:40rem;max-height:24rem", role: "img", "aria-label": name},
      svg("polygon", {points: [...left, ...right].join(" "), fill: "currentColor", opacity: .16}), ...marks);
  };
  const render = () => {
    shown = Math.max(1, Math.min(shown, layers.length));
    const all = fields();
    const rows = layers.map((layer, l) => {
      const cells = layer.map((v, c) => {
        const input = el("input", {type: "number", min: LEAST[c], max: 999, value: v, class: "field", "data-key": `${l},${c}`,
          "aria-label": `${NAMES[c]} of layer ${l + 1}`, style: "width:clamp(2.6rem,11vw,4.2rem)", onchange: () => {
            const n = Math.round(read(input.value, v));
            layers[l][c] = Math.min(999, Math.max(LEAST[c], n)); preset = ""; render(); }});
        return el("td", {}, input);
      });
      const show = el("input", {type: "radio", name: "shown", "data-key": `show${l}`, checked: l + 1 === shown, "aria-label": `Show a unit after layer ${l + 1}`,
        onchange: () => { shown = l + 1; render(); }});
      const remove = el("button", {type: "button", "data-key": `remove${l}`, "aria-label": `Remove layer ${l + 1}`, disabled: layers.length === 1,
        onclick: () => { layers.splice(l, 1); preset = ""; shown = layers.length; render(); }}, "\u2212");
      return el("tr", {class: l + 1 === shown ? "on" : ""}, el("td", {}, show), el("th", {scope: "row"}, String(l + 1)), ...cells,
        ...[all[l].r, all[l].j, all[l].p].map(v => el("td", {}, num(v))), el("td", {}, remove));
    });
    const heads = ["show", "layer", ...NAMES, "field", "jump", "total padding", ""].map(h => el("th", {scope: "col", style: "font-size:.85em;font-weight:600;padding:0 .2rem"}, h || "remove"));
    const pick = el("select", {"data-key": "preset", onchange: () => {
      preset = pick.value;
      if (preset) { layers = s.presets[preset].map(l => [...l]); shown = layers.length; render(); } }},
      ...["", ...Object.keys(s.presets)].map(n => el("option", {value: n, selected: n === preset}, n || "your own")));
    const f = all[shown - 1];
    const table = el("table", {style: "width:auto"}, el("caption", {}, "Layers, from the input up"), el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows));
    draw([
      el("div", {class: "row"}, el("label", {}, "stack", pick),
        el("button", {type: "button", "data-key": "add", onclick: () => { layers.push([3, 1, 1, 1]); preset = ""; shown = layers.length; render(); }, disabled: layers.length >= 60}, "add a 3\u00d73 layer")),
      el("p", {class: "say", "aria-live": "polite"}, `One unit after layer ${shown} sees ${f.r}\u00d7${f.r} input pixels. Neighbouring units are ${f.j} pixel${f.j > 1 ? "s" : ""} apart. The padding adds up to ${f.p} on each side.`),
      picture(shown, all),
      el("div", {style: "max-height:22rem;overflow:auto", tabindex: 0, role: "region", "aria-label": "Layers"}, table)]);
  };
  render();
};
