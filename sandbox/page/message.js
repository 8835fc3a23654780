// One message as its reader sees it.

import { drawBlocks } from "./blocks.js";
import { badge } from "./delivery.js";
import { avatar, fill, h, icon } from "./dom.js";
import { drawFile } from "./file.js";
import { refreshMessages } from "./session.js";
import { text } from "./text.js";
import { clockTime, instant } from "./time.js";
import * as store from "./store.js";

/** The node of *message*; *follows* when the one before is by the same author and recent, so that name and picture are left out. */
export function drawMessage(message, { channel, follows }) {
  const author = authorOf(message);
  const at = instant(message.ts) || instant(message.time);
  const body = h(
    "div",
    { class: "message-body" },
    follows ? null : head(author, at, message),
    content(message, channel),
    h("div", { class: "message-foot" }),
  );
  return h(
    "article",
    {
      class: classes(message, follows),
      "data-testid": "message",
      "data-ts": message.ts,
      "data-author": author.id,
      "aria-label": `${author.name}, ${at ? clockTime(at) : ""}`,
    },
    h("div", { class: "message-side" }, follows ? h("time", { class: "message-hover-time" }, at ? clockTime(at) : "") : avatar(author)),
    h("div", { class: "message-main" }, message.ephemeral ? only() : null, body),
  );
}

const classes = (message, follows) =>
  [
    "message",
    follows ? "follows" : "",
    message.ephemeral ? "ephemeral" : "",
    isFailure(message) ? "failed" : "",
    message.thread_ts && message.thread_ts !== message.ts ? "reply" : "",
  ]
    .join(" ")
    .trim();
const isFailure = (message) => message.user === "USLACKBOT" && /failed with the error/.test(message.text || "");
const only = () => h("div", { class: "only-you" }, icon("eye", 14), "Only visible to you");

/** Who wrote *message*: a person, the app, or Slackbot. */
export function authorOf(message) {
  const { world } = store.get();
  if (message.bot && (!message.user || message.user === world.app.bot_user_id)) return store.user(world.app.bot_user_id);
  return store.user(message.user);
}

function head(author, at, message) {
  return h(
    "div",
    { class: "message-head" },
    h("span", { class: "message-author" }, author.name),
    author.is_app || author.kind === "bot" || author.is_bot ? h("span", { class: "app-badge" }, "APP") : null,
    message.thread_ts && message.thread_ts !== message.ts ? h("span", { class: "in-thread" }, icon("thread", 12), "in thread") : null,
    at ? h("time", { class: "message-time", datetime: at.toISOString(), title: at.toLocaleString() }, clockTime(at)) : null,
  );
}

function content(message, channel) {
  const context = {
    container: { type: "message", channel, ts: message.ts, ...(message.ephemeral ? { is_ephemeral: true } : {}) },
    after: refreshMessages,
  };
  const parts = [];
  if (message.blocks?.length) parts.push(drawBlocks(message.blocks, context));
  else if (message.text) parts.push(h("div", { class: "message-text" }, text(message.text)));
  for (const one of message.attachments || []) parts.push(attachment(one, context));
  for (const file of message.files || []) parts.push(drawFile(file));
  if (message.edited) parts.push(h("span", { class: "edited", title: "This message was changed" }, "(edited)"));
  return h("div", { class: "message-content" }, parts);
}

function attachment(one, context) {
  const body = one.blocks ? drawBlocks(one.blocks, context) : h("div", {}, text(one.text || one.fallback || ""));
  return h(
    "div",
    { class: "attachment", style: { "--edge": /^#[0-9a-f]{3,8}$/i.test(one.color || "") ? one.color : "var(--line-strong)" } },
    body,
  );
}

/** Show under the drawn *node* how the last delivery from this message went; the message itself stays as it is. */
export function drawFoot(node, ts) {
  const delivery = store.get().marks[ts];
  fill(node.querySelector(".message-foot"), delivery ? badge(delivery) : null);
}
