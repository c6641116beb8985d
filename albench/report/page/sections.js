/* One data set: its answer, ranking and curves; then what is beside them, folded. */
function fold(title, ...parts) {
  return h("details", { class: "fold" }, h("summary", {}, title), parts);
}

function groupSection(group, at, page) {
  const metric = data.metrics.find((one) => one.name === page.metric);
  const table = group.tables[page.metric];
  const lit = (row) => page.lit(row, at), pick = (row) => page.pick(row, at);
  const several = data.groups.length > 1;
  const title = group.dataset;
  const answer = several && table ? data.answers[page.metric][1][at] : "";
  const updates = [];
  const add = (part) => { updates.push(part.update); return part.element; };
  const curve = (group.curves[page.metric] || []).map(([row, x, y, half, n]) => ({ row, x, y, half, n }));
  const curves = lineChart({
    caption: `${title}: learning curves`, series: () => curve, lit, pick, rest: page.rest, xLabel: "labels", yLabel: metric.words, range: metric.range, bands: true,
    level: group.full[page.metric] ? { y: group.full[page.metric][0], text: `full supervision ${show(group.full[page.metric][0])}` } : null,
    note: `${capital(metric.words)}${metric.higher ? "" : " (lower is better)"}, mean over each row's own seeds, same test items, with its 95 % interval${curve.some((one) => one.n.includes(1)) ? " (no band where there is one seed)" : ""}. Press a curve or a name to colour it, drag to zoom.`,
  });
  const ranking = table ? rankingTable({
    caption: `${title}: ${page.metric}`, columns: table.columns, rows: table.rows, verdicts: table.verdicts, lit, pick,
    tools: [table.latex ? button("Copy LaTeX", (event) => copy(table.latex, event.currentTarget)) : null, button("CSV", () => save(`${data.title} ${title} ${page.metric}.csv`, csv(rankingLines(group, table, metric)), "text/csv"), { "aria-label": `${title}: save the ranking as CSV` })],
  }) : null;
  return {
    element: h("section", { "aria-label": title },
      several ? h("h2", {}, name(title)) : null,
      group.stand_in ? h("p", { class: "stand-in" }, `Stand-in for ${group.stand_in}: simulated, not patient data`) : null,
      answer ? h("p", { class: "answer" }, sentence(answer)) : null,
      h("p", { class: "soft" }, table ? `${[...table.facts.slice(1), ...table.start].map(capital).join(" · ")}.` : "This metric is not ranked; its curves are here."),
      h("div", { class: "first" }, ranking ? add(ranking) : null, add(curves)),
      beside(group, title, page, table, metric, lit, pick, add),
      diagnosticCharts(group, data.diagnostics[at], title, page, lit, pick, add)),
    updates,
  };
}

/* The table at full precision: a line a row, then a line a label count. */
function rankingLines(group, table, metric) {
  const gaps = new Map(table.gaps.map((gap) => [gap[0], gap]));
  const values = new Map(table.value.map((value) => [value[0], value]));
  const names = (row) => [group.dataset, data.rows[row].backbone, data.rows[row].method, data.rows[row].strategy, metric.words];
  const heads = ["dataset", "backbone", "method", "strategy", "metric", "labels", "rank", "mean", "half_width", "seeds", "difference", "difference_low", "difference_high", "p_holm", "verdict"];
  const ranked = table.rows.map(({ row, rank, verdict }) => {
    const value = values.get(row) || [], gap = gaps.get(row) || [];
    return [...names(row), table.columns.some((column) => column.ranked && column.role === "aubc") ? "AUBC" : "ranked", rank, value[1], value[2], value[3], gap[1], gap[2], gap[3], gap[4], verdict[0]];
  });
  const counts = (group.curves[metric.name] || []).flatMap(([row, x, y, half, n]) => x.map((labels, at) => [...names(row), labels, "", y[at], half[at], n[at], "", "", "", "", ""]));
  return [heads, ...ranked, ...counts];
}

