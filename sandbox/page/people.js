// The people of the organization: search, filters, and who has what.

import { fill, h, icon } from "./dom.js";
import { productMarks, productName, stateChip, stateName } from "./products.js";
import { refreshPeople, spotlightAccount } from "./session.js";
import { ago, instant, shortAgo } from "./time.js";
import * as store from "./store.js";
import * as api from "./api.js";

const FLASH_MS = 6000;
const body = h("tbody", {});
const count = h("span", { class: "unseen", role: "status" });
const search = h("input", {
  class: "field",
  type: "search",
  "aria-label": "Search people of the organization",
  oninput: (event) => refine({ query: event.target.value.trim() }),
  "data-testid": "people-search",
});

/** The node of the table with its filters. */
export function people() {
  const state = h("select", {
    class: "field select",
    "aria-label": "State",
    onchange: (event) => refine({ state: event.target.value }),
    "data-testid": "people-state",
  });
  const product = h("select", {
    class: "field select",
    "aria-label": "Product",
    onchange: (event) => refine({ product: event.target.value }),
    "data-testid": "people-product",
  });
  store.on(["atlassian"], ({ atlassian: org }) => org && fillFilters(state, product, org));
  store.on(["people", "touched", "spotlight"], drawRows);
  const head = h(
    "thead",
    {},
    h(
      "tr",
      {},
      ["Person", "State", "Products", "Active"].map((name) => h("th", { scope: "col" }, name)),
    ),
  );
  const scroller = h(
    "div",
    { class: "people-scroll", tabindex: 0, role: "region", "aria-label": "People table" },
    h("table", { class: "people", "data-testid": "people" }, head, body),
  );
  scroller.addEventListener("scroll", () => scroller.scrollTop + scroller.clientHeight > scroller.scrollHeight - 300 && more());
  return h(
    "section",
    { class: "people-section", "aria-label": "People" },
    h("div", { class: "people-filters" }, h("div", { class: "with-icon" }, icon("search", 14), search), state, product, count),
    scroller,
  );
}

function fillFilters(state, product, org) {
  const held = store.get().filter;
  const states = Object.entries(org.states || {}).sort((a, b) => b[1] - a[1]);
  const option = (value, label, chosen) => h("option", { value, selected: value === chosen }, label);
  fill(
    state,
    option("", "All states", held.state),
    states.map(([key, n]) => option(key, `${stateName(key)} (${n.toLocaleString()})`, held.state)),
  );
  fill(
    product,
    option("", "All products", held.product),
    ["jira", "-jira", "confluence", "-confluence"].map((key) =>
      option(key, `${key[0] === "-" ? "Without" : "Has"} ${productName(key.replace("-", ""))}`, held.product),
    ),
  );
}

function refine(change) {
  store.patch({ filter: { ...store.get().filter, ...change }, people: { rows: [], total: 0 } });
  refreshPeople();
}

let loading = false;
async function more() {
  const { people: held, filter } = store.get();
  if (loading || held.rows.length >= held.total) return;
  loading = true;
  const answer = await api.people(filter, 60, held.rows.length).catch(() => null);
  loading = false;
  if (answer && store.get().filter === filter) store.patch({ people: { rows: [...held.rows, ...answer.rows], total: answer.total } });
}

function drawRows({ people: { rows, total }, touched, spotlight }) {
  const known = new Map([...body.children].map((row) => [row.dataset.account, row]));
  const nodes = rows.map((row) =>
    drawRow(
      row,
      known.get(row.account_id),
      Date.now() - (touched[row.account_id] || 0) < FLASH_MS,
      spotlight?.row?.account_id === row.account_id,
    ),
  );
  body.replaceChildren(...nodes);
  count.textContent = `${total.toLocaleString()} people`;
  search.placeholder = `Search ${count.textContent}`;
}

function drawRow(row, known, flash, chosen) {
  const sight = JSON.stringify([row, flash, chosen]);
  if (known?.sight === sight) return known;
  const last = lastActive(row);
  const node = h(
    "tr",
    {
      class: `${flash ? "flash" : ""} ${chosen ? "chosen" : ""}`,
      "data-account": row.account_id,
      "data-testid": `person-row-${row.account_id}`,
      "data-name": row.name,
      onclick: () => spotlightAccount(row.account_id),
    },
    h(
      "td",
      {},
      h(
        "button",
        { type: "button", class: "row-name" },
        h("span", { class: "row-title" }, row.name),
        h("span", { class: "row-mail" }, row.email),
      ),
    ),
    h("td", {}, stateChip(row)),
    h("td", {}, productMarks(row.products || {})),
    h("td", { class: "row-last", title: last ? ago(last) : "No date known" }, last ? shortAgo(last) : "–"),
  );
  node.sight = sight;
  return node;
}

/** The newest of the dates at which this account was active, or null. */
function lastActive(row) {
  const values = typeof row.last_active === "object" && row.last_active ? Object.values(row.last_active) : [row.last_active];
  const dates = values.map(instant).filter(Boolean);
  return dates.length ? new Date(Math.max(...dates)) : null;
}
