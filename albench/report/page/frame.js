/* A figure around a chart of the library: caption, note, buttons, and its data as a table. */
const colour = (row) => (data.rows[row].aside ? "var(--soft)" : data.rows[row].color === null ? "var(--c-base)" : `var(--c-${data.rows[row].color})`);
const dash = (row) => (data.rows[row].aside ? "5 4" : ["", "6 3", "2 3", "8 3 2 3", "10 2 2 2"][data.rows[row].dash] || null);
/* Of rows that share a colour, also under one method, each has its own. */
const symbol = (row) => ["circle", "square", "triangle", "diamond", "star"][data.rows[row].symbol];
const label = (row) => data.rows[row].label;
/* Before the name of a row that was highlighted by request, and of one that sees labels. */
const prefix = (row) => (data.rows[row].marked ? "» " : "") + (data.rows[row].aside ? "† " : "");

function plainTable(heads, lines, caption) {
  return h("table", {}, h("caption", { class: "unseen" }, caption),
    h("thead", {}, h("tr", {}, heads.map((head, at) => h("th", { scope: "col", class: at ? null : "name" }, head)))),
    h("tbody", {}, lines.map((line) => h("tr", {}, line.map((text, at) =>
      at ? h("td", {}, text) : h("th", { scope: "row", class: "name" }, text))))));
}

/*
 * options: caption, note, draw(width) (the library's chart, or null where there is nothing), table() ([heads, lines]),
 * lines() (the same in full for a CSV file; the table's where it is not given), tools (more buttons).
 */
function frame(options) {
  const { caption, note, draw, table } = options;
  const host = h("div", { class: "chart" }), held = h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": `${caption}, data` });
  const file = `${data.title} ${caption}`;
  const chart = () => host.querySelector("svg");
  const tools = h("div", { class: "tools" }, options.tools || [],
    button("SVG", () => save(`${file}.svg`, svgText(chart(), caption), "image/svg+xml"), { "aria-label": `${caption}: save as SVG` }),
    button("PNG", (event) => savePng(chart(), caption, `${file}.png`, event.currentTarget), { "aria-label": `${caption}: save as PNG` }),
    button("CSV", () => save(`${file}.csv`, csv(options.lines ? options.lines() : [table()[0], ...table()[1]]), "text/csv"),
      { "aria-label": `${caption}: save as CSV` }));
  let width = 0;

  function render() {
    width ||= Math.floor(host.clientWidth);  // what was folded is not seen to be resized before it is printed
    if (!width) return;
    const focused = host.contains(document.activeElement);
    const made = draw(width, host);
    host.replaceChildren(...(made ? [made] : [h("p", { class: "soft" }, "Nothing to show.")]));
    if (focused && made) made.focus({ preventScroll: true });
  }

  function update() {
    render();
    held.replaceChildren(plainTable(...table(), caption));
  }

  new ResizeObserver((entries) => {
    const next = Math.floor(entries[0].contentRect.width);
    if (next && next !== width) {
      width = next;
      render();
    }
  }).observe(host);
  const element = h("figure", {}, h("div", { class: "above" }, h("figcaption", {}, caption), tools),
    note ? h("p", { class: "soft" }, note) : null, host, h("details", {}, h("summary", {}, "Data table"), held));
  return { element, render, update };
}

/* The options that all charts share. */
function plotted(width, height, label, options) {
  const chart = Plot.plot({ className: "plot", width, height, style: { background: "transparent", fontSize: "12px", overflow: "visible" }, ariaLabel: label, ...options });
  return fill(chart, { role: "img" }, []);
}
