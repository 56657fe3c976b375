// Makes the options of a question something to choose and exercises something to tick, and keeps both on
// this device alone.
// `courseQuestions` comes from questions.js, written by sphinx_ext/quiz.py: the questions of each page.
"use strict";
{
  const KEY = "course-answers"; // { question: index of the option, exercise: true }
  const LETTERS = "abcd";
  const WIDE = "pst-scrollable-table-container"; // what the theme lets the keyboard scroll
  const ROOT = new URL("..", document.currentScript.src).href;
  const pages = window.courseQuestions || {};
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

  const optionsOf = (box) => [...box.querySelectorAll(".options > li > button")];

  const show = (box) => {
    const chosen = answers[box.id];
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

  const choose = (box, index) => {
    answers[box.id] = index;
    save();
    show(box);
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
      const names = pages[pageOf(link)] || [];
      const count = answered(names);
      link.querySelector(".quiz-count")?.remove();
      if (!count) return;
      const words = element("span", {
        className: "visually-hidden",
        textContent: " questions answered",
      });
      const text = `${count}/${names.length}`;
      link.append(element("span", { className: "quiz-count" }, ` ${text}`, words));
    });
    const all = Object.values(pages).flat();
    const foot = footOf(sidebar);
    const done = Object.values(answers).filter((answer) => answer === true).length;
    const exercises = done ? `, ${done} exercise${done > 1 ? "s" : ""} done` : "";
    foot.hidden = !answered(all) && !done;
    foot.firstElementChild.textContent = `${answered(all)} of ${all.length} questions answered${exercises}`;
  };

  const showAll = () => {
    boxes.forEach(show);
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
