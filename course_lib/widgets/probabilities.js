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
