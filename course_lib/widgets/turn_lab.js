const start = (root, s) => {
  const draw = stage(root, s.tip);
  const { side, classes, labels, angles } = s;
  const area = side * side;
  const middle = (side - 1) / 2;
  const models = unpacked(s.models);
  const stored = bytesOf(s.pixels);
  let digit = 0;
  let turn = 0; // in degrees clockwise, from -180 to 180
  let shift = [0, 0];
  let moving = false; // whether dragging and arrows move the digit instead of turning it
  let shadow;

  const inkOf = (row, column) => {
    const inside = row >= 0 && column >= 0 && row < side && column < side;
    return inside ? stored[digit * area + row * side + column] / 255 : 0;
  };
  // Between pixels: the mean of the four around, weighted by how near they are. Outside there is no ink.
  const inkAt = (row, column) => {
    const [i, j] = [Math.floor(row), Math.floor(column)];
    const [down, right] = [row - i, column - j];
    const upper = (1 - right) * inkOf(i, j) + right * inkOf(i, j + 1);
    const lower = (1 - right) * inkOf(i + 1, j) + right * inkOf(i + 1, j + 1);
    return (1 - down) * upper + down * lower;
  };
  // The digit turned about the middle, then moved; each pixel is fetched from where it came from.
  const seen = () => {
    const [cos, sin] = [Math.cos, Math.sin].map((of) => of((turn * Math.PI) / 180));
    const values = new Float32Array(area);
    for (const i of range(side)) {
      for (const j of range(side)) {
        const [row, column] = [i - shift[0], j - shift[1]];
        if (row < 0 || column < 0 || row >= side || column >= side) continue;
        const [y, x] = [row - middle, column - middle];
        values[i * side + j] = inkAt(middle + y * cos - x * sin, middle + y * sin + x * cos);
      }
    }
    return values;
  };

  const turned = (degrees) => {
    if (!degrees) return "upright";
    return `turned ${Math.abs(degrees)}° ${degrees > 0 ? "clockwise" : "counter-clockwise"}`;
  };
  const moved = () => {
    const [down, right] = shift;
    const words = [];
    if (right) words.push(`${Math.abs(right)} ${right > 0 ? "right" : "left"}`);
    if (down) words.push(`${Math.abs(down)} ${down > 0 ? "down" : "up"}`);
    return words.length ? `, moved ${words.join(", ")}` : "";
  };
  const paintImage = (ink) => {
    const context = canvas.getContext("2d");
    const picture = context.createImageData(side, side);
    ink.forEach((value, k) => {
      picture.data.fill(Math.round(255 * value), 4 * k, 4 * k + 3);
      picture.data[4 * k + 3] = 255;
    });
    context.putImageData(picture, 0, 0);
  };
  const paintModel = ({ name, layers }, model, values) => {
    const maps = activations(layers, { values, channels: 1, side });
    const probabilities = softmax(maps[maps.length - 1].values);
    const best = fillProbabilities(shadow, model, probabilities);
    const remark = best === labels[digit] ? "" : ", wrong";
    return `${name}: ${classes[best]} (${Math.round(100 * probabilities[best])} %)${remark}`;
  };
  // The angle with a known accuracy that is nearest to the digit's.
  const nearest = () => {
    const away = (q) => Math.abs(angles[q] - turn);
    return range(angles.length).reduce((a, b) => (away(b) < away(a) ? b : a));
  };
  const paintStrip = ({ name }, model) => {
    const marker = shadow.querySelector(`[data-marker="${model}"]`);
    for (const end of ["x1", "x2"]) marker.setAttribute(end, turn + 180);
    const share = percent(s.accuracy[model][nearest()]);
    const words = `${name}: right for ${share} of ${s.count} images ${turned(angles[nearest()])}`;
    shadow.querySelector(`[data-caption="${model}"]`).textContent = words;
  };
  // Only what changes is touched: replacing canvas or slider would end a drag.
  const paint = () => {
    const ink = seen();
    paintImage(ink);
    const values = ink.map((value) => (value - s.mean) / s.std);
    const words = models.map((model, k) => paintModel(model, k, values));
    models.forEach(paintStrip);
    slider.value = turn;
    slider.setAttribute("aria-valuetext", turned(turn));
    shown.textContent = turned(turn);
    say.textContent = `A ${classes[labels[digit]]}, ${turned(turn)}${moved()}. ${words.join(". ")}.`;
  };

  // A full turn leads back: 190 degrees clockwise are 170 counter-clockwise.
  const turnTo = (degrees) => {
    turn = Math.round(degrees);
    while (turn > 180) turn -= 360;
    while (turn < -180) turn += 360;
    paint();
  };
  const moveTo = (to) => {
    const most = Math.floor(middle);
    shift = to.map((steps) => clamp(Math.round(steps), -most, most));
    paint();
  };
  const home = () => {
    shift = [0, 0];
    turnTo(0);
  };
  const byKey = (event) => {
    const step = arrow(event);
    const isHome = event.key === "Home" && !own(event);
    if (!step && !isHome) return;
    event.preventDefault();
    if (isHome) home();
    else if (moving) moveTo([shift[0] + step[0], shift[1] + step[1]]);
    else turnTo(turn + 5 * (step[0] + step[1]));
  };

  // While something is dragged: where the pointer was, and how the digit lay then.
  let from = null;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [
      event.clientX - box.left - box.width / 2,
      event.clientY - box.top - box.height / 2,
    ];
    const scale = side / box.width;
    return { right: x * scale, down: y * scale, angle: (Math.atan2(y, x) * 180) / Math.PI };
  };
  const press = (event) => {
    canvas.setPointerCapture(event.pointerId);
    from = { ...place(event), turn, shift };
  };
  const drag = (event) => {
    if (!from) return;
    const to = place(event);
    const [down, right] = [to.down - from.down, to.right - from.right];
    if (moving) moveTo([from.shift[0] + down, from.shift[1] + right]);
    else turnTo(from.turn + to.angle - from.angle);
  };
  const letGo = () => (from = null);
  const canvas = el("canvas", {
    width: side,
    height: side,
    tabindex: 0,
    role: "application",
    "data-key": "image",
    "aria-label":
      "The digit: drag it around its middle, or use the arrow keys, to turn it; " +
      "with the box ticked, to move it. Home brings it back",
    onpointerdown: press,
    onpointermove: drag,
    onpointerup: letGo,
    onpointercancel: letGo,
    onkeydown: byKey,
  });
  const slider = el("input", {
    type: "range",
    min: -180,
    max: 180,
    "data-key": "turn",
    "aria-label": "turn",
    oninput: () => turnTo(+slider.value),
  });
  const shown = el("span", { class: "shown" });
  const say = sentence();

  const strip = ({ name }, model) => {
    const points = angles.map((angle, q) => `${angle + 180},${100 - 100 * s.accuracy[model][q]}`);
    const point = (event) => {
      if (!event.buttons) return;
      const frame = picture.getBoundingClientRect();
      const share = clamp((event.clientX - frame.left) / frame.width, 0, 1);
      turnTo(360 * share - 180);
    };
    const picture = svg(
      "svg",
      {
        viewBox: "0 0 360 100",
        preserveAspectRatio: "none",
        "aria-hidden": "true",
        "data-strip": model,
        onpointerdown: (event) => {
          picture.setPointerCapture(event.pointerId);
          point(event);
        },
        onpointermove: point,
      },
      svg("polygon", { points: `0,100 ${points.join(" ")} 360,100` }),
      svg("line", { class: "marker", "data-marker": model, y1: 0, y2: 100 }),
    );
    return el("figure", {}, picture, el("figcaption", { "data-caption": model }, name));
  };
  const choose = () => {
    const name = (q) => {
      const before = labels.slice(0, q).filter((label) => label === labels[q]).length;
      return `${classes[labels[q]]}${before ? ` (${before + 1})` : ""}`;
    };
    const options = range(labels.length).map((q) => el("option", { value: q }, name(q)));
    const pick = () => {
      digit = +select.value;
      paint();
    };
    const select = el("select", { "data-key": "pick", onchange: pick }, ...options);
    return el("label", {}, "digit", select);
  };
  const names = models.map(({ name }) => name);
  shadow = draw([
    el(
      "div",
      { class: "row" },
      choose(),
      button("upright again", home),
      checkbox("move instead of turning", "move", moving, (on) => (moving = on)),
    ),
    el("div", { class: "row" }, canvas, probabilityTable(names, classes)),
    el("div", { class: "row" }, el("label", { class: "turn" }, "turn", slider, shown)),
    say,
    el("div", { class: "row strips" }, ...models.map(strip)),
    el(
      "p",
      { class: "quiet" },
      "Each strip runs from half a turn counter-clockwise to half a turn clockwise; its height is the " +
        "share of right answers, its line the digit above. " +
        `${byHand("Press on", "Touch")} a strip to turn the digit there.`,
    ),
  ]);
  paint();
};
