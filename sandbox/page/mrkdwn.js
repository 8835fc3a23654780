// Slack's mrkdwn as a tree of plain objects; pure, so that it can be tested without a browser.
// Rules: https://docs.slack.dev/messaging/formatting-message-text/

import { emoji } from "./emoji.js";

const FIRST_PLACE = 0xe000;
const STYLES = { "*": "bold", _: "italic", "~": "strike" };
const SAFE_LINK = /^(https?:|mailto:|tel:|slack:)/i;

/** Blocks of *source* in order: {type: line | quote | pre, children | text}. `verbatim` leaves bare addresses unlinked. */
export function parse(source, { verbatim = false } = {}) {
  const blocks = [];
  const pieces = clean(source).split(/```\n?([\s\S]*?)\n?```\n?/);
  pieces.forEach((piece, index) => {
    if (index % 2) blocks.push({ type: "pre", text: unescape(stripLinks(piece)) });
    else if (piece !== "") blocks.push(...parseLines(piece.replace(/\n$/, pieces.length > index + 1 ? "" : "\n"), verbatim));
  });
  return blocks;
}

function parseLines(text, verbatim) {
  const blocks = [];
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index += 1) {
    const rest = /^(?:&gt;|>){3} ?/.exec(lines[index]);
    if (rest) {
      const quoted = [lines[index].slice(rest[0].length), ...lines.slice(index + 1)];
      return [...blocks, { type: "quote", children: quoted.map((line) => ({ type: "line", children: inline(line, verbatim) })) }];
    }
    addLine(blocks, lines[index], verbatim);
  }
  return blocks;
}

function addLine(blocks, line, verbatim) {
  const quote = /^(?:&gt;|>) ?/.exec(line);
  if (!quote) {
    const item = /^(\s*)([•◦▪-]|\d{1,3}\.)\s+/.exec(line);
    const body = item ? line.slice(item[0].length) : line;
    blocks.push({
      type: "line",
      children: inline(body, verbatim),
      ...(item ? { marker: item[2], depth: Math.floor(item[1].length / 2) } : {}),
    });
    return;
  }
  const child = { type: "line", children: inline(line.slice(quote[0].length), verbatim) };
  const last = blocks.at(-1);
  if (last?.type === "quote") last.children.push(child);
  else blocks.push({ type: "quote", children: [child] });
}

/** The nodes of one line: text, bold, italic, strike, code, link, user, channel, group, ping, date, emoji. */
export function inline(line, verbatim = false) {
  const places = [];
  const put = (node) => String.fromCharCode(FIRST_PLACE + places.push(node) - 1);
  const marked = line
    .replace(/`([^`\n]+)`/g, (_, code) => put({ type: "code", text: unescape(stripLinks(code)) }))
    .replace(/<([^<>\n]+)>/g, (whole, body) => put(special(body) || { type: "text", text: unescape(whole) }));
  const linked = verbatim
    ? marked
    : marked.replace(/https?:\/\/[^\s\ue000-\uf8ff]*[^\s\ue000-\uf8ff.,;:!?)*_~'"]/g, (url) => put(bareLink(url)));
  const faces = linked.replace(/:([a-z0-9_+-]+):(?::skin-tone-\d:)?/g, (whole, name) =>
    emoji(name) ? put({ type: "emoji", name, text: emoji(name) }) : whole,
  );
  return styled(faces, places);
}

/** Text with shortcodes replaced, for `plain_text` objects with `emoji`. */
export const withEmoji = (text) => text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => emoji(name) || whole);

function styled(text, places) {
  const nodes = [];
  let plain = "";
  const flush = () => {
    if (plain) nodes.push({ type: "text", text: unescape(plain) });
    plain = "";
  };
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const end = STYLES[text[index]] ? closing(text, index) : -1;
    if (end > 0) {
      flush();
      nodes.push({ type: STYLES[text[index]], children: styled(text.slice(index + 1, end), places) });
      index = end;
    } else if (code >= FIRST_PLACE && code < FIRST_PLACE + places.length) {
      flush();
      nodes.push(places[code - FIRST_PLACE]);
    } else plain += text[index];
  }
  flush();
  return nodes;
}

const isWord = (char) => char !== undefined && /[\p{L}\p{N}]/u.test(char);

function closing(text, start) {
  const sign = text[start];
  const next = text[start + 1];
  if (isWord(text[start - 1]) || next === undefined || /\s/.test(next) || next === sign) return -1;
  for (let index = start + 2; index < text.length; index += 1) {
    if (text[index] === sign && !/\s/.test(text[index - 1]) && !isWord(text[index + 1])) return index;
  }
  return -1;
}

function special(body) {
  const bar = body.indexOf("|");
  const target = bar < 0 ? body : body.slice(0, bar);
  const label = bar < 0 ? "" : unescape(body.slice(bar + 1));
  if (target.startsWith("@")) return { type: "user", id: target.slice(1), label };
  if (target.startsWith("#")) return { type: "channel", id: target.slice(1), label };
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!subteam^")) return { type: "group", id: target.slice(9), label };
  if (target.startsWith("!")) return { type: "ping", name: target.slice(1) };
  return SAFE_LINK.test(target) ? { type: "link", url: unescape(target), label: label || unescape(target.replace(/^mailto:/, "")) } : null;
}

function date(target, fallback) {
  const [, seconds, format = "{date}", url = ""] = target.split("^");
  const at = Number(seconds);
  if (!Number.isFinite(at)) return { type: "text", text: fallback };
  return { type: "date", seconds: at, format: unescape(format), url: SAFE_LINK.test(url) ? unescape(url) : "", fallback };
}

const bareLink = (url) => ({ type: "link", url: unescape(url), label: unescape(url) });
const clean = (source) =>
  String(source ?? "")
    .replace(/[\ue000-\uf8ff]/g, "\ufffd")
    .replace(/\r\n?/g, "\n");
const unescape = (text) => text.replace(/&(amp|lt|gt);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">" })[name]);
const stripLinks = (text) => text.replace(/<(https?:[^|<>]+)(?:\|([^<>]+))?>/g, (_, url, label) => label || url);
