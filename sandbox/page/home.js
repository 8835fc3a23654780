// The app's Home tab.

import { drawBlocks } from "./blocks.js";
import { h } from "./dom.js";

/** The nodes of the Home tab of the person who looks. */
export function drawHome({ home, homeRefused, loaded, me, world }) {
  if (loaded !== `${me?.id} home`) return h("p", { class: "empty" }, "Opening …");
  if (homeRefused) return h("div", { class: "empty" }, h("p", { role: "alert" }, homeRefused));
  if (!home) return h("div", { class: "empty" }, h("p", {}, `${world.app.name} has not published a Home tab for ${me.name} yet.`));
  const context = { container: { type: "view", view_id: home.id } };
  return h("div", { class: "home-view", "data-ts": home.id }, drawBlocks(home.blocks, context), h("div", { class: "message-foot" }));
}
