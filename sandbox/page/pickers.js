// Elements by which a person picks: selects of every source, radio buttons, checkboxes, dates. Native controls, so keyboard and
// screen reader work as everywhere.

import { h } from "./dom.js";
import { act } from "./interact.js";
import { plainText, text } from "./text.js";
import { holds } from "./values.js";
import * as store from "./store.js";

const id = ({ blockId, element }) => `field-${blockId}-${element.action_id}`;
const send = (scene, node, change) => !scene.silent && act({ ...scene, node, change });

function select(scene, options, { initial, read, multiple = false }) {
  const { element, blockId } = scene;
  const node = h("select", {
    class: "field select",
    id: id(scene),
    multiple,
    "data-testid": `select-${element.action_id}`,
    "aria-label": scene.silent ? null : plainText(element.placeholder) || "Choose",
  });
  if (!multiple)
    node.append(h("option", { value: "", disabled: true, selected: true }, plainText(element.placeholder) || "Choose an option"));
  node.append(...options);
  for (const option of node.options) if (initial.includes(option.value)) option.selected = true;
  node.addEventListener("change", () => send(scene, node, read(node)));
  return holds(node, { blockId, actionId: element.action_id, read: () => ({ type: element.type, ...read(node) }) });
}

function staticSelect(scene, multiple = false) {
  const { element, kept } = scene;
  const flat = element.options || (element.option_groups || []).flatMap((group) => group.options);
  const find = (value) => flat.find((option) => option.value === value) || null;
  const held = multiple
    ? (kept?.selected_options ?? element.initial_options ?? [])
    : [kept?.selected_option ?? element.initial_option].filter(Boolean);
  const chosen = (node) => [...node.selectedOptions].map((option) => find(option.value)).filter(Boolean);
  const read = (node) => (multiple ? { selected_options: chosen(node) } : { selected_option: chosen(node)[0] || null });
  return select(scene, optionNodes(element), { initial: held.map((one) => one.value), read, multiple });
}

function optionNodes(element) {
  const draw = (option) => h("option", { value: option.value, title: plainText(option.description) || null }, plainText(option.text));
  if (element.options) return element.options.map(draw);
  return (element.option_groups || []).map((group) => h("optgroup", { label: plainText(group.label) }, group.options.map(draw)));
}

function idSelect(scene, entries, name, multiple = false) {
  const { element, kept } = scene;
  const key = `selected_${name}${multiple ? "s" : ""}`;
  const held = kept?.[key] ?? element[`initial_${name}${multiple ? "s" : ""}`];
  const read = (node) => ({ [key]: multiple ? [...node.selectedOptions].map((one) => one.value) : node.value || null });
  return select(
    scene,
    entries.map(([value, label]) => h("option", { value }, label)),
    { initial: [held].flat(), read, multiple },
  );
}

const people = () => store.get().world.users.map((one) => [one.id, one.name]);
const channels = () => store.get().world.channels.map((one) => [one.id, `#${one.name}`]);

function choices(scene, type) {
  const { element, blockId, kept } = scene;
  const many = type === "checkbox";
  const held = (
    many ? (kept?.selected_options ?? element.initial_options ?? []) : [kept?.selected_option ?? element.initial_option].filter(Boolean)
  ).map((one) => one.value);
  const chosen = () => element.options.filter((_, index) => node.querySelectorAll("input")[index].checked);
  const read = () => (many ? { selected_options: chosen() } : { selected_option: chosen()[0] || null });
  const draw = (option) =>
    h(
      "label",
      { class: "choice" },
      h("input", {
        type,
        name: id(scene),
        value: option.value,
        checked: held.includes(option.value),
        onchange: () => send(scene, node, read()),
      }),
      h("span", {}, text(option.text), option.description ? h("span", { class: "choice-description" }, text(option.description)) : null),
    );
  const node = h(
    "div",
    { class: "choices", id: id(scene), role: many ? "group" : "radiogroup", "data-testid": `choices-${element.action_id}` },
    element.options.map(draw),
  );
  return holds(node, { blockId, actionId: element.action_id, read: () => ({ type: element.type, ...read() }) });
}

function moment(scene, type, name) {
  const { element, blockId, kept } = scene;
  const read = () => ({ [`selected_${name}`]: node.value || null });
  const node = h("input", {
    class: "field moment",
    type,
    id: id(scene),
    value: kept?.[`selected_${name}`] ?? element[`initial_${name}`] ?? "",
    "data-testid": `input-${element.action_id}`,
    onchange: () => send(scene, node, read()),
  });
  return holds(node, { blockId, actionId: element.action_id, read: () => ({ type: element.type, ...read() }) });
}

/** A drawing function for each element type of this kind. */
export const pickers = {
  static_select: (scene) => staticSelect(scene),
  multi_static_select: (scene) => staticSelect(scene, true),
  users_select: (scene) => idSelect(scene, people(), "user"),
  multi_users_select: (scene) => idSelect(scene, people(), "user", true),
  channels_select: (scene) => idSelect(scene, channels(), "channel"),
  conversations_select: (scene) => idSelect(scene, channels(), "conversation"),
  multi_conversations_select: (scene) => idSelect(scene, channels(), "conversation", true),
  radio_buttons: (scene) => choices(scene, "radio"),
  checkboxes: (scene) => choices(scene, "checkbox"),
  datepicker: (scene) => moment(scene, "date", "date"),
  timepicker: (scene) => moment(scene, "time", "time"),
};
