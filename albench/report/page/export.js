/* What a reader takes along: text on the clipboard, and files. */
async function copy(text, from) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea", { class: "unseen" });
    area.value = text;
    document.body.append(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
    from.focus();
  }
  noted(from, done ? "Copied" : "Not copied");
}

function noted(from, text) {
  const before = from.dataset.label || from.textContent;
  from.dataset.label = before;
  from.textContent = text;
  say(text);
  setTimeout(() => { from.textContent = before; }, 1500);
}

function save(name, content, type) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = h("a", { href: url, download: name.replace(/[^\w.-]+/g, "-").replace(/^-+|-+(?=\.)/g, "") });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

function csv(lines) {
  const field = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return `${lines.map((line) => line.map(field).join(",")).join("\n")}\n`;
}

const DRAWN = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "fill-opacity", "opacity", "font-family",
  "font-size", "font-weight", "text-anchor", "visibility", "paint-order", "stroke-linejoin"];

/* A chart as a file of its own: what the page's style says stands in each element. */
function svgText(chart, title) {
  const copied = chart.cloneNode(true);
  const own = [chart, ...chart.querySelectorAll("*")], theirs = [copied, ...copied.querySelectorAll("*")];
  own.forEach((element, at) => {
    const style = getComputedStyle(element);
    for (const name of DRAWN) theirs[at].setAttribute(name, style.getPropertyValue(name));
    theirs[at].removeAttribute("class");
    theirs[at].removeAttribute("style");
  });
  own.forEach((element, at) => { if (element.matches("style, .brush, .pointed")) theirs[at].remove(); });
  const paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  fill(paper, { width: "100%", height: "100%", fill: getComputedStyle(document.body).backgroundColor }, []);
  const words = document.createElementNS("http://www.w3.org/2000/svg", "title");
  words.textContent = title;
  copied.prepend(words, paper);
  copied.removeAttribute("tabindex");
  return new XMLSerializer().serializeToString(copied);
}

function savePng(chart, title, name, from) {
  const [, , width, height] = chart.getAttribute("viewBox").split(" ").map(Number);
  const url = URL.createObjectURL(new Blob([svgText(chart, title)], { type: "image/svg+xml" }));
  const image = new Image();
  image.onload = () => {
    const canvas = h("canvas", { width: width * 2, height: height * 2 });
    canvas.getContext("2d").drawImage(image, 0, 0, width * 2, height * 2);
    URL.revokeObjectURL(url);
    canvas.toBlob((blob) => save(name, blob, "image/png"));
  };
  image.onerror = () => noted(from, "No picture");
  image.src = url;
}
