// Who you are, where you are, and keeping what you see fresh.

import * as api from "./api.js";
import * as store from "./store.js";
import { setNow } from "./time.js";

const PAGE_SIZE = 60;
const CALLS_KEPT = 250;

/** A function that runs *work* at most once at a time, and once more when asked meanwhile. */
function coalesced(work, waitMs = 30) {
  let again = false;
  let running = false;
  const run = async () => {
    if (running) return void (again = true);
    running = true;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    again = false;
    await work().catch((error) => console.warn(error));
    running = false;
    if (again) run();
  };
  return run;
}

const refreshConversations = coalesced(async () => {
  const { me } = store.get();
  const { conversations } = await api.conversations(me.id);
  if (store.get().me === me) store.patch({ conversations });
}, 80);

/** Read the open conversation again. */
export const refreshMessages = coalesced(async () => {
  const { me, place } = store.get();
  if (!place || place === "home") return;
  const { messages } = await api.conversation(me.id, place).catch(() => ({ messages: [] }));
  const { me: still, place: here } = store.get();
  if (still === me && here === place) store.patch({ messages, loaded: `${me.id} ${place}` });
  refreshConversations();
});

/** Read the open modals again. */
export const refreshViews = coalesced(async () => {
  const { me } = store.get();
  const { stack } = await api.views(me.id);
  if (store.get().me === me) store.patch({ views: stack });
}, 0);

/** Read people, as filtered, again. */
export const refreshPeople = coalesced(async () => {
  const { filter, people } = store.get();
  const { rows, total } = await api.people(filter, Math.max(PAGE_SIZE, people.rows.length), 0);
  if (store.get().filter === filter) store.patch({ people: { rows, total } });
}, 60);

/** Read the organization's seats and states again. */
export const refreshOrganization = coalesced(async () => readOrganization(await api.organization()), 120);

/** Read the journal of calls since the last one known. */
const refreshCalls = coalesced(async () => {
  const { calls, atlassian } = store.get();
  const known = calls.at(-1)?.n ?? Math.max(0, (atlassian?.calls_total ?? 0) - CALLS_KEPT);
  const rows = (await api.calls(known)).calls;
  if (rows.length) store.patch({ calls: [...calls, ...rows].slice(-CALLS_KEPT) });
}, 60);

/** Load the world and take up the person and place that the address names. */
export async function enter() {
  await readWorld();
  const wish = new URLSearchParams(location.search);
  const me = store.userByKey(wish.get("as")) || store.userByKey("ada") || store.get().world.users[0];
  await become(me, wish.get("in") || undefined);
  refreshPeople();
  refreshCalls();
  store.patch({ ...(await api.deliveries()), ...(await api.faults()) });
}

async function readWorld() {
  const world = await api.world();
  world.byId = new Map(world.users.map((one) => [one.id, one]));
  setNow(world.now);
  store.patch({ world });
  readOrganization(world.atlassian);
}

function readOrganization(atlassian) {
  store.patch({ atlassian, key: atlassian.organization.key_state });
}

let moves = 0; // how often somebody went somewhere; who went on meanwhile is not called back

/** Be *person*, in *place* when that person sees it, else in the first channel. */
export async function become(person, place = store.get().place) {
  const move = ++moves;
  store.patch({ me: person, conversations: [], messages: [], views: [], home: null, loaded: null, marks: {}, recent: remembered(person) });
  spotlightOn(person);
  refreshViews();
  const { conversations } = await api.conversations(person.id);
  if (store.get().me !== person) return;
  store.patch({ conversations });
  const seen = place === "home" || conversations.some((one) => one.id === place);
  if (move === moves) await open(seen ? place : conversations.find((one) => !isDirect(one) && !one.is_archived)?.id || "home");
}

const remembered = (person) => [person, ...(store.get().recent || []).filter((one) => one !== person)].slice(0, 6);

/** Go to a channel, a direct message or the app's Home tab. */
export async function open(place) {
  moves += 1;
  store.patch({ place, messages: [], loaded: null });
  const { me } = store.get();
  history.replaceState(null, "", `?${new URLSearchParams({ as: me.key, in: place })}`);
  if (place === "home") await openHome();
  else await refreshMessages();
}

