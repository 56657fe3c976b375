const start = (root, s) => {
  const draw = stage(root, s.tip);
  const [height, width] = [s.image.length, s.image[0].length];
  const [kernelHeight, kernelWidth] = [s.kernel.length, s.kernel[0].length];
  const first = JSON.stringify(s);
  let at = [0, 0];
  let shadow, relink;

  const extent = (kernelSize) => s.dilation * (kernelSize - 1) + 1;
  const positions = (size, kernelSize) =>
    Math.max(0, Math.floor((size + 2 * s.padding - extent(kernelSize)) / s.stride) + 1);
  const outputSize = () => [positions(height, kernelHeight), positions(width, kernelWidth)];
  // image, kernel as the sum uses them: with a border of zeros, and turned when it is flipped
  const pixel = (i, j) => s.image[i - s.padding]?.[j - s.padding] ?? 0;
  const turned = (u, v) => (s.flip ? [kernelHeight - 1 - u, kernelWidth - 1 - v] : [u, v]);
  const weight = (u, v) => {
    const [row, column] = turned(u, v);
    return s.kernel[row][column];
  };
  // the products of one output cell, in the order of the kernel
  const terms = (i, j) =>
    range(kernelHeight * kernelWidth).map((t) => {
      const [u, v] = [Math.floor(t / kernelWidth), t % kernelWidth];
      const [row, column] = [i * s.stride + u * s.dilation, j * s.stride + v * s.dilation];
      return { t, u, v, row, column, x: pixel(row, column), w: weight(u, v) };
    });
  const output = (i, j) => total(terms(i, j).map((term) => term.x * term.w));

  // one colour for each product: the same below the window, in the kernel and in the sum
  const tint = (t) =>
    mix(30, `hsl(${Math.round((360 * t) / (kernelHeight * kernelWidth))} 75% 50%)`);
  const cell = (kind, i, j) => shadow.querySelector(`[data-cell="${kind}${i},${j}"]`);
  const usedPixels = () => terms(...at).map((term) => cell("x", term.row, term.column));
  const paint = () => {
    const [rows, columns] = outputSize();
    for (const td of shadow.querySelectorAll(".on, .seen")) {
      td.classList.remove("on", "seen");
      td.style.background = "";
    }
    for (const i of range(rows)) {
      for (const j of range(columns)) cell("y", i, j).textContent = num(output(i, j));
    }
    const used = terms(...at);
    for (const { t, u, v, row, column } of used) {
      for (const td of [cell("x", row, column), cell("k", u, v)]) {
        td.classList.add(td.dataset.cell[0] === "x" ? "on" : "seen");
        td.style.background = tint(t);
      }
    }
    cell("y", ...at).classList.add("on");
    const products = used.flatMap(({ t, x, w }) => [
      t ? " + " : "",
      el("span", { class: "term", style: `background:${tint(t)}` }, `${num(x)}\u00b7${exact(w)}`),
    ]);
    const name = `Output row ${at[0]}, column ${at[1]}: `;
    say.replaceChildren(name, ...products, ` = ${num(output(...at))}`);
    relink();
  };
  const pick = (i, j) => {
    if (at[0] === i && at[1] === j) return;
    at = [i, j];
    paint();
  };
  const byPointer = (i, j) => () => {
    play.stop();
    pick(i, j);
  };
  const step = () => {
    const [rows, columns] = outputSize();
    if (!rows || !columns) return false;
    const next = (at[0] * columns + at[1] + 1) % (rows * columns);
    pick(Math.floor(next / columns), next % columns);
    return next < rows * columns - 1;
  };
  const reset = () => {
    Object.assign(s, JSON.parse(first));
    at = [0, 0];
    render();
  };
  const say = sentence();
  const play = player(say, step, reset);

  const editable = (name, kind, i, j, cellAt, value, cls, onnumber) => {
    const attributes = { tabindex: i + j ? -1 : 0, "data-key": `${kind}${i},${j}` };
    const input = numberField(`${name}, row ${i}, column ${j}`, value, attributes, (typed) => {
      onnumber(typed);
      if (outputSize().every(Boolean)) paint();
    });
    return el("td", { role: "gridcell", class: cls, "data-cell": `${kind}${cellAt}` }, input);
  };
  const imageCell = (readRows, readColumns) => (i, j) => {
    const cls = i >= readRows || j >= readColumns ? "lost" : "";
    const [row, column] = [i - s.padding, j - s.padding];
    if (s.image[row]?.[column] === undefined) {
      const attributes = { role: "gridcell", class: `pad ${cls}`, "data-cell": `x${i},${j}` };
      return el("td", attributes, "0");
    }
    const change = (typed) => (s.image[row][column] = typed);
    return editable("Image", "x", row, column, [i, j], s.image[row][column], cls, change);
  };
  const kernelCell = (u, v) => {
    const change = (typed) => {
      const [row, column] = turned(u, v);
      s.kernel[row][column] = typed;
    };
    return editable("Kernel", "k", u, v, [u, v], weight(u, v), "", change);
  };
  const outputCell = (i, j) =>
    el("td", {
      role: "gridcell",
      tabindex: i === at[0] && j === at[1] ? 0 : -1,
      "data-key": `y${i},${j}`,
      "data-cell": `y${i},${j}`,
      onpointerenter: byPointer(i, j),
      onclick: byPointer(i, j),
      onfocus: byPointer(i, j),
    });

  const setting = (name, values) =>
    choice(name, values, s[name], (value) => {
      s[name] = value;
      render();
    });
  const flip = () =>
    checkbox("flip the kernel (true convolution)", "flip", s.flip, (checked) => {
      s.flip = checked;
      render();
    });
  const lines = (count, word) => (count > 1 ? `the last ${count} ${word}s` : `the last ${word}`);
  const unread = (rows, columns) => {
    const parts = [rows && lines(rows, "row"), columns && lines(columns, "column")].filter(Boolean);
    if (!parts.length) return "";
    return `Never read: ${parts.join(" and ")}, hatched. The size is rounded down.`;
  };
  const render = () => {
    const [rows, columns] = outputSize();
    const fits = rows > 0 && columns > 0;
    const [paddedHeight, paddedWidth] = [height + 2 * s.padding, width + 2 * s.padding];
    const readRows = fits ? (rows - 1) * s.stride + extent(kernelHeight) : paddedHeight;
    const readColumns = fits ? (columns - 1) * s.stride + extent(kernelWidth) : paddedWidth;
    at = fits ? [Math.min(at[0], rows - 1), Math.min(at[1], columns - 1)] : [0, 0];
    const zeros = s.padding ? `, ${s.padding} zero${s.padding > 1 ? "s" : ""} around it` : "";
    const image = grid(
      `Image ${height}\u00d7${width}${zeros}`,
      paddedHeight,
      paddedWidth,
      imageCell(readRows, readColumns),
    );
    const way = s.flip ? ", turned by 180\u00b0" : "";
    const kernelName = `Kernel ${kernelHeight}\u00d7${kernelWidth}${way}`;
    const kernel = grid(kernelName, kernelHeight, kernelWidth, kernelCell);
    const result = fits
      ? grid(`Output ${rows}\u00d7${columns}`, rows, columns, outputCell)
      : el("p", {}, "The kernel does not fit into the padded image.");
    // the output beside its kernel: what changes is seen with what changes it
    const pair = el("div", { class: "pair" }, kernel, result);
    const wide = paddedWidth > 7 ? "row wide" : "row";
    const figure = el("div", { class: wide }, image, pair);
    const kernelCells = [...kernel.querySelectorAll("td")];
    relink = links(figure, () =>
      fits
        ? [
            [usedPixels(), kernelCells],
            [kernelCells, [cell("y", ...at)]],
          ]
        : [],
    );
    const lost = unread(paddedHeight - readRows, paddedWidth - readColumns);
    const hint =
      byHand("Point at an output cell, or move with the arrow keys", "Touch an output cell") +
      "; every number of image and kernel can be changed.";
    shadow = draw([
      el(
        "div",
        { class: "row" },
        setting("stride", [1, 2, 3]),
        setting("padding", [0, 1, 2]),
        setting("dilation", [1, 2, 3]),
        flip(),
      ),
      el("div", { class: "row" }, ...play.buttons),
      figure,
      say,
      el("p", { class: "quiet" }, `${lost} ${hint}`.trim()),
    ]);
    if (fits) paint();
    else {
      const kernelExtent = `${extent(kernelHeight)}\u00d7${extent(kernelWidth)}`;
      const place = `${paddedHeight}\u00d7${paddedWidth}`;
      say.textContent = `A kernel of ${kernelExtent} pixels does not fit into ${place}.`;
    }
  };
  render();
};
