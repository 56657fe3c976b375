const start = (root, s) => {
  const draw = stage(root, s.tip);
  const { height, width, pushes, models, overlaps, reach } = s;
  const size = height * width;
  const [pixels, truths, answers] = [s.pixels, s.truth, s.answers].map(bytesOf);
  const TOUCH = Math.max(0, pushes.indexOf(0));
  // paper, the left digit, the right one, both: the colours of the book's figure
  const COLOURS = [
    [0, 0, 0],
    [86, 180, 233],
    [230, 120, 0],
    [255, 255, 255],
  ];
  const CLASSES = ["paper", "left", "right"];
  const INK = ["paper", "ink of the left digit", "ink of the right digit", "ink of both digits"];
  let pair = 0;
  let push = TOUCH;
  // what is asked, and what it comes back to when the pointer only passes over a picture
  let pixel;
  let kept;

  // Four classes lie in a byte, the first one in the lowest bits.
  const classAt = (bytes, picture, k) => {
    const at = picture * size + k;
    return (bytes[at >> 2] >> (2 * (at & 3))) & 3;
  };
  // The pixel of a digit that lies nearest to the middle.
  const middle = () => {
    const away = (k) => Math.abs((k % width) - width / 2) + Math.abs(k / width - height / 2);
    const inked = range(size).filter((k) => [1, 2].includes(truthAt(k)));
    const nearest = inked.reduce((best, k) => (away(k) < away(best) ? k : best));
    return [Math.floor(nearest / width), nearest % width];
  };
  const picture = () => pair * pushes.length + push;
  const truthAt = (k) => classAt(truths, picture(), k);
  const answerAt = (model, k) => classAt(answers, picture() * models.length + model, k);
  const greyAt = (k) => Array(3).fill(17 * pixels[picture() * size + k]);

  // The first and last row and column of what an answer at this pixel looks at; ends are included.
  const boxOf = (model) => {
    const steps = reach[model];
    if (!steps) return null;
    const [row, column] = pixel;
    const [up, down] = steps[row % steps.length];
    const [, , left, right] = steps[column % steps.length];
    return {
      top: Math.max(0, row - up),
      bottom: Math.min(height - 1, row + down),
      left: Math.max(0, column - left),
      right: Math.min(width - 1, column + right),
    };
  };
  // How many pixels of either digit lie in a box.
  const inkIn = ({ top, bottom, left, right }) => {
    const counts = [0, 0, 0, 0];
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) counts[truthAt(row * width + column)]++;
    }
    return [counts[1] + counts[3], counts[2] + counts[3]];
  };

  const place = () => {
    const by = pushes[push];
    const columns = (n) => `${n} column${n === 1 ? "" : "s"}`;
    if (by < 0) return `${columns(-by)} before the touch`;
    return by ? `${columns(by)} past the first touch` : "at the first touch";
  };
  const overlap = (model) => overlaps[pair][push][model].toFixed(2);
  const wordsOfPixel = () => {
    const k = pixel[0] * width + pixel[1];
    const says = models.map((name, model) => `${name} says ${CLASSES[answerAt(model, k)]}`);
    const boxes = models.map((name, model) => {
      const box = boxOf(model);
      if (!box) return "";
      const [left, right] = inkIn(box);
      const sides = `${box.bottom - box.top + 1}\u00d7${box.right - box.left + 1}`;
      return `The box of ${name}, ${sides}, holds ${left} pixels of the left digit, ${right} of the right.`;
    });
    const where = `Row ${pixel[0]}, column ${pixel[1]}, ${INK[truthAt(k)]}`;
    return [`${where}: ${says.join(", ")}.`, ...boxes.filter(Boolean)].join(" ");
  };

  const paintCanvas = (canvas, colour) => {
    const context = canvas.getContext("2d");
    const image = context.createImageData(width, height);
    for (const k of range(size)) image.data.set([...colour(k), 255], 4 * k);
    context.putImageData(image, 0, 0);
  };
  const setBox = (rect, { top, bottom, left, right }) => {
    const sides = { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
    for (const [name, value] of Object.entries(sides)) rect.setAttribute(name, value);
  };
  const one = () => ({ top: pixel[0], bottom: pixel[0], left: pixel[1], right: pixel[1] });

  // Only what changes is touched: replacing a canvas would end a drag.
  const paint = () => {
    paintCanvas(image, greyAt);
    paintCanvas(truthPanel.canvas, (k) => COLOURS[truthAt(k)]);
    truthPanel.caption.textContent = "truth";
    panels.forEach((panel, model) => {
      paintCanvas(panel.canvas, (k) => COLOURS[answerAt(model, k)]);
      panel.caption.textContent = `${models[model]}: ${overlap(model)}`;
      const box = boxOf(model);
      if (box) setBox(panel.box, box);
    });
    for (const panel of [truthPanel, ...panels]) setBox(panel.marker, one());
    slider.value = push;
    slider.setAttribute("aria-valuetext", place());
    const scores = models.map((name, model) => `${name} ${overlap(model)}`);
    say.textContent = `The right digit is ${place()}. Overlap: ${scores.join(", ")}. ${wordsOfPixel()}`;
  };
  const pushTo = (next) => {
    const inside = clamp(Math.round(next), 0, pushes.length - 1);
    if (inside === push) return;
    push = inside;
    paint();
  };
  const look = ([row, column]) => {
    const next = [clamp(Math.floor(row), 0, height - 1), clamp(Math.floor(column), 0, width - 1)];
    if (next.join() === pixel.join()) return;
    pixel = next;
    paint();
  };
  const ask = (next) => {
    look(next);
    kept = pixel;
  };

  // A picture whose pixels can be asked, by pointer and by arrow keys.
  const panelOf = (name, key) => {
    const canvas = el("canvas", { width, height, "aria-hidden": "true" });
    const caption = el("figcaption");
    const box = svg("rect", { class: "box-of" });
    const marker = svg("rect", { class: "marker" });
    const viewBox = `0 0 ${width} ${height}`;
    const point = (event) => {
      const frame = screen.getBoundingClientRect();
      const row = ((event.clientY - frame.top) / frame.height) * height;
      const column = ((event.clientX - frame.left) / frame.width) * width;
      (event.buttons ? ask : look)([row, column]);
    };
    const screen = el(
      "div",
      {
        class: "screen",
        tabindex: 0,
        role: "application",
        "data-key": key,
        "aria-label": `${name}: point at a pixel, or move to one with the arrow keys`,
        onpointerdown: (event) => {
          screen.setPointerCapture(event.pointerId);
          point(event);
        },
        onpointermove: point,
        onpointerleave: () => look(kept),
        onkeydown: (event) => {
          const step = arrow(event);
          if (!step) return;
          event.preventDefault();
          ask([kept[0] + step[0], kept[1] + step[1]]);
        },
      },
      canvas,
      svg("svg", { viewBox, "aria-hidden": "true" }, box, marker),
    );
    return { figure: el("figure", {}, screen, caption), canvas, caption, box, marker };
  };
  const drag = () => {
    let from = null;
    const end = () => (from = null);
    return el("canvas", {
      class: "pair",
      width,
      height,
      role: "img",
      "aria-label": "The pair; the slider moves the right digit, and so does dragging",
      onpointerdown: (event) => {
        from = { x: event.clientX, push };
        event.target.setPointerCapture(event.pointerId);
      },
      onpointermove: (event) => {
        if (!from) return;
        const scale = width / event.target.getBoundingClientRect().width;
        pushTo(from.push - (event.clientX - from.x) * scale);
      },
      onpointerup: end,
      onpointercancel: end,
    });
  };
  const choose = () => {
    const count = overlaps.length;
    const options = range(count).map((q) => el("option", { value: q }, `${q + 1} of ${count}`));
    const pick = () => {
      pair = +select.value;
      paint();
    };
    const select = el("select", { "data-key": "pick", onchange: pick }, ...options);
    return el("label", {}, "pair", select);
  };

  pixel = middle();
  kept = pixel;
  const image = drag();
  const slider = el("input", {
    type: "range",
    min: 0,
    max: pushes.length - 1,
    "data-key": "push",
    oninput: () => pushTo(+slider.value),
  });
  const truthPanel = panelOf("truth", "truth");
  const panels = models.map((name, model) => panelOf(name, `model${model}`));
  const say = sentence();
  const dragged = el("figure", {}, image, el("figcaption", {}, "drag the right digit"));
  const advice =
    "Blue is the left digit, orange the right one, white what both claim; the number below an answer " +
    "is its overlap with the truth. A small square marks the pixel that is asked, a frame all that a " +
    "network looks at for its answer there: " +
    byHand(
      "point at a pixel and press to keep it, or use the arrow keys in a picture.",
      "touch a pixel.",
    );
  draw([
    el("div", { class: "row" }, choose(), el("label", {}, "push the right digit", slider)),
    el("div", { class: "row" }, dragged, truthPanel.figure),
    el("div", { class: "row" }, ...panels.map((panel) => panel.figure)),
    say,
    el("p", { class: "quiet" }, advice),
  ]);
  paint();
};
