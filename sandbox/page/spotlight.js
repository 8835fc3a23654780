// One account in full: yours, the one you chose, or the one that a call just changed; with what its admin may do to it.

import * as api from "./api.js";
import { fill, h, icon } from "./dom.js";
import { productName, stateChip } from "./products.js";
import { ago, instant } from "./time.js";
import * as store from "./store.js";

const ACTS = [
  ["remove_product", "jira", "Take Jira away"],
  ["add_product", "jira", "Give Jira"],
  ["remove_product", "confluence", "Take Confluence away"],
  ["add_product", "confluence", "Give Confluence"],
  ["suspend", null, "Suspend in the directory"],
  ["restore", null, "Restore in the directory"],
  ["deactivate", null, "Deactivate the account"],
  ["enable", null, "Enable the account"],
  ["delete", null, "Delete the account"],
  ["cancel_delete", null, "Cancel the deletion"],
  ["remove", null, "Remove from the organization"],
  ["accept", null, "Accept the invitation"],
  ["visit", "jira", "Use Jira now"],
  ["make_admin", null, "Make a Jira admin"],
];
const USEFUL = {
  suspend: ["active"],
  restore: ["suspended"],
  deactivate: ["active", "suspended"],
  enable: ["deactivated"],
  delete: ["active", "suspended", "deactivated"],
  cancel_delete: ["for_deletion"],
  accept: ["pending"],
  make_admin: ["active"],
};

/** The node of the card. */
export function spotlight() {
  const node = h("section", { class: "spotlight", "aria-label": "Account", "aria-live": "polite", "data-testid": "spotlight" });
  store.on(["spotlight", "me"], ({ spotlight: shown }) => {
    fill(node, shown?.row ? card(shown.row) : shown?.nobody ? absent(shown.nobody) : null);
    if (shown?.flash) restart(node);
  });
  return node;
}

function restart(node) {
  node.classList.remove("flash");
  void node.offsetWidth;
  node.classList.add("flash");
}

const absent = (person) =>
  h("div", { class: "spot-head" }, h("span", { class: "spot-name" }, person.name), h("span", { class: "chip gone" }, "No account found"));

function card(row) {
  const me = store.get().me;
  return [
    h(
      "div",
      { class: "spot-head" },
      h("span", { class: "spot-name" }, row.name),
      me?.name === row.name ? h("span", { class: "you-tag" }, "you") : null,
      stateChip(row),
      acts(row),
    ),
    h(
      "div",
      { class: "spot-products" },
      Object.entries(row.products || {})
        .filter(([key, has]) => has || key === "jira" || key === "confluence")
        .map(([key, has]) => product(row, key, has)),
    ),
    row.groups.length || row.lock
      ? h(
          "div",
          { class: "spot-groups", title: "Groups" },
          row.groups.slice(0, 6).map((group) => h("span", { class: "group" }, group)),
          row.lock ? h("span", { class: "group lock", title: "Why Atlassian refuses changes of this account" }, row.lock) : null,
        )
      : null,
  ];
}

function product(row, key, has) {
  const last = instant(row.last_active?.[key]);
  return h(
    "div",
    { class: `spot-product ${has ? "has" : ""}`, "data-testid": `spot-${key}`, "data-has": String(has) },
    icon(has ? "check" : "close", 14),
    h("span", { class: "spot-product-name" }, productName(key)),
    h("span", { class: "spot-last" }, last ? `active ${ago(last)}` : has ? "never active" : "no access"),
  );
}

function acts(row) {
  const offered = ACTS.filter(
    ([what, key]) => (USEFUL[what]?.includes(row.state) ?? true) && (!key || Boolean(row.products[key]) === (what !== "add_product")),
  );
  const say = h("span", { class: "spot-said", role: "status" });
  const item = ([what, key, label]) =>
    h(
      "button",
      {
        type: "button",
        class: "menu-item",
        role: "menuitem",
        onclick: () => perform(what, key),
        "data-testid": `admin-${what}${key ? `-${key}` : ""}`,
      },
      label,
    );
  const menu = h(
    "details",
    { class: "menu spot-menu" },
    h("summary", { class: "button small", "data-testid": "admin-acts" }, "As an admin", icon("chevron", 12)),
    h(
      "div",
      { class: "menu-list", role: "menu" },
      h("p", { class: "menu-note" }, "Done in Atlassian, outside Comeback"),
      offered.map(item),
    ),
  );
  const perform = async (what, key) => {
    menu.open = false;
    await api.change(row.account_id, { do: what, ...(key ? { product: key } : {}) }).catch((error) => fill(say, error.message));
  };
  return h("span", { class: "spot-acts" }, say, menu);
}
