// Building nodes. Text only ever enters the page as text nodes, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/** A new element; `on*` properties are listeners, `false`/`null` leave an attribute out, `true` sets it empty. */
export function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) setProperty(node, name, value);
  append(node, children);
  return node;
}

function setProperty(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (name === "style") for (const [key, one] of Object.entries(value)) node.style.setProperty(key, one);
  else if (name === "value" || name === "checked" || name === "selected") node[name] = value;
  else node.setAttribute(name, value === true ? "" : String(value));
}

/** Add *children* (nodes, strings, nested lists; empty ones are skipped). */
export function append(node, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

/** Put *children* in place of whatever *node* held. */
export function fill(node, ...children) {
  node.replaceChildren();
  return append(node, children);
}

/** Let *nodes* be all that *node* holds; those already there stay where they are, so that focus and half-made choices outlive it. */
export function arrange(node, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...node.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((child, index) => node.children[index] !== child && node.insertBefore(child, node.children[index] || null));
}

const PATHS = {
  hash: "M6.2 2.5 4.8 13.5M11.2 2.5 9.8 13.5M2.8 5.8h11M2.2 10.2h11",
  lock: "M4 7.2h8v6H4zM5.6 7V5.2a2.4 2.4 0 0 1 4.8 0V7",
  archive: "M2.5 3h11v3h-11zM3.5 6v7h9V6M6.5 8.8h3",
  link: "M6.6 9.4a2.6 2.6 0 0 0 3.7 0l2.3-2.3a2.6 2.6 0 0 0-3.7-3.7l-.8.8M9.4 6.6a2.6 2.6 0 0 0-3.7 0L3.4 8.9a2.6 2.6 0 0 0 3.7 3.7l.8-.8",
  chevron: "M4 6l4 4 4-4",
  back: "M10 3 5 8l5 5",
  close: "M4 4l8 8M12 4l-8 8",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z",
  send: "M2.5 13.5 14 8 2.5 2.5 4.5 8zM4.5 8H9",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.4 10.4l3.1 3.1",
  warning: "M8 2.2 14.6 13.6H1.4zM8 6.5v3.2M8 11.6v.2",
  check: "M3 8.5l3.2 3.2L13 5",
  cloud: "M4.7 12.5a3 3 0 0 1-.3-6 4 4 0 0 1 7.6 1 2.5 2.5 0 0 1 .1 5z",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1",
  moon: "M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z",
  home: "M2.5 7.5 8 2.8l5.5 4.7V13.5h-4V10h-3v3.5h-4z",
  clock: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.8V8l2.2 1.6",
  more: "M3.2 8h.1M8 8h.1M12.8 8h.1",
  file: "M4 2h5.5L12.5 5v9H4zM9.2 2.2V5.3h3.1M6.2 8.3h4.1M6.2 10.9h4.1",
  thread: "M3 3v5.5A2.5 2.5 0 0 0 5.5 11H13M10.5 8.5 13 11l-2.5 2.5",
};

/** A 16 px line icon, decorative for screen readers. */
export function icon(name, size = 16) {
  const svg = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: "0 0 16 16", width: size, height: size, class: `icon icon-${name}`, "aria-hidden": "true" };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** A person's or the app's square picture. */
export function avatar(person, size = "") {
  if (!person) return h("span", { class: `avatar ${size}`, "aria-hidden": "true" }, "?");
  if (person.is_app) return h("span", { class: `avatar app ${size}`, "aria-hidden": "true" }, logo());
  return h(
    "span",
    { class: `avatar ${size}`, "aria-hidden": "true", style: { "--avatar": person.avatar_color || "#5b6b7c" } },
    person.initials || initials(person.name),
  );
}

function initials(name = "?") {
  return name
    .split(/\s+/)
    .map((word) => word[0])
    .join("")
    .slice(0, 2)
    .toUpperCase();
}

/** The logo as an inline drawing. */
export function logo() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 32 32");
  svg.setAttribute("class", "logo");
  svg.setAttribute("aria-hidden", "true");
  for (const d of ["M22.5 20.5a8 8 0 1 1-.4-9.4", "M23.6 5.8v6h-6"]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}
