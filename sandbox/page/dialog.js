// Small questions: the confirmation that a button may carry.

import { append, h } from "./dom.js";
import { plainText, text } from "./text.js";

/** True when the person confirms Slack's `confirm` object. */
export function confirmed({ title, text: body, confirm, deny, style }) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "confirm", "aria-labelledby": "confirm-title", "data-testid": "confirm-dialog" });
    const answer = (value) => () => dialog.close(value);
    append(dialog, [
      h("h2", { id: "confirm-title" }, plainText(title)),
      h("div", { class: "confirm-text" }, text(body)),
      h(
        "div",
        { class: "confirm-buttons" },
        h("button", { type: "button", class: "button", onclick: answer("no"), "data-testid": "confirm-deny" }, plainText(deny) || "Cancel"),
        h(
          "button",
          {
            type: "button",
            class: `button ${style === "danger" ? "danger" : "primary"}`,
            onclick: answer("yes"),
            "data-testid": "confirm-ok",
          },
          plainText(confirm) || "OK",
        ),
      ),
    ]);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
