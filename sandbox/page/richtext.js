// The rich_text block: what people's own messages and some apps are made of.

import { h } from "./dom.js";
import { emoji } from "./emoji.js";
import { link } from "./text.js";
import { slackDate } from "./time.js";
import * as store from "./store.js";

const SAFE = /^(https?:|mailto:|tel:)/i;

/** The node of a rich_text block. */
export function richText(block) {
  return h("div", { class: "b-rich" }, block.elements.map(part));
}

function part(element) {
  if (element.type === "rich_text_list") return list(element);
  const children = (element.elements || []).map(leaf);
  if (element.type === "rich_text_quote") return h("blockquote", { class: "m-quote" }, children);
  if (element.type === "rich_text_preformatted") return h("pre", { class: "m-pre" }, children);
  return h("div", { class: "m-line rich-line" }, children);
}

function list(element) {
  const items = element.elements.map((one) => h("li", {}, (one.elements || []).map(leaf)));
  return h(
    element.style === "ordered" ? "ol" : "ul",
    { class: "rich-list", start: element.offset ? element.offset + 1 : null, style: { "--depth": element.indent || 0 } },
    items,
  );
}

const LEAVES = {
  text: (one) => document.createTextNode(one.text),
  emoji: (one) => h("span", { class: "emoji", role: "img", "aria-label": one.name }, emoji(one.name) || `:${one.name}:`),
  link: (one) => (SAFE.test(one.url) ? link(one.url, one.text || one.url) : document.createTextNode(one.text || one.url)),
  user: (one) => h("span", { class: one.user_id === store.get().me?.id ? "mention me" : "mention" }, `@${store.user(one.user_id).name}`),
  channel: (one) => h("span", { class: "mention channel" }, `#${store.channel(one.channel_id)?.name || one.channel_id}`),
  usergroup: (one) =>
    h(
      "span",
      { class: "mention" },
      `@${store.get().world.groups.find((group) => group.id === one.usergroup_id)?.handle || one.usergroup_id}`,
    ),
  broadcast: (one) => h("span", { class: "mention me ping" }, `@${one.range}`),
  date: (one) => h("time", { class: "m-date" }, slackDate(one.timestamp, one.format)),
};

const WRAPS = [
  ["code", "code"],
  ["strike", "s"],
  ["italic", "em"],
  ["bold", "strong"],
];

function leaf(one) {
  const draw = LEAVES[one.type];
  const node = draw ? draw(one) : document.createTextNode(`[${one.type}]`);
  return WRAPS.reduce(
    (inner, [style, tag]) => (one.style?.[style] ? h(tag, { class: tag === "code" ? "m-code" : null }, inner) : inner),
    node,
  );
}
