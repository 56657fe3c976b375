const start = (root, s) => {
  const draw = stage(root, s.tip);
  const { height, width } = s;
  const [outHeight, outWidth] = [height - 2, width - 2];
  const pixels = Uint8Array.from(atob(s.pixels), (character) => character.charCodeAt(0));
  let relu = false;

  const response = () => {
    const values = new Float32Array(outHeight * outWidth);
    for (let i = 0; i < outHeight; i++) {
      for (let j = 0; j < outWidth; j++) {
        let sum = 0;
        for (let u = 0; u < 3; u++) {
          for (let v = 0; v < 3; v++) sum += pixels[(i + u) * width + j + v] * s.kernel[u][v];
        }
        values[i * outWidth + j] = sum / 255;
      }
    }
    return values;
  };
  const paintGrey = (canvas, size, grey) => {
    const context = canvas.getContext("2d");
    const image = context.createImageData(canvas.width, canvas.height);
    for (const q of range(size)) {
      image.data.fill(grey(q), 4 * q, 4 * q + 3);
      image.data[4 * q + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  };
  // with negative answers grey is zero, else black is
  const greyOf = (values, low, high) => {
    const limit = Math.max(-low, high, 1e-9);
    if (relu) return (q) => (255 * Math.max(0, values[q])) / limit;
    if (low < -1e-9) return (q) => 127.5 + (127.5 * values[q]) / limit;
    return (q) => (255 * values[q]) / limit;
  };
  const meaning = (sum) =>
    Math.abs(sum) < 1e-9
      ? "so a flat patch gives 0: the kernel answers to change only"
      : `so a flat patch comes out ${num(sum)} times as bright`;
  const equal = (a, b) =>
    a.every((row, i) => row.every((value, j) => Math.abs(value - b[i][j]) < 1e-9));

  const paint = () => {
    const values = response();
    const low = values.reduce((least, value) => Math.min(least, value), Infinity);
    const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
    paintGrey(after, values.length, greyOf(values, low, high));
    const sum = total(s.kernel.flat());
    caption.textContent = relu ? "response, ReLU" : "response";
    const same = Object.keys(s.presets).find((name) => equal(s.presets[name], s.kernel));
    presets.value = same ?? "";
    say.textContent =
      `The nine numbers sum to ${num(sum)}, ${meaning(sum)}. ` +
      `The response goes from ${num(low)} to ${num(high)}.`;
  };
  const kernelCell = (u, v) => {
    const attributes = { tabindex: u + v ? -1 : 0, "data-key": `k${u},${v}` };
    const name = `Kernel, row ${u}, column ${v}`;
    const input = numberField(name, s.kernel[u][v], attributes, (typed) => {
      s.kernel[u][v] = typed;
      paint();
    });
    return el("td", { role: "gridcell" }, input);
  };
  const screen = (name, canvasWidth, canvasHeight) =>
    el("canvas", { role: "img", "aria-label": name, width: canvasWidth, height: canvasHeight });

  const before = screen("The photograph in grey", width, height);
  const after = screen("The response to the kernel", outWidth, outHeight);
  const caption = el("figcaption", { class: "quiet" });
  const say = sentence();
  const presets = el(
    "select",
    {
      "data-key": "preset",
      onchange: () => {
        if (!presets.value) return;
        s.kernel = s.presets[presets.value].map((row) => [...row]);
        render();
      },
    },
    el("option", { value: "" }, "your own"),
    ...Object.keys(s.presets).map((name) => el("option", { value: name }, name)),
  );
  const render = () => {
    draw([
      el(
        "div",
        { class: "row" },
        el("label", {}, "kernel", presets),
        checkbox("show only what is positive (ReLU)", "relu", relu, (checked) => {
          relu = checked;
          paint();
        }),
      ),
      el(
        "div",
        { class: "row" },
        grid("Kernel", 3, 3, kernelCell),
        el("figure", {}, el("figcaption", { class: "quiet" }, "photograph"), before),
        el("figure", {}, caption, after),
      ),
      say,
    ]);
    paint();
  };
  paintGrey(before, pixels.length, (q) => pixels[q]);
  render();
};
