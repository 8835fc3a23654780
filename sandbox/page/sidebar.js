// Where you can go: the app's Home tab, channels, direct messages.

import { story } from "./cast.js";
import { arrange, avatar, fill, h, icon } from "./dom.js";
import { appConversation, become, isDirect, open } from "./session.js";
import * as store from "./store.js";
import { switcher } from "./switcher.js";

/** The icon name of a channel: archived, private, shared or public. */
export const channelIcon = (one) => (one.is_archived ? "archive" : one.is_private ? "lock" : one.is_shared ? "link" : "hash");

/** The node of the sidebar. */
export function sidebar() {
  const workspace = h("div", { class: "workspace" });
  const list = h("nav", { class: "places", "aria-label": "Conversations" });
  store.on(
    ["world"],
    ({ world }) =>
      world &&
      fill(
        workspace,
        h("span", { class: "workspace-name" }, world.workspace.name),
        h("span", { class: "workspace-domain" }, `${world.workspace.domain}.slack`),
      ),
  );
  store.on(["world", "conversations", "place", "me"], (state) => state.world && state.me && arrange(list, groups(state)));
  return h(
    "aside",
    { class: "sidebar", "aria-label": "Workspace" },
    h("div", { class: "sidebar-head" }, workspace, switcher()),
    list,
    quick(),
  );
}

function groups({ conversations, world, place }) {
  const dm = appConversation();
  const bot = store.user(world.app.bot_user_id);
  const order = new Map(world.channels.map((one, index) => [one.id, index]));
  const channels = conversations.filter((one) => !isDirect(one)).sort((a, b) => order.get(a.id) - order.get(b.id));
  const people = conversations.filter((one) => isDirect(one) && one !== dm);
  return [
    title("App"),
    row({ id: "home", label: `${bot.name} Home`, picture: avatar(bot, "tiny"), current: place === "home", testid: "nav-home" }),
    row({
      id: dm?.id || "app-messages",
      label: "Messages",
      picture: icon("thread"),
      current: place === (dm?.id || "app-messages"),
      unread: dm?.unread,
      testid: "nav-app-messages",
      disabled: !dm,
    }),
    title("Channels"),
    channels.map((one) =>
      row({
        id: one.id,
        label: one.name,
        picture: icon(channelIcon(one)),
        current: place === one.id,
        unread: one.unread,
        testid: `channel-${one.name}`,
        dim: one.is_archived,
      }),
    ),
    people.length ? title("Direct messages") : null,
    people.map((one) => direct(one, place)),
  ]
    .flat()
    .filter(Boolean);
}

function direct(one, place) {
  const other = store.user(one.user);
  return row({
    id: one.id,
    label: other.name,
    picture: avatar(other, "tiny"),
    current: place === one.id,
    unread: one.unread,
    testid: `dm-${other.key || other.id}`,
  });
}

const title = (text) => h("h2", { class: "places-title" }, text);

const rows = new Map(); // by test id: a button that is drawn anew loses the focus

function row({ id, label, picture, current, unread, testid, dim, disabled = false }) {
  const isNew = Boolean(unread) && !current;
  const node = rows.get(testid) || h("button", { type: "button", "data-testid": testid });
  rows.set(testid, node);
  node.onclick = () => open(id);
  node.disabled = disabled;
  node.className = `place ${isNew ? "new" : ""} ${dim ? "dim" : ""}`;
  if (current) node.setAttribute("aria-current", "page");
  else node.removeAttribute("aria-current");
  return fill(
    node,
    h("span", { class: "place-picture" }, picture),
    h("span", { class: "place-name" }, label),
    isNew ? h("span", { class: "unread", "aria-label": `${unread} new` }, unread === true ? "" : String(unread)) : null,
  );
}

const USUAL = ["ada", "grace", "omar", "hugo", "quinn", "lena"];

/** The people one was last, and those of the story, a click away. */
function quick() {
  const node = h("div", { class: "quick", role: "group", "aria-label": "Become" });
  store.on(["me", "recent", "world"], ({ me, recent = [], world }) => {
    if (!world || !me) return;
    const people = [...new Set([...recent, ...USUAL.map(store.userByKey)])].filter(Boolean).slice(0, 6);
    people.sort((a, b) => place(a) - place(b));
    fill(
      node,
      h("span", { class: "quick-title" }, "Become"),
      h(
        "div",
        { class: "quick-people" },
        people.map((one) => face(one, one === me)),
      ),
    );
  });
  return node;
}

const place = ({ key }) => (USUAL.includes(key) ? USUAL.indexOf(key) : USUAL.length);

function face(person, current) {
  return h(
    "button",
    {
      type: "button",
      class: "quick-face",
      title: story(person),
      "aria-label": `Become ${person.name}`,
      "aria-pressed": String(current),
      onclick: () => become(person),
      "data-testid": `quick-${person.key}`,
    },
    avatar(person),
  );
}
