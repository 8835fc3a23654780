// The calls to the admin API, as they come in.

import { fill, h } from "./dom.js";
import { shorten } from "./paths.js";
import { instant } from "./time.js";
import * as store from "./store.js";

const SHOWN = 120;

/** The node of the log, newest first. */
export function calls() {
  const list = h("ol", { class: "calls", role: "log", "aria-label": "Calls to the Atlassian API", tabindex: 0, "data-testid": "calls" });
  store.on(["calls"], ({ calls: rows }) =>
    fill(list, rows.length ? rows.slice(-SHOWN).reverse().map(row) : h("li", { class: "calls-none" }, "No call has come in yet.")),
  );
  return h(
    "section",
    { class: "calls-section", "aria-label": "API calls" },
    h("h2", { class: "section-title" }, "API calls", h("span", { class: "live-dot", title: "Live" })),
    list,
  );
}

function row(one) {
  const at = instant(one.at);
  const tone = !one.status ? "lost" : one.status < 300 ? "good" : one.status === 429 ? "warn" : one.status < 500 ? "refused" : "bad";
  return h(
    "li",
    { class: `call ${one.method === "GET" ? "" : "writes"}`, title: `${one.method} ${one.path}`, "data-testid": "call" },
    h(
      "span",
      { class: "call-time" },
      at ? at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }) : "",
    ),
    h("span", { class: `call-method ${one.method}` }, one.method),
    h(
      "span",
      { class: "call-path" },
      shorten(one.path),
      one.code && one.code !== String(one.status) ? h("span", { class: "call-code" }, one.code) : null,
    ),
    h("span", { class: `call-status ${tone}` }, one.status || "reset"),
    h("span", { class: "call-ms" }, one.ms === undefined ? "" : `${Math.round(one.ms)} ms`),
  );
}
