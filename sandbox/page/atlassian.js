// The right side: the Atlassian organization, as its admin would see it and as the calls change it.

import { calls } from "./calls.js";
import { fill, h } from "./dom.js";
import { people } from "./people.js";
import { seats } from "./seats.js";
import { spotlight } from "./spotlight.js";
import * as store from "./store.js";
import { weather } from "./weather.js";

/** The node of the panel. */
export function atlassian() {
  const head = h("header", { class: "org-head" });
  store.on(
    ["atlassian", "calls"],
    ({ atlassian: org, calls: rows }) =>
      org &&
      fill(
        head,
        h("span", { class: "org-mark", "aria-hidden": "true" }, h("span", {}), h("span", {}), h("span", {})),
        h("h1", {}, "Atlassian"),
        h("span", { class: "org-name" }, siteOf(org)),
        h("span", { class: "org-total", title: "Calls since the world began" }, counted(Math.max(org.calls_total, rows.at(-1)?.n ?? 0))),
      ),
  );
  return h(
    "aside",
    { class: "atlassian", "aria-label": "Atlassian organization" },
    head,
    seats(),
    spotlight(),
    people(),
    calls(),
    weather(),
  );
}

const counted = (calls) => `${calls.toLocaleString()} ${calls === 1 ? "call" : "calls"}`;
const siteOf = ({ organization, products }) => (products.length ? `${products[0].site}.atlassian.net` : organization.name);
