const start = (root, s) => {
  const draw = stage(root);
  if (!draw) return;
  const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const pixels = bytes(s.pixels), all = bytes(s.probabilities);
  const {height: H, width: W, most: M, models, classes} = s, S = 2 * M + 1, K = classes.length;
  let n = 0, down = 0, right = 0, shadow, canvas;
  const at = (m, i, j) => {
    const o = (((n * models.length + m) * S + i + M) * S + j + M) * K;
    return all.subarray(o, o + K);
  };
  const best = p => p.indexOf(Math.max(...p));
  const percent = v => Math.round(v / 2.55);
  const truth = m => s.labels ? s.labels[n] : best(at(m, 0, 0));
  const clip = v => Math.max(-M, Math.min(M, Math.round(v)));
  const move = (i, j) => { down = clip(i); right = clip(j); paint(); };
  const place = () => {
    const parts = [];
    if (right) parts.push(`${Math.abs(right)} ${right > 0 ? "right" : "left"}`);
    if (down) parts.push(`${Math.abs(down)} ${down > 0 ? "down" : "up"}`);
    return parts.length ? `Moved ${parts.join(", ")}.` : "Not moved.";
  };
  const picture = () => {
    const context = canvas.getContext("2d"), image = context.createImageData(W, H);
    for (let i = 0; i < H; i++) for (let j = 0; j < W; j++) {
      const a = i - down, b = j - right, o = 4 * (i * W + j);
      image.data.fill(a >= 0 && b >= 0 && a < H && b < W ? pixels[(n * H + a) * W + b] : s.fill, o, o + 3);
      image.data[o + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  };
  // Only what moves is touched: replacing the canvas would end a drag.
  const paint = () => {
    picture();
    const words = models.map((name, m) => {
      const p = at(m, down, right), answer = best(p), row = shadow.querySelector(`[data-model="${m}"]`);
      [...row.querySelectorAll("td")].forEach((td, k) => {
        const share = percent(p[k]);
        td.textContent = share ? share : "";
        td.className = k === answer ? "on" : "";
        td.style.backgroundImage = `linear-gradient(to top, ${mix(28)} ${share}%, transparent ${share}%)`;
      });
      const marker = shadow.querySelector(`[data-marker="${m}"]`);
      marker.setAttribute("x", right + M); marker.setAttribute("y", down + M);
      return `${name}: ${classes[answer]} (${percent(p[answer])} %)${answer === truth(m) ? "" : s.labels ? ", wrong" : ", changed"}`;
    });
    shadow.querySelector(".say").textContent = `${place()} ${words.join(". ")}.`;
  };
  const map = (name, m) => {
    let cells = "", right_at = 0;
    for (let i = -M; i <= M; i++) for (let j = -M; j <= M; j++) {
      const p = at(m, i, j), t = truth(m);
      if (best(p) === t) right_at++;
      cells += `<rect x="${j + M}" y="${i + M}" width="1" height="1" fill="currentColor" fill-opacity="${(.8 * p[t] / 255).toFixed(2)}"/>`;
    }
    const count = `${s.labels ? "right" : "same answer"} at ${right_at} of ${S * S} shifts`;
    const box = el("div", {role: "img", "aria-label": `${name}: ${count}`, style: `width:8.5rem;height:8.5rem;border:1px solid ${mix(35)};cursor:crosshair`,
      onpointerdown: e => { const r = box.getBoundingClientRect(); move((e.clientY - r.top) / r.height * S - M - .5, (e.clientX - r.left) / r.width * S - M - .5); }});
    box.innerHTML = `<svg viewBox="0 0 ${S} ${S}" width="100%" height="100%" shape-rendering="crispEdges" aria-hidden="true">${cells}<rect data-marker="${m}" width="1" height="1" fill="none" stroke="currentColor" stroke-width=".35"/></svg>`;
    return el("figure", {style: "margin:0"}, box, el("figcaption", {class: "quiet", style: "width:8.5rem;line-height:1.35;padding-top:.3rem"}, `${name}: ${count}`));
  };
  const screen = () => {
    const c = el("canvas", {width: W, height: H, tabindex: 0, role: "application", "data-key": "image", "aria-label": "The image: drag it, or move it with the arrow keys; Home brings it back",
      style: `width:11rem;aspect-ratio:${W}/${H};image-rendering:pixelated;touch-action:none;cursor:grab;display:block;border:1px solid ${mix(35)}`});
    let from = null;
    c.addEventListener("pointerdown", e => { from = [e.clientX, e.clientY, down, right]; c.setPointerCapture(e.pointerId); });
    c.addEventListener("pointermove", e => {
      if (!from) return;
      const scale = W / c.getBoundingClientRect().width;
      const i = clip(from[2] + (e.clientY - from[1]) * scale), j = clip(from[3] + (e.clientX - from[0]) * scale);
      if (i !== down || j !== right) move(i, j);
    });
    for (const end of ["pointerup", "pointercancel"]) c.addEventListener(end, () => { from = null; });
    c.addEventListener("keydown", e => {
      const step = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [-down, -right]}[e.key];
      if (!step || e.ctrlKey || e.metaKey || e.altKey) return;
      e.preventDefault();
      move(down + step[0], right + step[1]);
    });
    return c;
  };
  const render = () => {
    canvas = screen();
    const count = pixels.length / (H * W);
    const pick = el("select", {"data-key": "pick", onchange: () => { n = +pick.value; render(); }},
      ...Array.from({length: count}, (_, i) => el("option", {value: i, selected: i === n}, s.labels ? `${i + 1}: ${classes[s.labels[i]]}` : `${i + 1}`)));
    const heads = ["model", ...classes].map(c => el("th", {scope: "col", style: "font-weight:600"}, c));
    const rows = models.map((name, m) => el("tr", {"data-model": m}, el("th", {scope: "row", style: "text-align:left;font-weight:600;padding-right:.6rem"}, name), ...classes.map(() => el("td"))));
    shadow = draw([
      el("style", {}, "@media(max-width:480px){table{border-spacing:1px}td{min-width:1.45rem;height:1.9rem;font-size:.72em}th{font-size:.8em}}"),
      el("div", {class: "row"}, el("label", {}, "image", pick), el("button", {type: "button", "data-key": "back", onclick: () => move(0, 0)}, "back to the middle")),
      el("div", {class: "row"}, canvas,
        el("table", {style: "width:auto"}, el("caption", {}, "Probabilities in percent"), el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows))),
      el("p", {class: "say", "aria-live": "polite"}),
      el("div", {class: "row"}, ...models.map(map)),
      el("p", {class: "quiet"}, `Each map has one square per shift, up to ${M} pixels to every side: the stronger its colour, the surer the model is of ${s.labels ? "the right answer" : "the first answer"}. Drag the image, use the arrow keys, or point at a square.`)]);
    paint();
  };
  render();
};
