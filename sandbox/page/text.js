// Text objects of Block Kit as nodes.

import { h, append } from "./dom.js";
import { parse, withEmoji } from "./mrkdwn.js";
import { slackDate } from "./time.js";
import * as store from "./store.js";

/** Nodes of a `plain_text` or `mrkdwn` object (or a bare string, which is mrkdwn). */
export function text(object) {
  if (object === null || object === undefined) return [];
  if (typeof object === "string") return mrkdwn(object);
  if (object.type === "plain_text") return [plain(object)];
  return mrkdwn(object.text, { verbatim: object.verbatim });
}

/** The same as one string without any styling, for labels and options. */
export function plainText(object) {
  return object ? withEmoji(typeof object === "string" ? object : object.text) : "";
}

function plain(object) {
  return h("span", { class: "plain-text" }, object.emoji === false ? object.text : withEmoji(object.text));
}

/** Nodes of mrkdwn *source*. */
export function mrkdwn(source, options) {
  return parse(source, options).map(block);
}

function block(one) {
  if (one.type === "pre") return h("pre", { class: "m-pre" }, one.text);
  if (one.type === "quote") return h("blockquote", { class: "m-quote" }, one.children.map(block));
  if (one.marker)
    return h(
      "div",
      { class: "m-item", style: { "--depth": one.depth } },
      h("span", { class: "m-marker" }, one.marker),
      h("span", {}, one.children.map(node)),
    );
  return h("div", { class: "m-line" }, one.children.length ? one.children.map(node) : h("br"));
}

const DRAW = {
  text: (one) => document.createTextNode(one.text),
  bold: (one) => h("strong", {}, one.children.map(node)),
  italic: (one) => h("em", {}, one.children.map(node)),
  strike: (one) => h("s", {}, one.children.map(node)),
  code: (one) => h("code", { class: "m-code" }, one.text),
  emoji: (one) => h("span", { class: "emoji", role: "img", "aria-label": one.name.replaceAll("_", " "), title: `:${one.name}:` }, one.text),
  link: (one) => link(one.url, one.label),
  user: (one) =>
    mention(`@${store.user(one.id).name === one.id && one.label ? one.label : store.user(one.id).name}`, one.id === store.get().me?.id),
  channel: (one) => h("span", { class: "mention channel" }, `#${store.channel(one.id)?.name || one.label || one.id}`),
  group: (one) => mention(group(one), groupHolds(one.id)),
  ping: (one) => h("span", { class: "mention me ping" }, `@${one.name}`),
  date: (one) => dated(one),
};

const node = (one) => DRAW[one.type](one);
const mention = (label, isMe) => h("span", { class: isMe ? "mention me" : "mention" }, label);

function dated(one) {
  const label = slackDate(one.seconds, one.format);
  const time = h(
    "time",
    { class: "m-date", datetime: new Date(one.seconds * 1000).toISOString(), title: new Date(one.seconds * 1000).toLocaleString() },
    label,
  );
  return one.url ? append(link(one.url, ""), [time]) : time;
}

/** A link that opens elsewhere and tells the other side nothing. */
export function link(url, label) {
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer", class: "m-link" }, label);
}

function group(one) {
  const known = store.get().world?.groups.find((each) => each.id === one.id);
  return `@${known?.handle || known?.name || one.label.replace(/^@/, "") || one.id}`;
}

function groupHolds(id) {
  const { world, me } = store.get();
  return Boolean(me && world?.groups.find((one) => one.id === id)?.users?.includes(me.id));
}
