// Lines between the parts of a row that belong together: from the right side of one set of elements
// to the left side of the next one, as if drawn behind the tables. pairs() returns [[from, to], ...].
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
    // the cells are transparent: only what lies between the tables leaves the numbers free
    const rows = (elements) => hull([...elements[0].closest("table").rows]);
    const ends = [rows(from).right, rows(to).left];
    const line = (from, to) => {
      const at = (x) => from + ((to - from) * (x - a.right)) / (b.left - a.right) - frame.top;
      const [x1, x2] = ends.map((x) => x - frame.left);
      return svg("line", { x1, y1: at(ends[0]), x2, y2: at(ends[1]) });
    };
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
