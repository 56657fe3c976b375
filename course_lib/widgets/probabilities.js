// A table with a row for each model and an empty cell for each class: the figure fills in the percents.
const probabilityTable = (names, classes) => {
  const head = (scope) => (name) => el("th", { scope }, name);
  const rows = names.map((name, model) =>
    el("tr", { "data-model": model }, head("row")(name), ...classes.map(() => el("td"))),
  );
  return el(
    "table",
    {},
    el("caption", {}, "Probabilities in percent"),
    el("thead", {}, el("tr", {}, ...["model", ...classes].map(head("col")))),
    el("tbody", {}, ...rows),
  );
};
// The ground of a cell, filled from below up to its share in percent.
const bar = (share) =>
  `linear-gradient(to top, ${mix(45, "#4393c3")} ${share}%, transparent ${share}%)`;
// Write the probabilities of one model into its row; return the class with the largest one.
const fillProbabilities = (shadow, model, probabilities) => {
  const best = probabilities.indexOf(Math.max(...probabilities));
  shadow.querySelectorAll(`[data-model="${model}"] td`).forEach((td, k) => {
    const share = Math.round(100 * probabilities[k]);
    td.textContent = share || "";
    td.dataset.probability = probabilities[k].toFixed(5);
    td.className = k === best ? "on" : "";
    td.style.backgroundImage = bar(share);
  });
  return best;
};
