/* Elements are made from text, never from markup: a name is shown as it is, whatever it holds. */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined) element.append(child);
  }
  return element;
}

const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const button = (text, onclick, attributes) => h("button", { type: "button", onclick, ...attributes }, text);
const infinite = (value) => value === "inf" || value === "-inf";
const known = (value) => typeof value === "number";
const count = (value) => value.toLocaleString("en");
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function show(value, digits = 3) {
  return value === null || value === undefined ? "–" : value.toFixed(digits);
}

function withInterval(mean, half) {
  return known(half) ? `${show(mean)} ± ${show(half)}` : show(mean);
}

/* The number that a cell's text stands for, for sorting: "never" below all, ">600" above 600, a dash after all. */
function valueOf(text) {
  if (text.startsWith("never")) return -Infinity;
  const number = parseFloat(text.replace(/,/g, "").replace(/^[>#+<]/, ""));
  if (Number.isNaN(number)) return null;
  return text.startsWith(">") ? number + 0.5 : number;
}

const pen = document.createElement("canvas").getContext("2d");

function textWidth(text, weight = 400) {
  pen.font = `${weight} 12px system-ui, sans-serif`;
  return pen.measureText(text).width;
}

/* A text that is no wider than so many pixels. */
function clipped(text, most, weight = 400) {
  if (textWidth(text, weight) <= most) return text;
  let length = text.length;
  while (length > 1 && textWidth(`${text.slice(0, length)}…`, weight) > most) length -= 1;
  return `${text.slice(0, length)}…`;
}

/* A word that stays whole beside its hyphens and breaks, where it must, after a comma or before a bracket. */
function name(text) {
  return text.split(/(?<=,)|(?=\[)/).flatMap((part, at) => (at ? [h("wbr", {}), part] : [part]));
}

/* A sentence whose names stay whole beside their hyphens. */
function sentence(text) {
  return text.split(/( )/).map((word) => (/\w-\w/.test(word) && word.length < 32 ? h("span", { class: "whole" }, word) : word));
}

function tip(text, box) {
  const element = document.getElementById("tip");
  element.hidden = !text;
  if (!text) return;
  element.textContent = text;
  const wide = element.offsetWidth, tall = element.offsetHeight;
  const below = box.bottom + 6 + tall < innerHeight;
  element.style.left = `${Math.max(6, Math.min(box.left, innerWidth - wide - 8))}px`;
  element.style.top = `${below ? box.bottom + 6 : Math.max(4, box.top - tall - 6)}px`;
}

/* What an element says when it is pointed at or focused. */
function explained(element, text) {
  const on = () => tip(text, element.getBoundingClientRect());
  const off = () => tip(null);
  return fill(element, { onpointerenter: on, onpointerleave: off, onfocus: on, onblur: off, "data-tip": text }, []);
}

const say = (text) => { document.getElementById("live").textContent = text; };
