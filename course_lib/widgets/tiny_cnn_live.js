// The kinds of number: x the image, k kernels, b biases of the filters, c convolved, r after ReLU,
// p pooled, w weights of the linear layer, h their sums by class and filter, o biases of the
// classes, z logits, y probabilities. Every kind is one flat list: rows of rows, filter by filter,
// and for w class by class, then filter by filter.
const start = (root, s) => {
  const draw = stage(root, s.tip);
  const { epochs, classes } = s;
  const [numFilters, numClasses] = [s.filters, classes.length];
  const SIDE = { x: 8, k: 3, c: 6, r: 6, p: 3, w: 3 };
  const AREA = { x: 64, k: 9, c: 36, r: 36, p: 9, w: 9 };
  const BELOW = { c: "x", r: "c", p: "r", w: "p" };
  const parameters = floats(s.values);
  const numParameters = parameters.length / epochs.length;
  const parameterCounts = [9 * numFilters, numFilters, 9 * numFilters * numClasses, numClasses];

  let epoch = epochs.length - 1;
  let image = floats(s.images[0][1]);
  const initial = range(numFilters).map(() => false);
  let shownFilter = 0;
  // drawing: the brightness of the ink, what this stroke leaves, where it was last
  let [ink, brush, strokeAt] = [1, 0, -1];
  // the pixel that has the pointer or the focus, and whether the square around it is hidden
  let [pixelAt, hiding] = [27, false];
  let [shadow, now, looked] = [];
  const cells = new Map(); // td -> {kind, index}

  // Where a number lies, and which filter it belongs to.
  const placeOf = (kind, index) => {
    const inside = index % AREA[kind];
    const [row, column] = [Math.floor(inside / SIDE[kind]), inside % SIDE[kind]];
    const block = Math.floor(index / AREA[kind]);
    return { row, column, block, filter: block % numFilters };
  };
  const indexOf = (kind, block, row, column) => AREA[kind] * block + SIDE[kind] * row + column;
  const square = (kind, block, row, column, side) =>
    range(side * side).map((t) =>
      indexOf(kind, block, row + Math.floor(t / side), column + (t % side)),
    );
  // The numbers of the kind below that this one is made from.
  const sources = (kind, index) => {
    const { row, column, filter } = placeOf(kind, index);
    if (kind === "c") return square("x", 0, row, column, 3);
    if (kind === "r") return [index];
    if (kind === "p") return square("r", filter, 2 * row, 2 * column, 2);
    if (kind === "w") return [indexOf("p", filter, row, column)];
    return [];
  };

  // The parameters in use; a filter set back takes its kernel and its bias from the first epoch.
  const filterOf = (index) =>
    index < 9 * numFilters ? Math.floor(index / 9) : index - 9 * numFilters;
  const currentParameters = () => {
    const values = range(numParameters).map((index) => {
      const from = initial[filterOf(index)] ? 0 : epoch;
      return parameters[numParameters * from + index];
    });
    return parameterCounts.map((count) => values.splice(0, count));
  };
  const convolve = (x, k, b) =>
    range(36 * numFilters).map((index) => {
      const { filter } = placeOf("c", index);
      const products = sources("c", index).map((pixel, t) => x[pixel] * k[9 * filter + t]);
      return b[filter] + total(products);
    });
  const pool = (r) =>
    range(9 * numFilters).map((index) => Math.max(...sources("p", index).map((q) => r[q])));
  const blockSums = (w, p) =>
    range(numClasses * numFilters).map((block) => {
      const { filter } = placeOf("w", 9 * block);
      return total(range(9).map((t) => w[9 * block + t] * p[9 * filter + t]));
    });
  const softmax = (z) => {
    const most = Math.max(...z);
    const powers = z.map((logit) => Math.exp(logit - most));
    return powers.map((power) => power / total(powers));
  };
  const forward = (x) => {
    const [k, b, w, o] = currentParameters();
    const c = convolve(x, k, b);
    const r = c.map((value) => Math.max(value, 0));
    const p = pool(r);
    const h = blockSums(w, p);
    const z = o.map((bias, n) => bias + total(h.slice(n * numFilters, (n + 1) * numFilters)));
    return { x, k, b, c, r, p, w, h, o, z, y: softmax(z) };
  };
  const best = (values) => values.indexOf(Math.max(...values));
  const distance = (a, b) => {
    const [from, to] = [placeOf("x", a), placeOf("x", b)];
    return Math.max(Math.abs(from.row - to.row), Math.abs(from.column - to.column));
  };
  const hidden = (pixel) => hiding && distance(pixel, pixelAt) < 2;

  const put = (name, words) => {
    const element = shadow.querySelector(`[data-at=${name}]`);
    element.textContent = words;
    return element;
  };
  // The image is grey from 0, black, to 1, white, like all images of the book.
  const colourOf = (kind, value, limit) => {
    const strength = Math.min(1, Math.abs(value) / limit);
    if (kind === "x" && value >= 0) return `rgb(${range(3).fill(Math.round(255 * strength))})`;
    const hue = value < 0 ? "#d6604d" : "#4393c3";
    if (kind === "x") return `color-mix(in srgb, ${hue} ${100 * strength}%, #000)`;
    return mix(65 * strength, hue);
  };
  const paintCells = () => {
    const largest = Math.max(1, ...now.c.map(Math.abs));
    cells.forEach(({ kind, index }, td) => {
      const value = now[kind][index];
      td.ariaLabel = num(value);
      td.textContent = kind === "k" ? fixed(value, 2) : value < 0 ? "\u2212" : "";
      td.classList.toggle("lost", kind === "x" && hidden(index));
      td.style.backgroundColor = colourOf(kind, value, s.limits[kind] || largest);
    });
  };
  const paintFilters = () => {
    initial.forEach((isInitial, f) => {
      put(`b${f}`, `bias ${fixed(now.b[f], 2)}`);
      put(`i${f}`, isInitial ? "back to trained" : "reset to initial");
    });
    now.h.forEach((sum, block) => put(`h${block}`, `sum ${fixed(sum, 2)}`));
  };
  // Each bar is the probability; its mark is the one of the whole image.
  const paintClasses = (whole) => {
    const answer = best(now.y);
    now.y.forEach((probability, n) => {
      put(`o${n}`, fixed(now.o[n], 2));
      put(`z${n}`, num(now.z[n]));
      const bar = put(`y${n}`, percent(probability));
      const mark = 100 * whole[n];
      bar.classList.toggle("on", n === answer);
      bar.style.background =
        `linear-gradient(to right, transparent calc(${mark}% - 2px), ` +
        `currentColor 0 ${mark}%, transparent 0), ` +
        `linear-gradient(to right, ${mix(22)} ${100 * probability}%, transparent 0)`;
    });
  };
  const say = (whole) => {
    const [before, after] = [best(whole), best(now.y)];
    const words = [`Epoch ${epochs[epoch]}: ${classes[before]}, ${percent(whole[before])}.`];
    if (hiding) {
      const change = num(100 * (now.y[before] - whole[before]));
      const turned = before === after ? "" : `; the answer is now ${classes[after]}`;
      const left = percent(now.y[before]);
      words.push(`Without the hatched pixels: ${left}, a change of ${change} points${turned}.`);
    }
    put("say", words.join(" "));
  };
  const paint = () => {
    now = forward(image.map((value, pixel) => (hidden(pixel) ? 0 : value)));
    const whole = hiding ? forward(image).y : now.y;
    paintCells();
    paintFilters();
    paintClasses(whole);
    say(whole);
    slider.ariaValueText = put("epoch", `epoch ${epochs[epoch]}`).textContent;
    look();
  };

  // The sum, the maximum or the product that a number comes from.
  const recipe = (kind, index, inputs) => {
    const { filter } = placeOf(kind, index);
    const product = (x, t) => (x ? `${num(x)}\u00b7${num(now.k[9 * filter + t])} + ` : "");
    if (kind === "c") return `${inputs.map(product).join("")}bias ${num(now.b[filter])} = `;
    if (kind === "r") return `max(0, ${num(inputs[0])}) = `;
    if (kind === "p") return `max(${inputs.map(num).join(", ")}) = `;
    if (kind !== "w") return "";
    const result = num(inputs[0] * now.w[index]);
    return `pooled ${num(inputs[0])} gives ${result} by the weight `;
  };
  // Say the number that is looked at and where it comes from, and mark its sources.
  const look = () => {
    if (!looked) return;
    const { kind, index } = cells.get(looked);
    const { row, column, filter } = placeOf(kind, index);
    const [below, used] = [BELOW[kind], sources(kind, index)];
    cells.forEach((other, td) => {
      td.classList.toggle("src", other.kind === below && used.includes(other.index));
    });
    const how = recipe(kind, index, below ? used.map((q) => now[below][q]) : []);
    const owner = kind === "x" || kind === "k" ? "" : `Filter ${filter + 1}, `;
    const name = looked.closest("table").ariaLabel;
    const place = `${owner}${name}, row ${row}, column ${column}`;
    put("look", `${place}: ${how}${num(now[kind][index])}.`);
  };

  // From the pixel where the pointer was to where it is: a fast pointer leaves no gap.
  const stroke = (pixel) => {
    const [from, to] = [placeOf("x", strokeAt), placeOf("x", pixel)];
    const steps = Math.max(1, distance(strokeAt, pixel));
    for (const t of range(steps + 1)) {
      const row = from.row + Math.round(((to.row - from.row) * t) / steps);
      const column = from.column + Math.round(((to.column - from.column) * t) / steps);
      image[indexOf("x", 0, row, column)] = brush;
    }
    strokeAt = pixel;
    paint();
  };
  const beginStroke = (event) => {
    brush = image[pixelAt] === ink ? 0 : ink;
    if (hiding || !event.target.matches("td")) return;
    strokeAt = pixelAt;
    stroke(pixelAt);
  };
  const press = (event) => {
    // a finger keeps the pixel where it began, unless that lets go of it
    event.target.releasePointerCapture(event.pointerId);
    beginStroke(event);
  };
  const type = (event) => {
    if (own(event) || (event.key !== " " && event.key !== "Enter")) return;
    event.preventDefault();
    beginStroke(event);
  };
  const peekPixel = (event, pixel) => {
    pixelAt = pixel;
    if (event.buttons & 1 && strokeAt >= 0 && !hiding) stroke(pixel);
    else paint();
  };
  const peek = (event) => {
    const td = event.target;
    if (!cells.has(td)) return;
    looked = td;
    const { kind, index } = cells.get(td);
    if (kind === "x") return peekPixel(event, index);
    if (event.type === "focusin") {
      // one tab stop for each filter
      td.closest(".f")
        .querySelectorAll("td")
        .forEach((other) => (other.tabIndex = other === td ? 0 : -1));
    }
    look();
  };

  const part = (kind, caption, block = 0) => {
    const side = SIDE[kind];
    const table = grid(caption, side, side, (row, column) => {
      const td = el("td", { role: "gridcell", tabindex: -1 });
      cells.set(td, { kind, index: indexOf(kind, block, row, column) });
      return td;
    });
    table.className = kind;
    return table;
  };
  const act = (change) => () => {
    change();
    paint();
  };
  const noted = (name, table, ...more) =>
    el("div", {}, table, el("div", { "data-at": name }), ...more);
  // past the edge of a table the arrow keys go on in the next one
  const crossTables = (event) => {
    const tables = [...event.currentTarget.querySelectorAll("table")];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = tables[tables.indexOf(event.target.closest("table")) + step];
    // the grid has moved the focus if there was a cell to go to
    if (next && !own(event) && shadow.activeElement === event.target) {
      next.querySelector("td").focus();
    }
  };
  const filterRow = (f) => {
    const setBack = act(() => (initial[f] = !initial[f]));
    const weights = classes.map((name, n) => {
      const block = numFilters * n + f;
      return noted(`h${block}`, part("w", `\u00d7 ${name}`, block));
    });
    const reset = button("", setBack, { "data-at": `i${f}`, "data-key": `i${f}` });
    const row = el(
      "div",
      { class: "row f", role: "group", "aria-label": `Filter ${f + 1}`, onkeydown: crossTables },
      noted(`b${f}`, part("k", `filter ${f + 1}`, f), reset),
      part("c", "convolved", f),
      part("r", "ReLU", f),
      part("p", "pooled", f),
      ...weights,
    );
    row.querySelector("td").tabIndex = 0;
    return row;
  };
  const filters = range(numFilters).map(filterRow);
  const showFilter = (f) => {
    shownFilter = f;
    filters.forEach((row, other) => row.classList.toggle("now", other === shownFilter));
    tabs.forEach((tab, other) => tab.setAttribute("aria-pressed", other === shownFilter));
  };
  const tabs = filters.map((_, f) =>
    button(`filter ${f + 1}`, () => showFilter(f), { "aria-pressed": false }),
  );

  const paper = part("x", "Image");
  paper.rows[3].cells[3].tabIndex = 0;
  paper.addEventListener("pointerdown", press);
  paper.addEventListener("keydown", type);
  paper.addEventListener("pointerleave", () => (strokeAt = -1));

  const slider = el("input", {
    type: "range",
    max: epoch,
    value: epoch,
    oninput: act(() => (epoch = +slider.value)),
  });
  const brightness = el("input", {
    type: "range",
    "data-key": "brightness",
    step: 10,
    value: 100,
    oninput: () => (ink = brightness.value / 100),
  });
  const classRow = (name, n) => {
    const numbers = ["o", "z", "y"].map((kind) => el("td", { "data-at": kind + n, class: kind }));
    return el("tr", {}, el("th", { scope: "row" }, name), ...numbers);
  };
  const heads = ["class", "bias", "logit", "probability"].map((head) => el("th", {}, head));
  const live = (name, words = "") =>
    el("p", { class: name, "aria-live": "polite", "data-at": name }, words);
  shadow = draw([
    el(
      "div",
      { class: "row begin" },
      el("label", {}, slider, el("span", { "data-at": "epoch" })),
      ...s.images.map(([name, values]) =>
        button(
          name,
          act(() => (image = floats(values))),
        ),
      ),
      button(
        "clear",
        act(() => image.fill(0)),
      ),
    ),
    el(
      "div",
      { class: "row" },
      paper,
      el(
        "div",
        { class: "answer" },
        el("table", {}, el("tr", {}, ...heads), ...classes.map(classRow)),
        live("say"),
        el(
          "div",
          { class: "row" },
          el("label", {}, "brightness", brightness),
          checkbox("occlude 3\u00d73 pixels", "hide", false, (checked) => {
            hiding = checked;
            paint();
          }),
        ),
      ),
    ),
    live("look", byHand(s.hint, s.touchHint)),
    el("div", { class: "tabs", role: "group", "aria-label": "Which filter is shown" }, ...tabs),
    ...filters,
    el(
      "details",
      { class: "quiet" },
      el("summary", {}, "What the colours and numbers mean"),
      el("p", {}, s.legend),
    ),
  ]);
  shadow.addEventListener("pointerover", peek);
  shadow.addEventListener("focusin", peek);
  showFilter(0);
  paint();
};
