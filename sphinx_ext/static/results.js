// "Predict first" should not show what it asks for: the output of the cell that answers it lies behind a
// button until the reader has chosen. quiz.js tells a box when it is answered and when that is forgotten.
// Without this script and on paper the output stands open; notebooks leave it out (notebook_outputs.py).
"use strict";
{
  const FINDABLE = "onbeforematch" in HTMLElement.prototype; // the browser searches what is hidden, too
  const shows = []; // { output, reveal }

  // Cells without an output prepare the one that has it; a section, a box or a live figure ends the search.
  const outputAfter = (box) => {
    for (let next = box.nextElementSibling; next; next = next.nextElementSibling) {
      if (next.matches("section, .admonition")) return null;
      const output = next.matches(".cell") && next.querySelector(":scope > .cell_output");
      if (output) return output.querySelector("script") ? null : output;
    }
    return null;
  };

  const prepare = (box) => {
    const output = outputAfter(box);
    if (!output) return;
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "show-result", textContent: "Show the result" });
    output.id ||= `${box.id}-result`;
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-controls", output.id);

    const reveal = () => {
      const focused = document.activeElement === button;
      button.remove();
      output.hidden = false;
      if (!FINDABLE) window.dispatchEvent(new Event("resize")); // what was not laid out measures itself
      if (!focused) return;
      output.tabIndex = -1;
      output.focus({ preventScroll: true });
    };
    const conceal = () => {
      output.before(button);
      output.hidden = FINDABLE ? "until-found" : true;
    };

    conceal();
    button.addEventListener("click", reveal);
    output.addEventListener("beforematch", reveal);
    box.addEventListener("answered", reveal);
    box.addEventListener("forgotten", conceal);
    shows.push({ output, reveal });
  };

  // A link to a figure opens what it lies in.
  const follow = () => {
    const target = document.getElementById(location.hash.slice(1));
    const found = target && shows.find(({ output }) => output.hidden && output.contains(target));
    if (!found) return;
    found.reveal();
    target.scrollIntoView();
  };

  document.querySelectorAll(".admonition.predict.asks").forEach(prepare);
  follow();
  window.addEventListener("hashchange", follow);
}
