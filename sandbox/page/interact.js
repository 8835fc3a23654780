// One act on an interactive element: ask, send, show that it is under way, and how it went.

import * as api from "./api.js";
import { icon } from "./dom.js";
import { remember, verdict } from "./delivery.js";
import { confirmed } from "./dialog.js";
import { readState } from "./values.js";
import * as store from "./store.js";

const placeOf = (container) => container.ts || container.view_id;

/** Deliver *change* of *element* (in block *blockId*) to the app; *node* is busy until it is acknowledged. */
export async function act({ element, blockId, context, node, change }) {
  if (element.confirm && !(await confirmed(element.confirm))) return;
  if (element.url) window.open(element.url, "_blank", "noopener,noreferrer");
  setBusy(node, true);
  const delivery = await deliver(element, blockId, context, node, change);
  setBusy(node, false);
  warn(node, delivery);
  remember(placeOf(context.container), delivery);
  context.after?.();
}

async function deliver(element, blockId, context, node, change) {
  const root = node.closest("[data-blocks]");
  const action = {
    user: store.get().me.id,
    container: context.container,
    action_id: element.action_id,
    block_id: blockId,
    type: element.type,
    ...change,
  };
  if (root) action.state = readState(root);
  try {
    return (await api.act(action)).delivery;
  } catch (error) {
    return { outcome: error.message };
  }
}

function setBusy(node, busy) {
  node.classList.toggle("busy", busy);
  if (busy) node.setAttribute("aria-busy", "true");
  else node.removeAttribute("aria-busy");
  if ("disabled" in node) node.disabled = busy;
}

function warn(node, delivery) {
  node.parentNode?.querySelector(":scope > .element-warning")?.remove();
  const { ok, label } = verdict(delivery);
  if (ok || !node.isConnected) return;
  const mark = document.createElement("span");
  mark.className = "element-warning";
  mark.title = label;
  mark.setAttribute("role", "img");
  mark.setAttribute("aria-label", `This did not work: ${label}`);
  mark.append(icon("warning"));
  node.after(mark);
}
