// What the page knows. Parts subscribe to the keys they draw; several changes in one turn are told once.

const state = {
  world: null,
  me: null,
  place: null,
  loaded: null,
  conversations: [],
  messages: [],
  home: null,
  homeRefused: "",
  views: [],
  deliveries: [],
  marks: {},
  refusal: "",
  recent: [],
  touched: {},
  atlassian: null,
  people: { rows: [], total: 0 },
  filter: { query: "", state: "", product: "" },
  calls: [],
  spotlight: null,
  faults: [],
  key: "valid",
  live: false,
};
const subscribers = [];
let changed = new Set();

/** The state itself; read it, and change it through `patch`. */
export const get = () => state;

/** Change some keys and tell those who draw them. */
export function patch(changes) {
  Object.assign(state, changes);
  if (changed.size === 0) queueMicrotask(tell);
  for (const key of Object.keys(changes)) changed.add(key);
}

/** Call *draw* now and after each change of one of *keys*. */
export function on(keys, draw) {
  subscribers.push({ keys, draw });
  draw(state);
}

// While a pointer is down nothing is drawn: a click is lost when the press and the release meet different nodes.
let pressed = false;
addEventListener("pointerdown", () => (pressed = true), true);
for (const end of ["pointerup", "pointercancel", "keydown", "change"]) addEventListener(end, release, true);
addEventListener("pointermove", (event) => event.buttons === 0 && release(), true); // released outside the window, or over a native menu
addEventListener("blur", release); // the window's own: those of elements do not bubble, and a press moves the focus

function release() {
  if (!pressed) return;
  pressed = false;
  setTimeout(tell); // after the click
}

function tell() {
  if (pressed) return;
  const keys = changed;
  changed = new Set();
  for (const { keys: wanted, draw } of subscribers) if (wanted.some((key) => keys.has(key))) draw(state);
}

/** The workspace's user with this id, or a stand-in that shows the id. */
export function user(id) {
  const world = state.world;
  if (!world) return { id, name: id };
  if (id === world.app.bot_user_id || id === world.app.id) return { id, name: world.app.name, is_app: true };
  if (id === "USLACKBOT") return { id, name: "Slackbot", initials: "S", avatar_color: "#7c6a9c", is_bot: true };
  return world.byId.get(id) || { id, name: id };
}

/** The workspace's user with this key ("ada"), or undefined. */
export const userByKey = (key) => state.world?.users.find((one) => one.key === key);

/** The channel with this id, as this person or the world lists it. */
export function channel(id) {
  return state.conversations.find((one) => one.id === id) || state.world?.channels.find((one) => one.id === id);
}
