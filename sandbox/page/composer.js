// The box in which one writes: messages and slash commands, with the list of the app's commands.

import * as api from "./api.js";
import { avatar, fill, h, icon } from "./dom.js";
import { badge, remember, verdict } from "./delivery.js";
import { isDirect, refreshMessages, refreshViews } from "./session.js";
import * as store from "./store.js";

let offered = [];
let active = 0;
let dismissed = false;

const box = h("textarea", {
  class: "composer-text",
  rows: 1,
  "aria-label": "Message",
  role: "combobox",
  "aria-expanded": "false",
  "aria-controls": "commands",
  "aria-autocomplete": "list",
  spellcheck: "false",
  oninput: typed,
  onkeydown: keys,
  "data-testid": "composer",
});
const send = h(
  "button",
  { type: "button", class: "send", "aria-label": "Send", onclick: () => submit(), "data-testid": "send" },
  icon("send"),
);
const commands = h("div", {
  class: "commands",
  id: "commands",
  role: "listbox",
  "aria-label": "Commands",
  hidden: true,
  "data-testid": "commands",
});
const verdictLine = h("div", { class: "composer-verdict", role: "status" });

/** The node of the composer. */
export function composer() {
  store.on(["place", "conversations"], ({ place }) => {
    const one = store.channel(place);
    box.placeholder = !one ? "Message" : isDirect(one) ? `Message ${store.user(one.user).name}` : `Message #${one.name}`;
    box.disabled = Boolean(one?.is_archived);
  });
  store.on(["marks", "refusal"], ({ marks, refusal }) =>
    fill(
      verdictLine,
      refusal
        ? h("span", { class: "refusal", role: "alert", "data-testid": "refusal" }, refusal)
        : marks.composer
          ? badge(marks.composer)
          : hint(),
    ),
  );
  store.on(["place", "me"], () => store.patch({ refusal: "" }));
  return h("div", { class: "composer" }, commands, h("div", { class: "composer-box" }, box, send), verdictLine);
}

const hint = () => h("span", { class: "composer-hint" }, h("kbd", {}, "/"), " for commands, ", h("kbd", {}, "Enter"), " to send");

/** Put *text* into the box, ready to be sent. */
export function write(text) {
  box.value = text;
  dismissed = true;
  typed();
  box.focus();
}

function typed() {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, 180)}px`;
  send.classList.toggle("ready", box.value.trim() !== "");
  if (!box.value.startsWith("/")) dismissed = false;
  offer();
}

function offer() {
  const word = /^\/\S*$/.exec(box.value)?.[0];
  const known = store.get().world?.app.commands || [];
  offered = word && !dismissed ? known.filter((one) => one.command.startsWith(word)) : [];
  active = Math.min(active, Math.max(0, offered.length - 1));
  commands.hidden = offered.length === 0;
  box.setAttribute("aria-expanded", String(!commands.hidden));
  fill(commands, h("div", { class: "commands-title" }, store.get().world?.app.name), offered.map(commandRow));
  box.setAttribute("aria-activedescendant", offered[active] ? `command-${active}` : "");
}

function commandRow(one, index) {
  return h(
    "div",
    {
      class: "command",
      role: "option",
      id: `command-${index}`,
      "aria-selected": String(index === active),
      onclick: () => take(one),
      "data-testid": `command-${one.command.slice(1)}`,
    },
    avatar({ is_app: true }, "small"),
    h("span", { class: "command-name" }, one.command, h("span", { class: "command-usage" }, one.usage_hint)),
    h("span", { class: "command-about" }, one.description),
  );
}

function take(one) {
  box.value = `${one.command} `;
  typed();
  box.focus();
}

function keys(event) {
  if (offered.length && offerKeys(event)) return event.preventDefault();
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return undefined;
  event.preventDefault();
  return submit();
}

function offerKeys(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) active = (active + step + offered.length) % offered.length;
  else if (event.key === "Escape") dismissed = true;
  else if (event.key === "Tab" || (event.key === "Enter" && box.value !== offered[active].command)) return take(offered[active]) || true;
  else return false;
  offer();
  return true;
}

async function submit() {
  const text = box.value.trim();
  const { me, place } = store.get();
  if (!text || box.readOnly) return;
  store.patch({ refusal: "", marks: {} });
  setBusy(true);
  const answer = await api.say(me.id, place, text).catch((error) => ({ error }));
  setBusy(false);
  if (answer.error) store.patch({ refusal: answer.error.message });
  else if (answer.kind === "command") settle(answer.delivery);
  else clear();
  refreshMessages();
  refreshViews();
  box.focus();
}

/** Slack keeps the typed text when a command failed, so that people press Enter again. */
function settle(delivery) {
  remember("composer", delivery);
  if (verdict(delivery).ok) clear();
}

function clear() {
  box.value = "";
  typed();
}

function setBusy(busy) {
  box.readOnly = busy;
  send.classList.toggle("busy", busy);
}
