const start = (root, s) => {
  const draw = stage(root, s.tip);
  const SIDE = 28;
  const AREA = SIDE * SIDE;
  const models = unpacked(s.models);
  const classes = range(10);
  const stored = bytesOf(s.pixels);
  // the ink, from 0 to 1; how far it is moved; whether the models see it centred; pen or hand
  let ink = new Float32Array(AREA);
  let shift = [0, 0];
  let centred = false;
  let moving = false;
  let showMaps = false;
  let chosen = ""; // the stored digit on the paper, if nothing was drawn since
  let greeting = true; // whether the digit there is one that nobody has chosen: the first stroke replaces it
  let pen = { row: 14, column: 14, down: false, shown: false };
  let shadow;

  const take = (q) => {
    ink = Float32Array.from(stored.subarray(q * AREA, (q + 1) * AREA), (value) => value / 255);
    shift = [0, 0];
    chosen = String(q);
  };
  // What leaves the frame is lost; what comes in is paper.
  const moved = (image, [down, right]) => {
    const result = new Float32Array(AREA);
    for (const i of range(SIDE)) {
      for (const j of range(SIDE)) {
        const [row, column] = [i - down, j - right];
        const inside = row >= 0 && column >= 0 && row < SIDE && column < SIDE;
        if (inside) result[i * SIDE + j] = image[row * SIDE + column];
      }
    }
    return result;
  };
  // MNIST's digits have their centre of mass in the middle of the image.
  const toCentre = (image) => {
    const sum = total([...image]);
    if (!sum) return [0, 0];
    const middle = (place) => total([...image].map((value, k) => value * place(k))) / sum;
    const row = middle((k) => Math.floor(k / SIDE));
    const column = middle((k) => k % SIDE);
    return [Math.round(SIDE / 2 - row), Math.round(SIDE / 2 - column)];
  };
  const onPaper = () => moved(ink, shift);
  const seenByModels = () => {
    const image = onPaper();
    return centred ? moved(image, toCentre(image)) : image;
  };
  // A round tip of about two pixels, soft at its rim, from one point to the next.
  const stroke = (from, to) => {
    const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) * 2));
    for (const q of range(steps + 1)) {
      const at = [0, 1].map((k) => from[k] + ((to[k] - from[k]) * q) / steps);
      for (const k of range(AREA)) {
        const away = Math.hypot(Math.floor(k / SIDE) - at[0], (k % SIDE) - at[1]);
        ink[k] = Math.max(ink[k], clamp(1.9 - away, 0, 1));
      }
    }
  };
  // Ink that was drawn after a move stays where it was drawn.
  const settle = () => {
    ink = greeting ? new Float32Array(AREA) : onPaper();
    shift = [0, 0];
    chosen = "";
    greeting = false;
  };

  const paintCanvas = (canvas, values, side) => {
    const [low, high] = [Math.min(0, ...values), Math.max(1e-6, ...values)];
    const context = canvas.getContext("2d");
    const picture = context.createImageData(side, side);
    values.forEach((value, k) => {
      picture.data.fill(Math.round((255 * (value - low)) / (high - low)), 4 * k, 4 * k + 3);
      picture.data[4 * k + 3] = 255;
    });
    context.putImageData(picture, 0, 0);
  };
  const paintPaper = () => {
    const image = onPaper();
    if (image.some((value) => value)) paintCanvas(paper, image, SIDE);
    else paintCanvas(paper, new Float32Array(AREA), SIDE);
    if (!pen.shown || moving) return;
    const context = paper.getContext("2d");
    context.strokeStyle = "#e08a00";
    context.strokeRect(pen.column - 0.5, pen.row - 0.5, 2, 2);
  };
  const answers = () => {
    const values = seenByModels().map((value) => (value - s.mean) / s.std);
    return models.map(({ name, layers }) => {
      const maps = activations(layers, { values, channels: 1, side: SIDE });
      return { name, layers, maps, probabilities: softmax(maps[maps.length - 1].values) };
    });
  };
  const paintModel = ({ name, probabilities }, model) => {
    const best = fillProbabilities(shadow, model, probabilities);
    return `${name}: ${best} (${Math.round(100 * probabilities[best])} %)`;
  };
  // The maps of a model's first convolution, behind its ReLU.
  const paintMaps = (all) => {
    const network = all.find(({ layers }) => layers[0].kind === "conv");
    const { values, channels, side } = network.maps[1];
    const place = shadow.querySelector(".maps");
    const canvases = range(channels).map(() =>
      el("canvas", { width: side, height: side, class: "map" }),
    );
    canvases.forEach((canvas, k) =>
      paintCanvas(canvas, values.slice(k * side * side, (k + 1) * side * side), side),
    );
    place.replaceChildren(...canvases);
  };
  const paint = () => {
    const all = answers();
    for (const digit of shadow.querySelectorAll(".stored [aria-label]")) {
      digit.setAttribute("aria-pressed", digit.dataset.key === `digit ${chosen}`);
    }
    paintPaper();
    paintCanvas(seen, seenByModels(), SIDE);
    const words = all.map(paintModel);
    if (showMaps) paintMaps(all);
    const empty = !ink.some((value) => value);
    say.textContent = empty
      ? "The paper is empty; the models answer all the same, they know no other way."
      : `${words.join(". ")}.`;
  };
  const move = ([down, right]) => {
    shift = [clamp(Math.round(down), -SIDE, SIDE), clamp(Math.round(right), -SIDE, SIDE)];
    greeting = false;
    paint();
  };

  const point = (event) => {
    const frame = paper.getBoundingClientRect();
    return [
      ((event.clientY - frame.top) / frame.height) * SIDE - 0.5,
      ((event.clientX - frame.left) / frame.width) * SIDE - 0.5,
    ];
  };
  let last = null;
  let startedAt = [0, 0];
  const press = (event) => {
    paper.setPointerCapture(event.pointerId);
    pen.shown = false;
    last = point(event);
    startedAt = [last[0] - shift[0], last[1] - shift[1]];
    if (moving) return;
    settle();
    stroke(last, last);
    paint();
  };
  const drag = (event) => {
    if (!last) return;
    const here = point(event);
    if (moving) {
      move([here[0] - startedAt[0], here[1] - startedAt[1]]);
    } else {
      stroke(last, here);
      last = here;
      paint();
    }
  };
  const penTo = (row, column) => {
    const from = [pen.row, pen.column];
    pen = { ...pen, shown: true, row: clamp(row, 0, SIDE - 1), column: clamp(column, 0, SIDE - 1) };
    if (pen.down) stroke(from, [pen.row, pen.column]);
    paint();
  };
  const byKey = (event) => {
    const step = arrow(event);
    const lift = event.key === " " && !moving;
    if (!step && !lift) return;
    event.preventDefault();
    if (step && moving) move([shift[0] + step[0], shift[1] + step[1]]);
    else if (step) penTo(pen.row + step[0], pen.column + step[1]);
    else {
      settle();
      pen.down = !pen.down;
      penTo(pen.row, pen.column);
    }
  };
  const paper = el("canvas", {
    class: "paper",
    width: SIDE,
    height: SIDE,
    tabindex: 0,
    role: "application",
    "data-key": "paper",
    "aria-label":
      "The paper: draw with the pointer. With keys, the arrows move the pen, Space sets it down " +
      "and lifts it; with the hand, the arrows move the digit.",
    onpointerdown: press,
    onpointermove: drag,
    onpointerup: () => (last = null),
    onpointercancel: () => (last = null),
    onkeydown: byKey,
  });
  const seen = el("canvas", { class: "seen", width: SIDE, height: SIDE, role: "img" });
  seen.setAttribute("aria-label", "What the models see");
  const say = sentence();

  const clear = () => {
    ink = new Float32Array(AREA);
    shift = [0, 0];
    chosen = "";
    pen = { row: 14, column: 14, down: false, shown: false };
    paint();
  };
  // The stored digits, small, each a button that lays it on the paper.
  const shelf = () =>
    range(stored.length / AREA).map((q) => {
      const picture = el("canvas", { width: SIDE, height: SIDE });
      paintCanvas(picture, stored.subarray(q * AREA, (q + 1) * AREA), SIDE);
      const lay = () => {
        take(q);
        greeting = false;
        paint();
      };
      const name = `stored digit ${String.fromCharCode(65 + q)}`;
      const attributes = { type: "button", "aria-label": name, "data-key": `digit ${q}` };
      return el("button", { ...attributes, onclick: lay }, picture);
    });
  const hasMaps = models.some(({ layers }) => layers[0].kind === "conv");
  const render = () => {
    const toggle = (act) => (on) => {
      act(on);
      render();
    };
    const switches = [
      checkbox(
        "move the digit",
        "move",
        moving,
        toggle((on) => (moving = on)),
      ),
      checkbox(
        "centre it for the models",
        "centre",
        centred,
        toggle((on) => (centred = on)),
      ),
    ];
    const maps = checkbox(
      "feature maps",
      "maps",
      showMaps,
      toggle((on) => (showMaps = on)),
    );
    if (hasMaps) switches.push(maps);
    shadow = draw([
      el(
        "div",
        { class: "row stored" },
        el("span", {}, stored.length ? "Draw, or take one:" : "Draw on the paper."),
        ...shelf(),
        button("clear", clear),
      ),
      el(
        "div",
        { class: "desk" },
        paper,
        el("figure", {}, seen, el("figcaption", {}, "what the models see")),
        el("div", { class: "switches" }, ...switches),
        probabilityTable(
          models.map(({ name }) => name),
          classes,
        ),
      ),
      say,
      el("div", { class: "row maps" }),
    ]);
    paint();
  };
  if (stored.length) take(0);
  render();
};
