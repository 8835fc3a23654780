// The control API of the sandbox: what a person or a test may do in this world.

async function call(method, path, body) {
  const options = { method, headers: body === undefined ? {} : { "Content-Type": "application/json" } };
  if (body !== undefined) options.body = JSON.stringify(body);
  const response = await fetch(`/control${path}`, options);
  const text = await response.text();
  if (!response.ok) throw new Error(reason(text) || `The sandbox answered ${response.status}`);
  return JSON.parse(text || "{}");
}

function reason(text) {
  try {
    return JSON.parse(text).error;
  } catch {
    return text.slice(0, 200);
  }
}

const query = (values) => new URLSearchParams(Object.entries(values).filter(([, value]) => value !== "" && value !== undefined)).toString();

export const world = () => call("GET", "/world");
export const conversations = (user) => call("GET", `/slack/conversations?${query({ user })}`);
export const conversation = (user, channel) => call("GET", `/slack/conversation?${query({ user, channel })}`);
export const views = (user) => call("GET", `/slack/views?${query({ user })}`);
export const deliveries = () => call("GET", "/slack/deliveries");
export const say = (user, channel, text) => call("POST", "/slack/message", { user, channel, text });
export const act = (action) => call("POST", "/slack/action", action);
export const submit = (user, viewId, state) => call("POST", "/slack/submit", { user, view_id: viewId, state });
export const close = (user, viewId, everything) => call("POST", "/slack/close", { user, view_id: viewId, everything });
export const fileAddress = (user, id) => `/control/slack/file?${query({ user, id })}`;
export const home = (user) => call("POST", "/slack/home", { user });
export const connection = (what) => call("POST", "/slack/connection", { do: what });

export const organization = () => call("GET", "/atlassian");
export const people = (filter, limit, offset) => call("GET", `/atlassian/people?${query({ ...filter, limit, offset })}`);
export const calls = (after) => call("GET", `/atlassian/calls?${query({ after })}`);
export const change = (accountId, act_) => call("POST", `/atlassian/people/${encodeURIComponent(accountId)}`, act_);
export const seats = (product, capacity) => call("POST", "/atlassian/seats", { product, capacity });
export const faults = () => call("GET", "/faults");
export const addFault = (fault) => call("POST", "/faults", fault);
export const clearFaults = () => call("DELETE", "/faults");
export const key = (state) => call("POST", "/key", { state });
export const clock = (seconds) => call("POST", "/clock", { advance_seconds: seconds });

/** Everything that happens, one callback each; `onOpen` is told of the first connection and of each one after a loss. */
export function events({ onEvent, onOpen, onLoss }) {
  const source = new EventSource("/control/events");
  source.addEventListener("message", (event) => onEvent(JSON.parse(event.data)));
  source.addEventListener("open", onOpen);
  source.addEventListener("error", onLoss);
  return source;
}
