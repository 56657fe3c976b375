// Lines between the parts of a row that belong together: from the right side of one set of elements
// to the left side of the next one, drawn behind them. pairs() returns [[from, to], ...].
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
    // where a narrow screen has put them below each other, a line would cross the text
    if (b.left < a.right || b.top > a.bottom + 200 || a.top > b.bottom + 200) return "";
    const line = (from, to) =>
      svg("line", {
        x1: a.right - frame.left,
        y1: from - frame.top,
        x2: b.left - frame.left,
        y2: to - frame.top,
      });
    return svg("g", {}, line(a.top, b.top), line(a.bottom, b.bottom));
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
