// Puts the page together and starts it.

import { atlassian } from "./atlassian.js";
import { conversation } from "./conversation.js";
import { fill, h } from "./dom.js";
import { modal } from "./modal.js";
import { enter, follow } from "./session.js";
import { sidebar } from "./sidebar.js";
import { topbar } from "./topbar.js";

const RETRY_MS = 2000;

async function start() {
  try {
    await enter();
  } catch (error) {
    console.warn(error);
    fill(document.body, h("p", { class: "unreachable", role: "alert" }, "The sandbox does not answer. This page tries again by itself."));
    setTimeout(() => location.reload(), RETRY_MS);
    return;
  }
  follow();
}

document.body.dataset.side = "slack";
fill(document.body, topbar(), h("div", { class: "columns" }, sidebar(), conversation(), atlassian()), modal());
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
start();
