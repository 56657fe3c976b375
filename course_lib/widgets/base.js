// Shared by all figures: elements, numbers, a grid with one tab stop, a style in text colours.
const mix = p => `color-mix(in srgb, currentColor ${p}%, transparent)`;
const STYLE = `
:host{display:block;margin:1rem 0}
*{box-sizing:border-box;font:inherit;color:inherit}
.box{border:1px solid ${mix(35)};border-radius:.5rem;padding:.8rem;overflow-x:auto}
.row{display:flex;flex-wrap:wrap;gap:.6rem 1.4rem;align-items:flex-start}
.row+*{margin-top:.7rem}
table{border-collapse:separate;border-spacing:2px}
caption{text-align:left;font-size:.9em;padding-bottom:.25rem;white-space:nowrap}
td{padding:0;min-width:2.1rem;height:2.1rem;text-align:center;border:1px solid ${mix(30)};border-radius:3px;font-variant-numeric:tabular-nums;font-size:.88em}
td:focus{outline:3px solid;outline-offset:1px}
td input[type=text]{width:2.4rem;height:2rem;padding:0;border:0;background:none;text-align:center;font-variant-numeric:tabular-nums}
input:focus,select:focus,button:focus{outline:3px solid;outline-offset:1px}
td.pad{border-style:dashed}
td.lost{border-style:dotted;background:repeating-linear-gradient(45deg,transparent 0 4px,${mix(12)} 4px 6px)}
td.on{background:${mix(14)};border:2px solid;font-weight:700}
label{display:inline-flex;gap:.4rem;align-items:center;font-size:.92em}
select,button,.field{background:transparent;border:1px solid ${mix(50)};border-radius:4px;padding:.2rem .45rem}
option{color:#111;background:#fff}
button{cursor:pointer}
p{margin:.6rem 0 0;line-height:1.5}
.say{min-height:3em}
.quiet{font-size:.9em}
`;
const el = (tag, attrs = {}, ...kids) => {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attrs)) {
    if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
    else if (v !== false && v != null) e.setAttribute(k, v === true ? "" : v);
  }
  e.append(...kids);
  return e;
};
const num = v => String(+v.toFixed(3)).replace("-", "\u2212");
const read = (text, old) => {
  const v = Number(text.trim().replace("\u2212", "-").replace(",", "."));
  return text.trim() && Number.isFinite(v) ? v : old;
};
const choice = (name, values, value, onpick) => {
  const s = el("select", {"data-key": name, "aria-label": name, onchange: () => onpick(+s.value)},
    ...values.map(v => el("option", {value: v, selected: v === value}, num(v))));
  return el("label", {}, name, s);
};
// A table whose cells are reached by arrow keys; cell(i, j) makes a td. One cell is a tab stop.
const grid = (caption, rows, columns, cell, move = () => {}) => {
  const target = (i, j) => t.rows[i] && t.rows[i].cells[j] && (t.rows[i].cells[j].querySelector("input") || t.rows[i].cells[j]);
  const usable = e => e && e.hasAttribute("tabindex");
  const t = el("table", {role: "grid", "aria-label": caption});
  t.append(el("caption", {}, caption));
  for (let i = 0; i < rows; i++) {
    const tr = el("tr", {role: "row"});
    for (let j = 0; j < columns; j++) tr.append(cell(i, j));
    t.append(tr);
  }
  const stop = e => {
    t.querySelectorAll("[tabindex]").forEach(x => x.setAttribute("tabindex", -1));
    e.setAttribute("tabindex", 0);
  };
  t.addEventListener("focusin", e => usable(e.target) && stop(e.target));
  t.addEventListener("keydown", e => {
    const td = e.target.closest("td"), i = td.parentNode.rowIndex, j = td.cellIndex;
    const step = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]}[e.key];
    const to = step ? target(i + step[0], j + step[1]) : e.key === "Home" ? target(i, 0) : e.key === "End" ? target(i, columns - 1) : null;
    if (!step && !to) return;
    e.preventDefault();
    if (usable(to)) { to.focus(); if (to.select) to.select(); move(to); }
  });
  return t;
};
// Draw into the figure's shadow root and keep the focus where it was.
const stage = root => {
  if (root.shadowRoot) return null;
  const shadow = root.attachShadow({mode: "open"});
  return content => {
    const key = shadow.activeElement && shadow.activeElement.dataset.key;
    shadow.replaceChildren(el("style", {}, STYLE), el("div", {class: "box"}, ...content));
    const again = key && shadow.querySelector(`[data-key="${key}"]`);
    if (again) { again.setAttribute("tabindex", 0); again.focus(); }
    return shadow;
  };
};
