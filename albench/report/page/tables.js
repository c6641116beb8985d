/* A table that can be sorted by any column and filtered by name; the numbers are those of `albench compare`. */
function rankingTable({ caption, columns, rows, names }) {
  const state = { column: -1, down: true };
  const body = h("tbody", {});
  const kind = ({ role, ranked, minor }) => `${role === "name" ? "name" : ""} ${ranked ? "ranked" : ""} ${minor ? "minor" : ""}`;
  const heads = columns.map((column, at) => h("th", {
    scope: "col", class: kind(column),
  }, h("button", { type: "button", onclick: () => sort(at) }, column.title)));
  const filter = h("input", { type: "search", placeholder: "Filter by name", "aria-label": `${caption}: filter by name`, oninput: fillBody });
  const count = h("span", { class: "soft", role: "status" });

  function sort(at) {
    state.down = state.column === at ? !state.down : columns[at].role !== "name";
    state.column = at;
    heads.forEach((head, other) => {
      if (other === at) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    fillBody();
  }

  function ordered() {
    if (state.column < 0) return rows;
    const at = state.column, name = columns[at].role === "name";
    return [...rows].sort((a, b) => {
      const [p, q] = [a, b].map((row) => (name ? row.cells[at][0] : valueOf(row.cells[at][0])));
      if (p === null || q === null) return (p === null) - (q === null);
      const order = name ? p.localeCompare(q) : p - q;
      return state.down ? -order : order;
    });
  }

  function fillBody() {
    const wanted = filter.value.trim().toLowerCase();
    const shown = ordered().filter((row) => names(row.row).toLowerCase().includes(wanted));
    count.textContent = wanted ? `${shown.length} of ${rows.length} rows` : "";
    body.replaceChildren(...shown.map((row) => h("tr", { "data-row": row.row }, row.cells.map(([text, mark, tone, bold], at) => {
      const column = columns[at];
      const content = bold ? h("strong", {}, text) : text;
      return h(column.role === "name" ? "th" : "td", { class: `${kind(column)} ${tone}`, scope: column.role === "name" ? "row" : null }, content, mark ? ` ${mark}` : null);
    }))));
  }

  fillBody();
  return h("div", {},
    h("div", { class: "bar" }, filter, count),
    h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": caption },
      h("table", { class: "ranking" }, h("caption", { class: "soft" }, caption), h("thead", {}, h("tr", {}, heads)), body)));
}
