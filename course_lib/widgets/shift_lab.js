const start = (root, s) => {
  const draw = stage(root, s.tip);
  const { height, width, most, models, classes, labels } = s;
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const [pixels, probabilities] = [bytes(s.pixels), bytes(s.probabilities)];
  const side = 2 * most + 1;
  const shifts = range(side).map((q) => q - most);
  // what is shown, and what it comes back to when the pointer only passes over a map
  let [now, kept] = [
    [0, 0],
    [0, 0],
  ];
  let image = 0;
  let shadow;

  // The probabilities of one model at one shift, in bytes: 255 is certain.
  const sureness = (model, down, right) => {
    const block = (image * models.length + model) * side + (down + most);
    const from = (block * side + (right + most)) * classes.length;
    return probabilities.subarray(from, from + classes.length);
  };
  const best = (values) => values.indexOf(Math.max(...values));
  const inPercent = (value) => Math.round(value / 2.55);
  const truth = (model) => (labels ? labels[image] : best(sureness(model, 0, 0)));

  const place = ([down, right]) => {
    const parts = [];
    if (right) parts.push(`${Math.abs(right)} ${right > 0 ? "right" : "left"}`);
    if (down) parts.push(`${Math.abs(down)} ${down > 0 ? "down" : "up"}`);
    return parts.length ? `Moved ${parts.join(", ")}.` : "Not moved.";
  };
  const paintImage = () => {
    const context = canvas.getContext("2d");
    const picture = context.createImageData(width, height);
    for (const i of range(height)) {
      for (const j of range(width)) {
        const [row, column] = [i - now[0], j - now[1]];
        const inside = row >= 0 && column >= 0 && row < height && column < width;
        const grey = inside ? pixels[(image * height + row) * width + column] : s.fill;
        const at = 4 * (i * width + j);
        picture.data.fill(grey, at, at + 3);
        picture.data[at + 3] = 255;
      }
    }
    context.putImageData(picture, 0, 0);
  };
  // Write the probabilities of one model into its row; return its answer in words.
  const paintModel = (name, model) => {
    const values = sureness(model, ...now);
    const answer = best(values);
    shadow.querySelectorAll(`[data-model="${model}"] td`).forEach((td, k) => {
      const share = inPercent(values[k]);
      td.textContent = share || "";
      td.className = k === answer ? "on" : "";
      td.style.backgroundImage = bar(share);
    });
    const marker = shadow.querySelector(`[data-marker="${model}"]`);
    marker.setAttribute("y", now[0] + most);
    marker.setAttribute("x", now[1] + most);
    const remark = answer === truth(model) ? "" : labels ? ", wrong" : ", changed";
    return `${name}: ${classes[answer]} (${inPercent(values[answer])} %)${remark}`;
  };
  // Only what moves is touched: replacing the canvas would end a drag.
  const paint = () => {
    paintImage();
    const words = models.map(paintModel);
    say.textContent = `${place(now)} ${words.join(". ")}.`;
  };
  const inRange = (shift) => shift.map((steps) => clamp(Math.round(steps), -most, most));
  const look = (shift) => {
    const next = inRange(shift);
    if (next.join() === now.join()) return;
    now = next;
    paint();
  };
  const move = (shift) => {
    look(shift);
    kept = now;
  };
  const byKey = (event) => {
    const step = arrow(event);
    const home = event.key === "Home" && !own(event);
    if (!step && !home) return;
    event.preventDefault();
    move(home ? [0, 0] : [kept[0] + step[0], kept[1] + step[1]]);
  };
  const keyboard = { tabindex: 0, role: "application", onkeydown: byKey };
  const KEYS = "move it with the arrow keys; Home brings it back";

  const screen = () => {
    let from = null;
    const end = () => (from = null);
    const attributes = {
      ...keyboard,
      class: "image",
      width,
      height,
      style: `aspect-ratio:${width}/${height}`,
      "data-key": "image",
      "aria-label": `The image: drag it, or ${KEYS}`,
      onpointerdown: (event) => {
        from = { x: event.clientX, y: event.clientY, shift: kept };
        event.target.setPointerCapture(event.pointerId);
      },
      onpointermove: (event) => {
        if (!from) return;
        const scale = width / event.target.getBoundingClientRect().width;
        const down = from.shift[0] + (event.clientY - from.y) * scale;
        move([down, from.shift[1] + (event.clientX - from.x) * scale]);
      },
      onpointerup: end,
      onpointercancel: end,
    };
    return el("canvas", attributes);
  };
  // One square for each shift: the stronger its colour, the surer the model is of the right answer.
  const squares = (model) =>
    shifts.flatMap((down) =>
      shifts.map((right) => {
        const opacity = (0.8 * sureness(model, down, right)[truth(model)]) / 255;
        const [x, y] = [right + most, down + most];
        return svg("rect", { x, y, width: 1, height: 1, "fill-opacity": opacity.toFixed(2) });
      }),
    );
  const rightShifts = (model) => {
    const isRight = (down, right) => best(sureness(model, down, right)) === truth(model);
    return total(shifts.map((down) => shifts.filter((right) => isRight(down, right)).length));
  };
  const map = (name, model) => {
    const words = labels ? "right" : "same answer";
    const count = `${name}: ${words} at ${rightShifts(model)} of ${side * side} shifts`;
    // pointing shows a shift, pressing keeps it
    const point = (event) => {
      const frame = box.getBoundingClientRect();
      const down = ((event.clientY - frame.top) / frame.height) * side - most - 0.5;
      const right = ((event.clientX - frame.left) / frame.width) * side - most - 0.5;
      (event.buttons ? move : look)([down, right]);
    };
    const marker = { class: "marker", "data-marker": model, width: 1, height: 1 };
    const box = el(
      "div",
      {
        ...keyboard,
        class: "map",
        "data-key": `map${model}`,
        "aria-label": `${count}. Point at a shift, or ${KEYS}`,
        onpointerdown: (event) => {
          box.setPointerCapture(event.pointerId);
          point(event);
        },
        onpointermove: point,
        onpointerleave: () => look(kept),
      },
      svg(
        "svg",
        { viewBox: `0 0 ${side} ${side}`, "shape-rendering": "crispEdges", "aria-hidden": "true" },
        ...squares(model),
        svg("rect", marker),
      ),
    );
    return el("figure", {}, box, el("figcaption", { class: "quiet" }, count));
  };
  const choose = () => {
    const count = pixels.length / (height * width);
    const name = (q) => (labels ? `${q + 1}: ${classes[labels[q]]}` : `${q + 1}`);
    const options = range(count).map((q) =>
      el("option", { value: q, selected: q === image }, name(q)),
    );
    const pick = () => {
      image = +select.value;
      render();
    };
    const select = el("select", { "data-key": "pick", onchange: pick }, ...options);
    return el("label", {}, "image", select);
  };
  const canvas = screen();
  const say = sentence();
  const render = () => {
    const back = button("back to the middle", () => move([0, 0]), { "data-key": "back" });
    shadow = draw([
      el("div", { class: "row" }, choose(), back),
      el("div", { class: "row" }, canvas, probabilityTable(models, classes)),
      say,
      el("div", { class: "row maps" }, ...models.map(map)),
      el(
        "p",
        { class: "quiet" },
        `Each map has one square per shift, up to ${most} pixels to every side: the stronger its ` +
          `colour, the surer the model is of the ${labels ? "right" : "first"} answer. Drag the image, or ` +
          byHand(
            "point at a square and press to keep it; in both the arrow keys work.",
            "touch a square.",
          ),
      ),
    ]);
    paint();
  };
  render();
};