function beside(group, title, page, table, metric, lit, pick, add) {
  const parts = [];
  if (table && table.saved.length) {
    const most = group.labels[group.labels.length - 1] - group.labels[0];
    const few = table.saved.length > 12;
    parts.push(add(whiskers({
      caption: `${title}: labels saved`, xLabel: `labels saved against ${data.baseline}`, most, entries: () => table.saved.filter(([row]) => !few || lit(row)),
      note: `${data.target && page.metric === data.metric ? `To reach ${data.target}.` : "Where both have the same quality."}${few ? " Of the rows in colour." : ""}`,
    })));
  }
  if (table && group.seconds.length) {
    const seconds = new Map(group.seconds.map(([row, train, query]) => [row, train + query]));
    parts.push(add(scatter({
      caption: `${title}: quality against time`, xLabel: "seconds of training and queries, a trial", yLabel: metric.words, range: metric.range, lit,
      entries: () => table.value.filter(([row, value]) => seconds.has(row) && value !== null).map(([row, value, half]) => [row, seconds.get(row), value, half]),
      note: "What ranks, and what it took on the machine that ran the trials.",
    })));
  }
  return parts.length ? fold("Labels saved, and time", h("div", { class: "pair" }, parts)) : null;
}

function diagnosticCharts(group, found, title, page, lit, pick, add) {
  const charts = [];
  const teaches = ([, entry]) => entry.correct.some((v) => v !== null);
  const chart = (series, caption, xLabel, yLabel, note, whole) => {
    const there = series.filter((one) => one.x.length);
    if (there.length) charts.push(add(lineChart({ caption: `${title}: ${caption}`, series: () => there, lit, pick, rest: page.rest, xLabel, yLabel, note, whole, range: [0, 1] })));
  };
  const lines = (key, caption, yLabel, note, rows = found.rows) => chart(rows.map(([row, entry]) => {
    const there = entry.labels.map((x, at) => [x, entry[key][at]]).filter(([, y]) => known(y));
    return { row, x: there.map((p) => p[0]), y: there.map((p) => p[1]) };
  }), caption, "labels", yLabel, note);
  lines("minority", "rare classes among the picks", "share of the picks", "Share of classes smaller than the mean class, of what was bought after each round.");
  balance(group, found, title, add, charts);
  lines("correct", "accuracy of pseudo labels", "accuracy", "Against the hidden labels, at the end of each round; only the record knows them.");
  lines("accepted", "accepted pseudo labels", "share of the pool", "Share of the pool's unlabelled items.", found.rows.filter(teaches));
  chart(found.rows.map(([row, entry]) => {
    const x = [], y = [];
    entry.threshold.forEach((curve, round) => curve.forEach((value, at) => { x.push(round + at / curve.length); y.push(value); }));
    return { row, x, y };
  }), "confidence threshold", "rounds", "threshold", "The method's threshold over the steps of each round.", true);
  return charts.length ? fold("What was chosen, and what was learnt from", h("div", { class: "pair" }, charts)) : null;
}

function balance(group, found, title, add, charts) {
  const there = found.rows.filter(([, entry]) => entry.picks.some((shares) => shares.length));
  if (!there.length) return;
  let chosen = there[0];
  const choose = h("select", { "aria-label": "Whose picks", onchange: (event) => { chosen = there[event.target.value]; made.update(); } },
    there.map(([row], at) => h("option", { value: at }, label(row))));
  const made = stackedBars({
    caption: `${title}: classes of the picks`, parts: found.classes, xLabel: "labels before the query", tools: choose, whose: () => label(chosen[0]),
    bars: () => chosen[1].picks.map((shares, at) => ({ name: count(chosen[1].labels[at]), shares })).filter((bar) => bar.shares.length),
  });
  charts.push(add(made));
}

