const start = (root, s) => {
  const draw = stage(root, s.tip);
  const { height, width, names, labels, places, counts } = s;
  const size = height * width;
  const [pixels, sure] = [bytesOf(s.pixels), bytesOf(s.sure)];
  const maps = new Int8Array(bytesOf(s.maps).buffer);
  const orders = new Uint16Array(bytesOf(s.orders).buffer);
  const STEPS = 10;
  const LETTERS = "ABCDEF";
  const ERASERS = [`the map "${names[0]}"`, "brightness", "chance"];
  const DASHES = ["", "6 3", "2 3"];
  let image = 0;
  let step = 0;
  // what was guessed: for each image the place of a map, or nothing yet
  const guesses = labels.map(() => null);

  // The pixels of this image with ink, in one of the three orders.
  const orderOf = (eraser) => {
    const from = 3 * total(counts.slice(0, image)) + eraser * counts[image];
    return orders.subarray(from, from + counts[image]);
  };
  const gone = (now) => Math.floor((2 * counts[image] * now + STEPS) / (2 * STEPS));
  const probability = (eraser, now) =>
    sure[(image * ERASERS.length + eraser) * (STEPS + 1) + now] / 255;

  const canvas = (colour, attributes) => {
    const element = el("canvas", {
      width,
      height,
      style: `aspect-ratio:${width}/${height}`,
      ...attributes,
    });
    const context = element.getContext("2d");
    const picture = context.createImageData(width, height);
    for (const k of range(size)) {
      const [red, green, blue, opacity = 255] = colour(k);
      picture.data.set([red, green, blue, opacity], 4 * k);
    }
    context.putImageData(picture, 0, 0);
    return element;
  };
  const grey = (k) => Array(3).fill(pixels[image * size + k]);
  // Blue speaks for the class, red against it, as in the book's figures; what says nothing is the
  // ground of the page, light or dark.
  const STRONG = { for: [46, 122, 190], against: [205, 62, 60] };
  const signed = (map) => (k) => {
    const value = maps[(image * names.length + map) * size + k] / 127;
    return [...STRONG[value < 0 ? "against" : "for"], 255 * Math.abs(value)];
  };
  const erased = (eraser) => {
    const missing = new Set(orderOf(eraser).subarray(0, gone(step)));
    return (k) => (missing.has(k) ? [0, 0, 0] : grey(k));
  };

  const guess = (place) => {
    if (guesses[image] === null) guesses[image] = place;
    render();
  };
  const candidate = (map, place) => {
    const known = guesses[image] !== null;
    const letter = LETTERS[place];
    const says = known ? `${letter}: ${names[map]}` : letter;
    const choose = button("", () => guess(place), {
      class: known && map === 0 ? "map right" : "map",
      "data-key": `map${place}`,
      "aria-label": known ? says : `Map ${letter}: guess that this one can read`,
      "aria-disabled": known,
    });
    choose.append(canvas(signed(map), {}));
    return el("figure", {}, choose, el("figcaption", {}, says));
  };
  const score = () => {
    const made = range(labels.length).filter((i) => guesses[i] !== null);
    const right = made.filter((i) => places[i][guesses[i]] === 0);
    return `${right.length} of ${made.length} guesses right`;
  };
  const verdict = () => {
    if (guesses[image] === null)
      return "One of these maps comes from the trained network. Which? Choose its picture.";
    const map = places[image][guesses[image]];
    const truth = LETTERS[places[image].indexOf(0)];
    const answer =
      map === 0 ? "Right" : `No: that is "${names[map]}", and ${truth} is "${names[0]}"`;
    return `${answer}. So far ${score()}.`;
  };

  const inPercent = (value) => `${Math.round(100 * value)} %`;
  const sentenceOf = () => {
    const words = ERASERS.map(
      (name, eraser) => `by ${name} ${inPercent(probability(eraser, step))}`,
    );
    return `${10 * step} % of the ink erased. Probability of the ${labels[image]}: ${words.join(", ")}.`;
  };
  const chart = () => {
    const lines = range(ERASERS.length).map((eraser) =>
      svg("polyline", {
        points: range(STEPS + 1)
          .map((now) => `${20 * now},${100 - 100 * probability(eraser, now)}`)
          .join(" "),
        "stroke-dasharray": DASHES[eraser],
      }),
    );
    const marker = svg("line", { class: "now", x1: 20 * step, x2: 20 * step, y1: 0, y2: 100 });
    const frame = svg("rect", { class: "frame", width: 200, height: 100 });
    const attributes = { viewBox: "-2 -2 204 104", class: "chart", "aria-hidden": "true" };
    const words = "probability, from 0 to 100 %, while ink is erased";
    const picture = svg("svg", attributes, frame, ...lines, marker);
    return el("figure", { class: "curves" }, picture, el("figcaption", {}, words));
  };
  const erasers = () =>
    ERASERS.map((name, eraser) => {
      const key = svg("line", { x1: 0, x2: 24, y1: 4, y2: 4, "stroke-dasharray": DASHES[eraser] });
      const words = `by ${name}: ${inPercent(probability(eraser, step))}`;
      return el(
        "figure",
        {},
        canvas(erased(eraser), { class: "image", role: "img", "aria-label": words }),
        el("figcaption", {}, svg("svg", { viewBox: "0 0 24 8", class: "key" }, key), words),
      );
    });
  const slider = () => {
    const move = () => {
      step = +input.value;
      render();
    };
    const attributes = { type: "range", min: 0, max: STEPS, "data-key": "step", oninput: move };
    const spoken = { "aria-label": "ink erased", "aria-valuetext": `${10 * step} %` };
    const input = el("input", { ...attributes, ...spoken });
    input.value = step;
    return el("label", {}, "ink erased", input, `${10 * step} %`);
  };
  const choose = () => {
    const pick = () => {
      image = +select.value;
      step = 0;
      render();
    };
    const options = range(labels.length).map((i) =>
      el("option", { value: i, selected: i === image }, `${i + 1}: a ${labels[i]}`),
    );
    const select = el("select", { "data-key": "pick", onchange: pick }, ...options);
    return el("label", {}, "image", select);
  };
  const say = sentence();
  const after = () => [
    el("div", { class: "row" }, slider()),
    el("div", { class: "row" }, ...erasers(), chart()),
  ];
  const render = () => {
    const known = guesses[image] !== null;
    say.textContent = known ? `${verdict()} ${sentenceOf()}` : verdict();
    const digit = el("figure", {}, canvas(grey, { class: "image", "aria-hidden": "true" }));
    draw([
      el("div", { class: "row" }, choose()),
      el("div", { class: "row bench" }, digit, ...places[image].map(candidate)),
      say,
      ...(known ? after() : []),
    ]);
  };
  render();
};
