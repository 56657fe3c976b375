// What is shown of a section that was found: its title, its place and an excerpt, the words marked. Adds
// `parts` and `element` to `bookSearch`, for the search page and for the box on every page.
"use strict";
{
  const EXCERPT_LENGTH = 220;
  const BEFORE_MATCH = 60; // letters of context before the first match of an excerpt
  const { plain, isTerm } = window.bookSearch;

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

  // Where the stretch of a text begins that holds the most of the words.
  const bestMatch = (found) => {
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
    return best;
  };
  const bestStart = (found) => Math.max(0, (bestMatch(found)?.start ?? 0) - BEFORE_MATCH);

  const element = (name, className, ...children) => {
    const node = document.createElement(name);
    if (className) node.className = className;
    node.append(...children);
    return node;
  };

  // An abbreviation is no sentence: one has at least twenty letters.
  const firstSentence = (text) => (text.match(/^.{20,}?[.?](?=\s+\p{Lu}|$)/u) || [text])[0];

  // A stretch of a text, the words that were looked for marked.
  const marked = (text, found, start, end) => {
    const pieces = [];
    let place = start;
    for (const match of found.filter((m) => m.start >= start && m.end <= end)) {
      if (match.start < place) continue;
      pieces.push(text.slice(place, match.start));
      pieces.push(element("mark", "", text.slice(match.start, match.end)));
      place = match.end;
    }
    return [...pieces, text.slice(place, end)];
  };
  const whole = (text, words) => marked(text, matches(plain(text), words), 0, text.length);

  // The line of code that holds the most of the words: alone it can be read as code.
  const lineAround = (text, place) => [
    text.lastIndexOf("\n", place - 1) + 1,
    (text.indexOf("\n", place) + 1 || text.length + 1) - 1,
  ];

  const stretch = (section, text, found) => {
    let start = isTerm(section) ? 0 : bestStart(found); // a definition is read from its beginning
    if (start > 0) start = text.indexOf(" ", start) + 1;
    return [start, text.length];
  };

  // Prose before code: where no word stands in the text but one in the title, or none anywhere, a section
  // is introduced by its first sentence.
  const excerpt = (section, words) => {
    const holds = (name) => matches(section.plain[name], words).length;
    const field = ["text", "title", "code"].find(holds);
    const isCode = field === "code";
    const text = isCode ? section.code : field === "text" ? section.text : firstSentence(section.text);
    const found = matches(plain(text), words);
    const [start, last] = isCode
      ? lineAround(text, bestMatch(found).start)
      : stretch(section, text, found);
    let end = Math.min(last, start + EXCERPT_LENGTH);
    if (end < last) end = Math.max(text.lastIndexOf(" ", end), start);
    const node = element(isCode ? "code" : "span", "", start > 0 && !isCode ? "… " : "");
    node.append(...marked(text, found, start, end), end < last ? " …" : "");
    return node;
  };

  const root = document.documentElement.dataset.content_root || "";

  const parts = (section, words) => ({
    href: `${root}${section.url}${section.anchor ? `#${section.anchor}` : ""}`,
    title: whole(section.title, words),
    where: section.title === section.page ? [] : whole(section.page, words),
    excerpt: excerpt(section, words),
  });

  Object.assign(window.bookSearch, { parts, element });
}
