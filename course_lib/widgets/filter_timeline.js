const start = (root, s) => {
  const draw = stage(root);
  if (!draw) return;
  const {epochs, rows, columns, accuracy} = s, size = rows * columns, last = epochs.length - 1, TICK = 900;
  const all = new Float32Array(Uint8Array.from(atob(s.values), c => c.charCodeAt(0)).buffer);
  const limit = all.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-9);
  const filters = Array.from({length: s.filters}, (_, f) => f);
  // with reduced motion nothing moves by itself: the button takes one step
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let now = last, timer = 0, shadow;
  const kernel = (e, f) => all.subarray((e * s.filters + f) * size, (e * s.filters + f + 1) * size);
  const dot = (a, b) => a.reduce((total, v, q) => total + v * b[q], 0);
  const cosine = (e, f) => {
    const a = kernel(0, f), b = kernel(e, f);
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  };
  const angle = v => Number.isNaN(v) ? "none, a filter of zeros" : v.toFixed(3).replace("-", "\u2212");
  const shade = (v, most) => `color-mix(in srgb,${v < 0 ? "#d6604d" : "#4393c3"} ${(most * Math.abs(v) / limit).toFixed(1)}%,transparent)`;
  const lowest = Math.min(0, ...epochs.flatMap((_, e) => filters.map(f => cosine(e, f) || 0)));
  const point = (e, v) => `${last ? 3 + 94 * e / last : 50},${3 + 34 * (1 - v) / (1 - lowest)}`;
  const thumbnail = f => {
    const box = el("div");
    const cells = [...kernel(0, f)].map((v, q) => `<rect x="${q % columns}" y="${q / columns | 0}" width="1" height="1" style="fill:${shade(v, 100)}"/>`).join("");
    const line = epochs.map((_, e) => point(e, cosine(e, f) || 0)).join(" ");
    box.innerHTML = `<div style="display:flex;gap:.7rem;margin-top:.3rem"><svg role="img" aria-label="Filter ${f + 1} at epoch ${epochs[0]}" viewBox="0 0 ${columns} ${rows}" style="width:2.5rem;height:${2.5 * rows / columns}rem;border:1px solid ${mix(35)}" shape-rendering="crispEdges">${cells}</svg>`
      + `<svg aria-hidden="true" viewBox="0 0 100 40" style="width:6.25rem;height:2.5rem;border-bottom:1px solid ${mix(35)}"><polyline points="${line}" fill="none" stroke="currentColor" opacity=".6"/><circle r="3" fill="currentColor"/></svg></div>`;
    return box;
  };
  const figure = f => el("figure", {style: "margin:0", "data-filter": f},
    grid(`Filter ${f + 1}`, rows, columns, (i, j) => el("td", {role: "gridcell", tabindex: i + j ? -1 : 0, style: still ? "" : "transition:background-color .4s"})),
    thumbnail(f), el("figcaption", {class: "quiet"}));
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    shadow.querySelector("[data-key=play]").textContent = still ? "next epoch" : "play";
    shadow.querySelector(".say").setAttribute("aria-live", "polite");
  };
  const show = e => {
    now = e;
    const slider = shadow.querySelector("[data-key=epoch]"), name = `Epoch ${epochs[e]}`;
    slider.value = e;
    slider.setAttribute("aria-valuetext", name);
    shadow.querySelector("[data-now]").textContent = name;
    filters.forEach(f => {
      const box = shadow.querySelector(`[data-filter="${f}"]`);
      box.querySelectorAll("td").forEach((td, q) => {
        const v = kernel(e, f)[q];
        td.textContent = v.toFixed(2).replace("-", "\u2212");
        td.style.backgroundColor = shade(v, 55);
      });
      box.querySelector("figcaption").textContent = `cosine with epoch ${epochs[0]}: ${angle(cosine(e, f))}`;
      const [x, y] = point(e, cosine(e, f) || 0).split(",");
      box.querySelector("circle").setAttribute("cx", x);
      box.querySelector("circle").setAttribute("cy", y);
    });
    const known = filters.map(f => cosine(e, f)), right = accuracy[e];
    const words = s.filters > 8 ? `from ${angle(Math.min(...known))} to ${angle(Math.max(...known))}` : known.map((v, f) => `filter ${f + 1} ${angle(v)}`).join(", ");
    shadow.querySelector(".say").textContent = `${name}${right == null ? "" : `, validation accuracy ${(100 * right).toFixed(1)} %`}. Cosine with epoch ${epochs[0]}: ${words}.`;
  };
  const play = () => {
    if (timer) return stop();
    show(now === last ? 0 : now + 1);
    if (still) return;
    shadow.querySelector("[data-key=play]").textContent = "pause";
    // a voice that reads every tick would never finish
    shadow.querySelector(".say").setAttribute("aria-live", "off");
    timer = setInterval(() => {
      if (now >= last - 1) stop();
      show(Math.min(now + 1, last));
    }, TICK);
  };
  const slider = el("input", {type: "range", min: 0, max: last, step: 1, value: last, "data-key": "epoch", "aria-label": "epoch", style: "width:min(20rem,55vw)",
    oninput: () => { stop(); show(+slider.value); }});
  shadow = draw([
    el("style", {}, "td{width:2.7rem}p+.row{margin-top:.7rem}figcaption{padding-top:.3rem}"),
    el("div", {class: "row", style: "align-items:center"}, el("button", {type: "button", "data-key": "play", onclick: play, disabled: !last}), slider, el("strong", {"data-now": true, style: "font-weight:700"})),
    el("p", {class: "say"}),
    el("div", {class: "row", style: "gap:1rem .8rem"}, ...filters.map(figure)),
    el("p", {class: "quiet"}, `Blue is positive, red is negative; the full colour is ${num(limit)}, the largest number of all epochs. Below each filter: itself at epoch ${epochs[0]}, and its cosine with that over the epochs, from ${num(lowest)} at the bottom to 1 at the top.`)]);
  stop();
  show(last);
};
