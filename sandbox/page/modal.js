// The app's modals: a stack of which the top one is seen.

import * as api from "./api.js";
import { drawBlocks } from "./blocks.js";
import { badge, remember, verdict } from "./delivery.js";
import { avatar, fill, h, icon } from "./dom.js";
import { refreshMessages, refreshViews } from "./session.js";
import { plainText } from "./text.js";
import { missing, readState } from "./values.js";
import * as store from "./store.js";

const TROUBLE = "We had some trouble connecting. Try again?";
const dialog = h("dialog", { class: "modal", "aria-labelledby": "modal-title", "data-testid": "modal", oncancel: cancel });
let view = null;
let depth = 0;
let problems = {};
let trouble = "";
let kept = {};
const entered = new Map(); // by view id: what was typed before another view was put on top

/** The node of the modal; it shows itself when the person has a view open. */
export function modal() {
  store.on(["views"], ({ views }) => show(views));
  store.on(["marks"], () => view && fill(dialog.querySelector(".modal-ack"), mark()));
  return dialog;
}

function show(views) {
  const next = views.at(-1) || null;
  if (next && next.id === view?.id && next.hash === view.hash && views.length === depth) return;
  if (view) entered.set(view.id, readState(dialog));
  if (!next) entered.clear();
  kept = entered.get(next?.id) || {};
  problems = {};
  trouble = "";
  view = next;
  depth = views.length;
  if (!view) return void (dialog.open && dialog.close());
  draw();
  if (!dialog.open) dialog.showModal();
  (dialog.querySelector("[autofocus]") || dialog.querySelector(".modal-body .field, .modal-body input"))?.focus();
}

function draw() {
  const context = { container: { type: "view", view_id: view.id }, after: refreshViews };
  fill(
    dialog,
    head(),
    trouble ? h("div", { class: "modal-trouble", role: "alert", "data-testid": "modal-trouble" }, icon("warning"), trouble) : null,
    h(
      "form",
      { class: "modal-body", id: "modal-form", novalidate: true, onsubmit: submitted },
      drawBlocks(view.blocks, context, { kept, errors: problems }),
    ),
    foot(),
  );
}

function head() {
  const back =
    depth > 1
      ? h(
          "button",
          { type: "button", class: "icon-button", "aria-label": "Back", onclick: () => leave(), "data-testid": "modal-back" },
          icon("back"),
        )
      : avatar(store.user(store.get().world.app.bot_user_id), "small");
  return h(
    "header",
    { class: "modal-head" },
    back,
    h("h2", { id: "modal-title" }, plainText(view.title)),
    h(
      "button",
      { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => leave(true), "data-testid": "modal-x" },
      icon("close"),
    ),
  );
}

function foot() {
  const closing = h(
    "button",
    { type: "button", class: "button", onclick: () => leave(), "data-testid": "modal-close" },
    plainText(view.close) || (view.submit ? "Cancel" : "Close"),
  );
  const sending = view.submit
    ? h(
        "button",
        { type: "submit", form: "modal-form", class: "button primary", "data-testid": "modal-submit" },
        h("span", { class: "button-text" }, plainText(view.submit)),
      )
    : null;
  return h("footer", { class: "modal-foot" }, h("span", { class: "modal-ack" }, mark()), closing, sending);
}

const mark = () => (store.get().marks[view.id] ? badge(store.get().marks[view.id]) : null);

function redraw() {
  kept = readState(dialog);
  draw();
  dialog.querySelector("[aria-invalid]")?.focus();
}

async function submitted(event) {
  event.preventDefault();
  problems = missing(dialog);
  trouble = "";
  if (Object.keys(problems).length) return redraw();
  const sent = view;
  setBusy(true);
  const answer = await api
    .submit(store.get().me.id, sent.id, readState(dialog))
    .catch((error) => ({ delivery: { outcome: error.message } }));
  setBusy(false);
  return view === sent ? settle(answer, sent) : undefined;
}

function settle(answer, sent) {
  problems = answer.errors || {};
  const refused = Object.keys(problems).length > 0;
  const failed = Boolean(answer.trouble) || (answer.delivery ? !verdict(answer.delivery).ok : !refused);
  if (answer.delivery) remember(failed || refused ? sent.id : "composer", answer.delivery);
  if (failed) trouble = answer.trouble || TROUBLE;
  if (failed || refused) redraw();
  else refreshViews();
  refreshMessages();
}

function setBusy(busy) {
  for (const button of dialog.querySelectorAll(".modal-foot button")) button.disabled = busy;
  dialog.querySelector("[data-testid=modal-submit]")?.classList.toggle("busy", busy);
}

function cancel(event) {
  event.preventDefault();
  leave();
}

/** Close the top view, or with *everything* the whole stack, as the cross does. */
async function leave(everything = false) {
  const left = view;
  await api.close(store.get().me.id, left.id, everything).catch(() => {});
  refreshViews();
}
