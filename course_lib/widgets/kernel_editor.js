const start = (root, s) => {
  const draw = stage(root);
  if (!draw) return;
  const bytes = Uint8Array.from(atob(s.pixels), c => c.charCodeAt(0)), {height: H, width: W} = s;
  const same = k => Object.keys(s.presets).find(n => s.presets[n].every((row, i) => row.every((v, j) => Math.abs(v - k[i][j]) < 1e-9))) || "";
  let relu = false;
  const response = () => {
    const out = new Float32Array((H - 2) * (W - 2)), k = s.kernel;
    for (let i = 0; i < H - 2; i++) for (let j = 0; j < W - 2; j++) {
      let a = 0;
      for (let u = 0; u < 3; u++) for (let v = 0; v < 3; v++) a += bytes[(i + u) * W + j + v] * k[u][v];
      out[i * (W - 2) + j] = a / 255;
    }
    return out;
  };
  const paint = (canvas, width, height, grey) => {
    canvas.width = width; canvas.height = height;
    const context = canvas.getContext("2d"), image = context.createImageData(width, height);
    for (let i = 0; i < width * height; i++) {
      image.data.fill(grey(i), 4 * i, 4 * i + 3);
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  };
  const panel = (name, canvas) => el("figure", {style: "margin:0;flex:1 1 13rem;max-width:26rem"}, el("figcaption", {class: "quiet"}, name), canvas);
  const screen = name => el("canvas", {role: "img", "aria-label": name, style: "width:100%;height:auto;display:block"});
  const render = () => {
    const r = response();
    let low = Infinity, high = -Infinity, total = 0;
    for (const v of r) { low = Math.min(low, v); high = Math.max(high, v); }
    s.kernel.forEach(row => row.forEach(v => { total += v; }));
    const limit = Math.max(-low, high, 1e-9);
    const before = screen("The photograph in grey"), after = screen("The response to the kernel");
    paint(before, W, H, i => bytes[i]);
    // with negative answers grey is zero, else black is
    paint(after, W - 2, H - 2, relu ? i => 255 * Math.max(0, r[i]) / limit : low < -1e-9 ? i => 127.5 + 127.5 * r[i] / limit : i => 255 * r[i] / limit);
    const kernel = grid("Kernel", 3, 3, (u, v) => {
      const input = el("input", {type: "text", inputmode: "decimal", tabindex: u + v ? -1 : 0, value: num(s.kernel[u][v]), "data-key": `k${u},${v}`,
        "aria-label": `Kernel, row ${u}, column ${v}`, onchange: () => { s.kernel[u][v] = read(input.value, s.kernel[u][v]); render(); }});
      return el("td", {role: "gridcell"}, input);
    });
    const name = same(s.kernel);
    const pick = el("select", {"data-key": "preset", onchange: () => { if (pick.value) { s.kernel = s.presets[pick.value].map(row => [...row]); render(); } }},
      ...["", ...Object.keys(s.presets)].map(n => el("option", {value: n, selected: n === name}, n || "your own")));
    const cut = el("input", {type: "checkbox", "data-key": "relu", checked: relu, onchange: () => { relu = cut.checked; render(); }});
    const meaning = Math.abs(total) < 1e-9 ? "so a flat patch gives 0: the kernel answers to change only"
      : `so a flat patch comes out ${num(total)} times as bright`;
    draw([
      el("div", {class: "row"}, el("label", {}, "kernel", pick), el("label", {}, cut, "show only what is positive (ReLU)")),
      el("div", {class: "row"}, kernel, panel("photograph", before), panel(relu ? "response, negative parts removed" : "response", after)),
      el("p", {class: "say", "aria-live": "polite"}, `The nine numbers sum to ${num(total)}, ${meaning}. The response goes from ${num(low)} to ${num(high)}.`)]);
  };
  render();
};
