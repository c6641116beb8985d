/* Puts the page together. */
const data = JSON.parse(document.getElementById("data").textContent);
const hidden = new Set();
let metric = data.metric;
let updates = [];
const names = (row) => data.rows[row].label;
const on = (entries) => entries.filter((entry) => !hidden.has(entry[0]));
const main = document.getElementById("main");

function swatch(row) {
  const { colour, dash } = look(row);
  return s("svg", { width: 26, height: 10, class: colour, "aria-hidden": "true" },
    s("line", { class: "line", x1: 1, x2: 25, y1: 5, y2: 5, "stroke-dasharray": dash || null }));
}

function header() {
  const standIns = [...new Set(data.groups.filter((g) => g.stand_in).map((g) => `${g.dataset} is a stand-in for ${g.stand_in}: simulated, not patient data`))];
  const choose = h("select", { id: "metric", onchange: (event) => { metric = event.target.value; draw(); } },
    data.metrics.map(({ name, higher }) => h("option", { value: name, selected: name === metric }, `${name}${higher ? "" : " (lower is better)"}`)));
  const theme = h("button", { type: "button", id: "theme", onclick: () => {
    const dark = document.documentElement.dataset.theme
      ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
  } }, "Light / dark");
  fill(document.getElementById("top"), {}, [
    h("h1", {}, data.title),
    h("p", { class: "soft" }, `Active learning with semi-supervised learning, ${data.split} split. Made by albench.`),
    standIns.map((text) => h("p", { class: "stand-in" }, text))]);
  const buttons = data.rows.map((_, row) => {
    const button = h("button", { type: "button", "aria-pressed": "true", "data-row": row, onclick: () => toggle([row], !hidden.has(row)) }, swatch(row), names(row));
    return button;
  });
  function toggle(rows, hide) {
    for (const row of rows) {
      if (hide) hidden.add(row); else hidden.delete(row);
      buttons[row].setAttribute("aria-pressed", String(!hide));
    }
    for (const update of updates) update();
  }
  const every = data.rows.map((_, row) => row);
  return h("div", { class: "sticky" },
    h("div", { class: "bar" }, h("label", {}, "Metric ", choose), theme,
      h("button", { type: "button", onclick: () => toggle(every, false) }, "All"),
      h("button", { type: "button", onclick: () => toggle(every, true) }, "None")),
    h("div", { class: "legend", role: "group", "aria-label": "Show or hide" }, buttons));
}

function ranking(group) {
  const table = group.tables[metric];
  if (!table) return h("p", { class: "soft" }, "This metric is not ranked; its curves are below.");
  return [h("p", { class: "soft" }, `${table.facts.join(", ")}.`),
    rankingTable({ caption: `${group.dataset}: ${metric}`, columns: table.columns, rows: table.rows, names })];
}

function groupSection(group, at) {
  const charts = [];
  const curve = (group.curves[metric] || []).map(([row, x, y, half, n]) => ({ row, x, y, half, n }));
  const visible = (series) => () => series.filter((one) => !hidden.has(one.row));
  charts.push(lineChart({
    caption: `${group.dataset}: learning curves`, xLabel: "labels", yLabel: `${data.split} ${metric}`, bands: curve.length <= 6,
    series: visible(curve), names, note: "Mean over seeds; the band is the 95 % interval. Drag to zoom in, double-click to show all.",
  }));
  const table = group.tables[metric];
  const pair = [];
  if (table && table.saved.length) {
    const most = group.labels[group.labels.length - 1] - group.labels[0];
    pair.push(whiskers({
      caption: `${group.dataset}: labels saved`, xLabel: `labels saved against ${data.baseline}`, names, most,
      entries: () => on(table.saved),
      note: data.target && metric === data.metric ? `To reach ${data.target}.` : "To reach what the baseline has with all of its labels; with the 95 % bootstrap interval.",
    }));
  }
  if (table && group.seconds.length) {
    const seconds = new Map(group.seconds.map(([row, train, query]) => [row, train + query]));
    pair.push(scatter({
      caption: `${group.dataset}: quality against time`, xLabel: "seconds of training and queries, a trial", yLabel: `${metric}, what ranks`, names,
      entries: () => on(table.value).filter(([row, value]) => seconds.has(row) && value !== null).map(([row, value, half]) => [row, seconds.get(row), value, half]),
      note: "Measured on whatever machine ran the trials.",
    }));
  }
  charts.push(...pair);
  const inner = diagnosticCharts(group, data.diagnostics[at]);
  charts.push(...inner);
  updates.push(...charts.map((chart) => chart.update));
  return h("section", { "aria-label": group.dataset },
    h("h2", {}, group.dataset),
    group.stand_in ? h("p", { class: "stand-in" }, `Stand-in for ${group.stand_in}: simulated, not patient data`) : null,
    ranking(group), charts[0].host,
    h("div", { class: "pair" }, pair.map((chart) => chart.host)),
    inner.length ? h("h3", {}, "What was chosen, and what was learnt from") : null,
    h("div", { class: "pair" }, inner.map((chart) => chart.host)));
}

