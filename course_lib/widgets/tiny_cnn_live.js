const start = (root, s) => {
  const draw = stage(root);
  if (!draw) return;
  const list = (n, make) => Array.from({length: n}, (_, q) => make(q));
  const sum = (n, term) => list(n, term).reduce((a, v) => a + v, 0);
  const floats = text => [...new Float32Array(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer)];
  const {epochs, classes, filters: F} = s, K = classes.length, all = floats(s.values), N = all.length / epochs.length;
  const initial = list(F, () => false), cells = new Map();
  let e = epochs.length - 1, x = floats(s.images[0][1]), ink = 1, brush, from, at = 27, hide = false, eye, shadow, now;
  // Everything lies in flat lists. What entry q is made from: of x, c, r and p, by the kind of q.
  const below = {
    c: q => list(9, t => 8 * ((q % 36 / 6 | 0) + (t / 3 | 0)) + q % 6 + t % 3),
    r: q => [q],
    p: q => [0, 1, 6, 7].map(t => 36 * (q / 9 | 0) + 12 * (q % 9 / 3 | 0) + 2 * (q % 3) + t),
    w: q => [q % (9 * F)],
  };
  const forward = x => {
    // a filter set back takes its kernel and bias from the first snapshot
    const own = list(N, q => all[N * (initial[q < 9 * F ? q / 9 | 0 : q - 9 * F] ? 0 : e) + q]);
    const [k, b, w, o] = [9 * F, F, 9 * F * K, K].map(n => own.splice(0, n));
    const c = list(36 * F, q => below.c(q).reduce((a, i, t) => a + k[9 * (q / 36 | 0) + t] * x[i], b[q / 36 | 0]));
    const r = c.map(v => Math.max(v, 0)), p = list(9 * F, q => Math.max(...below.p(q).map(i => r[i])));
    const h = list(K * F, q => sum(9, t => w[9 * q + t] * p[9 * (q % F) + t]));
    const z = list(K, n => o[n] + sum(F, f => h[n * F + f])), y = z.map(v => Math.exp(v - Math.max(...z)));
    return {x, k, b, c, r, p, w, h, o, z, y: y.map(v => v / sum(K, n => y[n]))};
  };
  const hidden = q => hide && Math.hypot((q >> 3) - (at >> 3), q % 8 - at % 8) < 2;
  const percent = v => `${(100 * v).toFixed(1)} %`, two = v => v.toFixed(2).replace("-", "−");
  const put = (name, words) => {
    const e = shadow.querySelector(`[data-at=${name}]`);
    e.textContent = words;
    return e;
  };
  const paint = () => {
    now = forward(x.map((v, q) => hidden(q) ? 0 : v));
    const full = forward(x).y, [best, old] = [now.y, full].map(y => y.indexOf(Math.max(...y)));
    const limit = Math.max(1, ...now.c.map(Math.abs));
    cells.forEach(([kind, q], td) => {
      const v = now[kind][q];
      td.ariaLabel = num(v);
      td.textContent = kind === "k" ? two(v) : v < 0 ? "−" : "";
      td.classList.toggle("lost", kind === "x" && hidden(q));
      td.style.backgroundColor = `color-mix(in srgb,${v < 0 ? "#d6604d" : kind === "x" ? "currentColor" : "#4393c3"} ${Math.min(1, Math.abs(v) / (s.limits[kind] || limit)) * (kind === "x" ? 90 : 65)}%,transparent)`;
    });
    initial.forEach((on, f) => {
      put(`b${f}`, `bias ${two(now.b[f])}`);
      put(`i${f}`, on ? "back to trained" : "reset to initial");
    });
    now.h.forEach((v, q) => put(`h${q}`, `sum ${two(v)}`));
    now.y.forEach((v, n) => {
      put(`o${n}`, two(now.o[n]));
      put(`z${n}`, num(now.z[n]));
      const bar = put(`y${n}`, percent(v)), mark = 100 * full[n];
      bar.classList.toggle("on", n === best);
      bar.style.background = `linear-gradient(to right,transparent calc(${mark}% - 2px),currentColor 0 ${mark}%,transparent 0),linear-gradient(to right,${mix(22)} ${100 * v}%,transparent 0)`;
    });
    slider.ariaValueText = put("epoch", `epoch ${epochs[e]}`).textContent;
    put("say", `Epoch ${epochs[e]}: ${classes[old]}, ${percent(full[old])}.` + (hide ? ` Without the hatched pixels: ${percent(now.y[old])}, a change of ${num(100 * (now.y[old] - full[old]))} points${best === old ? "" : `; the answer is now ${classes[best]}`}.` : ""));
    look();
  };
  // One number in words, and where it comes from.
  const look = () => {
    if (!eye) return;
    const [kind, q] = cells.get(eye), v = now[kind][q], f = (q / ("cr".includes(kind) ? 36 : 9) | 0) % F;
    const source = {c: "x", r: "c", p: "r", w: "p"}[kind], used = source ? below[kind](q) : [], was = source ? used.map(i => now[source][i]) : [v];
    cells.forEach((c, td) => td.classList.toggle("src", c[0] === source && used.includes(c[1])));
    const how = {
      c: was.map((u, t) => u ? `${num(u)}·${num(now.k[9 * f + t])} + ` : "").join("") + `bias ${num(now.b[f])} = `,
      r: `max(0, ${num(was[0])}) = `,
      p: `max(${was.map(num).join(", ")}) = `,
      w: `pooled ${num(was[0])} gives ${num(was[0] * v)} by the weight `,
    }[kind] || "";
    put("look", `${"xk".includes(kind) ? "" : `Filter ${f + 1}, `}${eye.closest("table").ariaLabel}, row ${eye.parentNode.rowIndex}, column ${eye.cellIndex}: ${how}${num(v)}.`);
  };
  // From the pixel where the pointer was to where it is: a fast pointer leaves no gap.
  const stroke = to => {
    const i = (to >> 3) - (from >> 3), j = to % 8 - from % 8, n = Math.max(1, i, -i, j, -j);
    for (let t = 0; t <= n; t++) x[8 * ((from >> 3) + Math.round(i * t / n)) + from % 8 + Math.round(j * t / n)] = brush;
    from = to;
    paint();
  };
  const press = ev => {
    if (!/^( |Enter)$/.test(ev.key || " ")) return;
    if (ev.key) ev.preventDefault();
    // a finger keeps the pixel where it began, unless that lets go of it
    else ev.target.releasePointerCapture(ev.pointerId);
    brush = x[at] === ink ? 0 : ink;
    if (!hide && ev.target.matches("td")) stroke(from = at);
  };
  const peek = ev => {
    const td = ev.target, [kind, q] = cells.get(td) || [];
    if (!kind) return;
    eye = td;
    if (kind === "x") {
      at = q;
      if (ev.buttons & 1 && from >= 0 && !hide) stroke(q);
      else paint();
    } else {
      // one tab stop for each filter
      if (ev.type === "focusin") td.closest(".f").querySelectorAll("td").forEach(other => { other.tabIndex = -(other !== td); });
      look();
    }
  };
  const part = (kind, caption, side, n = 0) => {
    const t = grid(caption, side, side, (i, j) => {
      const td = el("td", {role: "gridcell", tabindex: -1});
      cells.set(td, [kind, side * (side * n + i) + j]);
      return td;
    });
    t.className = kind;
    return t;
  };
  const live = (name, ...kids) => el("p", {class: name, "aria-live": "polite", "data-at": name}, ...kids);
  const note = (name, above, ...kids) => el("div", {}, above, el("div", {"data-at": name}), ...kids);
  const button = (words, act, name) => el("button", {"data-at": name, onclick: () => { act(); paint(); }}, words);
  const row = f => {
    const box = el("div", {class: "row f", role: "group", "aria-label": `Filter ${f + 1}`},
      note(`b${f}`, part("k", `filter ${f + 1}`, 3, f), button("", () => { initial[f] = !initial[f]; }, `i${f}`)),
      part("c", "convolved", 6, f), part("r", "ReLU", 6, f), part("p", "pooled", 3, f),
      ...classes.map((name, k) => note(`h${F * k + f}`, part("w", `× ${name}`, 3, F * k + f))));
    box.querySelector("td").tabIndex = 0;
    // past the edge of a table the arrow keys go on in the next one
    box.onkeydown = ev => {
      const step = {ArrowRight: 1, ArrowLeft: -1}[ev.key], tables = [...box.querySelectorAll("table")];
      const next = tables[tables.indexOf(ev.target.closest("table")) + step];
      if (next && shadow.activeElement === ev.target) next.querySelector("td").focus();
    };
    return box;
  };
  const paper = part("x", "Image", 8);
  paper.rows[3].cells[3].tabIndex = 0;
  paper.onpointerdown = paper.onkeydown = press;
  paper.onpointerleave = () => { from = -1; };
  const input = (type, attrs, act) => {
    const box = el("input", {type, ...attrs, oninput: () => { act(box); paint(); }});
    return box;
  };
  const slider = input("range", {max: e, value: e}, () => { e = +slider.value; });
  const line = (name, k) => el("tr", {}, el("th", {scope: "row"}, name), ...["o", "z", "y"].map(c => el("td", {"data-at": c + k, class: c})));
  shadow = draw([
    el("style", {}, `.f{gap:.5rem;border-top:1px solid ${mix(25)};padding-top:.5rem}.f *{font-size:.75rem}
td{min-width:0}.f td{width:1.2rem;height:1.75rem}.f .k td{width:2.3rem}.f .c td,.f .r td{width:.85rem;height:.85rem;line-height:1;font-size:.6rem}.x td{width:1.55rem;height:1.55rem}
.c,.r{border-spacing:1px}p+.row{margin-top:.7rem}.x{touch-action:none;cursor:crosshair;user-select:none}.src{outline:2px solid;outline-offset:-1px}
th{font-weight:600;text-align:left;padding-right:.6rem}.look{min-height:3em;font-size:.9em}.o,.z{min-width:3.5rem}.y{width:9rem}`),
    el("div", {class: "row"}, el("label", {}, slider, el("span", {"data-at": "epoch"})), ...s.images.map(([name, image]) => button(name, () => { x = floats(image); })), button("clear", () => { x.fill(0); })),
    el("div", {class: "row"}, paper, el("div", {style: "flex:1 1 18rem"},
      el("table", {}, el("tr", {}, ...["class", "bias", "logit", "probability"].map(h => el("th", {}, h))), ...classes.map(line)),
      live("say"),
      el("div", {class: "row"}, el("label", {}, "brightness", input("range", {step: 10, value: 100}, box => { ink = box.value / 100; })),
        el("label", {}, input("checkbox", {}, box => { hide = box.checked; }), "occlude 3×3 pixels")))),
    live("look", s.hint),
    ...list(F, row), el("p", {class: "quiet"}, s.legend)]);
  for (const type of ["pointerover", "focusin"]) shadow.addEventListener(type, peek);
  paint();
};
