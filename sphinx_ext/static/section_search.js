// Ranks the sections of the book for the words in the search box, as `bookSearch.find`: for the search page
// (search_page.js) and for the box on every page (search_box.js). search_parts.js shows what is found.
// `bookSections` comes from section_index.js, written by sphinx_ext/section_search.py.
"use strict";
{
  // A word counts by where it stands, with diminishing returns (Okapi BM25 over weighted fields).
  const FIELD_WEIGHTS = { title: 8, page: 3, text: 1, code: 0.3, kinds: 1 };
  const SATURATION = 1.5;
  const LENGTH_SHARE = 0.5;
  const SLIP_LENGTH = 5; // in a shorter word one slip makes another word
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
    return [...new Set(telling.length ? telling : all)];
  };

  const patternsOf = (word) => ({
    exact: new RegExp(`(?<![\\p{L}\\p{N}])${escaped(word)}`, "gu"),
    pattern: new RegExp(`(?<![\\p{L}\\p{N}])${escaped(stem(word))}[\\p{L}\\p{N}]*`, "gu"),
  });

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

  const isTerm = (section) => section.url === "glossary.html" && section.anchor !== "";

  const prepared = (sections) => {
    const all = sections.map((section) => ({
      ...section,
      terms: isTerm(section) ? plain(section.title).split(", ") : [],
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

  let book; // the sections as they are searched, made once
  const sections = () => (book ??= prepared(window.bookSections));

  // Whether one slip makes one word of the other: a letter too many, too few, another, or two in turn.
  const isNear = (a, b) => {
    if (a.length > b.length) return isNear(b, a);
    if (b.length - a.length > 1) return false;
    let k = 0;
    while (k < a.length && a[k] === b[k]) k++;
    if (a.length < b.length) return a.slice(k) === b.slice(k + 1);
    if (a.slice(k + 1) === b.slice(k + 1)) return true;
    return a[k] === b[k + 1] && a[k + 1] === b[k] && a.slice(k + 2) === b.slice(k + 2);
  };

  let vocabulary; // how often each word of the book stands in it
  const allWords = () => {
    if (vocabulary) return vocabulary;
    vocabulary = new Map();
    for (const { plain } of sections())
      for (const word of `${plain.title} ${plain.text}`.match(/\p{L}{4,}/gu) || [])
        vocabulary.set(word, (vocabulary.get(word) || 0) + 1);
    return vocabulary;
  };

  // A word that stands nowhere may be meant for another: for one like it, or for the beginning of one.
  const meant = (word) => {
    if (word.length < SLIP_LENGTH) return word;
    const { pattern } = patternsOf(word);
    if (sections().some(({ plain }) => Object.values(plain).some((text) => count(text, pattern))))
      return word;
    const all = [...allWords()].sort((a, b) => b[1] - a[1]);
    const begins = ([other]) =>
      [-1, 0, 1].some((more) => isNear(word, other.slice(0, word.length + more)));
    return (all.find(([other]) => isNear(word, other)) || all.find(begins) || [word])[0];
  };

  // The definition of what is asked for comes first; of a word's beginning, those of three terms at most.
  const defined = (results, phrase) => {
    const stemmed = (text) => text.split(" ").map(stem).join(" ");
    const names = ({ terms }) => terms.some((term) => stemmed(term) === stemmed(phrase));
    const begins = ({ terms }) =>
      phrase.length >= 3 && terms.some((term) => term.startsWith(phrase) && term !== phrase);
    const first = [
      ...results.filter(names),
      ...results.filter((section) => begins(section) && !names(section)).slice(0, 3),
    ];
    return [...first, ...results.filter((section) => !first.includes(section))];
  };

  const ranked = (words, phrase) => {
    const all = sections();
    const table = words.map((word) => all.map((section) => frequency(section, word)));
    const rarity = table.map((row) => {
      const holding = row.filter((value) => value > 0).length;
      return Math.log(1 + (all.length - holding + 0.5) / (holding + 0.5));
    });
    // a page's title counts for its sections, but alone it makes none of them a result
    const own = ({ plain: { page, ...fields } }) =>
      words.some(({ pattern }) => Object.values(fields).some((text) => count(text, pattern)));
    const score = (section, index) => {
      const damping = SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * section.length);
      const values = table.map((row, i) => (rarity[i] * row[index]) / (row[index] + damping));
      const found = values.filter((value) => value > 0).length / words.length;
      const together = Object.values(section.plain).some((text) => text.includes(phrase)) ? 1.5 : 1;
      const named = section.plain.title === phrase ? 4 : 1; // the entry of that very name
      const chapter = !section.anchor && section.plain.title.includes(phrase) ? 2 : 1;
      return values.reduce((a, b) => a + b, 0) * found ** 2 * together * named * chapter * section.weight;
    };
    const results = all
      .map((section, index) => ({ section, score: score(section, index) }))
      .filter((result) => result.score > 0 && own(result.section))
      .sort((a, b) => b.score - a.score) // a stable sort: equals stay in the order of the book
      .map((result) => result.section);
    return defined(results, phrase);
  };

  const quoted = (words) => words.map((word) => `\u201c${word}\u201d`).join(", ");

  // What a query finds, with the patterns of its words, and in words how much that is.
  const find = (query, shown) => {
    const typed = wordsOf(query);
    const read = typed.map(meant);
    const slips = typed.filter((word, k) => word !== read[k]);
    const phrase = typed.reduce(
      (text, word, k) => text.replace(word, read[k]),
      plain(query).trim().replace(/\s+/g, " "),
    );
    const words = read.map(patternsOf);
    const results = words.length ? ranked(words, phrase) : [];
    const corrected = read.filter((word) => !typed.includes(word));
    const instead = slips.length
      ? `${quoted(slips)} is nowhere in the book; this is for ${quoted(corrected)}: `
      : "";
    const some = results.length > shown ? `, the best ${shown} of them here` : "";
    const number = `${results.length} ${results.length === 1 ? "section" : "sections"}`;
    const said = results.length
      ? `${instead}${number} found${some}.`
      : "Nothing found. Try fewer or other words.";
    return { results: results.slice(0, shown), words, said, total: results.length };
  };

  window.bookSearch = { find, plain, isTerm };
}
