// The search box of every page lists what it finds while somebody types: arrow keys choose, Enter opens, Escape
// closes; Enter without a choice leads to the search page, as it does without this script. What is searched
// (section_index.js), what ranks it (section_search.js) and what shows it (search_parts.js) load when the box
// is first used.
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
  const SCRIPTS = ["section_index.js", "section_search.js", "search_parts.js"];
  let ready;
  const load = () =>
    (ready ??= SCRIPTS.reduce((last, name) => last.then(() => loaded(name)), Promise.resolve()));

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

    const asHit = (hit, href, index) => {
      Object.assign(hit, { href, id: `search-hit-${index}`, tabIndex: -1 });
      hit.setAttribute("role", "option");
      return hit;
    };

    // The last row, where there is more than the box shows: the search page with the same words.
    const allOf = (query, total, index) => {
      const address = new URL(input.form.action);
      address.search = new URLSearchParams({ q: query, all: "" });
      const words = `Show all ${total} sections`;
      return asHit(window.bookSearch.element("a", "search-hit search-all", words), address.href, index);
    };

    const hitOf = ({ href, title, where, excerpt }, index) => {
      const { element } = window.bookSearch;
      const hit = element("a", "search-hit", element("span", "search-title", ...title));
      if (where.length) hit.append(" ", element("span", "search-where", ...where));
      hit.append(" ", element("span", "search-excerpt", excerpt));
      hit.addEventListener("click", () => dialog.close()); // it may lie on this very page
      return asHit(hit, href, index);
    };

    const show = () => {
      const query = input.value.trim();
      const { results, words, said, total } = query
        ? window.bookSearch.find(query, SHOWN)
        : { results: [], words: [], said: "", total: 0 };
      list.replaceChildren(
        ...results.map((section, k) => hitOf(window.bookSearch.parts(section, words), k)),
        ...(total > results.length ? [allOf(query, total, results.length)] : []),
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
