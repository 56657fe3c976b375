const start = (root, s) => {
  const draw = stage(root, s.tip);
  const { nodes } = s;
  const [numNodes, numLeaves] = [nodes.length, s.start.length];
  const last = numNodes - 1;
  const [CELL_WIDTH, CELL_HEIGHT, BOX_WIDTH, BOX_HEIGHT] = [98, 84, 92, 52];
  // The steps: the value of every computed node, the gradient 1 of the last one, and then every
  // computed node backwards, each of which sends gradients to its inputs.
  const numForward = numNodes - numLeaves;
  const numSteps = 2 * numForward + 1;
  let given = [...s.start];
  let steps = 0;

  const COMPUTE = {
    "+": (a, b) => a + b,
    "-": (a, b) => a - b,
    "*": (a, b) => a * b,
    "/": (a, b) => a / b,
    square: (a) => a * a,
    neg: (a) => -a,
    relu: (a) => Math.max(a, 0),
    tanh: Math.tanh,
    exp: Math.exp,
    log: Math.log,
  };
  // The derivative of an operation by each of its inputs.
  const SLOPES = {
    "+": () => [1, 1],
    "-": () => [1, -1],
    "*": (a, b) => [b, a],
    "/": (a, b) => [1 / b, -a / b ** 2],
    square: (a) => [2 * a],
    neg: () => [-1],
    relu: (a) => [a > 0 ? 1 : 0],
    tanh: (a) => [1 - Math.tanh(a) ** 2],
    exp: (a) => [Math.exp(a)],
    log: (a) => [1 / a],
  };
  const inputsOf = (n, values) => nodes[n].inputs.map((i) => values[i]);
  const slopesOf = (n, values) => SLOPES[nodes[n].operation](...inputsOf(n, values));
  // Everything that is known after so many steps.
  const run = () => {
    const values = [...given];
    const numValues = Math.min(steps, numForward);
    for (const n of range(numValues).map((step) => numLeaves + step)) {
      values.push(COMPUTE[nodes[n].operation](...inputsOf(n, values)));
    }
    const gradients = range(numNodes).map(() => undefined);
    if (steps > numForward) gradients[last] = 1;
    for (const n of sentBack()) {
      const slopes = slopesOf(n, values);
      nodes[n].inputs.forEach((i, k) => {
        gradients[i] = (gradients[i] ?? 0) + slopes[k] * gradients[n];
      });
    }
    return { values, gradients };
  };
  const sentBack = () => range(Math.max(0, steps - numForward - 1)).map((step) => last - step);
  // The node of the latest step, and whether it has sent its gradient.
  const current = () => {
    if (!steps) return { node: undefined, back: false };
    if (steps <= numForward) return { node: numLeaves + steps - 1, back: false };
    if (steps === numForward + 1) return { node: last, back: false };
    return { node: sentBack().at(-1), back: true };
  };

  // From top to bottom: every node below all of its inputs, a given number right above its first use.
  const levels = [];
  nodes.forEach(({ inputs }) => levels.push(1 + Math.max(0, ...inputs.map((i) => levels[i]))));
  const usersOf = (n) => range(numNodes).filter((user) => nodes[user].inputs.includes(n));
  for (const n of range(numLeaves)) {
    levels[n] = Math.min(...usersOf(n).map((user) => levels[user])) - 1;
  }
  const top = Math.min(...levels);
  // computed nodes on the left, given numbers on the right
  const inLevel = range(levels[last] - top + 1).map((level) => {
    const row = range(numNodes).filter((n) => levels[n] === level + top);
    return [...row.filter((n) => n >= numLeaves), ...row.filter((n) => n < numLeaves)];
  });
  const width = CELL_WIDTH * Math.max(3, ...inLevel.map((row) => row.length));
  const height = CELL_HEIGHT * inLevel.length;
  const centre = (n) => {
    const level = levels[n] - top;
    const row = inLevel[level];
    // a little aside in every other level: an edge over two levels passes beside the node between
    const aside = row.length > 1 ? 0 : level % 2 ? 14 : -14;
    const x = (width * (row.indexOf(n) + 0.5)) / row.length + aside;
    return [x, CELL_HEIGHT * (level + 0.5)];
  };
  const short = (value) => (value === undefined ? "" : minus(String(+value.toPrecision(4))));
  const edge = (from, to, k, slope) => {
    const [[x1, y1], [x2, y2]] = [centre(from), centre(to)];
    // two edges between the same nodes lie side by side
    const twice = nodes[to].inputs.filter((i) => i === from).length > 1;
    const aside = twice ? 16 * (2 * k - 1) : 0;
    const [top, bottom] = [y1 + BOX_HEIGHT / 2, y2 - BOX_HEIGHT / 2];
    const line = svg("line", {
      class: slope === undefined ? "edge" : "edge active",
      x1: x1 + aside,
      y1: top,
      x2: x2 + aside,
      y2: bottom,
    });
    if (slope === undefined) return [line];
    const at = { class: "slope", x: (x1 + x2) / 2 + aside + 28, y: (top + bottom) / 2 + 4 };
    return [line, svg("text", at, `\u00d7 ${short(slope)}`)];
  };
  const box = (n, { values, gradients }, active) => {
    const [x, y] = centre(n);
    const [left, top] = [x - BOX_WIDTH / 2, y - BOX_HEIGHT / 2];
    const head = values[n] === undefined ? nodes[n].name : `${nodes[n].name} = ${short(values[n])}`;
    const below = gradients[n] === undefined ? nodes[n].formula : `grad ${short(gradients[n])}`;
    return svg(
      "g",
      { class: active ? "node active" : "node" },
      svg("rect", { x: left, y: top, width: BOX_WIDTH, height: BOX_HEIGHT, rx: 5 }),
      svg("text", { class: "name", x, y: y - 4 }, head),
      svg("text", { x, y: y + 16 }, below),
    );
  };
  const picture = (known) => {
    const { node, back } = current();
    const slopes = back ? slopesOf(node, known.values) : [];
    const edges = nodes.flatMap(({ inputs }, n) =>
      inputs.flatMap((i, k) => edge(i, n, k, n === node ? slopes[k] : undefined)),
    );
    const name = "The graph: given numbers above, the result below. The table holds its numbers.";
    return svg(
      "svg",
      {
        viewBox: `0 0 ${width} ${height}`,
        style: `max-width:${width}px`,
        role: "img",
        "aria-label": name,
      },
      ...edges,
      ...range(numNodes).map((n) => box(n, known, n === node)),
    );
  };

  const sent = (n, { values, gradients }) => {
    const slopes = slopesOf(n, values);
    const parts = nodes[n].inputs.map((i, k) => {
      const amount = `${short(slopes[k])} \u00b7 ${short(gradients[n])}`;
      return `${amount} = ${short(slopes[k] * gradients[n])} to ${nodes[i].name}`;
    });
    const uses = (i) => total(nodes.map(({ inputs }) => inputs.filter((j) => j === i).length));
    const shared = nodes[n].inputs.filter((i) => uses(i) > 1).map((i) => nodes[i].name);
    const sum = shared.length
      ? ` ${shared[0]} is used ${uses(nodes[n].inputs.find((i) => uses(i) > 1))} times: ` +
        "what arrives there is added."
      : "";
    return `Backward: ${nodes[n].name} sends ${parts.join(" and ")}.${sum}`;
  };
  const words = (known) => {
    const { node, back } = current();
    if (node === undefined) return "The given numbers are known; nothing is computed yet.";
    if (back) return sent(node, known);
    if (steps > numForward) return `Backward begins: ${nodes[last].name} by itself has gradient 1.`;
    return `Forward: ${nodes[node].name} = ${nodes[node].formula} = ${short(known.values[node])}.`;
  };
  const paint = () => {
    const known = run();
    graph.replaceChildren(picture(known));
    const { node } = current();
    rows.forEach((row, n) => {
      row.classList.toggle("on", n === node);
      const [valueCell, gradientCell] = row.querySelectorAll(".value, .gradient");
      if (n >= numLeaves) valueCell.textContent = short(known.values[n]);
      gradientCell.textContent = short(known.gradients[n]);
    });
    say.textContent = words(known);
  };
  const finite = (numbers) => {
    const before = [given, steps];
    [given, steps] = [numbers, numSteps];
    const { values, gradients } = run();
    [given, steps] = before;
    return [...values, ...gradients].every((value) => Math.abs(value ?? 0) <= LARGEST ** 2);
  };
  const change = (n) => (typed) => {
    const numbers = given.map((value, m) => (m === n ? typed : value));
    // no logarithm of a negative number, no division by zero
    if (!finite(numbers)) {
      say.textContent = `With ${nodes[n].name} = ${num(typed)} the result is not a number.`;
      return "Then the result is not a number";
    }
    given = numbers;
    paint();
  };
  const valueCell = (n) => {
    if (n >= numLeaves) return el("td", { class: "value" });
    const field = numberField(nodes[n].name, given[n], { "data-key": `leaf${n}` }, change(n));
    return el("td", { class: "value" }, field);
  };
  const nodeRow = (n) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, nodes[n].name),
      el("td", {}, nodes[n].formula || "given"),
      valueCell(n),
      el("td", { class: "gradient" }),
    );

  const step = () => {
    steps = (steps + 1) % (numSteps + 1);
    paint();
    return steps < numSteps;
  };
  const render = () => {
    rows = range(numNodes).map(nodeRow);
    const heads = ["node", "formula", "value", "gradient"];
    const table = el(
      "table",
      {},
      el("caption", {}, "The tape, in the order of computation"),
      el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, ...rows),
    );
    const toEnd = button("all steps", () => {
      play.stop();
      steps = numSteps;
      paint();
    });
    draw([
      el("div", { class: "row" }, ...play.buttons, toEnd),
      say,
      el("div", { class: "row" }, graph, table),
    ]);
    paint();
  };
  const say = sentence();
  const graph = el("div", { class: "graph" });
  let rows = [];
  const play = player(say, step, () => {
    [given, steps] = [[...s.start], 0];
    render();
  });
  render();
};
