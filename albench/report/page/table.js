/* A ranking: what fits, the rest on demand; sorted by any column, filtered by name; a press on a name colours its curves. */
const MOST = 10;

/*
 * columns: {title, role, ranked, need}, need 0 always shown and 9 on demand; rows: {row, rank, verdict, cells}; lit(row),
 * pick(row); verdicts: whether rows have one; tools: more buttons.
 */
function rankingTable({ caption, columns, rows, verdicts, lit, pick, tools }) {
  const cell = (row, place) => (Array.isArray(row.cells[place.at]) ? row.cells[place.at] : [row.cells[place.at], "", "", 0]);
  const state = { column: null, down: true, all: false, every: rows.length <= MOST + 2 };
  const ranked = columns.findIndex((column) => column.ranked);
  const order = columns.map((_, at) => at).sort((a, b) => (a !== ranked) - (b !== ranked) || (columns[a].role === "labels" && columns[b].role === "labels" ? a - b : columns[a].need - columns[b].need));
  const places = [{ title: "name", need: 0, kind: "name" }];
  for (const at of order) {
    places.push({ ...columns[at], at, kind: "number" });
    if (verdicts && (at === ranked || (ranked < 0 && places.length === 2))) places.push({ title: "verdict", need: 0, kind: "verdict" });
  }
  const heads = places.map((place) => h("th", { scope: "col", class: `${place.kind} ${place.ranked ? "ranked" : ""}` },
    button(place.title === "name" ? nameTitle() : place.title, () => sort(place))));
  const body = h("tbody", {}), table = h("table", { class: "ranking" }, h("caption", { class: "unseen" }, caption), h("thead", {}, h("tr", {}, heads)), body);
  const scroll = h("div", { class: "scroll", role: "group", "aria-label": caption }, table);
  const filter = h("input", { type: "search", placeholder: "Filter by name", "aria-label": `${caption}: filter by name`, oninput: fillBody });
  const found = h("span", { class: "soft", role: "status" });
  const wide = button("All columns", () => { state.all = !state.all; wide.setAttribute("aria-pressed", state.all); fit(); }, { "aria-pressed": "false" });
  const more = button("", () => { state.every = !state.every; fillBody(); }, { class: "more" });
  const count = () => (more.textContent = state.every ? `Show the first ${MOST}` : `Show all ${rows.length} rows`);

  function nameTitle() {
    const several = [...new Set(rows.map(({ row }) => data.rows[row].beside.length))].some(Boolean);
    return several ? "strategy, method" : data.rows[rows[0].row].name === data.rows[rows[0].row].method ? "method" : "strategy";
  }

  function sort(place) {
    state.down = state.column === place ? !state.down : place.kind === "number";
    state.column = place;
    heads.forEach((head, at) => {
      if (places[at] === place) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    fillBody();
  }

  function ordered() {
    const place = state.column;
    if (!place) return rows;
    const value = (row) => (place.kind === "name" ? label(row.row) : place.kind === "verdict" ? row.verdict[0] : valueOf(cell(row, place)[0]));
    return [...rows].sort((a, b) => {
      const apart = data.rows[a.row].aside - data.rows[b.row].aside;
      if (apart) return apart;
      const [p, q] = [value(a), value(b)];
      if (p === null || q === null) return (p === null) - (q === null);
      const way = typeof p === "string" ? p.localeCompare(q, "en") : p - q;
      return state.down ? -way : way;
    });
  }

  function nameCell(entry) {
    const { row, rank } = entry, about = data.rows[row];
    const swatch = h("i", { class: `swatch ${symbol(row)}`, "aria-hidden": "true" });
    swatch.style.setProperty("--own", colour(row));
    const chip = button([rank ? h("span", { class: "rank" }, rank) : null, swatch, h("span", { class: "words" }, h("b", {}, prefix(row), name(about.name)),
      about.beside.length ? h("small", {}, name(about.beside.join(", "))) : null)].filter(Boolean), () => pick(row), { "aria-pressed": String(lit(row)), "data-row": row, class: "pick" });
    return h("th", { scope: "row", class: "name" }, explained(chip, `${label(row)}${about.marked ? ", highlighted by request" : ""}: ${lit(row) ? "in colour; press for grey" : "grey; press for its colour"}`));
  }

  function numberCell(place, [text, mark, tone, bold]) {
    const [value, ...rest] = text.replace("± ", "±\u00a0").split(/ (?=[±[])/);
    const says = { "*": place.role === "difference" ? "stands after correction" : "better than the second, after correction", "~": "not told apart" }[mark];
    const noted = mark && !(verdicts && place.role === "difference") ? h("abbr", { title: says }, mark) : null;
    return h("td", { class: `number ${place.ranked ? "ranked" : ""} ${tone}` }, bold ? h("strong", {}, value) : value,
      rest.length ? h("span", { class: "half" }, ` ${rest.join(" ")}`, noted) : noted);
  }

  function verdictCell([word, tone, why]) {
    return h("td", { class: "verdict" }, explained(h("span", { class: `badge ${tone} ${word.replaceAll(" ", "-")}`, tabindex: 0 }, word), why));
  }

  function fillBody() {
    const wanted = filter.value.trim().toLowerCase();
    let shown = ordered();
    if (wanted) shown = shown.filter((entry) => label(entry.row).toLowerCase().includes(wanted));
    else if (!state.every) shown = shown.filter((entry, at) => at < MOST || lit(entry.row) || data.rows[entry.row].marked || data.rows[entry.row].aside);
    found.textContent = wanted ? `${shown.length} of ${rows.length} rows` : "";
    more.hidden = Boolean(wanted) || rows.length <= MOST + 2;
    count();
    const focused = body.contains(document.activeElement) && document.activeElement.dataset.row;
    body.replaceChildren(...shown.map((entry) => h("tr", { "data-row": entry.row, class: `${lit(entry.row) ? "lit" : ""} ${data.rows[entry.row].marked ? "marked" : ""} ${data.rows[entry.row].aside ? "aside" : ""}` }, places.map((place) =>
      place.kind === "name" ? nameCell(entry) : place.kind === "verdict" ? verdictCell(entry.verdict) : numberCell(place, cell(entry, place))))));
    fit();
    if (focused) body.querySelector(`[data-row="${focused}"].pick`)?.focus();
  }

  /* Columns go, the least needed first, until the table is no wider than its place; then its lines break. */
  function fit() {
    const put = (at, hidden) => { for (const line of table.rows) line.cells[at].hidden = hidden; };
    const room = scroll.clientWidth;
    if (!room) return;
    table.classList.remove("tight", "tighter");
    places.forEach((place, at) => put(at, !state.all && place.need >= 9));
    scroll.toggleAttribute("tabindex", state.all);
    if (state.all) scroll.tabIndex = 0;
    else {
      const spare = places.map((place, at) => [place.need, at]).filter(([need]) => need > 0 && need < 9).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      while (table.offsetWidth > room && spare.length) put(spare.pop()[1], true);
      for (const less of ["tight", "tighter"]) if (table.offsetWidth > room) table.classList.add(less);
    }
    wide.hidden = !state.all && ![...table.rows[0].cells].some((cell) => cell.hidden);
  }

  new ResizeObserver(fit).observe(scroll);
  addEventListener("beforeprint", () => { state.every = true; fillBody(); });
  fillBody();
  return {
    element: h("div", { class: "ranked-rows" },
      h("div", { class: "above" }, rows.length > 5 ? h("div", { class: "find" }, filter, found) : h("span", {}), h("div", { class: "tools" }, wide, tools || [])), scroll, more),
    update: fillBody,
  };
}
