// The search box of every page lists what it finds while somebody types: arrow keys choose, Enter opens, Escape
// closes; Enter without a choice leads to the search page, as it does without this script. What is searched
// (section_index.js) and what ranks it (section_search.js) load when the box is first used.
"use strict";
{
  const SHOWN = 8;
  const PAUSE_MS = 150; // after the last letter
  const STATIC = new URL(".", document.currentScript.src).href;
  const dialog = document.getElementById("pst-search-dialog");
  const input = dialog?.querySelector('input[name="q"]');

  const loaded = (name) =>
    new Promise((done) => {
      const script = document.createElement("script");
      script.addEventListener("load", done);
      script.src = STATIC + name;
      document.head.append(script);
    });
  let ready;
  const load = () => (ready ??= loaded("section_index.js").then(() => loaded("section_search.js")));

  const begin = () => {
    const list = document.createElement("div");
    const status = document.createElement("p");
    Object.assign(list, { id: "search-hits", className: "search-hits", hidden: true });
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Sections of the book");
    status.className = "search-status";
    status.setAttribute("role", "status");
    dialog.append(status, list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-expanded", "false");

    let chosen = -1; // which hit the arrow keys are on
    const hits = () => [...list.children];

    const choose = (index) => {
      chosen = index;
      hits().forEach((hit, k) => hit.setAttribute("aria-selected", String(k === index)));
      if (index < 0) return input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-activedescendant", hits()[index].id);
      hits()[index].scrollIntoView({ block: "nearest" });
    };

    const hitOf = ({ href, title, where, excerpt }, index) => {
      const { element } = window.bookSearch;
      const hit = element("a", "search-hit", element("span", "search-title", ...title));
      if (where.length) hit.append(" ", element("span", "search-where", ...where));
      hit.append(" ", element("span", "search-excerpt", excerpt));
      Object.assign(hit, { href, id: `search-hit-${index}`, tabIndex: -1 });
      hit.setAttribute("role", "option");
      hit.addEventListener("click", () => dialog.close()); // it may lie on this very page
      return hit;
    };

    const show = () => {
      const query = input.value.trim();
      const { results, words, said } = query
        ? window.bookSearch.find(query, SHOWN)
        : { results: [], words: [], said: "" };
      list.replaceChildren(
        ...results.map((section, k) => hitOf(window.bookSearch.parts(section, words), k)),
      );
      list.hidden = !results.length;
      list.scrollTop = 0;
      input.setAttribute("aria-expanded", String(!list.hidden));
      status.textContent = said;
      choose(-1);
    };

    let waiting;
    const type = () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => load().then(show), PAUSE_MS);
    };

    const onKey = (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const all = hits();
      if (step && all.length) {
        const stops = all.length + 1; // the box itself is one
        choose(((chosen + 1 + step + stops) % stops) - 1);
      } else if (event.key === "Enter" && chosen >= 0) {
        all[chosen].click();
      } else {
        return;
      }
      event.preventDefault();
    };

    input.addEventListener("focus", load);
    input.addEventListener("input", type);
    input.addEventListener("keydown", onKey);
  };

  const isSearchPage = document.getElementById("search-results"); // it has a box of its own
  if (input && !isSearchPage) begin();
}
