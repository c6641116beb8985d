/* The other charts. An entry begins with its row. */
const named = (row, width) => endText(row, width, 400);
const leftOf = (rows, width) => Math.min(width * 0.42, 240, Math.max(20, ...rows.map((row) => textWidth(prefix(row) + label(row)))) + 12);

/* Points with whiskers, one line a row: [row, value, low, high, text]; infinities stand at the edge. */
function whiskers({ caption, note, entries, xLabel, most }) {
  const limit = (value) => (value === "inf" ? most : value === "-inf" ? -most : value);
  return frame({
    caption, note,
    table: () => [["", xLabel], entries().map(([row, , , , text]) => [label(row), text])],
    lines: () => [["backbone", "method", "strategy", xLabel, "low", "high"], ...entries().map(([row, value, low, high]) => [
      data.rows[row].backbone, data.rows[row].method, data.rows[row].strategy, value, low, high])],
    draw(width) {
      const shown = entries().map(([row, value, low, high, text]) => ({ row, value, text, at: limit(value), low: limit(low), high: limit(high) })).filter((e) => known(e.at));
      if (!shown.length) return null;
      const left = leftOf(shown.map((e) => e.row), width);
      const color = (e) => colour(e.row);
      const edge = shown.filter((e) => infinite(e.value));
      return plotted(width, shown.length * 26 + 60, caption, {
        marginLeft: left, marginRight: 18, marginTop: 8, marginBottom: 42,
        x: { domain: extent([0, ...shown.flatMap((e) => [e.at, e.low, e.high])], 0.06) }, y: { domain: shown.map((e) => e.row), padding: 0.4 },
        marks: [
          Plot.gridX({ stroke: "var(--rule)", strokeOpacity: 1, ticks: Math.max(2, Math.round((width - left) / 80)) }),
          Plot.axisX({ ticks: Math.max(2, Math.round((width - left) / 80)), label: xLabel, labelAnchor: "center", labelArrow: "none", labelOffset: 38, tickSize: 0 }),
          Plot.axisY({ tickSize: 0, label: null, tickFormat: (row) => named(row, left - 10) }),
          Plot.ruleX([0], { stroke: "var(--soft)" }),
          Plot.ruleY(shown.filter((e) => known(e.low) && known(e.high) && !infinite(e.value)), { y: "row", x1: "low", x2: "high", stroke: color, strokeWidth: 2 }),
          Plot.dot(shown.filter((e) => !infinite(e.value)), { x: "at", y: "row", r: 4.5, fill: color, symbol: (e) => symbol(e.row) }),
          Plot.text(edge.filter((e) => e.value === "inf"), { x: "at", y: "row", text: "text", textAnchor: "end", fill: color }),
          Plot.text(edge.filter((e) => e.value === "-inf"), { x: "at", y: "row", text: "text", textAnchor: "start", fill: color }),
          Plot.tip(shown, Plot.pointerY({ x: "at", y: "row", title: (e) => `${label(e.row)}\n${e.text}`, className: "pointed", fill: "var(--panel)", stroke: "var(--rule)", fontSize: 12, pathFilter: "none" })),
        ],
      });
    },
  });
}

