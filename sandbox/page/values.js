// The values that a person put into the elements of a message or a view, in the shape of Slack's `view.state.values`.

/** Mark *node* as the holder of one value; *read* gives it in Slack's shape. */
export function holds(node, { blockId, actionId, read }) {
  node.dataset.block = blockId;
  node.dataset.action = actionId;
  node.readValue = read;
  return node;
}

const holders = (root) => [...root.querySelectorAll("[data-block][data-action]")];

/** {block_id: {action_id: value}} of everything below *root*. */
export function readState(root) {
  const state = {};
  for (const node of holders(root)) (state[node.dataset.block] ||= {})[node.dataset.action] = node.readValue();
  return state;
}

/** The blocks below *root* which must be completed first: {block_id: sentence}. */
export function missing(root) {
  const errors = {};
  for (const node of holders(root)) {
    if (node.dataset.required !== "yes") continue;
    const text = valueText(node.readValue());
    const least = Number(node.dataset.least || 0);
    if (text === "") errors[node.dataset.block] = "Please complete this required field.";
    else if (text.length < least) errors[node.dataset.block] = `Please lengthen this text to ${least} characters or more.`;
  }
  return errors;
}

function valueText(value) {
  const { type, ...rest } = value;
  const held = Object.values(rest)[0];
  if (held === null || held === undefined) return "";
  if (Array.isArray(held)) return held.map((one) => one.value ?? one).join(",");
  return String(held.value ?? held).trim();
}
