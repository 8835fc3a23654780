// The middle of the page: the head of the open place, and its messages or the Home tab.

import { composer } from "./composer.js";
import { arrange, avatar, fill, h, icon } from "./dom.js";
import { coach } from "./coach.js";
import { drawHome } from "./home.js";
import { authorOf, drawFoot, drawMessage } from "./message.js";
import { appConversation, isDirect, open } from "./session.js";
import { channelIcon } from "./sidebar.js";
import { dayLabel, instant } from "./time.js";
import * as store from "./store.js";

const GROUP_SECONDS = 300;
const list = h("div", {
  class: "messages",
  role: "log",
  "aria-live": "polite",
  "aria-relevant": "additions text",
  "aria-label": "Messages",
  "data-testid": "messages",
});
const scroller = h("div", { class: "scroller", tabindex: "-1" }, list);
const shown = new Map();
let shownPlace = "";

/** The node of the conversation. */
export function conversation() {
  const head = h("header", { class: "conversation-head" });
  const home = h("div", { class: "home", "data-testid": "home" });
  const box = composer();
  const guide = coach();
  store.on(["world", "me", "place", "conversations"], (state) => state.me && state.place && fill(head, headOf(state)));
  store.on(["messages", "place", "me", "loaded"], (state) => state.me && state.place !== "home" && drawList(state));
  store.on(["marks", "messages", "home"], () => drawFeet(home));
  store.on(["home", "place", "me", "loaded"], (state) => state.place === "home" && fill(home, drawHome(state)));
  store.on(["place"], ({ place }) => {
    scroller.hidden = box.hidden = place === "home";
    home.hidden = place !== "home";
  });
  return h("main", { class: "conversation", "aria-label": "Conversation" }, head, scroller, home, guide, box);
}

function headOf({ place, world }) {
  const one = store.channel(place);
  const dm = appConversation();
  if (place === "home" || (dm && dm.id === place))
    return [
      avatar(store.user(world.app.bot_user_id), "small"),
      h("h1", {}, world.app.name),
      h("span", { class: "app-badge" }, "APP"),
      tabs(place, dm),
    ];
  if (!one) return [h("h1", {}, place)];
  if (isDirect(one)) {
    const other = store.user(one.user);
    return [avatar(other, "small"), h("h1", {}, other.name)];
  }
  return [
    icon(channelIcon(one), 18),
    h("h1", {}, one.name),
    one.is_shared ? h("span", { class: "tag" }, "shared") : null,
    one.is_archived ? h("span", { class: "tag" }, "archived") : null,
    h("span", { class: "head-members" }, members(one)),
  ];
}

function members(one) {
  const known = one.members ?? store.get().world.channels.find((each) => each.id === one.id)?.members;
  const count = Array.isArray(known) ? known.length : known;
  return count ? `${count} ${count === 1 ? "member" : "members"}` : "";
}

function tabs(place, dm) {
  const tab = (id, label) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        class: "tab",
        "aria-selected": String(place === id),
        disabled: !id,
        onclick: () => open(id),
        "data-testid": `tab-${label.toLowerCase()}`,
      },
      label,
    );
  return h("div", { class: "tabs", role: "tablist" }, tab("home", "Home"), tab(dm?.id, "Messages"));
}

function drawList(state) {
  const place = `${state.me.id} ${state.place}`;
  const fresh = place !== shownPlace;
  if (fresh) shown.clear();
  const near = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 140;
  const rows = withDays(state.messages, state.place, fresh);
  reconcile(rows.length || state.loaded !== place ? rows : [empty(state)]);
  if (fresh || near) scroller.scrollTop = scroller.scrollHeight;
  if (state.loaded === place) shownPlace = place;
}

const empty = ({ place }) =>
  h(
    "div",
    { class: "empty" },
    h("p", {}, `This is the very beginning of ${store.channel(place)?.name ? `#${store.channel(place).name}` : "this conversation"}.`),
  );

function withDays(messages, channel, fresh) {
  const nodes = [];
  messages.forEach((message, index) => {
    const before = messages[index - 1];
    const day = dayLabel(instant(message.ts));
    const newDay = !before || dayLabel(instant(before.ts)) !== day;
    if (newDay) nodes.push(keep(`day ${day}`, day, () => h("div", { class: "day", role: "separator" }, h("span", {}, day))));
    nodes.push(messageNode(message, { channel, follows: !newDay && followsOn(before, message) }, fresh));
  });
  return nodes;
}

function messageNode(message, how, fresh) {
  const key = `${message.ts}${message.ephemeral ? " e" : ""}`;
  const sight = JSON.stringify([message, how]);
  const known = shown.get(key);
  const node = keep(key, sight, () => drawMessage(message, how));
  if (!fresh && known && known.node !== node && known.content !== JSON.stringify(message)) node.classList.add("changed");
  if (!fresh && !known) node.classList.add("arrived");
  shown.get(key).content = JSON.stringify(message);
  return node;
}

function keep(key, sight, draw) {
  const known = shown.get(key);
  if (known?.sight === sight) return known.node;
  const node = draw();
  shown.set(key, { sight, node });
  return node;
}

function followsOn(before, message) {
  const close = Number(message.ts) - Number(before.ts) < GROUP_SECONDS;
  return (
    close &&
    authorOf(before).id === authorOf(message).id &&
    Boolean(before.ephemeral) === Boolean(message.ephemeral) &&
    (before.thread_ts || "") === (message.thread_ts || "") &&
    !message.blocks?.length &&
    !before.blocks?.length
  );
}

function drawFeet(home) {
  for (const node of [...list.querySelectorAll(".message"), ...home.querySelectorAll(".home-view")]) drawFoot(node, node.dataset.ts);
}

function reconcile(nodes) {
  arrange(list, nodes);
  const wanted = new Set(nodes);
  for (const [key, { node }] of shown) if (!wanted.has(node)) shown.delete(key);
}