/* Quality against computing time: [row, x, y, half]. */
function scatter({ caption, note, entries, xLabel, yLabel, range, lit }) {
  return frame({
    caption, note,
    table: () => [["", xLabel, yLabel], entries().map(([row, x, y, half]) => [label(row), show(x, 1), withInterval(y, half)])],
    draw(width) {
      const shown = entries().map(([row, x, y, half]) => ({ row, x, y, half, low: known(half) ? within(range, y - half) : y, high: known(half) ? within(range, y + half) : y }));
      if (!shown.length) return null;
      const height = Math.max(260, Math.min(380, width * 0.6));
      const color = (e) => (lit(e.row) ? colour(e.row) : "var(--faint)");
      const x = extent(shown.map((e) => e.x), 0.08).map((value) => Math.max(0, value)), y = extent(shown.flatMap((e) => [e.low, e.high])).map((value) => within(range, value));
      const sx = d3.scaleLinear(x, [46, width - 18]), sy = d3.scaleLinear(y, [height - 42, 14]);
      const lifted = shown.filter((e) => lit(e.row)), leftward = (e) => sx(e.x) > width * 0.6;
      const texts = new Map(lifted.map((e) => [e.row, endText(e.row, width * 0.34)]));
      const heights = apart(lifted.map((e) => [e.row, sy(e.y)]), 14, 20, height - 48);
      return plotted(width, height, caption, {
        marginLeft: 46, marginRight: 18, marginTop: 14, marginBottom: 42,
        x: { domain: x }, y: { domain: y },
        marks: [
          Plot.gridY({ ticks: 5, stroke: "var(--rule)", strokeOpacity: 1 }),
          Plot.axisX({ ticks: Math.max(2, Math.round(width / 90)), label: xLabel, labelAnchor: "center", labelArrow: "none", labelOffset: 38, tickSize: 4 }),
          Plot.axisY({ ticks: 5, tickSize: 0, label: null }),
          Plot.ruleX(shown, { x: "x", y1: "low", y2: "high", stroke: color, strokeWidth: 1.5 }),
          Plot.dot(shown, { x: "x", y: "y", r: 4.5, fill: color, symbol: (e) => symbol(e.row), stroke: "var(--paper)" }),
          lifted.map((e) => Plot.text([e], {
            x: "x", y: () => sy.invert(heights.get(e.row)), text: () => texts.get(e.row), dx: leftward(e) ? -9 : 9, textAnchor: leftward(e) ? "end" : "start", fill: color, stroke: "var(--paper)", strokeWidth: 3, fontWeight: 600, className: "end",
          })),
          Plot.tip(shown, Plot.pointer({ x: "x", y: "y", title: (e) => `${label(e.row)}\n${show(e.x, 1)} seconds\n${yLabel} ${withInterval(e.y, e.half)}`, className: "pointed", fill: "var(--panel)", stroke: "var(--rule)", fontSize: 12, lineWidth: Math.min(24, width / 22), pathFilter: "none" })),
        ],
      });
    },
  });
}

/* Shares of classes in each round, stacked: bars() is [{name, shares}], and whose() says of what. */
function stackedBars({ caption, note, bars, parts, whose, xLabel, tools }) {
  const shade = (at) => `var(--c-${at % 10})`;
  const owner = h("b", {});
  const key = h("p", { class: "key" }, owner, parts.map((part, at) => {
    const mark = h("i", {});
    mark.style.background = shade(at);
    return h("span", {}, mark, part);
  }));
  const made = frame({
    caption, note, tools,
    table: () => [[xLabel, ...parts], bars().map(({ name, shares }) => [name, ...shares.map((v) => `${(v * 100).toFixed(1)} %`)])],
    draw(width) {
      owner.textContent = whose();
      const shown = bars().flatMap(({ name, shares }) => shares.map((share, part) => ({ name, share, part })));
      if (!shown.length) return null;
      const names = bars().map((bar) => bar.name), every = Math.ceil((names.length * 44) / (width - 60));
      return plotted(width, 260, caption, {
        marginLeft: 46, marginRight: 10, marginTop: 8, marginBottom: 42,
        x: { domain: names, padding: 0.2 }, y: { domain: [0, 1] },
        marks: [
          Plot.axisY({ ticks: 5, tickSize: 0, label: null, tickFormat: "%" }),
          Plot.axisX(names.filter((_, at) => at % every === 0), { tickSize: 0, label: xLabel, labelAnchor: "center", labelArrow: "none", labelOffset: 38 }),
          Plot.barY(shown, Plot.stackY({ x: "name", y: "share", z: "part", fill: (e) => shade(e.part), fillOpacity: (e) => 1 - 0.35 * (Math.floor(e.part / 10) % 2), stroke: "var(--paper)", order: (e) => e.part })),
          Plot.tip(shown, Plot.pointer(Plot.stackY({ x: "name", y: "share", z: "part", order: (e) => e.part, title: (e) => `${e.name} labels\n${parts[e.part]}: ${(e.share * 100).toFixed(1)} %`, className: "pointed", fill: "var(--panel)", stroke: "var(--rule)", fontSize: 12, pathFilter: "none" }))),
        ],
      });
    },
  });
  made.element.querySelector(".chart").after(key);
  return made;
}

