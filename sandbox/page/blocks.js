// Block Kit's blocks as nodes. Shapes: https://docs.slack.dev/reference/block-kit/blocks/

import { h, icon } from "./dom.js";
import { drawElement, fieldId } from "./elements.js";
import { richText } from "./richtext.js";
import { plainText, text } from "./text.js";

/** One element that holds all *blocks*. `context`: {container, after}; `kept` are values to put back; `errors` sentences by block_id. */
export function drawBlocks(blocks, context, { kept, errors } = {}) {
  const draw = (block, index) => drawBlock(block, block.block_id || `block-${index}`, { context, kept, errors });
  return h("div", { class: "blocks", "data-blocks": true }, (blocks || []).map(draw));
}

function drawBlock(block, blockId, scene) {
  const draw = DRAW[block.type];
  const node = draw
    ? draw(block, { ...scene, blockId })
    : h("div", { class: "unsupported" }, `This page does not draw blocks of type “${block.type}”.`);
  node.dataset.blockId = blockId;
  return node;
}

const DRAW = {
  divider: () => h("hr", { class: "b-divider" }),
  header: (block) => h("h3", { class: "b-header" }, plainText(block.text)),
  section,
  context: (block) => h("div", { class: "b-context" }, block.elements.map(contextElement)),
  actions: (block, scene) =>
    h(
      "div",
      { class: "b-actions" },
      block.elements.map((element) => drawElement(element, scene)),
    ),
  image,
  input,
  rich_text: (block) => richText(block),
};

function section(block, scene) {
  const body = h("div", { class: "section-body" });
  if (block.text) body.append(h("div", { class: "section-text" }, text(block.text)));
  if (block.fields)
    body.append(
      h(
        "div",
        { class: "b-fields" },
        block.fields.map((field) => h("div", { class: "b-field" }, text(field))),
      ),
    );
  const accessory = block.accessory ? h("div", { class: "section-accessory" }, drawElement(block.accessory, scene)) : null;
  return h("div", { class: "b-section" }, body, accessory);
}

function contextElement(element) {
  if (element.type === "image") return h("img", { class: "context-image", src: element.image_url, alt: element.alt_text || "" });
  return h("div", { class: "context-text" }, text(element));
}

function image(block) {
  const source = block.image_url || block.slack_file?.url || "";
  return h(
    "figure",
    { class: "b-image" },
    block.title ? h("figcaption", {}, plainText(block.title)) : null,
    h("img", { src: source, alt: block.alt_text || "", loading: "lazy" }),
  );
}

function input(block, { context, kept, errors, blockId }) {
  const { element } = block;
  const node = drawElement(element, { blockId, context, kept, silent: !block.dispatch_action });
  node.dataset.required = block.optional ? "no" : "yes";
  const problem = errors?.[blockId];
  const hintId = `${fieldId({ blockId, element })}-more`;
  node.setAttribute("aria-describedby", hintId);
  if (problem) node.setAttribute("aria-invalid", "true");
  return h(
    "div",
    { class: `b-input ${problem ? "wrong" : ""}` },
    h(
      "label",
      { for: fieldId({ blockId, element }), class: "input-label" },
      plainText(block.label),
      block.optional ? h("span", { class: "optional" }, " (optional)") : null,
    ),
    node,
    h(
      "div",
      { id: hintId, class: "input-more" },
      problem ? h("div", { class: "input-error", role: "alert", "data-testid": `error-${blockId}` }, icon("warning", 14), problem) : null,
      block.hint ? h("div", { class: "input-hint" }, plainText(block.hint)) : null,
    ),
  );
}
