const start = (root, s) => {
  const draw = stage(root, s.tip);
  const { height, width } = s;
  const [outHeight, outWidth] = [height - 2, width - 2];
  const pixels = Uint8Array.from(atob(s.pixels), (character) => character.charCodeAt(0));
  let relu = false;
  let values, at;

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

  // one colour for each product: the same around the pixel, in the kernel and in the sum
  const hue = (t) => `hsl(${40 * t} 75% 50%)`;
  // pixels are whole levels of 0 to 255, so that the sum can be checked by hand
  const terms = () => {
    const [row, column] = at;
    return range(9).map((t) => {
      const [u, v] = [Math.floor(t / 3), t % 3];
      return { t, x: pixels[(row + u) * width + column + v], w: s.kernel[u][v] };
    });
  };
  const place = (mark, [top, left], size, [down, across]) =>
    Object.assign(mark.style, {
      top: `${(100 * top) / down}%`,
      left: `${(100 * left) / across}%`,
      height: `${(100 * size) / down}%`,
      width: `${(100 * size) / across}%`,
    });
  const paintPixel = () => {
    place(beforeMark, at, 3, [height, width]);
    place(afterMark, at, 1, [outHeight, outWidth]);
    const products = terms().map(({ t, x, w }) => {
      const [pixel, product] = [patch, sums].map((table) => table.querySelectorAll("td")[t]);
      pixel.textContent = x;
      pixel.style.background = `rgb(${x},${x},${x})`;
      pixel.style.color = x > 127 ? "#000" : "#fff";
      const words = `${x}\u00b7${exact(w)}`;
      product.replaceChildren(words, el("b", {}, ` = ${num(x * w)}`));
      return words;
    });
    const level = total(terms().map(({ x, w }) => x * w));
    const answer = level / 255;
    const cut = relu && answer < 0 ? ", and 0 after ReLU" : "";
    const sum = `${num(level)}, and ${num(level)} / 255 = ${num(answer)}${cut}`;
    result.textContent = `sum: ${sum}`;
    spoken.textContent = `Response row ${at[0]}, column ${at[1]}: ${products.join(" + ")} = ${sum}.`;
  };
  const pick = ([i, j]) => {
    at = [clamp(i, 0, outHeight - 1), clamp(j, 0, outWidth - 1)];
    paintPixel();
  };
  // the pixel below the pointer; in the photograph that is the middle of the window
  const byPointer = (canvas, border) => (event) => {
    const box = canvas.getBoundingClientRect();
    const row = ((event.clientY - box.top) / box.height) * canvas.height;
    const column = ((event.clientX - box.left) / box.width) * canvas.width;
    pick([Math.floor(row) - border, Math.floor(column) - border]);
  };
  const byKey = (event) => {
    const step = arrow(event) ?? leap(event, 10, width);
    if (!step) return;
    event.preventDefault();
    const pace = event.shiftKey ? 10 : 1;
    pick(at.map((place, axis) => place + pace * step[axis]));
  };

  const paint = () => {
    values = response();
    const low = values.reduce((least, value) => Math.min(least, value), Infinity);
    const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
    paintGrey(after, values.length, greyOf(values, low, high));
    const sum = total(s.kernel.flat());
    caption.textContent = relu ? "response, ReLU" : "response";
    const same = Object.keys(s.presets).find((name) => equal(s.presets[name], s.kernel));
    presets.value = same ?? "";
    about.textContent =
      `The nine numbers sum to ${num(sum)}, ${meaning(sum)}. ` +
      `The response goes from ${num(low)} to ${num(high)}. `;
    // the figure begins where the kernel answers most
    const most = (best, value, q) => (Math.abs(value) > Math.abs(values[best]) ? q : best);
    const strongest = at ? 0 : values.reduce(most, 0);
    at ??= [Math.floor(strongest / outWidth), strongest % outWidth];
    paintPixel();
  };
  const kernelCell = (u, v) => {
    const attributes = { tabindex: u + v ? -1 : 0, "data-key": `k${u},${v}` };
    const name = `Kernel, row ${u}, column ${v}`;
    const input = numberField(name, s.kernel[u][v], attributes, (typed) => {
      s.kernel[u][v] = typed;
      paint();
    });
    return el("td", { role: "gridcell", style: `background:${mix(30, hue(3 * u + v))}` }, input);
  };
  const screen = (canvasWidth, canvasHeight, border, attributes) => {
    const canvas = el("canvas", { width: canvasWidth, height: canvasHeight, ...attributes });
    for (const kind of ["pointerdown", "pointermove"]) {
      canvas.addEventListener(kind, byPointer(canvas, border));
    }
    return canvas;
  };
  // read aloud by the sentence, so the tables of the sum are for the eyes alone
  const nine = (name, style) => {
    const cells = range(9).map((t) => el("td", { style: style(t) }));
    const rows = range(3).map((u) => el("tr", {}, ...cells.slice(3 * u, 3 * u + 3)));
    return el("table", { class: name }, el("caption", {}, name), ...rows);
  };

  const before = screen(width, height, 1, { role: "img", "aria-label": "The photograph in grey" });
  const after = screen(outWidth, outHeight, 0, {
    role: "application",
    tabindex: 0,
    "data-key": "response",
    "aria-label": "The response to the kernel",
    "aria-description":
      "Arrow keys choose a pixel, with Shift ten pixels at a time; Home, End, Page Up, Page Down go further",
    onkeydown: byKey,
  });
  const [beforeMark, afterMark] = [el("i"), el("i")];
  const framed = (canvas, mark) => el("div", { class: "screen" }, canvas, mark);
  const patch = nine("window", (t) => `border-color:${hue(t)}`);
  const sums = nine("pixel \u00b7 weight", (t) => `background:${mix(30, hue(t))}`);
  const result = el("p", { class: "sum" });
  const caption = el("figcaption", { class: "quiet" });
  const [about, spoken] = [el("span"), el("span", { class: "spoken" })];
  const say = sentence();
  say.append(about, spoken);
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
        el(
          "figure",
          {},
          el("figcaption", { class: "quiet" }, "photograph"),
          framed(before, beforeMark),
        ),
        el("figure", {}, caption, framed(after, afterMark)),
      ),
      el("div", { class: "row products", "aria-hidden": "true" }, patch, sums, result),
      say,
      el(
        "p",
        { class: "quiet" },
        byHand(
          "Point at a pixel of the response, or move with the arrow keys.",
          "Touch a pixel of the response.",
        ),
      ),
    ]);
    paint();
  };
  paintGrey(before, pixels.length, (q) => pixels[q]);
  render();
};
