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

// A field for one number. It counts while it is typed; what is no number, or one for which
// onnumber(typed) returns why it is unfit, is marked as invalid, said in words below the field, and
// changes nothing. When the field is left, the number that stays is back in it, and the words are
// there until the reader does something else.
const ADVICE = " Write it like 2, -0.5 or 1/9.";
const numberField = (name, value, attributes, onnumber) => {
  let good = value;
  // there before it says something, or nobody would hear it
  const said = () => {
    const box = input.closest(".box");
    if (!box.querySelector(".wrong")) box.append(el("p", { class: "wrong", role: "status" }));
    return box.querySelector(".wrong");
  };
  const fade = (words) => {
    const done = new AbortController();
    const act = () => {
      words.textContent = "";
      done.abort();
    };
    for (const kind of ["keydown", "pointerdown"]) {
      addEventListener(kind, act, { capture: true, signal: done.signal });
    }
  };
  const mark = (valid, wrong, advice) => {
    input.setAttribute("aria-invalid", !valid);
    const words = said();
    words.textContent = wrong && `${wrong}: ${exact(good)} stays.${advice}`;
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
      if (typed === undefined) return mark(false, fault(input.value), ADVICE);
      if (input.value.includes("/")) typedAs.set(typed, minus(input.value.trim()));
      const unfit = onnumber(typed) ?? "";
      if (!unfit) good = typed;
      mark(!unfit, unfit, "");
    },
    onblur: () => {
      if (!input.isConnected) return;
      input.settle(good);
      input.setAttribute("aria-invalid", false);
      fade(said());
    },
  });
  // another part of the figure has chosen the number
  input.settle = (number) => {
    good = number;
    input.value = exact(number);
  };
  input.settle(value);
  return input;
};
