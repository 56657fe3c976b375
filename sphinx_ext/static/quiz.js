// Makes the options of a question something to choose and exercises something to tick, and keeps both on
// this device alone.
// `courseQuestions` and `courseExercises` come from questions.js, written by sphinx_ext/quiz.py: what each page
// asks, and its exercises.
"use strict";
{
  // { question: index of the option or what was typed, "question done": 1, exercise: true }
  const KEY = "course-answers";
  const LETTERS = "abcd";
  const WIDE = "pst-scrollable-table-container"; // what the theme lets the keyboard scroll
  const ROOT = new URL("..", document.currentScript.src).href;
  const pages = window.courseQuestions || {};
  const exercises = window.courseExercises || {};
  const boxes = [...document.querySelectorAll(".admonition.asks")];

  // A browser may forbid storage: then the answers last as long as the page.
  let answers = {};
  const load = () => {
    try {
      const stored = JSON.parse(localStorage.getItem(KEY));
      answers = stored && typeof stored === "object" ? stored : {};
    } catch {
      // what cannot be read is no answer
    }
  };
  const save = () => {
    try {
      if (Object.keys(answers).length) localStorage.setItem(KEY, JSON.stringify(answers));
      else localStorage.removeItem(KEY);
    } catch {
      // see above
    }
  };

  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  // --- one question

  const numbers = new Map(); // box -> what shows its answer, if it asks for a number
  const optionsOf = (box) => [...box.querySelectorAll(".options > li > button")];

  const show = (box) => {
    const chosen = answers[box.id];
    if (numbers.has(box)) {
      numbers.get(box)(typeof chosen === "string" ? chosen : "");
      reach(box);
      if (typeof chosen === "string") box.dispatchEvent(new Event("answered"));
      return;
    }
    optionsOf(box).forEach((button, index) => {
      button.setAttribute("aria-pressed", String(index === chosen));
    });
    box.querySelectorAll(".reasons > li").forEach((reason, index) => {
      reason.hidden = index !== chosen;
    });
    reach(box);
    if (chosen !== undefined) box.dispatchEvent(new Event("answered"));
  };

  // The theme lets the keyboard scroll what is too wide, but not what has only just appeared.
  const reach = (box) => {
    box.querySelectorAll(`.${WIDE}`).forEach((wide) => {
      if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
    });
  };

  // A prediction is done when it is made, a question of the quiz when the right answer stands there.
  const RIGHT = ".options > .right > [aria-pressed=true], form.number.right";
  const note = (box) => {
    const isDone = box.id in answers && (box.matches(".predict") || box.querySelector(RIGHT));
    if (isDone) answers[`${box.id} done`] = 1;
    else delete answers[`${box.id} done`];
  };
  const isDone = (name) => answers[name] === true || answers[`${name} done`] === 1;

  const choose = (box, answer) => {
    answers[box.id] = answer;
    show(box);
    note(box);
    save();
    showProgress();
  };

  const onKey = (box, event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const options = optionsOf(box);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const named = LETTERS.indexOf(event.key.toLowerCase());
    const here = options.indexOf(document.activeElement);
    if (step && here >= 0) {
      options[(here + step + options.length) % options.length].focus();
    } else if (event.key.length === 1 && named >= 0 && named < options.length) {
      options[named].focus();
      choose(box, named);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const prepare = (box) => {
    const fold = box.querySelector("details.answer");
    const list = box.querySelector(".options");
    const reasons = box.querySelector(".reasons");
    const place = box.querySelector(".number");
    if (fold && reasons && place) return prepareNumber(box, fold, reasons, place);
    if (!fold || !list || !reasons) return;
    list.querySelectorAll(":scope > li").forEach((item, index) => {
      const button = element("button", { type: "button" }, ...item.firstElementChild.childNodes);
      button.addEventListener("click", () => choose(box, index));
      // nothing inside a button is a place of its own for the keyboard
      button.querySelectorAll(`.${WIDE}`).forEach((formula) => formula.classList.remove(WIDE));
      item.replaceChildren(button);
      const letter = LETTERS[index].toUpperCase();
      const right = item.classList.contains("right");
      const verdict = reasons.children[index].querySelector("strong");
      verdict.textContent = right ? `${letter} is right.` : `Not ${letter}.`;
      reasons.children[index].classList.toggle("right", right);
    });
    const said = element("div", { className: "verdict" }, reasons);
    said.setAttribute("role", "status");
    fold.replaceWith(said);
    box.classList.add("ready");
    box.addEventListener("keydown", (event) => onKey(box, event));
  };

  // --- one question for a number, or for several

  // A number as people type it: 2.5, 2,5, \u22121 or 1/9; NaN for anything else.
  const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
  const read = (text) => {
    const [top, bottom = "1", ...rest] = text.replaceAll("\u2212", "-").replace(",", ".").split("/");
    const good = NUMBER.test(top) && NUMBER.test(bottom) && !rest.length;
    return good ? top / bottom : NaN;
  };
  // Of several numbers, commas come between them; of one, a comma is a decimal one. A list may have brackets.
  const readAll = (text, count) => {
    const tight = text.replace(/^\s*[[(]|[\])]\s*$/g, "").trim().replace(/\s*\/\s*/g, "/");
    const parts = count > 1 ? tight.split(/[\s,;]+/).filter(Boolean) : [tight.replace(/\s/g, "")];
    return parts.map(read);
  };

  const ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];
  const near = (a, b, tolerance) =>
    Math.abs(a - b) <= tolerance + 1e-9 * Math.max(1, Math.abs(b));

  // Which of several numbers are right, without a word about the others.
  const areRight = (good) => {
    const names = good.flatMap((is, n) => (is ? [ORDINALS[n] ?? `${n + 1}th`] : []));
    if (!names.length) return "None of the numbers is right.";
    const last = names.pop();
    if (!names.length) return `Only the ${last} number is right.`;
    return `The ${names.join(", ")} and ${last} numbers are right, the rest is not.`;
  };

  const prepareNumber = (box, fold, reasons, place) => {
    const { unit } = place.dataset;
    const tolerance = Number(place.dataset.tolerance);
    const items = [...reasons.children];
    const texts = items.map((item) => item.querySelector("strong").textContent);
    const count = texts[0].split(",").length;
    const terms = texts.map((text) => readAll(text, count));
    const rightItem = items.findIndex((item) => item.classList.contains("right"));
    items.forEach((item, index) => {
      const verb = count > 1 ? "are" : "is";
      const words = index === rightItem ? `${texts[index]} ${verb} right.` : `Not ${texts[index]}.`;
      item.querySelector("strong").textContent = words;
    });

    const input = element("input", { type: "text", id: `${box.id}-number`, autocomplete: "off" });
    // several numbers, and fractions, need keys that a telephone's number pad lacks
    const words = count > 1 ? `Your ${count} numbers, with commas between` : "Your number";
    const label = element("label", { htmlFor: input.id, textContent: words });
    const check = element("button", { type: "submit", textContent: "Check" });
    const give = element("button", { type: "button", textContent: "Show the answer", hidden: true });
    const field = element("span", { className: "typed" }, input, ...(unit ? [` ${unit}`] : []));
    const form = element("form", { className: "number" }, label, field, check, give);
    if (count > 1) input.classList.add("several");
    const other = element("p", { className: "other" });
    const said = element("div", { className: "verdict" }, other, reasons);
    said.setAttribute("role", "status");

    // which reason a text gets, or the words for one that was not foreseen
    const judge = (text) => {
      if (!text.trim()) return { invalid: count > 1 ? "Type your numbers first." : "Type your number first." };
      const typed = readAll(text, count);
      if (typed.some(Number.isNaN)) {
        const like = count > 1 ? "numbers like 2, \u22120.5 or 1/9" : "a number like 2, \u22120.5 or 1/9";
        return { invalid: `Write ${like}.` };
      }
      if (typed.length !== count) {
        return { invalid: `${count} numbers are asked for, these are ${typed.length}.` };
      }
      const same = (term) => term.every((value, n) => near(typed[n], value, tolerance));
      // what is right comes first where two terms are near each other
      const found = same(terms[rightItem]) ? rightItem : terms.findIndex(same);
      if (found >= 0) return { found };
      const right = terms[rightItem];
      const good = right.map((value, n) => near(typed[n], value, tolerance));
      const which = count > 1 ? areRight(good) : typed[0] > right[0] ? "It is too large." : "It is too small.";
      return { other: `Not ${text.trim()}. ${which}` };
    };
    const tell = (verdict) => {
      other.textContent = verdict.invalid || verdict.other || "";
      other.hidden = !other.textContent;
      items.forEach((item, index) => {
        item.hidden = index !== verdict.found;
      });
      const isWrong = verdict.other || (verdict.found ?? rightItem) !== rightItem;
      if (isWrong) give.hidden = false;
      if (verdict.found === rightItem) give.hidden = true;
      input.setAttribute("aria-invalid", String(Boolean(verdict.invalid)));
      form.classList.toggle("right", verdict.found === rightItem);
      form.classList.toggle("wrong", Boolean(isWrong));
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const verdict = judge(input.value);
      if (verdict.invalid) tell(verdict);
      else choose(box, input.value.trim());
    });
    give.addEventListener("click", () => {
      input.focus();
      choose(box, texts[rightItem]);
    });

    place.replaceWith(form);
    fold.replaceWith(said);
    box.classList.add("ready");
    numbers.set(box, (text) => {
      const verdict = text ? judge(text) : {};
      if (!text) give.hidden = true;
      input.value = text;
      tell(verdict.invalid ? {} : verdict);
    });
  };

  // --- exercises: a box to tick on their page, a tick in the list of all

  const tickBox = (ways) => {
    const { id } = ways.closest(".exercise");
    const tick = element("input", { type: "checkbox" });
    tick.addEventListener("change", () => {
      if (tick.checked) answers[id] = true;
      else delete answers[id];
      save();
      showProgress();
    });
    const title = ways.querySelector(".visually-hidden").cloneNode(true);
    const words = element("span", {}, "Done", title);
    ways.append(element("label", { className: "exercise-done" }, tick, words));
    return (isDone) => {
      tick.checked = isDone(id);
    };
  };

  const tickMark = (link) => {
    const words = element("span", { className: "visually-hidden", textContent: " done" });
    const mark = element("span", { className: "exercise-tick" }, words);
    link.after(mark);
    return (isDone) => {
      mark.hidden = !isDone(link.hash.slice(1));
    };
  };

  const ticks = [
    ...[...document.querySelectorAll(".exercise .exercise-ways")].map(tickBox),
    ...[...document.querySelectorAll('.exercise-list a[href*="#"]')].map(tickMark),
  ];

  // --- progress in the sidebar

  const pageOf = (link) => {
    const address = link.href.split("#")[0].split("?")[0];
    if (!address.startsWith(ROOT)) return "";
    return address.slice(ROOT.length) || "index.html";
  };

  const answered = (names) => names.filter((name) => name in answers).length;

  const forget = () => {
    answers = {};
    save();
    showAll();
    boxes.forEach((box) => box.dispatchEvent(new Event("forgotten")));
  };

  const footOf = (sidebar) => {
    const found = sidebar.querySelector(".quiz-progress");
    if (found) return found;
    const button = element("button", { type: "button", textContent: "Forget my progress" });
    button.addEventListener("click", forget);
    const words = element("span");
    words.setAttribute("role", "status");
    const foot = element("p", { className: "quiz-progress" }, words, button);
    sidebar.append(foot);
    return foot;
  };

  const showProgress = () => {
    const sidebar = document.querySelector("nav.bd-links");
    if (!sidebar) return;
    sidebar.querySelectorAll("a[href]").forEach((link) => {
      const page = pageOf(link);
      const names = [...(pages[page] || []), ...(exercises[page] || [])];
      const count = names.filter(isDone).length;
      link.querySelector(".quiz-count")?.remove();
      if (!count) return;
      const words = element("span", {
        className: "visually-hidden",
        textContent: " questions and exercises done",
      });
      const text = `${count} of ${names.length}`;
      link.append(" ", element("span", { className: "quiz-count" }, text, words));
    });
    const all = Object.values(pages).flat();
    const foot = footOf(sidebar);
    const done = Object.values(answers).filter((answer) => answer === true).length;
    const also = done ? `, ${done} exercise${done > 1 ? "s" : ""} done` : "";
    foot.hidden = !answered(all) && !done;
    foot.firstElementChild.textContent = `${answered(all)} of ${all.length} questions answered${also}`;
  };

  const showAll = () => {
    boxes.forEach(show);
    boxes.forEach(note); // an answer may be older than this count
    ticks.forEach((showTick) => showTick((id) => answers[id] === true));
    showProgress();
  };

  load();
  boxes.forEach(prepare);
  showAll();
  window.addEventListener("storage", () => {
    load();
    showAll();
  });
}
