// How products and states are named and coloured on the right side.

import { h } from "./dom.js";

const PRODUCTS = {
  jira: ["Jira", "J"],
  confluence: ["Confluence", "C"],
  jsm: ["Service Management", "S"],
  jpd: ["Product Discovery", "P"],
  "jira-labs": ["Jira on acme-labs", "L"],
  "confluence-labs": ["Confluence on acme-labs", "L"],
};

const STATES = {
  active: ["Active", "good"],
  unused: ["No product", "idle"],
  not_invited: ["Not invited", "gone"],
  suspended: ["Suspended", "bad"],
  deactivated: ["Deactivated", "bad"],
  pending: ["Invited", "info"],
  for_deletion: ["To be deleted", "warn"],
  closed: ["Closed", "gone"],
};

/** The product's name and letter for *key*. */
export const productName = (key) => PRODUCTS[key]?.[0] || titled(key);
const letter = (key) => PRODUCTS[key]?.[1] || key[0].toUpperCase();
const titled = (key = "") => key.replace(/[_-]/g, " ").replace(/^./, (first) => first.toUpperCase());

/** The words for a state. */
export const stateName = (state) => STATES[state]?.[0] || titled(state);

/** A coloured chip for the state of the account in *row*; someone active without any product is told apart. */
export const stateChip = (row) => chip(row.state === "active" && !Object.values(row.products || {}).some(Boolean) ? "unused" : row.state);

const chip = (state) => h("span", { class: `chip ${STATES[state]?.[1] || "info"}` }, stateName(state));

/** A small square per product that the person holds, hollow for those not held. */
export function productMarks(products) {
  return h(
    "span",
    { class: "product-marks" },
    Object.entries(products)
      .filter(([key, has]) => has || key === "jira" || key === "confluence")
      .map(([key, has]) =>
        h(
          "span",
          {
            class: `product-mark ${has ? "has" : ""} p-${key}`,
            title: `${productName(key)}: ${has ? "yes" : "no"}`,
            role: "img",
            "aria-label": `${productName(key)}: ${has ? "yes" : "no"}`,
          },
          letter(key),
        ),
      ),
  );
}
