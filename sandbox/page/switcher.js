// "You are": the button that tells who you are, and the list from which you become somebody else.

import { isNamed, story, storyTone } from "./cast.js";
import { avatar, fill, h, icon } from "./dom.js";
import { become } from "./session.js";
import * as store from "./store.js";

const SHOWN = 80;
let found = [];
let active = 0;

const button = h("button", {
  type: "button",
  class: "you",
  "aria-haspopup": "dialog",
  "aria-expanded": "false",
  onclick: () => toggle(),
  "data-testid": "person-switcher",
});
const search = h("input", {
  class: "field",
  type: "search",
  placeholder: "Who do you want to be?",
  "aria-label": "Search people",
  role: "combobox",
  "aria-controls": "people-list",
  "aria-expanded": "true",
  autocomplete: "off",
  spellcheck: "false",
  oninput: () => list(),
  onkeydown: keys,
  "data-testid": "person-search",
});
const options = h("div", { class: "switch-list", id: "people-list", role: "listbox", "aria-label": "People" });
const panel = h(
  "div",
  { class: "switch-panel", hidden: true, role: "dialog", "aria-label": "Become somebody else" },
  h("div", { class: "switch-search" }, icon("search"), search),
  options,
);

/** The node of the switcher. */
export function switcher() {
  document.addEventListener("pointerdown", (event) => node.contains(event.target) || toggle(false));
  store.on(
    ["me"],
    ({ me }) =>
      me &&
      fill(
        button,
        avatar(me),
        h(
          "span",
          { class: "you-text" },
          h("span", { class: "you-label" }, "You are"),
          h("span", { class: "you-name", "data-testid": "you-name" }, me.name),
        ),
        icon("chevron"),
      ),
  );
  return node;
}

const node = h("div", { class: "switcher" }, button, panel);

function toggle(open = panel.hidden) {
  panel.hidden = !open;
  button.setAttribute("aria-expanded", String(open));
  if (!open) return;
  search.value = "";
  list();
  search.focus();
}

function list() {
  const wanted = search.value.trim().toLowerCase();
  const { users } = store.get().world;
  found = users
    .filter((one) => [one.name, one.key, one.title, story(one)].some((text) => text?.toLowerCase().includes(wanted)))
    .slice(0, SHOWN);
  active = 0;
  const named = found.filter(isNamed);
  const others = found.filter((one) => !isNamed(one));
  found = [...named, ...others];
  fill(
    options,
    named.length ? h("div", { class: "switch-title" }, "The cast") : null,
    named.map(option),
    others.length ? h("div", { class: "switch-title" }, "Colleagues") : null,
    others.map(option),
    found.length ? null : h("p", { class: "nothing" }, "Nobody by that name."),
  );
  point();
}

function option(person) {
  return h(
    "div",
    {
      class: "switch-option",
      role: "option",
      id: `person-${person.key}`,
      "aria-selected": "false",
      onclick: () => choose(person),
      "data-testid": `person-${person.key}`,
    },
    avatar(person),
    h(
      "span",
      { class: "switch-text" },
      h("span", { class: "switch-name" }, person.name),
      h("span", { class: `switch-story ${storyTone(person)}` }, story(person)),
    ),
    person.id === store.get().me?.id ? icon("check") : null,
  );
}

function point() {
  const nodes = [...options.querySelectorAll(".switch-option")];
  nodes.forEach((one, index) => one.setAttribute("aria-selected", String(index === active)));
  nodes[active]?.scrollIntoView({ block: "nearest" });
  search.setAttribute("aria-activedescendant", nodes[active]?.id || "");
}

function keys(event) {
  if (event.key === "Escape") return leave();
  if (event.key === "Enter") {
    event.preventDefault(); // else the button that gets the focus would be pressed by the same key
    return found[active] && choose(found[active]);
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !found.length) return undefined;
  event.preventDefault();
  active = (active + step + found.length) % found.length;
  return point();
}

function leave() {
  toggle(false);
  button.focus();
}

function choose(person) {
  leave();
  return become(person);
}
