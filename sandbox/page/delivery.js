// What Slack would show about one delivery to the app: how fast it was acknowledged, or that it was not.

import { h, icon } from "./dom.js";
import * as store from "./store.js";

const DEADLINE_MS = 3000;
const SHOWN_MS = 12000;

/** {ok, label, title} of a delivery; over three seconds counts as failed, as Slack has it. */
export function verdict(delivery) {
  const ms = delivery?.ack_ms;
  const late = typeof ms === "number" && ms > DEADLINE_MS;
  const ok = delivery?.outcome === "ok" && !late;
  if (ok) return { ok, label: `acked in ${spell(ms)}`, title: "Time from the event to the app's acknowledgement. Slack gives it 3 s." };
  if (late || delivery?.outcome === "operation_timeout")
    return { ok, label: `no ack within 3 s`, title: "The app answered too late; Slack has stopped waiting." };
  return { ok, label: delivery?.outcome?.replaceAll("_", " ") || "failed", title: "The app could not be reached or refused the delivery." };
}

const spell = (ms) => (typeof ms !== "number" ? "time" : ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`);

/** A small pill with the verdict. */
export function badge(delivery) {
  const { ok, label, title } = verdict(delivery);
  return h("span", { class: `ack ${ok ? "good" : "bad"}`, title, "data-testid": "ack-badge" }, icon(ok ? "check" : "warning", 12), label);
}

/** Remember the verdict under *place* (a message's ts, a view's id, "composer"), for a few seconds. */
export function remember(place, delivery) {
  store.patch({ marks: { ...store.get().marks, [place]: delivery } });
  setTimeout(() => forget(place, delivery), SHOWN_MS);
}

function forget(place, delivery) {
  const { [place]: held, ...rest } = store.get().marks;
  if (held === delivery) store.patch({ marks: rest });
}
