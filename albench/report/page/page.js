/* Puts the page together. */
const data = JSON.parse(document.getElementById("data").textContent);

const page = {
  metric: data.metric,
  picked: new Map(),
  grey: true,
  updates: [],
  rest: () => page.grey,
  /* Whether a row is in colour: what a reader picked, else the best few of the data set, or of any, and their baselines. */
  lit(row, group) {
    if (page.picked.has(row)) return page.picked.get(row);
    const few = (one) => (one.tables[page.metric] || one.tables[data.metric]).few;
    return group === undefined ? data.groups.some((one) => few(one).includes(row)) : few(data.groups[group]).includes(row);
  },
  pick(row, group) {
    page.picked.set(row, !page.lit(row, group));
    page.update();
  },
  choose(value) {
    page.picked = new Map(value === null ? [] : data.rows.map((_, row) => [row, value]));
    page.update();
  },
  update() {
    for (const update of page.updates) update();
  },
};

function header() {
  const theme = button("Light / dark", () => {
    const dark = document.documentElement.dataset.theme
      ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
  }, { id: "theme" });
  const choose = h("select", { id: "metric", onchange: (event) => { page.metric = event.target.value; draw(); } },
    data.metrics.map(({ name, words, higher }) => h("option", { value: name, selected: name === page.metric }, `${words}${higher ? "" : " (lower is better)"}`)));
  const grey = h("input", { type: "checkbox", checked: true, onchange: (event) => { page.grey = event.target.checked; page.update(); } });
  fill(document.getElementById("top"), {}, [
    h("div", { class: "above" }, h("p", { class: "title" }, h("b", {}, name(data.title)), " · albench report"), h("div", { class: "tools" }, theme)),
    h("h1", { class: "answer", id: "answer" })]);
  return h("div", { class: "bar" }, h("label", {}, "Metric ", choose),
    h("div", { class: "tools", role: "group", "aria-label": "Curves in colour" }, h("span", { class: "soft" }, "In colour:"), button("Best few", () => page.choose(null)), button("All", () => page.choose(true)), button("None", () => page.choose(false)),
      h("label", { class: "check" }, grey, "the rest in grey")));
}

function draw() {
  const [overall, groups, budgets] = data.answers[page.metric] || data.answers[data.metric];
  const said = overall || budgets[budgets.length - 1] || (groups.length === 1 ? groups[0] : `${groups.length} data sets, each with its own answer below.`);
  document.getElementById("answer").replaceChildren(...sentence(said));
  const parts = data.groups.map((group, at) => groupSection(group, at, page));
  const whole = across(page), budgeted = overBudgets(page, budgets);
  page.updates = [...parts.flatMap((part) => part.updates), ...whole.updates, ...budgeted.updates];
  const children = [data.overall[page.metric] ? whole.element : [], budgeted.element, parts.map((part) => part.element), data.overall[page.metric] ? [] : whole.element, remarks(page)];
  body.replaceChildren(...children.flat(Infinity).filter(Boolean));
  page.update();
}

const body = h("div", {});
document.getElementById("main").append(header(), body, h("div", {}, provenance().flat(Infinity)));
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details.fold")) part.open = true;
  page.update();
});
draw();
