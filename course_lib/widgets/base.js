// Shared by all figures: elements, numbers, a grid with one tab stop, the stage.

const mix = (percent, colour = "currentColor") =>
  `color-mix(in srgb, ${colour} ${percent}%, transparent)`;

const fill = (element, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children);
  return element;
};
const el = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

const range = (length) => Array.from({ length }, (_, index) => index);
const total = (values) => values.reduce((sum, value) => sum + value, 0);
const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

// Numbers for people: a real minus sign, at most three decimals or a fixed number of them.
const minus = (text) => text.replaceAll("-", "\u2212");
const num = (value) => minus(String(+value.toFixed(3)));
const fixed = (value, digits) => minus(value.toFixed(digits));
const percent = (fraction) => `${(100 * fraction).toFixed(1)} %`;

const button = (words, act, attributes = {}) =>
  el("button", { type: "button", "data-key": words, ...attributes, onclick: act }, words);

const choice = (name, values, value, onpick) => {
  const all = [...new Set([...values, value])].sort((a, b) => a - b);
  const options = all.map((v) => el("option", { value: v, selected: v === value }, num(v)));
  const select = el(
    "select",
    { "data-key": name, "aria-label": name, onchange: () => onpick(+select.value) },
    ...options,
  );
  return el("label", {}, name, select);
};

const checkbox = (words, name, checked, ontoggle) => {
  const box = el("input", {
    type: "checkbox",
    "data-key": name,
    checked,
    onchange: () => ontoggle(box.checked),
  });
  return el("label", {}, box, words);
};

// The sentence that says what a figure shows, aloud as well.
const sentence = (attributes = {}) =>
  el("p", { class: "say", "aria-live": "polite", ...attributes });

// What to do, for who has a pointer and keys, and for who has a finger alone.
const byHand = (pointer, finger) => (matchMedia("(hover: none)").matches ? finger : pointer);

// The step of an arrow key, as [down, right]; the browser keeps its own shortcuts.
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const own = (event) => event.altKey || event.ctrlKey || event.metaKey;
const arrow = (event) => (own(event) ? undefined : ARROWS[event.key]);
// That of the keys that would scroll the page: to the ends of a row, and a page of rows up or down.
const leap = (event, rows, columns) => {
  const ways = { Home: [0, -columns], End: [0, columns], PageUp: [-rows, 0], PageDown: [rows, 0] };
  return own(event) ? undefined : ways[event.key];
};

// A table whose cells are reached by arrow keys; cell(i, j) makes a td. One cell is a tab stop.
const grid = (caption, rows, columns, cell) => {
  const place = (i, j) => table.rows[i]?.cells[j];
  const target = (td) => td && (td.querySelector("input") || td);
  const usable = (element) => element?.hasAttribute("tabindex");
  const table = el("table", { role: "grid", "aria-label": caption }, el("caption", {}, caption));
  for (const i of range(rows)) {
    table.append(el("tr", { role: "row" }, ...range(columns).map((j) => cell(i, j))));
  }
  table.addEventListener("focusin", (event) => {
    if (!usable(event.target)) return;
    table.querySelectorAll("[tabindex='0']").forEach((other) => (other.tabIndex = -1));
    event.target.tabIndex = 0;
  });
  table.addEventListener("keydown", (event) => {
    const td = event.target.closest("td");
    const step = arrow(event);
    const far = leap(event, rows, columns);
    if (!td || !(step ?? far)) return;
    const [row, column] = [td.parentNode.rowIndex, td.cellIndex];
    const to = step
      ? place(row + step[0], column + step[1])
      : place(clamp(row + far[0], 0, rows - 1), clamp(column + far[1], 0, columns - 1));
    event.preventDefault();
    if (usable(target(to))) target(to).focus();
  });
  return table;
};

// Draw into the figure's shadow root and keep the focus where it was.
const stage = (root, tip) => {
  const shadow = root.attachShadow({ mode: "open" });
  // a page's shortcuts ("/" opens the search) are not for what is typed here
  root.addEventListener("keydown", (event) => own(event) || event.stopPropagation());
  const style = el("style", {}, STYLE);
  const advice = tip ? [el("p", { class: "tip" }, el("strong", {}, "Try this: "), tip)] : [];
  return (content) => {
    const key = shadow.activeElement?.dataset.key;
    shadow.replaceChildren(style, el("div", { class: "box" }, ...content, ...advice));
    const again = key && shadow.querySelector(`[data-key="${key}"]`);
    if (again) {
      if (again.tabIndex < 0) again.tabIndex = 0;
      again.focus();
    }
    return shadow;
  };
};
