const start = (root, s) => {
  const draw = stage(root, s.tip);
  const [HEIGHT, LEFT, MARGIN, TOP, BOTTOM] = [312, 96, 20, 96, 250];
  const MOST = 64;
  const dials = { ...s.start }; // machines, and positions in the lists of the other dials

  // The same arithmetic as course_lib.scaling: all machines wait for the largest share, then average.
  const step = (machines) => {
    const [batch, latency, bandwidth] = [
      s.batches[dials.batch],
      s.latencies[dials.latency],
      s.bandwidths[dials.bandwidth],
    ];
    const share = Math.ceil(batch / machines);
    const computing = s.perStep + s.perImage * share;
    const sent = ((2 * (machines - 1)) / machines) * s.bytes;
    const communicating = 2 * (machines - 1) * latency + sent / bandwidth;
    const alone = s.perStep + s.perImage * batch;
    return { share, computing, communicating, speedUp: alone / (computing + communicating) };
  };
  const all = () => range(MOST).map((n) => step(n + 1).speedUp);

  const scaled = (value, units, digits = 3) => {
    const [factor, unit] = units.find(([least]) => value >= least) || units.at(-1);
    return `${+(value / factor).toPrecision(digits)} ${unit}`;
  };
  const time = (value) =>
    scaled(value, [
      [1, "s"],
      [1e-3, "ms"],
      [1e-6, "\u00b5s"],
    ]);
  const speed = (value) =>
    scaled(value, [
      [1e9, "GB/s"],
      [1e6, "MB/s"],
    ]);

  const timeline = (right) => {
    const [now, alone] = [step(dials.machines), step(1)];
    const longest = Math.max(now.computing + now.communicating, alone.computing);
    const wide = (seconds) => ((right - LEFT) * seconds) / longest;
    const bar = (kind, y, from, seconds) =>
      svg("rect", { class: kind, x: LEFT + wide(from), y, width: wide(seconds), height: 22 });
    const name = (y, words) => svg("text", { x: LEFT - 8, y: y + 16, "text-anchor": "end" }, words);
    return [
      name(8, "1 machine"),
      bar("computing", 8, 0, alone.computing),
      name(38, dials.machines === 1 ? "the same" : `${dials.machines} machines`),
      bar("computing", 38, 0, now.computing),
      bar("communicating", 38, now.computing, now.communicating),
    ];
  };

  const curve = (right) => {
    const speedUps = all();
    // both axes logarithmic, the same length for each doubling: the ideal is the diagonal
    const x = (machines) => LEFT + ((right - LEFT) * Math.log2(machines)) / 6;
    const y = (value) =>
      clamp(BOTTOM - ((BOTTOM - TOP) * Math.log2(value)) / 6, TOP - 4, BOTTOM + 22);
    const points = speedUps.map((value, n) => `${x(n + 1).toFixed(1)},${y(value).toFixed(1)}`);
    const marks = [1, 2, 4, 8, 16, 32, 64].flatMap((n) => [
      svg("line", { class: "guide", x1: LEFT, x2: right, y1: y(n), y2: y(n) }),
      svg("text", { x: x(n), y: BOTTOM + 40, "text-anchor": "middle" }, n),
      ...(n === 2 || n === 32
        ? []
        : [svg("text", { x: LEFT - 8, y: y(n) + 4, "text-anchor": "end" }, n)]),
    ]);
    return [
      ...marks,
      svg("text", { x: 8, y: (TOP + BOTTOM) / 2 }, "speed-up"),
      svg("text", { x: (LEFT + right) / 2, y: BOTTOM + 58, "text-anchor": "middle" }, "machines"),
      svg("line", { class: "ideal", x1: x(1), y1: y(1), x2: x(MOST), y2: y(MOST) }),
      svg("polyline", { class: "curve", points: points.join(" ") }),
      svg("circle", {
        class: "now",
        cx: x(dials.machines),
        cy: y(speedUps[dials.machines - 1]),
        r: 6,
      }),
    ];
  };

  const chart = (width) =>
    picture.replaceChildren(...timeline(width - MARGIN), ...curve(width - MARGIN));
  const say = sentence();
  const paint = () => {
    const [now, speedUps] = [step(dials.machines), all()];
    const most = Math.max(...speedUps);
    const best = speedUps.indexOf(most) + 1;
    const machines = `${dials.machines} machine${dials.machines > 1 ? "s" : ""}`;
    repaint();
    say.textContent =
      `${machines}, at most ${now.share} of ${s.batches[dials.batch]} images each: ` +
      `computing ${time(now.computing)}, communicating ${time(now.communicating)}, ` +
      `${now.speedUp.toFixed(2)} times as fast as one machine ` +
      `(${percent(now.speedUp / dials.machines)} of what they could). ` +
      (best > 1
        ? `The fastest of 1 to ${MOST} machines are ${best}: ${most.toFixed(2)} times.`
        : "No number of machines is faster than one.");
  };

  const dial = (words, key, low, high, show) => {
    const shown = el("span", {}, show(dials[key]));
    const slider = el("input", {
      type: "range",
      min: low,
      max: high,
      value: dials[key],
      "data-key": words,
      "aria-valuetext": show(dials[key]),
      oninput: () => {
        dials[key] = +slider.value;
        shown.textContent = show(dials[key]);
        slider.setAttribute("aria-valuetext", show(dials[key]));
        paint();
      },
    });
    return el("label", {}, words, slider, shown);
  };
  const listed = (words, key, values, show) =>
    dial(words, key, 0, values.length - 1, (place) => show(values[place]));
  const { picture, repaint } = fluid(
    HEIGHT,
    "One step as a timeline, and the speed-up over 1 to 64 machines",
    chart,
  );
  const key = (kind) => el("span", { class: `key ${kind}` });
  draw([
    el(
      "div",
      { class: "row" },
      dial("machines", "machines", 1, MOST, String),
      listed("joint batch", "batch", s.batches, String),
      listed("latency", "latency", s.latencies, time),
      listed("bandwidth", "bandwidth", s.bandwidths, speed),
    ),
    el(
      "p",
      { class: "quiet" },
      ...["One step: ", key("computing"), "computing, ", key("communicating"), "communicating. "],
      "Below, the speed-up; dashed is ideal.",
    ),
    picture,
    say,
  ]);
  paint();
};
