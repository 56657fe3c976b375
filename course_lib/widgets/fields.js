// Fields for numbers, of the figures in which numbers are typed.

// A number as people type it: 2.5, 2,5, −1 or 1/9; undefined for anything else.
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const LARGEST = 1e6;
const read = (text) => {
  const plain = text.replaceAll(/\s/g, "").replaceAll("\u2212", "-").replaceAll(",", ".");
  const [top, bottom = "1", ...rest] = plain.split("/");
  const value = top / bottom;
  const good = NUMBER.test(top) && NUMBER.test(bottom) && !rest.length;
  return good && Math.abs(value) <= LARGEST ? value : undefined;
};

// A number in a field or a product: as it was typed, so that 1/9 stays 1/9.
const typedAs = new Map();
const exact = (value) => typedAs.get(value) ?? num(value);

// What is wrong with a text that is no number; nothing, while it may still become one.
const fault = (text) => {
  const plain = text.trim();
  if (/^[-+\u2212]?([\d.,]+\/)?$/.test(plain)) return "";
  if (/\/[-+]?0+$/.test(plain)) return "Nothing can be divided by 0";
  if (/^[-+\u2212]?[\d.,]+(e\d+)?$/i.test(plain)) return "Too large for this figure";
  return `\u201c${plain.slice(0, 20)}\u201d is no number`;
};

// A field for one number. It counts while it is typed; what is no number is marked as invalid, said in
// words below the field, changes nothing, and is gone when the field is left.
const numberField = (name, value, attributes, onnumber) => {
  let good = value;
  // there before it says something, or nobody would hear it
  const said = () => {
    const box = input.closest(".box");
    if (!box.querySelector(".wrong")) box.append(el("p", { class: "wrong", role: "status" }));
    return box.querySelector(".wrong");
  };
  const mark = (valid, wrong) => {
    input.setAttribute("aria-invalid", !valid);
    const words = said();
    words.textContent = wrong && `${wrong}: ${exact(good)} stays. Write it like 2, -0.5 or 1/9.`;
    words.style.left = 0; // its width depends on its place
    const [field, box] = [input, words.parentNode].map((e) => e.getBoundingClientRect());
    words.style.top = `${field.bottom - box.top + 4}px`;
    words.style.left = `${clamp(field.left - box.left, 0, box.width - words.offsetWidth - 8)}px`;
  };
  const input = el("input", {
    type: "text",
    autocomplete: "off",
    "aria-label": name,
    ...attributes,
    // what is typed replaces what stands there: 7 into 0 gives 7
    onfocus: () => {
      said();
      input.select();
    },
    onmousedown: (event) => {
      if (input.matches(":focus")) return;
      event.preventDefault();
      input.focus();
    },
    oninput: () => {
      const typed = read(input.value);
      mark(typed !== undefined, typed === undefined ? fault(input.value) : "");
      if (typed === undefined) return;
      good = typed;
      if (input.value.includes("/")) typedAs.set(typed, minus(input.value.trim()));
      onnumber(typed);
    },
    onblur: () => {
      if (!input.isConnected) return;
      input.value = exact(good);
      mark(true, "");
    },
  });
  input.value = exact(value);
  return input;
};