function diagnosticCharts(group, found) {
  const charts = [];
  const teaches = ([, entry]) => entry.correct.some((v) => v !== null);
  const lines = (key, caption, yLabel, note, rows = found.rows) => {
    const series = rows.map(([row, entry]) => {
      const there = entry.labels.map((x, at) => [x, entry[key][at]]).filter(([, y]) => y !== null && y !== undefined);
      return { row, x: there.map((p) => p[0]), y: there.map((p) => p[1]) };
    }).filter((one) => one.x.length);
    if (series.length) charts.push(lineChart({
      caption: `${group.dataset}: ${caption}`, xLabel: "labels", yLabel, note, names,
      series: () => series.filter((one) => !hidden.has(one.row)),
    }));
  };
  lines("minority", "rare classes among the picks", "share of the picks", "Items of classes smaller than the mean class, of what was bought after each round.");
  balance(group, found, charts);
  lines("correct", "accuracy of pseudo labels", "accuracy", "Against the hidden labels, at the end of each round; only the record knows them.");
  lines("accepted", "accepted pseudo labels", "share of the pool", "", found.rows.filter(teaches));
  const threshold = found.rows.map(([row, entry]) => {
    const x = [], y = [];
    entry.threshold.forEach((curve, round) => curve.forEach((value, at) => { x.push(round + at / curve.length); y.push(value); }));
    return { row, x, y };
  }).filter((one) => one.x.length);
  if (threshold.length) charts.push(lineChart({
    caption: `${group.dataset}: confidence threshold`, xLabel: "round", yLabel: "threshold", names,
    series: () => threshold.filter((one) => !hidden.has(one.row)),
  }));
  return charts;
}

function balance(group, found, charts) {
  const there = found.rows.filter(([, entry]) => entry.picks.some((shares) => shares.length));
  if (!there.length) return;
  let chosen = there[0];
  const bars = () => chosen[1].picks.map((shares, at) => ({ name: chosen[1].labels[at].toLocaleString("en"), shares })).filter((bar) => bar.shares.length);
  const chart = stackedBars({ caption: `${group.dataset}: classes of the picks`, bars, parts: found.classes, xLabel: "labels before the query" });
  const choose = h("select", { "aria-label": "Whose picks", onchange: (event) => { chosen = there[event.target.value]; chart.update(); } },
    there.map(([row], at) => h("option", { value: at }, names(row))));
  chart.host.querySelector("figcaption").after(h("div", { class: "bar" }, choose));
  charts.push(chart);
}

function across() {
  const overall = data.overall[metric], wins = data.wins[metric];
  const parts = [];
  if (overall) {
    parts.push(h("h2", {}, "All data sets together"), h("p", { class: "soft" }, `${overall.facts.map(capital).join(". ")}.`),
      rankingTable({ caption: `All data sets: ${metric}`, columns: overall.columns, rows: overall.rows, names }),
      rankDiagram({ caption: "Critical-difference diagram", ranks: overall.ranks, distance: overall.distance, cliques: overall.cliques, names,
        note: "Mean ranks over data sets, best on the left; a bar joins what is not distinguishable (Nemenyi, 5 %)." }));
  }
  if (wins && wins.rows.length > 1) {
    const more = wins.left_out ? ` The ${wins.left_out} rows with the fewest wins are left out.` : "";
    parts.push(overall ? null : h("h2", {}, "Pairs"), heat({ caption: "Pairwise wins", ...wins, names,
      note: `In how many of ${wins.settings} setting${wins.settings > 1 ? "s" : ""} the row beats the column by what ranks: paired by seed, p < 0.05 after Holm's correction over all pairs.${more}` }));
  }
  return parts;
}

function remarks() {
  const notes = data.notes[metric] || data.notes[data.metric];
  const how = data.legend[metric] || data.legend[data.metric];
  return [
    data.failures.length ? [h("h2", {}, "Not complete"), h("ul", {}, data.failures.map((text) => h("li", {}, text)))] : null,
    notes.length ? [h("h2", {}, "Notes"), h("ul", {}, notes.map((text) => h("li", {}, text)))] : null,
    h("h2", {}, "How to read this"), h("ul", {}, how.map((text) => h("li", {}, text)))];
}

function provenance() {
  return [h("h2", {}, "How this was made"), data.manifests.map((manifest) => h("section", {},
    h("h3", {}, manifest.suite),
    h("dl", {},
      Object.entries(manifest.versions || {}).map(([name, version]) => [h("dt", {}, name), h("dd", {}, version)]),
      Object.entries(manifest.plugins || {}).map(([name, from]) => [h("dt", {}, `plugin ${name}`), h("dd", {}, from)]),
      h("dt", {}, "host"), h("dd", {}, Object.values(manifest.host || {}).join(", "))),
    (manifest.runs || []).map((run) => h("pre", {}, `${[run.command || []].flat().map(String).map(quoted).join(" ") || "from Python"}\n# ${run.started}${run.git ? `, revision ${run.git}` : ""}, ${run.executor}, ${run.trials} trials`)),
    h("details", {}, h("summary", {}, "Protocols and data"),
      h("pre", {}, JSON.stringify({ protocols: manifest.protocols, datasets: manifest.datasets }, null, 1))))),
    h("h2", {}, "How to cite"),
    h("p", {}, "Name albench with its version, the protocol and the number of seeds, and cite what was compared:"),
    h("ul", {}, data.sources.map(([kind, name, paper]) => h("li", {}, `${kind} ${name}: ${paper}`)))];
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`);

const legendBar = header();
const body = h("div", {});
const fixed = h("div", {}, provenance());
main.append(legendBar, body, fixed);

function draw() {
  updates = [];
  body.replaceChildren(...[data.groups.map(groupSection), across(), remarks()].flat(Infinity).filter(Boolean));
  for (const update of updates) update();
}

draw();
