// What goes wrong in the world, on demand.

import * as api from "./api.js";
import { fill, h, icon } from "./dom.js";
import { refreshOrganization } from "./session.js";
import * as store from "./store.js";
import { setNow } from "./time.js";

const WRITES = "POST /.*(memberships|role|invite|restore|enable|cancel-delete|suspend|access)";
const KEYS = { valid: "Key valid", revoked: "Key revoked", scoped: "Key with scopes", expired: "Key expired" };
const STORMS = [
  ["503", "503 for 5 calls", "Atlassian is down", { match: "/", times: 5, status: 503 }],
  ["429", "429 for 3 calls", "Rate limited, Retry-After 5 s", { match: "/", times: 3, status: 429, headers: { "Retry-After": "5" } }],
  ["lost", "Lose the next answer", "The write takes effect, its answer is reset", { match: WRITES, times: 1, drop: "after" }],
  ["slow", "Slow by 4 s", "The next 5 calls are late", { match: "/", times: 5, delay_s: 4 }],
  ["down", "Unreachable", "Every call is reset until cleared", { match: "/", drop: "before" }],
];

/** The node of the section. */
export function weather() {
  const summary = h("summary", { class: "weather-head", "data-testid": "weather" });
  store.on(["faults", "key"], (state) => fill(summary, forecast(state), icon("chevron")));
  const said = h("p", { class: "weather-said", role: "status" });
  const run = (work) => work().then(refreshFaults, (error) => void (said.textContent = error.message));
  return h(
    "details",
    { class: "weather" },
    summary,
    h("div", { class: "weather-body" }, storms(run), licence(run), clock(run), slack(run), said),
  );
}

const inForce = (faults) => faults.filter((one) => one.times === null || one.hit < one.times);

function forecast({ faults, key }) {
  const active = inForce(faults).length;
  const bad = active || key !== "valid";
  const parts = [
    active ? `${active} ${active === 1 ? "fault" : "faults"} in force` : "",
    key === "valid" ? "" : KEYS[key].toLowerCase(),
  ].filter(Boolean);
  return [
    icon(bad ? "cloud" : "sun"),
    h("span", { class: "weather-title" }, "Weather"),
    h("span", { class: `weather-state ${bad ? "bad" : ""}`, "data-testid": "weather-state" }, bad ? parts.join(", ") : "clear"),
  ];
}

async function refreshFaults() {
  store.patch(await api.faults());
}

const group = (name, ...children) =>
  h(
    "div",
    { class: "weather-group", role: "group", "aria-label": name },
    h("span", { class: "weather-name" }, name),
    h("div", { class: "weather-buttons" }, children),
  );
const button = (label, testid, onclick, title) =>
  h("button", { type: "button", class: "button small", title, onclick, "data-testid": testid }, label);

function storms(run) {
  const key = h(
    "select",
    {
      class: "field select small",
      "aria-label": "API key",
      onchange: (event) => run(() => setKey(event.target.value)),
      "data-testid": "weather-key",
    },
    Object.entries(KEYS).map(([value, label]) => h("option", { value }, label)),
  );
  store.on(["key"], (state) => void (key.value = state.key));
  const clear = button("Clear all", "weather-clear", () =>
    run(async () => {
      await api.clearFaults();
      await setKey("valid");
    }),
  );
  return group(
    "Atlassian",
    STORMS.map(([name, label, title, fault]) =>
      button(label, `weather-${name}`, () => run(() => api.addFault({ side: "atlassian", ...fault })), title),
    ),
    key,
    clear,
  );
}

async function setKey(state) {
  await api.key(state);
  store.patch({ key: state });
}

function licence(run) {
  const change = (pick) => () =>
    run(async () => {
      const product = store.get().atlassian.products.find((one) => one.key === "jira");
      await api.seats(product.key, pick(product));
      refreshOrganization();
    });
  return group(
    "Jira seats",
    button(
      "Fill them up",
      "weather-full",
      change((product) => product.used),
    ),
    button(
      "Free 1",
      "weather-free-1",
      change((product) => product.capacity + 1),
    ),
    button(
      "Free 25",
      "weather-free-25",
      change((product) => product.capacity + 25),
    ),
  );
}

function clock(run) {
  const advance = (seconds) => () => run(async () => setNow((await api.clock(seconds)).now));
  return group(
    "Clock of Slack and Atlassian",
    button("+1 hour", "clock-hour", advance(3600)),
    button("+1 day", "clock-day", advance(86400)),
    button("+1 week", "clock-week", advance(7 * 86400)),
    h("p", { class: "weather-note" }, "The bot keeps its own: no scan or reminder comes sooner."),
  );
}

function slack(run) {
  const fault = (what) => () => run(() => api.connection(what));
  return group(
    "Slack socket",
    button("Refresh", "socket-refresh", fault("refresh")),
    button("Drop", "socket-drop", fault("drop")),
    button("Refuse", "socket-refuse", fault("refuse")),
    button("Too many", "socket-too-many", fault("too_many")),
  );
}