/* Critical-difference diagram (Demšar 2006): mean ranks on a line, bars join what is not distinguishable. */
function rankDiagram({ caption, note, ranks, distance, cliques }) {
  return frame({
    caption, note,
    table: () => [["", "mean rank"], ranks.map(([row, rank]) => [label(row), show(rank, 2)])],
    draw(width) {
      const n = ranks.length, half = Math.ceil(n / 2), side = Math.min(320, width * 0.36);
      const sx = d3.scaleLinear([1, Math.max(n, 2)], [side, width - side]);
      const cd = Math.min(distance, n - 1), said = `critical difference ${show(distance, 2)}`;
      const beside = sx(1 + cd) + 6 + textWidth(said) < width;  // else it has a line of its own above the ticks
      const top = beside ? 44 : 62, line = 20, first = top + cliques.length * 9 + 14, height = first + half * line + 6;
      const entries = ranks.map(([row, rank], at) => {
        const left = at < half, number = ` ${show(rank, 2)}`;
        return { row, rank, left, y: first + (left ? at : n - 1 - at) * line, end: left ? side - 8 : width - side + 8, text: endText(row, side - 14 - textWidth(number, 600)) + number };
      });
      const every = Math.max(1, Math.ceil(n / Math.max(2, (width - 2 * side) / 24)));
      const ticks = d3.range(1, n + 1, every);
      const px = { x: { type: "identity" }, y: { type: "identity" } };
      return plotted(width, height, caption, {
        ...px, margin: 0, axis: null,
        marks: [
          Plot.ruleY([top], { y: (d) => d, x1: sx(1), x2: sx(n), stroke: "var(--ink)" }),
          Plot.ruleX(ticks, { x: sx, y1: top - 5, y2: top, stroke: "var(--ink)" }),
          Plot.text(ticks, { x: sx, y: () => top - 12, text: String, fill: "var(--soft)" }),
          Plot.ruleY([10], { y: (d) => d, x1: sx(1), x2: sx(1 + cd), stroke: "var(--ink)", strokeWidth: 3 }),
          Plot.text([said], { x: () => (beside ? sx(1 + cd) + 6 : 0), y: () => (beside ? 10 : 26), text: String, textAnchor: "start", fill: "var(--soft)" }),
          cliques.map(([a, b], at) => Plot.ruleY([top + 9 + at * 9], { y: (d) => d, x1: sx(ranks[a][1]) - 4, x2: sx(ranks[b][1]) + 4, stroke: "var(--ink)", strokeWidth: 3.5 })),
          entries.map((e) => Plot.line([[sx(e.rank), top], [sx(e.rank), e.y], [e.end, e.y]], { stroke: colour(e.row), strokeWidth: 1.2 })),
          [true, false].map((left) => Plot.text(entries.filter((e) => e.left === left), { x: (e) => e.end + (left ? -4 : 4), y: "y", text: "text", textAnchor: left ? "end" : "start", fill: (e) => colour(e.row), fontWeight: 600 })),
        ],
      });
    },
  });
}

/* Pairwise wins as a table of colours. */
function heat({ caption, note, rows, matrix, settings }) {
  return h("figure", {}, h("figcaption", {}, caption), h("p", { class: "soft" }, note),
    h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": caption }, h("table", { class: "heat" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "name" }, "beats →"),
        rows.map((row) => h("th", { scope: "col", class: "top" }, prefix(row) + label(row))))),
      h("tbody", {}, rows.map((row, a) => h("tr", {}, h("th", { scope: "row", class: "name" }, prefix(row) + label(row)),
        rows.map((other, b) => {
          const cell = h("td", {}, a === b ? "" : show(matrix[a][b], Number.isInteger(matrix[a][b]) ? 0 : 2));
          cell.style.setProperty("--v", a === b ? 0 : matrix[a][b] / settings);
          return cell;
        })))))));
}
