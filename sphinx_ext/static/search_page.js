// The search page lists what it finds while somebody types there: the best sections, and all of them on demand.
"use strict";
{
  const SHOWN = 20;
  const PAUSE_MS = 150; // after the last letter
  const { find, parts, element } = window.bookSearch;

  const item = (section, words) => {
    const { href, title, where, excerpt } = parts(section, words);
    const link = element("a", "", ...title);
    link.href = href;
    const place = where.length ? [element("span", "search-where", ...where)] : [];
    return element("li", "", link, ...place, element("p", "search-excerpt", excerpt));
  };

  const place = document.getElementById("search-results");
  const status = element("p", "search-status");
  const list = element("ol", "search-list");

  const more = element("button", "search-all");
  more.type = "button";

  // The best ones; all of them on demand, from where the button was.
  const show = (query, shown) => {
    const { results, words, said, total } = find(query, shown);
    list.replaceChildren(...results.map((section) => item(section, words)));
    status.textContent = said;
    more.hidden = total <= results.length;
    more.textContent = `Show all ${total} sections`;
    more.onclick = () => {
      show(query, Infinity);
      list.children[results.length].querySelector("a").focus();
    };
  };

  // Before anything is asked, the page says what can be found.
  const EXAMPLES = ["padding", "softmax gradient", "receptive field", "overfitting", "dropout"];
  const suggest = () => {
    const links = EXAMPLES.flatMap((words, k) => {
      const link = element("a", "", words);
      link.href = `?q=${encodeURIComponent(words)}`;
      return [k ? ", " : "", link];
    });
    const said = "Every section, exercise and term of the book can be found, for example: ";
    status.replaceChildren(said, ...links, ".");
    list.replaceChildren();
    more.hidden = true;
  };

  const answer = (query, shown = SHOWN) => {
    if (query) show(query, shown);
    else suggest();
  };

  // Arrow keys go from the box through the results and back.
  const step = (event, input) => {
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const stops = [input, ...list.querySelectorAll("li > a"), ...(more.hidden ? [] : [more])];
    const here = stops.indexOf(document.activeElement);
    if (event.key === "Escape" && here > 0) input.focus();
    else if (way && here >= 0 && stops[here + way]) stops[here + way].focus();
    else return;
    event.preventDefault();
  };

  const begin = () => {
    const address = new URLSearchParams(window.location.search);
    const asked = (address.get("q") || "").trim();
    const form = place.parentElement.querySelector("form");
    const input = form.querySelector('input[name="q"]');
    input.value = asked;
    status.setAttribute("role", "status");
    place.replaceChildren(status, list, more);
    answer(asked, address.has("all") ? Infinity : SHOWN);
    let waiting;
    input.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => answer(input.value.trim()), PAUSE_MS);
    });
    for (const part of [form, list, more])
      part.addEventListener("keydown", (event) => step(event, input));
  };

  if (place) begin();
}