/* Several budgets: what is first under each, and whether that changes. */
function overBudgets(page, said) {
  const tables = (data.budgets[page.metric] || []).map((over) => rankingTable({
    caption: `${over.title}: ${page.metric}`, columns: over.columns, rows: over.rows, verdicts: false, lit: (row) => page.lit(row), pick: (row) => page.pick(row) }));
  const element = (data.budgets[page.metric] || []).map((over, at) => h("section", { "aria-label": over.title }, h("h2", {}, name(over.title)),
    said.length > 1 ? h("p", { class: "answer" }, sentence(said[at])) : null,
    h("p", { class: "soft" }, `${over.facts.map(capital).join(". ")}.`), tables[at].element));
  return { element, updates: tables.map((table) => table.update) };
}

function across(page) {
  const overall = data.overall[page.metric], wins = data.wins[page.metric];
  const parts = [], updates = [];
  if (overall) {
    const table = rankingTable({ caption: `All data sets: ${page.metric}`, columns: overall.columns, rows: overall.rows, verdicts: false, lit: (row) => page.lit(row), pick: (row) => page.pick(row) });
    const diagram = rankDiagram({ caption: "Critical-difference diagram", ranks: overall.ranks, distance: overall.distance, cliques: overall.cliques,
      note: "Mean ranks over data sets, best on the left; a bar joins what is not distinguishable (Nemenyi, 5 %)." });
    updates.push(table.update, diagram.update);
    parts.push(h("section", { "aria-label": "All data sets together" }, h("h2", {}, "All data sets together"), h("p", { class: "soft" }, `${overall.facts.map(capital).join(". ")}.`),
      h("div", { class: "first" }, table.element, diagram.element)));
  }
  if (wins && wins.rows.length > 1) {
    const more = wins.left_out ? ` The ${wins.left_out} rows with the fewest wins are left out.` : "";
    const folded = fold("Who beats whom", heat({ caption: "Pairwise wins", ...wins,
      note: `In how many of ${wins.settings} setting${wins.settings > 1 ? "s" : ""} the row beats the column by what ranks: paired by seed, p < 0.05 after Holm's correction over all pairs.${more}` }));
    folded.classList.toggle("unprinted", wins.rows.length > 12);
    parts.push(folded);
  }
  return { element: parts, updates };
}

function remarks(page) {
  const notes = data.notes[page.metric] || data.notes[data.metric];
  const how = data.legend[page.metric] || data.legend[data.metric];
  return [
    data.failures.length ? [h("h2", {}, "Not complete"), h("ul", {}, data.failures.map((text) => h("li", {}, text)))] : null,
    notes.length ? [h("h2", {}, "Notes"), h("ul", {}, notes.map((text) => h("li", {}, text)))] : null,
    fold("How to read this", h("ul", {}, how.map((text) => h("li", {}, text))))];
}

const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`);

function provenance() {
  return [
    fold("How this was made", data.manifests.map((manifest) => h("section", {},
      h("h3", {}, manifest.suite),
      h("dl", {},
        Object.entries(manifest.versions || {}).map(([name, version]) => [h("dt", {}, name), h("dd", {}, version)]),
        Object.entries(manifest.plugins || {}).map(([name, from]) => [h("dt", {}, `plugin ${name}`), h("dd", {}, from)]),
        h("dt", {}, "host"), h("dd", {}, Object.values(manifest.host || {}).join(", "))),
      (manifest.runs || []).map((run) => h("pre", {}, `${[run.command || []].flat().map(String).map(quoted).join(" ") || "from Python"}\n# ${run.started}${run.git ? `, revision ${run.git}` : ""}, ${run.executor}, ${run.trials} trials`)),
      fold("Protocols and data", h("pre", {}, JSON.stringify({ protocols: manifest.protocols, datasets: manifest.datasets }, null, 1)))))),
    h("h2", {}, "How to cite"),
    h("div", { class: "above" }, h("p", {}, "Name albench with its version, the protocol and the number of seeds, and cite what was compared:"),
      h("div", { class: "tools" }, button("Copy BibTeX", (event) => copy(data.bibtex, event.currentTarget)))),
    h("ul", {}, data.sources.map(([kind, name, paper, title]) => h("li", {}, `${kind} ${name}: ${paper}${title ? `, ${title}` : ""}`))),
    h("p", { class: "soft" }, data.libraries)];
}
