/* Elements are made from text, never from markup: a name is shown as it is, whatever it holds. */
const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.setAttribute("class", value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined) element.append(child);
  }
  return element;
}

const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

const infinite = (value) => value === "inf" || value === "-inf";

function show(value, digits = 3) {
  if (value === null || value === undefined) return "–";
  return Number.isInteger(value) && digits === 0 ? value.toLocaleString("en") : value.toFixed(digits);
}

function withInterval(mean, half) {
  return half === null || half === undefined ? show(mean) : `${show(mean)} ± ${show(half)}`;
}

/* The number that a cell's text stands for, for sorting: "never" below all, ">600" above 600, a dash after all. */
function valueOf(text) {
  if (text.startsWith("never")) return -Infinity;
  const number = parseFloat(text.replace(/,/g, "").replace(/^[>#+<]/, ""));
  if (Number.isNaN(number)) return null;
  return text.startsWith(">") ? number + 0.5 : number;
}
