// "Predict first" should not show what it asks for: the output of the cell that answers it, and the paragraph
// right below, which says the answer in words, lie behind a button until the reader has chosen. quiz.js tells
// a box when it is answered and when that is forgotten. Without this script and on paper both stand open;
// notebooks leave the output out (notebook_outputs.py).
"use strict";
{
  const FINDABLE = "onbeforematch" in HTMLElement.prototype; // the browser searches what is hidden, too
  const shows = []; // { parts, reveal }

  // Cells without an output prepare the one that has it; a section, a box or a live figure ends the search.
  const outputAfter = (box) => {
    for (let next = box.nextElementSibling; next; next = next.nextElementSibling) {
      if (next.matches("section, .admonition")) return null;
      const output = next.matches(".cell") && next.querySelector(":scope > .cell_output");
      if (output) return output.querySelector("script") ? null : output;
    }
    return null;
  };

  const paragraphBelow = (output) => {
    const next = output.closest(".cell").nextElementSibling;
    return next?.matches("p") ? [next] : [];
  };

  const prepare = (box) => {
    const output = outputAfter(box);
    if (!output) return;
    const parts = [output, ...paragraphBelow(output)];
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "show-result", textContent: "Show the result" });
    parts.forEach((part, n) => {
      part.id ||= `${box.id}-result${n || ""}`;
      part.classList.add("result");
    });
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-controls", parts.map((part) => part.id).join(" "));

    const reveal = () => {
      const focused = document.activeElement === button;
      button.remove();
      for (const part of parts) part.hidden = false;
      if (!FINDABLE) window.dispatchEvent(new Event("resize")); // what was not laid out measures itself
      if (!focused) return;
      output.tabIndex = -1;
      output.focus({ preventScroll: true });
    };
    const conceal = () => {
      output.before(button);
      for (const part of parts) part.hidden = FINDABLE ? "until-found" : true;
    };

    conceal();
    button.addEventListener("click", reveal);
    for (const part of parts) part.addEventListener("beforematch", reveal);
    box.addEventListener("answered", reveal);
    box.addEventListener("forgotten", conceal);
    shows.push({ parts, reveal });
  };

  // A link to a figure opens what it lies in.
  const follow = () => {
    const target = document.getElementById(location.hash.slice(1));
    const holds = (part) => part.hidden && part.contains(target);
    const found = target && shows.find(({ parts }) => parts.some(holds));
    if (!found) return;
    found.reveal();
    target.scrollIntoView();
  };

  document.querySelectorAll(".admonition.predict.asks").forEach(prepare);
  follow();
  window.addEventListener("hashchange", follow);
}
