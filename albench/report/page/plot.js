/* A pair of axes: ticks, reading by mouse and keyboard, zoom along x. What is drawn inside is the caller's. */
const MARGIN = { left: 60, right: 14, top: 8, bottom: 40 };

function ticks(low, high, count) {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((m) => m >= rough);
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-9; at += step) {
    found.push(Math.abs(at) < step * 1e-9 ? 0 : at);
  }
  return found;
}

/* As few digits as show every tick as it is. */
function tickText(value, all) {
  let digits = 0;
  while (digits < 6 && all.some((v) => Math.abs(v - Number(v.toFixed(digits))) > 1e-9 * Math.max(1, Math.abs(v)))) digits += 1;
  return digits ? value.toFixed(digits) : value.toLocaleString("en");
}

function padded(values, share = 0.05) {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (typeof value !== "number") continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  const room = (high - low || Math.abs(high) || 1) * share;
  return [low - room, high + room];
}

/*
 * options: label (for screen readers), xLabel, yLabel, height, x and y (ranges as functions, so that what is switched off
 * leaves the range), draw(layer, sx, sy), stops() (x positions that can be read), read(x) (text of a position), places()
 * (names of 0, 1, 2 ... along x).
 */
function plot(options) {
  const host = h("div", { class: "chart" });
  const state = { zoom: null, cursor: -1, drag: null };
  let width = 0;

  function range() {
    return state.zoom || options.x();
  }

  function render() {
    if (!width) return;
    const height = options.height || Math.max(240, Math.min(380, width * 0.45));
    const [x0, x1] = range();
    const [y0, y1] = options.y(x0, x1);
    const inner = { w: width - MARGIN.left - MARGIN.right, h: height - MARGIN.top - MARGIN.bottom };
    const sx = (v) => MARGIN.left + ((v - x0) / (x1 - x0 || 1)) * inner.w;
    const sy = (v) => MARGIN.top + inner.h - ((v - y0) / (y1 - y0 || 1)) * inner.h;
    const clip = `clip-${plot.count++}`;
    const svg = s("svg", {
      viewBox: `0 0 ${width} ${height}`, height, role: "img", tabindex: 0, "aria-label": options.label,
      onkeydown: key, onpointermove: move, onpointerdown: down, onpointerup: up, onpointerleave: leave, ondblclick: reset,
    });
    svg.append(s("title", {}, options.label));
    svg.append(s("clipPath", { id: clip }, s("rect", { x: MARGIN.left, y: MARGIN.top - 4, width: inner.w, height: inner.h + 8 })));
    const ys = ticks(y0, y1, Math.max(4, Math.round(inner.h / 45)));
    for (const v of ys) {
      svg.append(s("line", { class: "grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: sy(v), y2: sy(v) }));
      svg.append(s("text", { class: "tick", x: MARGIN.left - 6, y: sy(v) + 4, "text-anchor": "end" }, tickText(v, ys)));
    }
    const places = options.places && options.places();
    const every = places && Math.ceil((places.length * 45) / inner.w);
    const xs = places ? [...places.keys()].filter((v) => v % every === 0) : ticks(x0, x1, Math.max(2, Math.round(inner.w / 90)));
    for (const v of xs) {
      svg.append(s("line", { class: "axis", x1: sx(v), x2: sx(v), y1: MARGIN.top + inner.h, y2: MARGIN.top + inner.h + 4 }));
      svg.append(s("text", { class: "tick", x: sx(v), y: MARGIN.top + inner.h + 17, "text-anchor": "middle" }, places ? places[v] : tickText(v, xs)));
    }
    svg.append(s("line", { class: "axis", x1: MARGIN.left, x2: width - MARGIN.right, y1: MARGIN.top + inner.h, y2: MARGIN.top + inner.h }));
    svg.append(s("text", { x: MARGIN.left + inner.w / 2, y: height - 4, "text-anchor": "middle" }, options.xLabel));
    svg.append(s("text", { x: 11, y: MARGIN.top + inner.h / 2, "text-anchor": "middle", transform: `rotate(-90 11 ${MARGIN.top + inner.h / 2})` }, options.yLabel));
    const layer = s("g", { "clip-path": `url(#${clip})` });
    options.draw(layer, sx, sy, inner);
    svg.append(layer);
    if (state.drag) {
      const [a, b] = [state.drag.from, state.drag.to].sort((p, q) => p - q);
      svg.append(s("rect", { class: "brush", x: a, y: MARGIN.top, width: b - a, height: inner.h }));
    }
    const stops = options.stops ? options.stops().filter((v) => v >= x0 && v <= x1) : [];
    if (state.cursor >= 0 && stops.length) {
      const at = stops[Math.min(state.cursor, stops.length - 1)];
      svg.append(s("line", { class: "cursor", x1: sx(at), x2: sx(at), y1: MARGIN.top, y2: MARGIN.top + inner.h }));
    }
    const focused = host.contains(document.activeElement);
    host.replaceChildren(svg);
    if (focused) svg.focus({ preventScroll: true });

    function place(event) {
      const box = svg.getBoundingClientRect();
      return ((event.clientX - box.left) / box.width) * width;
    }

    function move(event) {
      const px = place(event);
      if (state.drag) {
        state.drag.to = Math.max(MARGIN.left, Math.min(width - MARGIN.right, px));
        render();
        return;
      }
      if (!stops.length) return;
      const near = stops.reduce((best, v, at) => (Math.abs(sx(v) - px) < Math.abs(sx(stops[best]) - px) ? at : best), 0);
      tip(options.read(stops[near], event.clientY, svg), event.clientX, event.clientY);
      if (near !== state.cursor) {
        state.cursor = near;
        render();
      }
    }

    function down(event) {
      if (event.button !== 0 || event.pointerType === "touch" || !options.stops) return;
      const px = place(event);
      state.drag = { from: px, to: px };
    }

    function up() {
      if (!state.drag) return;
      const [a, b] = [state.drag.from, state.drag.to].sort((p, q) => p - q);
      state.drag = null;
      if (b - a > 12) {
        const value = (px) => x0 + ((px - MARGIN.left) / inner.w) * (x1 - x0);
        state.zoom = [value(a), value(b)];
      }
      render();
    }

    function leave() {
      tip(null);
      if (state.drag) return;
      state.cursor = -1;
      render();
    }

    function key(event) {
      const centre = (x0 + x1) / 2;
      const keys = {
        "+": () => zoom(0.5, centre), "=": () => zoom(0.5, centre), "-": () => zoom(2, centre),
        "0": reset, Escape: reset,
        ArrowRight: () => step(1), ArrowLeft: () => step(-1),
      };
      if (!keys[event.key]) return;
      event.preventDefault();
      keys[event.key]();
    }

    function step(by) {
      if (!stops.length) return;
      state.cursor = Math.max(0, Math.min(stops.length - 1, state.cursor + by));
      render();
      const box = host.getBoundingClientRect();
      tip(options.read(stops[state.cursor]), box.left + (sx(stops[state.cursor]) / width) * box.width, box.top + 30);
    }
  }

  function zoom(factor, centre) {
    const [x0, x1] = range();
    const [low, high] = options.x();
    const half = ((x1 - x0) * factor) / 2;
    const next = [Math.max(low, centre - half), Math.min(high, centre + half)];
    state.zoom = next[0] <= low && next[1] >= high ? null : next;
    render();
  }

  function reset() {
    state.zoom = null;
    state.cursor = -1;
    tip(null);
    render();
  }

  new ResizeObserver((entries) => {
    const next = Math.round(entries[0].contentRect.width);
    if (next && next !== width) {
      width = next;
      render();
    }
  }).observe(host);
  const middle = () => (range()[0] + range()[1]) / 2;
  return { host, render, zoomIn: () => zoom(0.5, middle()), zoomOut: () => zoom(2, middle()), reset };
}
plot.count = 0;

function tip(text, x, y) {
  const box = document.getElementById("tip");
  box.hidden = !text;
  if (!text) return;
  box.textContent = text;
  const wide = box.offsetWidth, tall = box.offsetHeight;
  box.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - wide - 6))}px`;
  box.style.top = `${Math.max(4, Math.min(y + 14, innerHeight - tall - 6))}px`;
}