/** The app may publish while it is still being told, so what came meanwhile is newer than the answer. */
async function openHome() {
  const { me } = store.get();
  store.patch({ home: null });
  const { view = null, refused = "" } = await api.home(me.id).catch((error) => ({ refused: error.message }));
  if (store.get().me === me) store.patch({ home: store.get().home || view, homeRefused: refused, loaded: `${me.id} home` });
}

/** True for conversations of two. */
export const isDirect = (one) => one.kind === "im";

/** The direct message with the app, when it exists. */
export function appConversation() {
  const { conversations, world } = store.get();
  return conversations.find((one) => isDirect(one) && one.user === world.app.bot_user_id);
}

/** Show *person*'s Atlassian account above the table, when there is one. */
async function spotlightOn(person) {
  const { rows = [] } = await api.people({ query: person.name }, 5, 0).catch(() => ({}));
  const row = rows.find((one) => one.key === person.key);
  if (store.get().me === person) store.patch({ spotlight: row ? { row } : { nobody: person } });
}

/** Show the account with this id; *flash* when a call changed it just now. */
export async function spotlightAccount(accountId, flash = false) {
  const { people, spotlight } = store.get();
  const known = [spotlight?.row, ...people.rows].find((one) => one?.account_id === accountId);
  const { rows = [] } = await api.people({ query: known?.name || accountId }, 20, 0).catch(() => ({}));
  const row = rows.find((one) => one.account_id === accountId);
  if (row) store.patch({ spotlight: { row, flash: flash ? Date.now() : 0 } });
}

const mine = (event) => !event.user || event.user === store.get().me?.id;
const touched = (event) => event.channel === store.get().place;

const REACT = {
  message: (event) => mine(event) && (touched(event) ? refreshMessages() : refreshConversations()),
  message_changed: (event) => touched(event) && refreshMessages(),
  message_deleted: (event) => touched(event) && refreshMessages(),
  ephemeral: (event) => mine(event) && refreshMessages(),
  view_opened: (event) => mine(event) && refreshViews(),
  view_updated: (event) => mine(event) && refreshViews(),
  view_closed: (event) => mine(event) && refreshViews(),
  home_published: (event) => mine(event) && store.get().place === "home" && store.patch({ home: event.view }),
  delivery: deliveryTold,
  connection: connectionChanged,
  atlassian_call: () => refreshCalls(),
  atlassian_changed: accountChanged,
  clock: (event) => setNow(event.now),
};

function deliveryTold(event) {
  if (event.outcome === "waiting") return;
  const others = store.get().deliveries.filter((one) => one.id !== event.id);
  store.patch({ deliveries: [...others, event].slice(-200) });
}

function connectionChanged(event) {
  const { world } = store.get();
  const app = { ...world.app, connected: event.connected, mode: event.mode || world.app.mode };
  store.patch({ world: { ...world, app } });
}

function accountChanged(event) {
  refreshOrganization();
  refreshPeople();
  if (!event.account_id) return;
  store.patch({ touched: { ...store.get().touched, [event.account_id]: Date.now() } });
  lastTouched = event.account_id;
  showTouched();
}

let lastTouched = "";
const showTouched = coalesced(() => spotlightAccount(lastTouched, true));

/** Follow the world for as long as the page is open. */
export function follow() {
  api.events({
    onEvent: (event) => REACT[event.type]?.(event),
    onLoss: () => store.patch({ live: false }),
    // What happened before the stream was open (the first time too) came to nobody's ears.
    onOpen: () => {
      store.patch({ live: true });
      catchUp();
    },
  });
}

/** Read everything that events keep fresh; people of the world stay who they are, as others hold on to them. */
function catchUp() {
  for (const refresh of [refreshConversations, refreshMessages, refreshViews, refreshOrganization, refreshPeople, refreshCalls]) refresh();
  if (store.get().place === "home") openHome();
  api.world().then(({ app }) => connectionChanged(app)).catch(() => {}); // the next opening catches up again
}
