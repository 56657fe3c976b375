const start = (root, s) => {
  const draw = stage(root, s.tip);
  const { height, width, classes, labels } = s;
  const area = height * width;
  const stored = bytesOf(s.pixels);
  // a mean is no whole number of 1/255; of 1/65535 it is one, near enough for four digits of a distance
  const means = [...new Uint16Array(bytesOf(s.means).buffer)].map((value) => value / 65535);
  const REACH = 2; // the numbers that are shown: so many rows and columns to every side
  const SPAN = 2 * REACH + 1;
  let chosen = 0;
  let ink = stored.slice(0, area);
  let at = [height >> 1, width >> 1];
  let pen = null; // what a drag makes of a pixel
  // A mouse paints at once; a finger scrolls the page over the picture, until it is told to paint.
  const paints = { mouse: true, touch: false };
  let hand = matchMedia("(pointer: coarse)").matches ? "touch" : "mouse";
  const fewest = {}; // changed pixels that were enough, by picture
  let shadow;

  const index = ([row, column]) => row * width + column;
  const first = (q) => stored[chosen * area + q];
  // Euclidean, between normalised pictures: what was subtracted cancels, the divisor stays.
  const distances = (image) =>
    classes.map((_, k) => {
      let sum = 0;
      for (let q = 0; q < area; q++) sum += (image[q] / 255 - means[k * area + q]) ** 2;
      return Math.sqrt(sum) / s.std;
    });
  const order = (values) => range(classes.length).sort((a, b) => values[a] - values[b]);
  // What the reader makes of a picture: its label, if it is read as something else, or the class next to it.
  const goal = () => {
    const [nearest, next] = order(distances(stored.subarray(chosen * area, (chosen + 1) * area)));
    const label = labels?.[chosen] ?? nearest;
    return label === nearest ? next : label;
  };

  const paintGrey = (canvas, grey) => {
    const context = canvas.getContext("2d");
    const picture = context.createImageData(width, height);
    for (const q of range(area)) {
      picture.data.fill(grey(q), 4 * q, 4 * q + 3);
      picture.data[4 * q + 3] = 255;
    }
    context.putImageData(picture, 0, 0);
  };
  const square = (q) => ({ x: q % width, y: Math.floor(q / width), width: 1, height: 1 });
  const changed = () => range(area).filter((q) => ink[q] !== first(q));

  // The numbers around the cursor, each on its own grey.
  const paintNumbers = () => {
    const [top, left] = at.map((place) => place - REACH);
    const inside = (row, column) => row >= 0 && column >= 0 && row < height && column < width;
    const name = (head, place, most) =>
      (head.textContent = place >= 0 && place < most ? place : "");
    shadow.querySelectorAll("th[scope=col]").forEach((th, j) => name(th, left + j, width));
    shadow.querySelectorAll("th[scope=row]").forEach((th, i) => name(th, top + i, height));
    shadow.querySelectorAll("tbody td").forEach((td, k) => {
      const place = [top + Math.floor(k / SPAN), left + (k % SPAN)];
      const value = inside(...place) ? ink[index(place)] : undefined;
      td.textContent = value ?? "";
      td.style.background = value === undefined ? "" : `rgb(${value}, ${value}, ${value})`;
      td.style.color = value > 116 ? "#000" : "#fff";
    });
  };
  const paintPlace = () => {
    const q = index(at);
    fill(cell, square(q), []);
    fill(frame, { x: at[1] - REACH, y: at[0] - REACH }, []);
    paintNumbers();
    const before = ink[q] === first(q) ? "" : `, was ${first(q)}`;
    here.textContent = `Row ${at[0]}, column ${at[1]}: ${ink[q]}${before}.`;
  };
  const paintDistances = () => {
    const values = distances(ink);
    const [best, next] = order(values);
    shadow.querySelectorAll(".means li").forEach((li, k) => {
      const further = k === best ? "nearest" : `+${fixed(values[k] - values[best], 2)}`;
      li.className = k === best ? "on" : "";
      li.dataset.distance = values[k].toFixed(5);
      li.querySelector(".far").textContent = fixed(values[k], 2);
      li.querySelector(".more").textContent = further;
    });
    const further = fixed(values[next] - values[best], 2);
    far.textContent =
      `The mean of each class, and its distance: ${classes[best]} is nearest, ` +
      `at ${fixed(values[best], 2)}; then ${classes[next]}, ${further} further.`;
    paintTask(best);
  };
  const paintTask = (best) => {
    const [count, aim] = [changed().length, goal()];
    const done = best === aim;
    if (done) fewest[chosen] = Math.min(count, fewest[chosen] ?? count);
    const label = labels ? `Labelled ${classes[labels[chosen]]}, read` : "Read";
    verdict.textContent = `${label} as ${classes[best]}.`;
    task.textContent =
      ` Changed pixels: ${count}. ` +
      (done
        ? `Done; your fewest so far: ${fewest[chosen]}.`
        : `Change as few as you can until it is read as ${classes[aim]}.`);
  };
  const paint = () => {
    paintGrey(canvas, (q) => ink[q]);
    marks.replaceChildren(...changed().map((q) => svg("rect", square(q))));
    paintPlace();
    paintDistances();
  };
  const take = (q) => {
    chosen = q;
    ink = stored.slice(q * area, (q + 1) * area);
    shadow.querySelectorAll(".stored button:has(canvas)").forEach((picture, k) => {
      picture.setAttribute("aria-pressed", k === q);
    });
    paint();
  };
  // The button speaks of the hand that was used last, mouse or finger.
  const use = ({ pointerType }) => {
    if (pointerType) hand = pointerType === "touch" ? "touch" : "mouse";
    brush.setAttribute("aria-pressed", paints[hand]);
    paper.style.touchAction = paints.touch ? "none" : "";
  };

  // The same press again takes a change back; other pixels get full ink, or lose theirs.
  const penFor = (q) => {
    if (ink[q] !== first(q)) return first;
    const value = ink[q] < 128 ? 255 : 0;
    return () => value;
  };
  const dab = (place) => (ink[index(place)] = pen(index(place)));
  // A fast pointer skips pixels; a line does not.
  const line = (from, to) => {
    const steps = Math.max(1, ...to.map((place, k) => Math.abs(place - from[k])));
    for (const q of range(steps + 1)) {
      dab(from.map((place, k) => Math.round(place + ((to[k] - place) * q) / steps)));
    }
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const down = Math.floor(((event.clientY - box.top) / box.height) * height);
    const right = Math.floor(((event.clientX - box.left) / box.width) * width);
    return [clamp(down, 0, height - 1), clamp(right, 0, width - 1)];
  };
  const press = (event) => {
    if (event.button) return;
    use(event);
    paper.setPointerCapture(event.pointerId);
    at = place(event);
    if (paints[hand]) {
      pen = penFor(index(at));
      dab(at);
    }
    paint();
  };
  const point = (event) => {
    const to = place(event);
    if (to.join() === at.join()) return;
    if (pen) line(at, to);
    at = to;
    if (pen) paint();
    else paintPlace();
  };
  const lift = () => (pen = null);
  const byKey = (event) => {
    const step = arrow(event) ?? leap(event, SPAN, width);
    const toggle = !own(event) && [" ", "Enter"].includes(event.key);
    if (!step && !toggle) return;
    event.preventDefault();
    if (step) {
      at = [clamp(at[0] + step[0], 0, height - 1), clamp(at[1] + step[1], 0, width - 1)];
      paintPlace();
    } else if (paints[hand]) {
      pen = penFor(index(at));
      dab(at);
      lift();
      paint();
    }
  };

  const screen = (grey) => {
    const picture = el("canvas", { width, height, "aria-hidden": "true" });
    if (grey) paintGrey(picture, grey);
    return picture;
  };
  const canvas = screen();
  const marks = svg("g", { class: "marks" });
  const cell = svg("rect", { class: "cell" });
  const frame = svg("rect", { class: "frame", width: SPAN, height: SPAN });
  const lines = [
    ...range(height).map((row) => `M0 ${row}h${width}`),
    ...range(width).map((column) => `M${column} 0v${height}`),
  ];
  const over = { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" };
  const paper = el(
    "div",
    {
      class: "paper",
      tabindex: 0,
      role: "application",
      "data-key": "paper",
      "aria-label":
        `The picture, ${height} by ${width} pixels: point at one to read it; ` +
        "while Paint is pressed, a press changes it. With keys, the arrows go from pixel to pixel, " +
        "Home and End to the sides, Page Up and Page Down up and down; Space or Enter changes one.",
      onpointerdown: press,
      onpointermove: point,
      onpointerup: lift,
      onpointercancel: lift,
      onkeydown: byKey,
    },
    canvas,
    svg("svg", over, svg("path", { d: lines.join("") }), marks, frame, cell),
  );
  const here = sentence({ class: "here" });
  const verdict = el("strong");
  const task = el("span");
  const say = sentence();
  say.append(verdict, task);
  const far = el("p", { class: "quiet nearest" });
  const numbers = () => {
    const head = (scope) => el("th", { scope });
    const row = () => el("tr", {}, head("row"), ...range(SPAN).map(() => el("td")));
    return el(
      "table",
      { class: "numbers" },
      el("caption", {}, "pixels in the frame, 0 to 255"),
      el("thead", {}, el("tr", {}, el("td"), ...range(SPAN).map(() => head("col")))),
      el("tbody", {}, ...range(SPAN).map(row)),
    );
  };
  const mean = (name, k) => {
    const line = (kind, ...words) => el("span", { class: kind }, ...words);
    const picture = screen((q) => Math.round(255 * means[k * area + q]));
    return el("li", {}, picture, line("name", name), line("far"), line("more"));
  };
  const picture = (q) => {
    const name = `picture ${q + 1}${labels ? `, labelled ${classes[labels[q]]}` : ""}`;
    const says = {
      type: "button",
      "aria-label": name,
      "aria-pressed": `${!q}`,
      "data-key": `p${q}`,
    };
    return el(
      "button",
      { ...says, onclick: () => take(q) },
      screen((k) => stored[q * area + k]),
    );
  };

  const brush = button("Paint", () => {
    paints[hand] = !paints[hand];
    use({});
  });
  brush.addEventListener("pointerdown", use);
  shadow = draw([
    el(
      "div",
      { class: "row stored" },
      ...range(stored.length / area).map(picture),
      brush,
      button("reset", () => take(chosen)),
    ),
    el(
      "div",
      { class: "desk" },
      paper,
      el("div", { class: "side" }, numbers()),
      here,
      say,
      el("div", { class: "answers" }, far, el("ul", { class: "means" }, ...classes.map(mean))),
    ),
  ]);
  use({});
  paint();
};
