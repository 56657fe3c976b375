const start = (root, s) => {
  const draw = stage(root, s.tip);
  const first = JSON.stringify(s);
  const [numInputs, height, width] = [s.image.length, s.image[0].length, s.image[0][0].length];
  const numOutputs = s.kernels.length;
  const [kernelHeight, kernelWidth] = [s.kernels[0][0].length, s.kernels[0][0][0].length];
  const [rows, columns] = [height - kernelHeight + 1, width - kernelWidth + 1];
  let at = { o: 0, i: 0, j: 0 }; // the output cell that is shown
  let shadow, relink;

  // one colour for each place in the kernel: the same below the window, in the kernel, in the product
  const tint = (u, v) => {
    const share = (u * kernelWidth + v) / (kernelHeight * kernelWidth);
    return mix(30, `hsl(${Math.round(360 * share)} 75% 50%)`);
  };
  const places = range(kernelHeight).flatMap((u) => range(kernelWidth).map((v) => [u, v]));
  const product = ({ o, i, j }, c, u, v) => s.image[c][i + u][j + v] * s.kernels[o][c][u][v];
  const channelSum = (cell, c) => total(places.map(([u, v]) => product(cell, c, u, v)));
  const channelSums = (cell) => range(numInputs).map((c) => channelSum(cell, c));
  const output = (cell) => total(channelSums(cell)) + s.bias[cell.o];

  const find = (name) => shadow.querySelector(`[data-cell="${name}"]`);
  const colour = (td, cls, u, v) => {
    td.classList.add(cls);
    td.style.background = tint(u, v);
  };
  const paintChannel = (c) => {
    for (const [u, v] of places) {
      colour(find(`x${c},${at.i + u},${at.j + v}`), "used", u, v);
      colour(find(`k${c},${u},${v}`), "seen", u, v);
      const [x, w] = [s.image[c][at.i + u][at.j + v], s.kernels[at.o][c][u][v]];
      const value = el("span", { class: "value" }, num(x * w));
      const td = find(`p${c},${u},${v}`);
      td.replaceChildren(`${num(x)}\u00b7${exact(w)} = `, value);
      td.style.background = tint(u, v);
    }
    find(`s${c}`).textContent = num(channelSum(at, c));
  };
  const eachOutput = (act) => {
    for (const o of range(numOutputs)) {
      for (const i of range(rows)) range(columns).forEach((j) => act({ o, i, j }));
    }
  };
  const paint = () => {
    for (const td of shadow.querySelectorAll(".used, .seen, .on")) {
      td.classList.remove("used", "seen", "on");
      td.style.background = "";
    }
    range(numInputs).forEach(paintChannel);
    eachOutput((cell) => {
      const td = find(`y${cell.o},${cell.i},${cell.j}`);
      td.textContent = num(output(cell));
      td.classList.toggle("on", cell.o === at.o && cell.i === at.i && cell.j === at.j);
    });
    const sums = channelSums(at).map((sum, c) => `${num(sum)} from channel ${c}`);
    say.textContent =
      `Output channel ${at.o}, row ${at.i}, column ${at.j}: ${sums.join(" + ")} ` +
      `+ ${num(s.bias[at.o])} bias = ${num(output(at))}`;
    relink();
  };
  // from the windows to their kernels, and from the sums to the output cell beside them
  const beside = () => {
    const [channels, outputs] = [".channels", ".outputs"].map((name) => shadow.querySelector(name));
    return outputs.offsetLeft > channels.offsetLeft;
  };
  const pairs = () => [
    ...range(numInputs).map((c) =>
      ["x", "k"].map((kind) =>
        places.map(([u, v]) =>
          kind === "x" ? find(`x${c},${at.i + u},${at.j + v}`) : find(`k${c},${u},${v}`),
        ),
      ),
    ),
    ...(beside()
      ? range(numInputs).map((c) => [[find(`s${c}`)], [find(`y${at.o},${at.i},${at.j}`)]])
      : []),
  ];
  const pick = (o, i, j) => {
    if (at.o === o && at.i === i && at.j === j) return;
    const sameKernels = at.o === o;
    at = { o, i, j };
    if (sameKernels) paint();
    else render();
  };
  const step = () => {
    const count = numOutputs * rows * columns;
    const next = ((at.o * rows + at.i) * columns + at.j + 1) % count;
    const inside = next % (rows * columns);
    pick(Math.floor(next / (rows * columns)), Math.floor(inside / columns), inside % columns);
    return next < count - 1;
  };
  const reset = () => {
    Object.assign(s, JSON.parse(first));
    at = { o: 0, i: 0, j: 0 };
    render();
  };
  const say = sentence();
  const play = player(say, step, reset);

  const editable = (name, key, i, j, value, onnumber) => {
    const attributes = { tabindex: i + j ? -1 : 0, "data-key": key };
    const input = numberField(`${name}, row ${i}, column ${j}`, value, attributes, (typed) => {
      onnumber(typed);
      paint();
    });
    return el("td", { role: "gridcell", "data-cell": key }, input);
  };
  const channelRow = (c) => {
    const image = grid(`Input ${c}`, height, width, (i, j) => {
      const change = (typed) => (s.image[c][i][j] = typed);
      return editable(`Input ${c}`, `x${c},${i},${j}`, i, j, s.image[c][i][j], change);
    });
    const kernelName = `Kernel [${at.o}, ${c}]`;
    const weights = s.kernels[at.o][c];
    const kernel = grid(kernelName, kernelHeight, kernelWidth, (u, v) => {
      const change = (typed) => (weights[u][v] = typed);
      return editable(kernelName, `k${c},${u},${v}`, u, v, weights[u][v], change);
    });
    const products = el("table", { class: "products" }, el("caption", {}, "Products"));
    for (const u of range(kernelHeight)) {
      const cells = range(kernelWidth).map((v) => el("td", { "data-cell": `p${c},${u},${v}` }));
      products.append(el("tr", {}, ...cells));
    }
    const sign = (kind) => el("span", { class: `sign ${kind}`, "aria-hidden": "true" });
    const sum = el("span", { class: "sum", "data-cell": `s${c}` });
    return el(
      "div",
      { class: "channel" },
      image,
      kernel,
      sign("to"),
      products,
      sign("equals"),
      sum,
    );
  };
  const outputTable = (o) =>
    grid(`Output ${o}, bias ${num(s.bias[o])}`, rows, columns, (i, j) => {
      const choose = () => {
        play.stop();
        pick(o, i, j);
      };
      const name = `y${o},${i},${j}`;
      return el("td", {
        role: "gridcell",
        tabindex: (at.o === o ? at.i === i && at.j === j : i + j === 0) ? 0 : -1,
        "data-key": name,
        "data-cell": name,
        onclick: choose,
        onfocus: choose,
      });
    });
  const render = () => {
    const channels = el("div", { class: "channels" }, ...range(numInputs).map(channelRow));
    const outputs = el("div", { class: "outputs" }, ...range(numOutputs).map(outputTable));
    const figure = el("div", { class: "row all" }, channels, outputs);
    relink = links(figure, pairs);
    shadow = draw([
      el("div", { class: "row" }, ...play.buttons),
      figure,
      say,
      el(
        "p",
        { class: "quiet" },
        `${numOutputs * numInputs} kernels: [o, c] leads from input c to output o; ` +
          `those of output ${at.o} are shown. ` +
          "Choose an output cell; every number of input and kernel can be changed.",
      ),
    ]);
    paint();
  };
  render();
};
