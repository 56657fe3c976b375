// A picture as wide as its figure and `height` pixels high. One unit is one pixel, so that its words are
// as large on a telephone as on a wide screen. paint(width) draws it, now and whenever the width changes;
// call repaint() after any other change.
const fluid = (height, label, paint) => {
  const picture = svg("svg", { class: "fluid", height, role: "img", "aria-label": label });
  let width = 0;
  const repaint = () => {
    if (width) paint(width);
  };
  const watch = new ResizeObserver(([{ contentRect }]) => {
    width = Math.round(contentRect.width);
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    repaint();
  });
  watch.observe(picture);
  return { picture, repaint };
};
