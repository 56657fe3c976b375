// The code of an exercise with gaps: shows what the exercise's check says to the pieces that were chosen.
// Nothing is run: sphinx_ext/gaps.py has asked the check about every choice.
"use strict";
{
  const MARKS = { correct: "\u2713", "not yet": "\u2717" };

  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  const prepare = (fold) => {
    const { said, table } = JSON.parse(fold.dataset.verdicts);
    const selects = [...fold.querySelectorAll("select")];
    const place = fold.querySelector(".gaps-said");

    // the place in the table: the last gap's pieces come in turn first
    const chosen = () =>
      selects.reduce((row, select) => row * (select.options.length - 1) + select.selectedIndex - 1, 0);

    const tell = (kind, mark, ...parts) => {
      const sign = element("span", { textContent: mark });
      sign.setAttribute("aria-hidden", "true");
      place.replaceChildren(...(mark ? [sign, " "] : []), ...parts);
      fold.classList.toggle("right", kind === "correct");
      fold.classList.toggle("wrong", kind === "not yet");
    };

    const check = () => {
      const open = selects.find((select) => select.selectedIndex < 1);
      if (open) {
        tell("", "", selects.length > 1 ? "Choose a piece for every gap first." : "Choose a piece first.");
        open.focus();
        return;
      }
      const [status, message, next] = said[table[chosen()]];
      const words = element("strong", { textContent: status === "correct" ? "Correct." : "Not yet:" });
      // a check's message may have lines, such as an array's rows
      const text = element("span", { className: "gaps-message", textContent: message });
      tell(status, MARKS[status], words, " ", text, ...(next ? [" ", next] : []));
      const done = fold.closest(".exercise")?.querySelector(".exercise-done input");
      if (status === "correct" && done && !done.checked) done.click(); // counted and kept, and can be taken back
    };

    fold.querySelector(".gaps-check button").addEventListener("click", check);
    selects.forEach((select) => select.addEventListener("change", () => tell("", "")));
    fold.hidden = false;
  };

  document.querySelectorAll("details.gaps").forEach(prepare);
}
