const start = (root, s) => {
  const draw = stage(root, s.tip);
  const first = { size: s.size, kernel: s.kernel, stride: s.stride };
  let { size, kernel, stride } = first;
  let weights = [...s.weights[kernel]];
  let [at, filled, pixel, counted, shadow] = [0, Infinity, undefined, false, undefined];

  const perSide = () => Math.floor((size - kernel) / stride) + 1;
  const [numTaps, numWindows] = [() => kernel ** 2, () => perSide() ** 2];
  // the pixel that number t of window p is a copy of
  const source = (t, p) => [
    Math.floor(p / perSide()) * stride + Math.floor(t / kernel),
    (p % perSide()) * stride + (t % kernel),
  ];
  const valueOf = ([i, j]) => i * size + j;
  const copiesOf = (i, j) =>
    range(numWindows()).flatMap((p) =>
      range(numTaps())
        .filter((t) => valueOf(source(t, p)) === valueOf([i, j]))
        .map((t) => [t, p]),
    );
  const output = (p) => total(weights.map((w, t) => w * valueOf(source(t, p))));

  const cell = (kind, ...place) => shadow.querySelector(`[data-cell="${kind}${place}"]`);
  // one colour for each number of a window: the same in the image, in the column and in the sum
  const tint = (t) => mix(30, `hsl(${Math.round((360 * t) / numTaps())} 75% 50%)`);
  const mark = (td, colour) => {
    td.classList.add("on");
    td.style.background = colour;
  };
  const times = (count) => (count === 1 ? "once" : `${count} times`);
  const showPixel = ([i, j]) => {
    const copies = copiesOf(i, j);
    mark(cell("x", i, j), mix(40, "#e6a000"));
    for (const place of copies) mark(cell("m", ...place), mix(40, "#e6a000"));
    const windows = copies.length === 1 ? "one window" : `${copies.length} windows`;
    say.textContent = copies.length
      ? `Pixel ${valueOf([i, j])} lies in ${windows} and is copied ${times(copies.length)}.`
      : `Pixel ${valueOf([i, j])} lies in no window and is never copied.`;
  };
  const showColumn = () => {
    for (const t of range(numTaps())) {
      mark(cell("x", ...source(t, at)), tint(t));
      mark(cell("m", t, at), tint(t));
    }
    mark(cell("y", at), "");
    const products = weights.flatMap((w, t) => [
      t ? " + " : "",
      el(
        "span",
        { class: "term", style: `background:${tint(t)}` },
        `${exact(w)}\u00b7${valueOf(source(t, at))}`,
      ),
    ]);
    say.replaceChildren(
      `Window ${at + 1} of ${numWindows()}, row times column: `,
      ...products,
      ` = ${num(output(at))}`,
    );
  };
  const paint = () => {
    for (const td of shadow.querySelectorAll(".on")) {
      td.classList.remove("on");
      td.style.background = "";
    }
    for (const p of range(numWindows())) {
      const known = p < filled;
      cell("y", p).textContent = known ? num(output(p)) : "";
      for (const t of range(numTaps())) {
        cell("m", t, p).textContent = known ? valueOf(source(t, p)) : "";
      }
    }
    if (pixel) showPixel(pixel);
    else showColumn();
  };
  const pickColumn = (p) => {
    if (p === at && !pixel) return;
    [at, pixel, filled] = [p, undefined, Math.max(filled, p + 1)];
    paint();
    // on a telephone the matrix is wider than its frame
    const frame = shadow.querySelector(".matrix");
    const [around, column] = [frame, cell("y", p)].map((e) => e.getBoundingClientRect());
    const past = [around.left + 4 - column.left, column.right + 4 - around.right];
    if (past[0] > 0) frame.scrollLeft -= past[0];
    else if (past[1] > 0) frame.scrollLeft += past[1];
  };
  const pickPixel = (i, j) => {
    [pixel, filled] = [[i, j], Infinity];
    paint();
  };
  const byHandOf = (pick, ...place) => {
    const act = () => {
      play.stop();
      pick(...place);
    };
    return { onpointerenter: act, onclick: act, onfocus: act };
  };
  const step = () => {
    const next = pixel ? at : (at + 1) % numWindows();
    if (!next) filled = 1;
    pickColumn(next);
    return at < numWindows() - 1;
  };
  const reset = () => {
    ({ size, kernel, stride } = first);
    weights = [...s.weights[kernel]];
    [at, filled, pixel] = [0, 1, undefined];
    render();
  };
  const say = sentence();
  const play = player(say, step, reset, 700);

  const number = (kind, place, isFirst, act, words = "", cls = "") =>
    el(
      "td",
      {
        role: "gridcell",
        class: cls,
        tabindex: isFirst ? 0 : -1,
        "data-key": `${kind}${place}`,
        "data-cell": `${kind}${place}`,
        ...act,
      },
      words,
    );
  const pixelCell = (i, j) => {
    const count = copiesOf(i, j).length;
    const words = String(counted ? count : valueOf([i, j]));
    const cls = count ? "" : "lost";
    return number("x", [i, j], !(i + j), byHandOf(pickPixel, i, j), words, cls);
  };
  const matrixCell = (t, p) =>
    t < numTaps()
      ? number("m", [t, p], !(t + p), byHandOf(pickColumn, p))
      : number("y", [p], false, byHandOf(pickColumn, p), "", "result");
  const weightRow = (w, t) => {
    const attributes = { "data-key": `w${t}` };
    const field = numberField(`Weight ${t + 1} of the row`, w, attributes, (typed) => {
      weights[t] = typed;
      paint();
    });
    return el("tr", {}, el("td", { style: `background:${tint(t)}` }, field));
  };
  const row = () =>
    el(
      "table",
      { class: "weights" },
      el("caption", {}, "row"),
      ...weights.map(weightRow),
      el("tr", {}, el("td", { class: "result" }, "=")),
    );
  const setting = (name, values, value, onpick) =>
    choice(name, values, value, (picked) => {
      onpick(picked);
      [at, filled, pixel] = [0, Infinity, undefined];
      render();
    });
  const price = () => {
    const [pixels, numbers] = [size ** 2, numTaps() * numWindows()];
    const most = Math.max(
      ...range(pixels).map((n) => copiesOf(Math.floor(n / size), n % size).length),
    );
    return (
      `${pixels} pixels become ${numTaps()}\u00d7${numWindows()} = ${numbers} numbers, ` +
      `${(numbers / pixels).toFixed(1)} times the memory; no pixel is copied more than ${times(most)}. ` +
      `Loops ask for ${numbers} products one by one, the matrix product is asked for once.`
    );
  };
  const render = () => {
    const about = counted ? "Copies of each pixel" : `Image ${size}\u00d7${size}`;
    const caption = `${numWindows()} windows as columns`;
    const hint =
      byHand("Point at a column or a pixel, or use the arrow keys", "Touch a column or a pixel") +
      "; the numbers of the row can be changed.";
    shadow = draw([
      el(
        "div",
        { class: "row" },
        setting("image", s.sizes, size, (picked) => (size = picked)),
        setting("kernel", s.kernels, kernel, (picked) => {
          kernel = picked;
          weights = [...s.weights[kernel]];
        }),
        setting("stride", s.strides, stride, (picked) => (stride = picked)),
        el("div", { class: "row" }, ...play.buttons),
      ),
      el(
        "div",
        { class: "row image" },
        grid(about, size, size, pixelCell),
        el(
          "div",
          {},
          checkbox("count the copies", "counted", counted, (on) => {
            counted = on;
            render();
          }),
          el("p", { class: "price" }, price()),
        ),
      ),
      el(
        "div",
        { class: "product" },
        row(),
        el("div", { class: "matrix" }, grid(caption, numTaps() + 1, numWindows(), matrixCell)),
      ),
      say,
      el("p", { class: "quiet" }, hint),
    ]);
    paint();
  };
  render();
};
