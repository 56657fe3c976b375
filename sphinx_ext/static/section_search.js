// Ranks the sections of the book for the words in the search box and lists them with an excerpt.
// `bookSections` comes from section_index.js, written by sphinx_ext/section_search.py.
"use strict";
{
  const SHOWN = 20;
  const EXCERPT_LENGTH = 220;
  const BEFORE_MATCH = 60; // letters of context before the first match of an excerpt
  // A word counts by where it stands, with diminishing returns (Okapi BM25 over weighted fields).
  const FIELD_WEIGHTS = { title: 8, page: 3, text: 1, code: 0.3, kinds: 1 };
  const SATURATION = 1.5;
  const LENGTH_SHARE = 0.5;
  const SMALL_WORDS = new Set(
    "a an and are do does for how i in is it of on the to what when why with".split(" "),
  );

  // Both replacements keep the length, so that places in the plain text are places in the text.
  const plain = (text) =>
    text
      .toLowerCase()
      .replace(/×/g, "x")
      .replace(/[\u2010-\u2015\u2212]/g, "-");

  // "padding" finds "padded", "overfitting" finds "overfit".
  const stem = (word) => {
    const short = word.length > 5 ? word.replace(/(ing|ed|es)$/, "") : word;
    return short.replace(/([^s])s$/, "$1").replace(/([bdfgklmnprtz])\1$/, "$1");
  };

  // The hyphen stays: within a pattern for Unicode its escape is an error.
  const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

  const wordsOf = (query) => {
    const all = plain(query).match(/[\p{L}\p{N}_]+(?:[.-][\p{L}\p{N}_]+)*/gu) || [];
    const telling = all.filter((word) => !SMALL_WORDS.has(word));
    return [...new Set(telling.length ? telling : all)].map((word) => ({
      exact: new RegExp(`(?<![\\p{L}\\p{N}])${escaped(word)}`, "gu"),
      pattern: new RegExp(`(?<![\\p{L}\\p{N}])${escaped(stem(word))}[\\p{L}\\p{N}]*`, "gu"),
    }));
  };

  const count = (text, pattern) => (text.match(pattern) || []).length;

  // How often a word stands in a section; forms of the word count half.
  const frequency = (section, word) => {
    let sum = 0;
    for (const [field, fieldWeight] of Object.entries(FIELD_WEIGHTS)) {
      const text = section.plain[field];
      sum += fieldWeight * 0.5 * (count(text, word.pattern) + count(text, word.exact));
    }
    return sum;
  };

  const prepared = (sections) => {
    const all = sections.map((section) => ({
      ...section,
      plain: {
        title: plain(section.title),
        page: plain(`${section.page} ${section.url}`), // the file is named after its topic
        text: plain(section.text),
        code: plain(section.code),
        kinds: section.kinds,
      },
    }));
    const total = all.reduce((sum, section) => sum + section.text.length, 0);
    for (const section of all) section.length = (section.text.length * all.length) / (total || 1);
    return all;
  };

  const ranked = (sections, words, phrase) => {
    const table = words.map((word) => sections.map((section) => frequency(section, word)));
    const rarity = table.map((row) => {
      const holding = row.filter((value) => value > 0).length;
      return Math.log(1 + (sections.length - holding + 0.5) / (holding + 0.5));
    });
    const score = (section, index) => {
      const damping = SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * section.length);
      const values = table.map((row, i) => (rarity[i] * row[index]) / (row[index] + damping));
      const found = values.filter((value) => value > 0).length / words.length;
      const together = Object.values(section.plain).some((text) => text.includes(phrase)) ? 1.5 : 1;
      const named = section.plain.title === phrase ? 4 : 1; // the entry of that very name
      return values.reduce((a, b) => a + b, 0) * found ** 2 * together * named * section.weight;
    };
    return sections
      .map((section, index) => ({ section, score: score(section, index) }))
      .filter((result) => result.score > 0)
      .sort((a, b) => b.score - a.score) // a stable sort: equals stay in the order of the book
      .map((result) => result.section);
  };

  const matches = (text, words) =>
    words
      .flatMap((word, index) =>
        [...text.matchAll(word.pattern)].map((m) => ({
          index,
          start: m.index,
          end: m.index + m[0].length,
        })),
      )
      .sort((a, b) => a.start - b.start);

  // The stretch of a text that holds the most of the words.
  const bestStart = (found) => {
    const wordsFrom = (first) =>
      new Set(
        found
          .filter(
            (m) => m.start >= first.start && m.end <= first.start + EXCERPT_LENGTH - BEFORE_MATCH,
          )
          .map((m) => m.index),
      ).size;
    let best = found[0];
    for (const match of found) if (wordsFrom(match) > wordsFrom(best)) best = match;
    return best ? Math.max(0, best.start - BEFORE_MATCH) : 0;
  };

  const element = (name, className, ...children) => {
    const node = document.createElement(name);
    if (className) node.className = className;
    node.append(...children);
    return node;
  };

  // An abbreviation is no sentence: one has at least twenty letters.
  const firstSentence = (text) => (text.match(/^.{20,}?[.?](?=\s+\p{Lu}|$)/u) || [text])[0];

  // Where no word stands in the text or in the code, a section is introduced by its first sentence.
  const excerpt = (section, words) => {
    const field = ["text", "code"].find((name) => matches(section.plain[name], words).length);
    const found = field ? matches(section.plain[field], words) : [];
    const text = field ? section[field] : firstSentence(section.text);
    let start = bestStart(found);
    if (start > 0) start = text.indexOf(" ", start) + 1;
    let end = Math.min(text.length, start + EXCERPT_LENGTH);
    if (end < text.length) end = Math.max(text.lastIndexOf(" ", end), start);
    const node = element(field === "code" ? "code" : "span", "", start > 0 ? "… " : "");
    let place = start;
    for (const match of found.filter((m) => m.start >= start && m.end <= end)) {
      if (match.start < place) continue;
      node.append(
        text.slice(place, match.start),
        element("mark", "", text.slice(match.start, match.end)),
      );
      place = match.end;
    }
    node.append(text.slice(place, end), end < text.length ? " …" : "");
    return element("p", "search-excerpt", node);
  };

  const item = (section, words, root) => {
    const link = element("a", "", section.title);
    link.href = `${root}${section.url}${section.anchor ? `#${section.anchor}` : ""}`;
    const where =
      section.title === section.page ? [] : [element("span", "search-where", section.page)];
    return element("li", "", link, ...where, excerpt(section, words));
  };

  const show = (query) => {
    const words = wordsOf(query);
    const results = words.length
      ? ranked(prepared(window.bookSections), words, plain(query).trim())
      : [];
    const root = document.documentElement.dataset.content_root || "";
    const list = element(
      "ol",
      "search-list",
      ...results.slice(0, SHOWN).map((s) => item(s, words, root)),
    );
    const some = results.length > SHOWN ? `, the best ${SHOWN} of them here` : "";
    const number = `${results.length} ${results.length === 1 ? "section" : "sections"}`;
    const answer = results.length
      ? `${number} found${some}.`
      : "Nothing found. Try fewer or other words.";
    const status = element("p", "search-status", answer);
    status.setAttribute("role", "status");
    document.getElementById("search-results").replaceChildren(status, list);
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
    const status = element("p", "search-status", said, ...links, ".");
    document.getElementById("search-results").replaceChildren(status);
  };

  const query = (new URLSearchParams(window.location.search).get("q") || "").trim();
  for (const input of document.querySelectorAll('input[name="q"]')) input.value = query;
  if (query) show(query);
  else suggest();
}
