const start = (root, s) => {
  const draw = stage(root);
  if (!draw) return;
  const H = s.image.length, W = s.image[0].length, K = s.kernel.length, L = s.kernel[0].length;
  let at = [0, 0], shadow;
  const size = (n, k) => Math.floor((n + 2 * s.padding - s.dilation * (k - 1) - 1) / s.stride) + 1;
  const pixel = (i, j) => (s.image[i - s.padding] || [])[j - s.padding] || 0;
  const weight = (u, v) => s.flip ? s.kernel[K - 1 - u][L - 1 - v] : s.kernel[u][v];
  const terms = (i, j) => {
    const t = [];
    for (let u = 0; u < K; u++) for (let v = 0; v < L; v++) {
      const a = i * s.stride + u * s.dilation, b = j * s.stride + v * s.dilation;
      t.push({a, b, u, v, x: pixel(a, b), w: weight(u, v)});
    }
    return t;
  };
  const sum = (i, j) => terms(i, j).reduce((total, t) => total + t.x * t.w, 0);
  const paint = () => {
    shadow.querySelectorAll(".on").forEach(e => e.classList.remove("on"));
    const mark = key => { const e = shadow.querySelector(`[data-cell="${key}"]`); if (e) e.classList.add("on"); };
    const all = terms(...at);
    all.forEach(t => { mark(`x${t.a},${t.b}`); });
    mark(`y${at}`);
    const words = all.map(t => `${num(t.x)}\u00b7${num(t.w)}`).join(" + ");
    shadow.querySelector(".say").textContent =
      `Output row ${at[0]}, column ${at[1]}: ${words} = ${num(sum(...at))}`;
  };
  const pick = (i, j) => { at = [i, j]; paint(); };
  const editable = (values, name, i, j, key, cls) => {
    const input = el("input", {type: "text", inputmode: "decimal", tabindex: i + j ? -1 : 0, value: num(values[i][j]),
      "data-key": `${key}${i},${j}`, "aria-label": `${name}, row ${i}, column ${j}`,
      onchange: () => { values[i][j] = read(input.value, values[i][j]); render(); }});
    return el("td", {role: "gridcell", class: cls, "data-cell": `${key}${key === "x" ? [i + s.padding, j + s.padding] : [i, j]}`}, input);
  };
  const render = () => {
    const R = size(H, K), C = size(W, L), P = s.padding;
    const fits = R > 0 && C > 0;
    const usedR = fits ? (R - 1) * s.stride + s.dilation * (K - 1) + 1 : 0, usedC = fits ? (C - 1) * s.stride + s.dilation * (L - 1) + 1 : 0;
    const lostR = H + 2 * P - usedR, lostC = W + 2 * P - usedC;
    at = fits ? [Math.min(at[0], R - 1), Math.min(at[1], C - 1)] : [0, 0];
    const image = grid(`Image ${H}\u00d7${W}${P ? `, ${P} zero${P > 1 ? "s" : ""} around it` : ""}`, H + 2 * P, W + 2 * P, (i, j) => {
      const cls = i >= usedR || j >= usedC ? "lost" : "";
      if (i >= P && j >= P && i < H + P && j < W + P) return editable(s.image, "Image", i - P, j - P, "x", cls);
      return el("td", {role: "gridcell", class: `pad ${cls}`, "data-cell": `x${i},${j}`}, "0");
    });
    const kernel = grid(`Kernel ${K}\u00d7${L}`, K, L, (u, v) => editable(s.kernel, "Kernel", u, v, "k", ""));
    const output = fits ? grid(`Output ${R}\u00d7${C}`, R, C, (i, j) => el("td", {role: "gridcell",
      tabindex: i === at[0] && j === at[1] ? 0 : -1, "data-key": `y${i},${j}`, "data-cell": `y${i},${j}`,
      onpointerenter: () => pick(i, j), onclick: () => pick(i, j), onfocus: () => pick(i, j)}, num(sum(i, j))))
      : el("p", {}, "The kernel does not fit into the padded image.");
    const set = name => v => { s[name] = v; render(); };
    const flip = el("input", {type: "checkbox", "data-key": "flip", checked: s.flip, onchange: () => { s.flip = flip.checked; render(); }});
    const lost = fits && (lostR || lostC) ? `The last ${lostR} padded row(s) and ${lostC} column(s), hatched, are never read: the size is rounded down.` : "";
    shadow = draw([
      el("div", {class: "row"}, choice("stride", [1, 2, 3], s.stride, set("stride")), choice("padding", [0, 1, 2], s.padding, set("padding")),
        choice("dilation", [1, 2, 3], s.dilation, set("dilation")), el("label", {}, flip, "flip the kernel (true convolution)")),
      el("div", {class: "row"}, image, kernel, output),
      el("p", {class: "say", "aria-live": "polite"}),
      el("p", {class: "quiet"}, `${lost} Point at an output cell, or move with the arrow keys; every number of image and kernel can be changed.`.trim())]);
    if (fits) paint();
    else shadow.querySelector(".say").textContent = `A kernel of ${s.dilation * (K - 1) + 1}\u00d7${s.dilation * (L - 1) + 1} pixels does not fit into ${H + 2 * P}\u00d7${W + 2 * P}.`;
  };
  render();
};
