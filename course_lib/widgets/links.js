// Lines between the parts of a row that belong together: from the right side of one set of elements
// to the left side of the next one, or from its lower side to what a narrow screen has put below it,
// as if drawn behind the tables. pairs() returns [[from, to], ...].
const links = (row, pairs) => {
  const layer = svg("svg", { class: "links", "aria-hidden": "true" });
  const hull = (elements) => {
    const boxes = elements.map((element) => element.getBoundingClientRect());
    return {
      left: Math.min(...boxes.map((box) => box.left)),
      right: Math.max(...boxes.map((box) => box.right)),
      top: Math.min(...boxes.map((box) => box.top)),
      bottom: Math.max(...boxes.map((box) => box.bottom)),
    };
  };
  const pair = ([from, to]) => {
    const frame = row.getBoundingClientRect();
    const [a, b] = [hull(from), hull(to)];
    // the cells are transparent: only what lies between the tables leaves the numbers free
    const rows = ([element]) => hull([...(element.closest("table")?.rows ?? [element])]);
    const whole = ([element]) => hull([element.closest("table") ?? element]); // with its caption
    const between = ([start, end], low, high, ends, turned) => {
      const at = (place) => low + ((high - low) * (place - start)) / (end - start);
      const [one, other] = ends.map((place) => [place, at(place)]);
      const [[x1, y1], [x2, y2]] = turned ? [one, other].map(([y, x]) => [x, y]) : [one, other];
      const [left, top] = [frame.left, frame.top];
      return svg("line", { x1: x1 - left, y1: y1 - top, x2: x2 - left, y2: y2 - top });
    };
    const across = [rows(from).right, rows(to).left];
    const down = [rows(from).bottom, whole(to).top];
    const below = across[0] > across[1];
    if (below && down[0] > down[1]) return ""; // nothing lies between them
    const sides = below ? ["left", "right"] : ["top", "bottom"];
    const way = below ? [a.bottom, b.top] : [a.right, b.left];
    const line = (side) => between(way, a[side], b[side], below ? down : across, below);
    return svg("g", {}, ...sides.map(line));
  };
  const paint = () => {
    if (!row.isConnected) return; // a new row has taken its place
    const found = pairs().filter(([from, to]) => from.length && to.length);
    layer.replaceChildren(...found.map(pair));
  };
  row.classList.add("linked");
  row.prepend(layer);
  new ResizeObserver(paint).observe(row);
  return paint;
};
