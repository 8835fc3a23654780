// Seats per product as bars.

import { fill, h } from "./dom.js";
import { productName } from "./products.js";
import * as store from "./store.js";

const SHOWN = 4;

/** The node of the bars. */
export function seats() {
  const node = h("section", { class: "seats", "aria-label": "Seats" });
  store.on(["atlassian"], ({ atlassian: org }) => org && fill(node, ordered(org.products).map(bar)));
  return node;
}

const ordered = (products) => [...products].sort((a, b) => b.used - a.used).slice(0, SHOWN);

function bar(product) {
  const { key, name, capacity, used } = product;
  const free = product.free ?? Infinity;
  const share = capacity ? Math.min(100, (used / capacity) * 100) : 0;
  const tone = free <= 0 ? "full" : share > 92 ? "tight" : "";
  return h(
    "div",
    { class: `seat ${tone}`, "data-testid": `seats-${key}`, "data-used": used, "data-free": free },
    h(
      "div",
      { class: "seat-head" },
      h("span", { class: "seat-name", title: name }, productName(key)),
      h("span", { class: "seat-free" }, free <= 0 ? "full" : free === Infinity ? "no limit" : `${free.toLocaleString()} free`),
    ),
    h(
      "div",
      {
        class: "seat-bar",
        role: "meter",
        "aria-valuemin": 0,
        "aria-valuemax": capacity,
        "aria-valuenow": used,
        "aria-label": `${name}: ${used} of ${capacity ?? "any number of"} seats used`,
      },
      h("span", { class: "seat-fill", style: { width: `${share}%` } }),
    ),
    h(
      "div",
      { class: "seat-count" },
      h("strong", {}, used.toLocaleString()),
      capacity === null ? " used" : ` of ${capacity.toLocaleString()}`,
    ),
  );
}
