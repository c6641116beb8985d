/* The charts, each with its data as a table. A series is {row, x, y, half, n}. */
const DASHES = ["", "7 3", "2 3", "8 3 2 3"];
const look = (row) => ({ colour: `c${row % 8}`, dash: DASHES[Math.floor(row / 8) % DASHES.length] });

function figure(caption, chart, table, note) {
  return h("figure", {},
    h("figcaption", {}, caption), note ? h("p", { class: "soft" }, note) : null,
    chart, h("details", {}, h("summary", {}, "Data table"), h("div", { class: "scroll" }, table)));
}

function plainTable(heads, lines, caption) {
  return h("table", {}, h("caption", { class: "soft" }, caption),
    h("thead", {}, h("tr", {}, heads.map((head, at) => h("th", { scope: "col", class: at ? null : "name" }, head)))),
    h("tbody", {}, lines.map((line) => h("tr", {}, line.map((text, at) =>
      at ? h("td", {}, text) : h("th", { scope: "row", class: "name" }, text))))));
}

function path(points) {
  return points.map(([x, y], at) => `${at ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

function drawLine(layer, sx, sy, one, band) {
  const { colour, dash } = look(one.row);
  const group = s("g", { class: `${colour} series`, "data-row": one.row });
  const points = one.x.map((x, at) => [sx(x), sy(one.y[at])]);
  if (band && one.half && one.half.some((v) => v !== null)) {
    const low = one.x.map((x, at) => [sx(x), sy(one.y[at] - (one.half[at] || 0))]);
    const high = one.x.map((x, at) => [sx(x), sy(one.y[at] + (one.half[at] || 0))]);
    group.append(s("path", { class: "band", d: `${path([...high, ...low.reverse()])}Z` }));
  }
  group.append(s("path", { class: "line", d: path(points), "stroke-dasharray": dash || null }));
  if (points.length <= 40) for (const [x, y] of points) group.append(s("circle", { class: "dot", cx: x, cy: y, r: 3.2 }));
  layer.append(group);
}

/* Lines over labels: series() gives what is switched on now. */
function lineChart({ caption, note, series, xLabel, yLabel, bands, floor, names }) {
  const settings = { bands };
  const inside = (x0, x1) => series().flatMap((one) => one.x.flatMap((x, at) => {
    if (x < x0 || x > x1) return [];
    const half = settings.bands && one.half ? one.half[at] || 0 : 0;
    return [one.y[at] - half, one.y[at] + half];
  }));
  const chart = plot({
    label: `${caption}. Arrow keys read values, plus and minus zoom, 0 shows all.`,
    xLabel, yLabel,
    x: () => padded(series().flatMap((one) => one.x), 0.03),
    y: (x0, x1) => {
      const [low, high] = padded(inside(x0, x1));
      return floor === undefined ? [low, high] : [Math.max(low, floor), high];
    },
    draw: (layer, sx, sy) => series().forEach((one) => drawLine(layer, sx, sy, one, settings.bands)),
    stops: () => [...new Set(series().flatMap((one) => one.x))].sort((a, b) => a - b),
    read: (x) => {
      const lines = series().flatMap((one) => {
        const at = one.x.indexOf(x);
        return at < 0 ? [] : [[one.y[at], `${names(one.row)}: ${withInterval(one.y[at], one.half ? one.half[at] : null)}`]];
      }).sort((a, b) => b[0] - a[0]).map((pair) => pair[1]);
      const more = lines.length > 12 ? `\n… and ${lines.length - 12} more` : "";
      return `${x.toLocaleString("en")} ${xLabel}\n${lines.slice(0, 12).join("\n")}${more}`;
    },
  });
  const table = h("div", {});
  const bar = h("div", { class: "bar" },
    h("button", { type: "button", onclick: chart.zoomIn }, "Zoom in"),
    h("button", { type: "button", onclick: chart.zoomOut }, "Zoom out"),
    h("button", { type: "button", onclick: chart.reset }, "Show all"),
    bands === undefined ? null : h("label", {}, h("input", {
      type: "checkbox", checked: bands, onchange: (event) => { settings.bands = event.target.checked; chart.render(); },
    }), " 95 % intervals"));
  const whole = figure(caption, h("div", {}, bar, chart.host), table, note);
  return {
    host: whole,
    update() {
      chart.render();
      const xs = [...new Set(series().flatMap((one) => one.x))].sort((a, b) => a - b);
      table.replaceChildren(plainTable([xLabel, ...series().map((one) => names(one.row))],
        xs.map((x) => [x.toLocaleString("en"), ...series().map((one) => {
          const at = one.x.indexOf(x);
          return at < 0 ? "–" : withInterval(one.y[at], one.half ? one.half[at] : null);
        })]), caption));
    },
  };
}

/* Points with whiskers, one line a row: [row, value, low, high, text]; infinities stand at the edge. */
function whiskers({ caption, note, entries, xLabel, names, most }) {
  const host = h("div", { class: "chart" });
  const table = h("div", {});
  let width = 0;
  const limit = (value) => (value === "inf" ? most : value === "-inf" ? -most : value);
  function render() {
    const shown = entries();
    table.replaceChildren(plainTable(["", xLabel], shown.map(([row, , , , text]) => [names(row), text]), caption));
    if (!width) return;
    const left = Math.min(220, width * 0.4), line = 26, height = shown.length * line + 44;
    const [x0, x1] = padded([0, ...shown.flatMap((entry) => entry.slice(1, 4).map(limit))], 0.06);
    const sx = (v) => left + ((v - x0) / (x1 - x0 || 1)) * (width - left - 16);
    const svg = s("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": caption });
    const xs = ticks(x0, x1, Math.max(2, Math.round((width - left) / 90)));
    for (const v of xs) {
      svg.append(s("line", { class: "grid", x1: sx(v), x2: sx(v), y1: 4, y2: height - 40 }));
      svg.append(s("text", { class: "tick", x: sx(v), y: height - 24, "text-anchor": "middle" }, tickText(v, xs)));
    }
    svg.append(s("line", { class: "axis", x1: sx(0), x2: sx(0), y1: 4, y2: height - 40 }));
    svg.append(s("text", { x: (left + width) / 2, y: height - 6, "text-anchor": "middle" }, xLabel));
    shown.forEach(([row, value, low, high, text], at) => {
      const y = 18 + at * line;
      const group = s("g", { class: `${look(row).colour} series`, "data-row": row });
      group.append(s("text", { x: left - 8, y: y + 4, "text-anchor": "end" }, clipped(names(row), left / 7.2)));
      if (low !== null && high !== null && !infinite(value)) {
        group.append(s("line", { class: "line", x1: sx(limit(low)), x2: sx(limit(high)), y1: y, y2: y }));
      }
      if (infinite(value)) {
        group.append(s("text", { x: sx(limit(value)), y: y + 4, "text-anchor": value === "inf" ? "end" : "start" }, text));
      } else group.append(s("circle", { class: "dot", cx: sx(value), cy: y, r: 5 }));
      group.append(s("title", {}, `${names(row)}: ${text}`));
      svg.append(group);
    });
    host.replaceChildren(svg);
  }
  new ResizeObserver((changes) => { width = Math.round(changes[0].contentRect.width); render(); }).observe(host);
  return { host: figure(caption, host, table, note), update: render };
}

const clipped = (text, most) => (text.length > most ? `${text.slice(0, Math.max(3, Math.floor(most) - 1))}…` : text);

/* Quality against computing time: [row, x, y, half]. */
function scatter({ caption, note, entries, xLabel, yLabel, names }) {
  const table = h("div", {});
  const chart = plot({
    label: caption, xLabel, yLabel,
    x: () => padded(entries().map((e) => e[1]), 0.08),
    y: () => padded(entries().flatMap((e) => [e[2] - (e[3] || 0), e[2] + (e[3] || 0)])),
    draw: (layer, sx, sy) => entries().forEach(([row, x, y, half]) => {
      const group = s("g", { class: `${look(row).colour} series`, "data-row": row });
      if (half) group.append(s("line", { class: "line", x1: sx(x), x2: sx(x), y1: sy(y - half), y2: sy(y + half) }));
      group.append(s("circle", { class: "dot", cx: sx(x), cy: sy(y), r: 6 }));
      group.append(s("title", {}, names(row)));
      layer.append(group);
    }),
    stops: () => [...new Set(entries().map((e) => e[1]))].sort((a, b) => a - b),
    read: (x) => entries().filter((e) => e[1] === x)
      .map(([row, , y, half]) => `${names(row)}\n${xLabel}: ${show(x, 1)}\n${yLabel}: ${withInterval(y, half)}`).join("\n"),
  });
  return {
    host: figure(caption, chart.host, table, note),
    update() {
      chart.render();
      table.replaceChildren(plainTable(["", xLabel, yLabel],
        entries().map(([row, x, y, half]) => [names(row), show(x, 1), withInterval(y, half)]), caption));
    },
  };
}

/* Shares of classes in each round, stacked. */
function stackedBars({ caption, note, bars, parts, xLabel }) {
  const table = h("div", {}), key = h("p", { class: "soft" });
  const chart = plot({
    label: caption, xLabel, yLabel: "share of the picks", height: 260,
    x: () => [-0.5, Math.max(0, bars().length - 1) + 0.5],
    y: () => [0, 1],
    places: () => bars().map((bar) => bar.name),
    draw: (layer, sx, sy) => bars().forEach(({ name, shares }, at) => {
      let top = 0;
      shares.forEach((share, part) => {
        const x = sx(at - 0.35), wide = sx(at + 0.35) - x;
        const group = s("g", { class: `c${part % 8}` });
        group.append(s("rect", {
          x, width: wide, y: sy(top + share), height: Math.max(0, sy(top) - sy(top + share)),
          class: "part", "fill-opacity": 1 - 0.45 * (Math.floor(part / 8) % 2),
        }, s("title", {}, `${name} labels, ${parts[part]}: ${(share * 100).toFixed(1)} %`)));
        if (sy(top) - sy(top + share) > 15 && wide > 30) {
          group.append(s("text", { class: "inbar", x: x + wide / 2, y: (sy(top) + sy(top + share)) / 2 + 4, "text-anchor": "middle" }, clipped(parts[part], wide / 7)));
        }
        layer.append(group);
        top += share;
      });
    }),
  });
  return {
    host: figure(caption, h("div", {}, chart.host, key), table, note),
    update() {
      chart.render();
      key.replaceChildren(`From below: ${parts.join(", ")}.`);
      table.replaceChildren(plainTable([xLabel, ...parts],
        bars().map(({ name, shares }) => [name, ...shares.map((v) => `${(v * 100).toFixed(1)} %`)]), caption));
    },
  };
}

/* Critical-difference diagram (Demšar 2006): mean ranks on a line, bars join what is not distinguishable. */
function rankDiagram({ caption, note, ranks, distance, cliques, names }) {
  const host = h("div", { class: "chart" });
  function render(width) {
    if (!width) return;
    const n = ranks.length, half = Math.ceil(n / 2), side = Math.min(230, width * 0.34), line = 20;
    const sx = (rank) => side + ((rank - 1) / (n - 1 || 1)) * (width - 2 * side);
    const top = 46 + cliques.length * 9, height = top + half * line + 14;
    const svg = s("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": caption });
    svg.append(s("line", { class: "axis", x1: sx(1), x2: sx(n), y1: 36, y2: 36 }));
    const every = Math.max(1, Math.ceil(n / Math.max(2, (width - 2 * side) / 26)));
    for (let rank = 1; rank <= n; rank += every) {
      svg.append(s("line", { class: "axis", x1: sx(rank), x2: sx(rank), y1: 31, y2: 36 }));
      svg.append(s("text", { class: "tick", x: sx(rank), y: 27, "text-anchor": "middle" }, rank));
    }
    const cd = sx(1 + Math.min(distance, n - 1)) - sx(1);
    svg.append(s("line", { class: "clique", x1: sx(1), x2: sx(1) + cd, y1: 8, y2: 8 }));
    svg.append(s("text", { class: "tick", x: sx(1) + cd + 6, y: 12 }, `critical difference ${show(distance, 2)}`));
    cliques.forEach(([first, last], at) => svg.append(s("line", {
      class: "clique", x1: sx(ranks[first][1]) - 4, x2: sx(ranks[last][1]) + 4, y1: 44 + at * 9, y2: 44 + at * 9,
    })));
    ranks.forEach(([row, rank], at) => {
      const left = at < half;
      const y = top + (left ? at : n - 1 - at) * line + 8;
      const end = left ? side - 6 : width - side + 6;
      const group = s("g", { class: look(row).colour });
      group.append(s("path", { class: "line", "stroke-width": 1, d: path([[sx(rank), 36], [sx(rank), y], [end, y]]) }));
      group.append(s("text", { x: left ? end - 4 : end + 4, y: y + 4, "text-anchor": left ? "end" : "start" },
        clipped(`${names(row)} ${show(rank, 2)}`, side / 7.2)));
      svg.append(group);
    });
    host.replaceChildren(svg);
  }
  new ResizeObserver((entries) => render(Math.round(entries[0].contentRect.width))).observe(host);
  const table = plainTable(["", "mean rank"], ranks.map(([row, rank]) => [names(row), show(rank, 2)]), caption);
  return figure(caption, host, table, note);
}

/* Pairwise wins as a table of colours. */
function heat({ caption, note, rows, matrix, settings, names }) {
  return h("figure", {}, h("figcaption", {}, caption), h("p", { class: "soft" }, note),
    h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": caption }, h("table", { class: "heat" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "name" }, "beats →"),
        rows.map((row) => h("th", { scope: "col", class: "top" }, names(row))))),
      h("tbody", {}, rows.map((row, a) => h("tr", {}, h("th", { scope: "row", class: "name" }, names(row)),
        rows.map((other, b) => {
          const cell = h("td", {}, a === b ? "" : show(matrix[a][b], 2));
          cell.style.setProperty("--v", a === b ? 0 : matrix[a][b] / settings);
          return cell;
        })))))));
}
