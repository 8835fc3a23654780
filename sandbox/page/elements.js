// The interactive elements of Block Kit. Each gives a node; those that hold a value say so to `values.js`.

import { h } from "./dom.js";
import { act } from "./interact.js";
import { pickers } from "./pickers.js";
import { plainText } from "./text.js";
import { holds } from "./values.js";

/** The node of *element* in block *blockId*; `silent` elements sit in an input block and tell the app nothing by themselves. */
export function drawElement(element, { blockId, context, silent = false, kept }) {
  const draw = DRAW[element.type] || pickers[element.type];
  const scene = { element, blockId, context, silent, kept: kept?.[blockId]?.[element.action_id] };
  return draw ? draw(scene) : h("span", { class: "unsupported" }, `[${element.type}]`);
}

const DRAW = {
  button,
  overflow,
  image: ({ element }) => h("img", { class: "accessory-image", src: element.image_url, alt: element.alt_text || "" }),
  plain_text_input: textInput,
  number_input: (scene) => textInput(scene, { inputmode: "decimal" }),
  email_text_input: (scene) => textInput(scene, { type: "email" }),
  url_text_input: (scene) => textInput(scene, { type: "url" }),
};

function button(scene) {
  const { element } = scene;
  const node = h(
    "button",
    {
      type: "button",
      class: `button ${element.style || ""}`,
      "data-testid": `button-${element.action_id}`,
      "data-value": element.value,
      "aria-label": element.accessibility_label,
      onclick: () => act({ ...scene, node, change: { value: element.value } }),
    },
    h("span", { class: "button-text" }, plainText(element.text)),
  );
  return h("span", { class: "element" }, node);
}

function overflow(scene) {
  const { element } = scene;
  const choose = (option) => act({ ...scene, node: menu, element: { ...element, url: option.url }, change: { selected_option: option } });
  const items = element.options.map((option) =>
    h("button", { type: "button", role: "menuitem", class: "menu-item", onclick: () => close(option) }, plainText(option.text)),
  );
  const summary = h(
    "summary",
    { class: "button overflow", "aria-label": "More actions", "data-testid": `overflow-${element.action_id}` },
    "⋯",
  );
  const menu = h("details", { class: "menu element" }, summary, h("div", { class: "menu-list", role: "menu" }, items));
  const close = (option) => {
    menu.open = false;
    choose(option);
  };
  menu.addEventListener("focusout", (event) => event.relatedTarget && !menu.contains(event.relatedTarget) && (menu.open = false));
  menu.addEventListener("keydown", (event) => event.key === "Escape" && (menu.open = false));
  menu.addEventListener("toggle", () => menu.classList.toggle("up", menu.open && overlaps(menu)));
  return menu;
}

/** True when the open list reaches below what its surroundings show. */
function overlaps(menu) {
  const frame = menu.closest(".scroller, .home, .modal-body")?.getBoundingClientRect();
  return Boolean(frame) && menu.querySelector(".menu-list").getBoundingClientRect().bottom > frame.bottom;
}

function textInput(scene, attributes = {}) {
  const { element, blockId, kept } = scene;
  const node = h(element.multiline ? "textarea" : "input", {
    class: "field",
    id: fieldId(scene),
    rows: element.multiline ? 4 : null,
    placeholder: plainText(element.placeholder) || null,
    maxlength: element.max_length ?? (element.type === "plain_text_input" ? 3000 : null),
    autofocus: element.focus_on_load,
    value: kept?.value ?? element.initial_value ?? "",
    "data-least": element.min_length,
    "data-testid": `input-${element.action_id}`,
    ...attributes,
  });
  node.addEventListener(
    "keydown",
    (event) => event.key === "Enter" && !element.multiline && dispatches(scene) && act({ ...scene, node, change: { value: node.value } }),
  );
  return holds(node, {
    blockId,
    actionId: element.action_id,
    read: () => ({ type: element.type, value: node.value === "" ? null : node.value }),
  });
}

const dispatches = ({ silent, context }) => !silent && Boolean(context.container);

/** The id by which an input block's label names its element. */
export const fieldId = ({ blockId, element }) => `field-${blockId}-${element.action_id}`;
