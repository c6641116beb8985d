/* Curves over labels: some in colour with their names at their ends, the rest in grey; read by mouse and by keyboard. */
function within(range, value) {
  return Math.max(known(range[0]) ? range[0] : -Infinity, Math.min(known(range[1]) ? range[1] : Infinity, value));
}

function extent(values, share = 0.04) {
  const [low, high] = d3.extent(values.filter(known));
  if (low === undefined) return [0, 1];
  const room = (high - low || Math.abs(high) || 1) * share;
  return [low - room, high + room];
}

/* Of the places where data is, as many as have room. */
function shownTicks(values, place, room) {
  const found = [];
  for (const value of [...values].reverse()) {
    if (!found.length || place(found[0]) - place(value) >= room(found[0], value)) found.unshift(value);
  }
  return found;
}

/* A name in so many pixels: where it does not fit, the part that the colour stands for comes first. */
function endText(row, most, weight = 600) {
  const { name, beside } = data.rows[row];
  const whole = prefix(row) + label(row);
  return textWidth(whole, weight) <= most ? whole : clipped(prefix(row) + [name, ...beside].join(", "), most, weight);
}

/* Heights of names, apart from each other and inside; [key, height] pairs. */
function apart(entries, gap, low, high) {
  const placed = [...entries].sort((a, b) => a[1] - b[1]);
  let next = low;
  for (const entry of placed) next = (entry[1] = Math.max(entry[1], next)) + gap;
  let last = high;
  for (const entry of placed.reverse()) last = (entry[1] = Math.min(entry[1], last)) - gap;
  return new Map(placed);
}

/*
 * options: caption, note, series() ([{row, x, y, half, n}]), lit(row), pick(row), xLabel, yLabel, range ([low, high] that the
 * values can have), level ({y, text} of a line across, or null), bands (whether there are intervals), rest() (whether grey curves are drawn), whole (ticks at whole numbers).
 */
