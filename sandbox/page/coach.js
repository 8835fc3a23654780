// What to try first: three steps that tick themselves off.

import { write } from "./composer.js";
import { fill, h, icon } from "./dom.js";
import { become, open } from "./session.js";
import * as store from "./store.js";

const KEY = "comeback-sandbox-coach";
const done = new Set();
const node = h("section", { class: "coach", "aria-label": "What to try first", hidden: true, "data-testid": "coach" });

/** The node of the hint; empty once it was dismissed. */
export function coach() {
  if (localStorage.getItem(KEY) === "seen") return node;
  store.on(["me", "deliveries", "world"], (state) => state.world && state.me && !node.classList.contains("gone") && draw(state));
  return node;
}

function draw({ me, deliveries }) {
  const ada = store.userByKey("ada");
  const grace = store.userByKey("grace");
  if (!ada || !grace) return;
  const did = (person, what) => deliveries.some((one) => one.user === person.id && one.outcome === "ok" && what.test(one.what));
  if (did(ada, /^\/request/)) done.add("ask");
  if (done.has("ask") && me.id === grace.id) done.add("become");
  if (did(grace, /approve/)) done.add("approve");
  node.hidden = false;
  const over = done.has("approve");
  node.classList.toggle("over", over);
  fill(
    node,
    h("p", { class: "coach-title" }, over ? "That is the story." : "Try it"),
    over
      ? h("p", { class: "coach-more" }, "Become somebody else for another one, or change the weather on the right.")
      : h("ol", {}, steps(ada, grace)),
    h(
      "button",
      { type: "button", class: "icon-button", "aria-label": "Dismiss this hint", onclick: dismiss, "data-testid": "coach-dismiss" },
      icon("close", 14),
    ),
  );
}

const command = () => store.get().world.app.commands.find((one) => one.command === "/request-jira")?.command || "/request-jira";

function steps(ada, grace) {
  return [
    step(
      "ask",
      "As Ada, type ",
      h("button", { type: "button", class: "coach-do", onclick: () => ask(ada), "data-testid": "coach-ask" }, `${command()} …`),
    ),
    step(
      "become",
      "Become ",
      h(
        "button",
        { type: "button", class: "coach-do", onclick: () => become(grace, adminChannel()), "data-testid": "coach-become" },
        "Grace",
      ),
    ),
    step("approve", "Press ", h("strong", {}, "Approve")),
  ];
}

const step = (name, ...parts) =>
  h("li", { class: done.has(name) ? "done" : "" }, done.has(name) ? icon("check", 14) : null, h("span", {}, parts));
const adminChannel = () => store.get().world.channels.find((one) => one.name.includes("admins"))?.id;

async function ask(ada) {
  const general = store.get().world.channels.find((one) => one.name === "general")?.id;
  if (store.get().me.id !== ada.id) await become(ada, general);
  else if (store.get().place === "home") await open(general);
  write(`${command()} I join the mobile launch on Monday and need the board`);
}

function dismiss() {
  localStorage.setItem(KEY, "seen");
  node.classList.add("gone");
  node.hidden = true;
}
