// The line above everything: what this is, whether the app is there, how fast it answers, what time it is in this world.

import { badge, verdict } from "./delivery.js";
import { fill, h, icon, logo } from "./dom.js";
import { clockTime, now } from "./time.js";
import * as store from "./store.js";

const THEMES = { auto: "light", light: "dark", dark: "auto" };
const THEME_KEY = "comeback-sandbox-theme";

/** The node of the top bar. */
export function topbar() {
  const app = h("span", { class: "status-group", "aria-live": "polite" });
  const pace = h("span", { class: "status-group pace" });
  const time = h("span", { class: "world-time", title: "The time in this world" });
  store.on(["world", "live"], (state) => state.world && fill(app, connection(state)));
  store.on(["deliveries"], (state) => fill(pace, paceOf(state.deliveries)));
  store.on(["world", "clock"], () => fill(time, icon("clock", 14), clockTime(now())));
  setInterval(() => store.patch({ clock: Date.now() }), 10000);
  return h(
    "header",
    { class: "topbar" },
    h(
      "span",
      { class: "brand" },
      h("span", { class: "brand-mark" }, logo()),
      h("span", { class: "brand-name" }, "Comeback"),
      h("span", { class: "brand-tag" }, "sandbox"),
    ),
    tabs(),
    h("span", { class: "topbar-space" }),
    pace,
    app,
    time,
    themeButton(),
  );
}

function connection({ world, live }) {
  if (!live) return h("span", { class: "status off", "data-testid": "connection" }, h("span", { class: "dot" }), "Sandbox out of reach");
  const { connected, mode, name } = world.app;
  const way = mode === "socket" ? "Socket Mode" : "HTTP";
  return h(
    "span",
    { class: `status ${connected ? "on" : "off"}`, "data-testid": "connection" },
    h("span", { class: "dot" }),
    connected ? `${name} · ${way}` : `${name} is not connected`,
  );
}

function paceOf(deliveries) {
  const last = deliveries.at(-1);
  if (!last) return null;
  const acked = deliveries
    .filter((one) => typeof one.ack_ms === "number")
    .map((one) => one.ack_ms)
    .sort((a, b) => a - b);
  const failed = deliveries.filter((one) => !verdict(one).ok).length;
  const middle = acked[Math.floor(acked.length / 2)];
  return [
    badge(last),
    acked.length > 3 ? h("span", { class: "pace-text", title: "Median of the last deliveries" }, `median ${Math.round(middle)} ms`) : null,
    failed ? h("span", { class: "pace-text bad" }, `${failed} failed`) : null,
  ];
}

function tabs() {
  const tab = (name, label) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        class: "side-tab",
        "aria-selected": String(name === "slack"),
        "data-side": name,
        onclick: () => choose(name),
        "data-testid": `side-${name}`,
      },
      label,
    );
  return h(
    "div",
    { class: "side-tabs", role: "tablist", "aria-label": "Which side to see" },
    tab("slack", "Slack"),
    tab("atlassian", "Atlassian"),
  );
}

function choose(name) {
  document.body.dataset.side = name;
  for (const tab of document.querySelectorAll(".side-tab")) tab.setAttribute("aria-selected", String(tab.dataset.side === name));
}

function themeButton() {
  const button = h("button", {
    type: "button",
    class: "icon-button",
    onclick: () => apply(THEMES[document.documentElement.dataset.theme || "auto"]),
    "data-testid": "theme",
  });
  const apply = (theme) => {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(THEME_KEY, theme);
    button.setAttribute("aria-label", `Colours: ${theme}. Change`);
    button.title = `Colours: ${theme}`;
    fill(button, theme === "auto" ? h("span", { class: "theme-auto" }) : icon(theme === "dark" ? "moon" : "sun"));
  };
  apply(localStorage.getItem(THEME_KEY) || "auto");
  return button;
}