function lineChart(options) {
  const { caption, series, lit, xLabel, yLabel, range = [null, null] } = options;
  const state = { zoom: null, bands: options.bands, at: null, order: [] };
  const bounds = (one, at, sign) => (one.half && known(one.half[at]) ? within(range, one.y[at] + sign * one.half[at]) : null);
  const read = (p) => `${prefix(p.row)}${label(p.row)}\n${count(p.x)} ${xLabel}: ${withInterval(p.y, p.half)}${p.n ? `\n${p.n} seed${p.n > 1 ? "s" : ""}` : ""}`;
  const stops = () => [...new Set(series().flatMap((one) => one.x))].sort((a, b) => a - b);

  function draw(width, host) {
    const all = series().filter((one) => lit(one.row) || options.rest());
    if (!all.length) return null;
    const colored = all.filter((one) => lit(one.row));
    const xs = stops(), whole = d3.extent(xs);
    const domain = state.zoom || whole;
    const inside = (x) => x >= domain[0] && x <= domain[1];
    const ends = all.flatMap((one) => one.y.filter((_, at) => inside(one.x[at])));
    if (state.bands) for (const one of colored) one.x.forEach((x, at) => inside(x) && ends.push(bounds(one, at, -1), bounds(one, at, 1)));
    if (options.level) ends.push(options.level.y);
    const y = extent(ends).map((value) => within(range, value));
    const most = Math.min(width * 0.36, 230);
    const texts = new Map(colored.map((one) => [one.row, endText(one.row, most)]));
    const margin = { left: 46, right: colored.length ? Math.max(...[...texts.values()].map((text) => textWidth(text, 600))) + 18 : 16, top: 14, bottom: 42 };
    const height = Math.max(280, Math.min(460, width * 0.5), colored.length * 15 + 70);
    const sx = d3.scaleLinear(domain, [margin.left + 6, width - margin.right - 6]);
    const sy = d3.scaleLinear(y, [height - margin.bottom, margin.top]);
    const points = (one) => one.x.map((x, at) => ({
      row: one.row, x, y: one.y[at], low: bounds(one, at, -1), high: bounds(one, at, 1), half: one.half ? one.half[at] : null, n: one.n ? one.n[at] : null,
    })).filter((p) => known(p.y));
    const every = all.flatMap(points).filter((p) => inside(p.x));
    const last = colored.map((one) => points(one).filter((p) => inside(p.x)).pop()).filter(Boolean);
    const heights = apart(last.map((p) => [p.row, sy(p.y)]), 14, margin.top + 4, height - margin.bottom);
    const drawn = (one, className) => {
      const own = points(one), on = lit(one.row);
      const marks = [Plot.line(own, {
        x: "x", y: "y", stroke: on ? colour(one.row) : "var(--faint)", strokeWidth: data.rows[one.row].marked ? 4 : on ? 2 : 1.2, strokeDasharray: on ? dash(one.row) : null, clip: true, className,
      })];
      const dots = own.length <= 60 ? own : symbol(one.row) === "circle" ? [] : own.filter((_, at) => at % Math.ceil(own.length / 12) === 0);
      if (on && dots.length) marks.push(Plot.dot(dots, { x: "x", y: "y", r: symbol(one.row) === "circle" ? 2.6 : 4, symbol: symbol(one.row), fill: colour(one.row), clip: true, className: `${className} dots` }));
      if (on && state.bands && own.some((p) => p.low !== null)) {
        // Where one seed is there is no band, and none is drawn across; an interval between such places is a line.
        const has = (p) => Boolean(p) && p.low !== null;
        const lone = own.filter((p, place) => has(p) && !has(own[place - 1]) && !has(own[place + 1]));
        marks.unshift(
          Plot.areaY(own, { x: "x", y1: "low", y2: "high", fill: colour(one.row), fillOpacity: 0.1, clip: true, className: `${className} band` }),
          Plot.ruleX(lone, { x: "x", y1: "low", y2: "high", stroke: colour(one.row), clip: true, className: `${className} band` }));
      }
      return marks;
    };
    const ticks = shownTicks(xs.filter((x) => inside(x) && (!options.whole || Number.isInteger(x))), sx, (a, b) => (textWidth(count(a)) + textWidth(count(b))) / 2 + 10);
    const pointed = (options) => Plot.pointer({ ...options, className: "pointed", maxRadius: Infinity });
    const chart = plotted(width, height, `${caption}. Arrow keys read values, Enter colours a curve or makes it grey, plus and minus zoom, 0 shows all.`, {
      marginLeft: margin.left, marginRight: margin.right, marginTop: margin.top, marginBottom: margin.bottom,
      x: { domain, insetLeft: 6, insetRight: 6 }, y: { domain: y },
      marks: [
        Plot.gridY({ ticks: Math.round(height / 60), stroke: "var(--rule)", strokeOpacity: 1 }),
        Plot.axisX(ticks, { tickFormat: count, label: xLabel, labelAnchor: "center", labelArrow: "none", labelOffset: 38, tickSize: 4, className: "axis x" }),
        Plot.axisY({ ticks: Math.round(height / 60), tickSize: 0, label: null, className: "axis y" }),
        options.level ? [
          Plot.ruleY([options.level.y], { stroke: "var(--soft)", strokeDasharray: "2 3", className: "level" }),
          Plot.text([options.level.y], { x: () => domain[0], y: (d) => d, text: () => options.level.text, dx: 4, dy: -7, textAnchor: "start", fill: "var(--soft)", className: "level" }),
        ] : [],
        all.filter((one) => !lit(one.row)).flatMap((one) => drawn(one, `series r${one.row}`)),
        colored.flatMap((one) => drawn(one, `series lit r${one.row}`)),
        last.map((p) => Plot.text([p], {
          x: () => domain[1], y: () => sy.invert(heights.get(p.row)), text: () => texts.get(p.row), dx: 14, textAnchor: "start", fill: colour(p.row), fontWeight: 600, className: `end r${p.row}`,
        })),
        Plot.dot(every, pointed({ x: "x", y: "y", r: 5, fill: "var(--ink)", stroke: "var(--paper)", strokeWidth: 1.5 })),
        Plot.tip(every, pointed({ x: "x", y: "y", title: read, fill: "var(--panel)", stroke: "var(--rule)", fontSize: 12, lineWidth: Math.min(24, width / 22), pathFilter: "none" })),
      ],
    });
    for (const one of all) {
      for (const group of chart.querySelectorAll(`.series.r${one.row}`)) {
        group.dataset.row = one.row;
        group.style.setProperty("--own", colour(one.row));
      }
    }
    zoomed(chart, width, height, margin, sx);
    fill(chart, { tabindex: 0, "aria-roledescription": "line chart", oninput: () => lift(host, chart), onkeydown: (event) => key(event, chart, sx, sy, every) }, []);
    state.at = null;
    return chart;
  }

  function zoomed(chart, width, height, margin, sx) {
    const brush = d3.brushX().extent([[margin.left, margin.top], [width - margin.right, height - margin.bottom]]).touchable(false)
      .on("end", ({ selection, sourceEvent }) => {
        if (!sourceEvent || !selection || selection[1] - selection[0] < 12) return;
        zoom(selection.map(sx.invert));
      });
    d3.select(chart).insert("g", ":first-child").attr("class", "brush").call(brush);
    d3.select(chart).on("dblclick", () => zoom(null));
  }

  /* What is pointed at stands out, in its own colour. */
  function lift(host, chart) {
    const value = chart.value;
    host.classList.toggle("lifting", Boolean(value));
    for (const group of chart.querySelectorAll(".lifted")) group.classList.remove("lifted");
    state.at = value || null;
    if (!value) return;
    for (const group of chart.querySelectorAll(`.r${value.row}`)) group.classList.add("lifted");
    say(read(value).replaceAll("\n", ", "));
  }

  function key(event, chart, sx, sy, every) {
    const at = state.at;
    const beside = (by) => {
      const own = every.filter((p) => p.row === (at || every.find((q) => lit(q.row)) || every[0]).row);
      const next = at ? own[own.findIndex((p) => p.x === at.x) + by] : own[by > 0 ? 0 : own.length - 1];
      return next || at || own[0];
    };
    const above = (by) => {
      const x = at ? at.x : every[every.length - 1].x;
      const here = every.filter((p) => p.x === x).sort((a, b) => a.y - b.y);
      return here[Math.max(0, Math.min(here.length - 1, at ? here.findIndex((p) => p.row === at.row) + by : here.length - 1))];
    };
    const middle = (factor) => {
      const domain = state.zoom || d3.extent(stops()), centre = at ? at.x : (domain[0] + domain[1]) / 2, half = ((domain[1] - domain[0]) * factor) / 2;
      zoom([centre - half, centre + half]);
    };
    const keys = {
      ArrowRight: () => point(chart, sx, sy, beside(1)), ArrowLeft: () => point(chart, sx, sy, beside(-1)),
      ArrowUp: () => point(chart, sx, sy, above(1)), ArrowDown: () => point(chart, sx, sy, above(-1)),
      Enter: () => at && options.pick(at.row), "+": () => middle(0.5), "=": () => middle(0.5), "-": () => middle(2), 0: () => zoom(null), Escape: () => zoom(null),
    };
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key]();
  }

  /* The keyboard points as the mouse does. */
  function point(chart, sx, sy, p) {
    const box = chart.getBoundingClientRect();
    const scale = box.width / chart.getAttribute("viewBox").split(" ")[2];
    const place = { clientX: box.left + sx(p.x) * scale, clientY: box.top + sy(p.y) * scale, pointerType: "mouse", bubbles: true };
    chart.dispatchEvent(new PointerEvent("pointermove", place));
  }

  function zoom(to) {
    const [low, high] = d3.extent(stops());
    const next = to && [Math.max(low, to[0]), Math.min(high, to[1])];
    state.zoom = !next || next[1] <= next[0] || (next[0] <= low && next[1] >= high) ? null : next;
    back.hidden = !state.zoom;
    made.render();
  }

  const back = button("Show all", () => zoom(null), { hidden: true });
  const check = options.bands ? h("label", { class: "check" }, h("input", {
    type: "checkbox", checked: true, onchange: (event) => { state.bands = event.target.checked; made.render(); },
  }), "95 % intervals") : null;
  const made = frame({
    caption, note: options.note, draw, tools: [back, check],
    table() {
      const xs = stops();
      return [["", ...xs.map(count)], series().map((one) => [label(one.row), ...xs.map((x) => {
        const at = one.x.indexOf(x);
        return at < 0 ? "–" : withInterval(one.y[at], one.half ? one.half[at] : null);
      })])];
    },
    lines: () => [["backbone", "method", "strategy", "metric", xLabel, "mean", "low", "high", "seeds"], ...series().flatMap((one) => one.x.map((x, at) => [
      data.rows[one.row].backbone, data.rows[one.row].method, data.rows[one.row].strategy, yLabel, x, one.y[at], bounds(one, at, -1), bounds(one, at, 1), one.n ? one.n[at] : "",
    ]))],
  });
  const host = made.element.querySelector(".chart");
  // A press would fix the library's tooltip; here it colours a curve, and drags zoom.
  host.addEventListener("pointerdown", (event) => event.stopPropagation(), true);
  host.addEventListener("click", () => state.at && options.pick(state.at.row));
  return made;
}
