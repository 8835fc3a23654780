// Run by test_page.py through Node's own test runner; each name states the rule.

import assert from "node:assert/strict";
import { test } from "node:test";

import { shorten } from "../../../sandbox/page/paths.js";
import { inline, parse, withEmoji } from "../../../sandbox/page/mrkdwn.js";
import { ago, dayLabel, instant, shortAgo, slackDate } from "../../../sandbox/page/time.js";

const text = (value) => ({ type: "text", text: value });
const flat = (nodes) => nodes.map((one) => one.text ?? one.label ?? (one.children ? flat(one.children) : (one.id ?? ""))).join("");

test("bold, italic and strike nest", () => {
  const [bold] = inline("*a _b ~c~_*");
  assert.equal(bold.type, "bold");
  assert.equal(bold.children[1].type, "italic");
  assert.equal(bold.children[1].children[1].type, "strike");
});

test("a sign inside a word or beside a space styles nothing", () => {
  for (const plain of ["snake_case_name", "2 * 3 * 4", "a*b*c", "~ 5 ~", "**"]) assert.deepEqual(inline(plain), [text(plain)]);
});

test("styling does not reach over a line's end", () => {
  assert.deepEqual(
    parse("*a\nb*").map((line) => line.children),
    [[text("*a")], [text("b*")]],
  );
});

test("code keeps its signs and shows entities as characters", () => {
  assert.deepEqual(inline("`*x* &lt;b&gt;`"), [{ type: "code", text: "*x* <b>" }]);
});

test("a code block keeps its lines and everything in them", () => {
  assert.deepEqual(parse("see\n```a *b*\n&gt; c```")[1], { type: "pre", text: "a *b*\n> c" });
});

test("links carry their label, mail addresses lose the scheme", () => {
  assert.deepEqual(inline("<https://acme.example/?a=1&amp;b=2|the *site*>"), [
    { type: "link", url: "https://acme.example/?a=1&b=2", label: "the *site*" },
  ]);
  assert.equal(inline("<mailto:a@b.example>")[0].label, "a@b.example");
});

test("a link with a scheme that could run code stays text", () => {
  for (const scheme of ["javascript:alert(1)", "data:text/html,x", " javascript:alert(1)", "vbscript:x"]) {
    assert.equal(inline(`<${scheme}|press>`)[0].type, "text");
    assert.equal(inline(`<!date^1^{date}^${scheme}|x>`)[0].url, "");
  }
});

test("an escaped bracket never becomes a mention or link", () => {
  assert.deepEqual(
    inline("&lt;!channel&gt; &lt;https://x.example|y&gt;").filter((one) => ["ping", "user"].includes(one.type)),
    [],
  );
  assert.equal(flat(inline("&lt;@U0ADA&gt;")), "<@U0ADA>");
});

test("an entity is resolved once, so that escaped entities show as written", () => {
  assert.deepEqual(inline("&amp;lt;b&amp;gt;"), [text("&lt;b&gt;")]);
});

test("mentions, channels, groups and pings are told apart", () => {
  const kinds = inline("<@U0ADA> <#C0GENERAL|general> <!subteam^S0ADMINS|@admins> <!here>").filter((one) => one.type !== "text");
  assert.deepEqual(
    kinds.map((one) => one.type),
    ["user", "channel", "group", "ping"],
  );
});

test("bare addresses become links, without the full stop after them, unless verbatim", () => {
  assert.deepEqual(
    inline("see https://acme.example/x.").map((one) => one.type),
    ["text", "link", "text"],
  );
  assert.deepEqual(inline("see https://acme.example", true), [text("see https://acme.example")]);
});

test("characters of the private area can't stand for a node", () => {
  assert.equal(flat(parse("`a` \ue000")[0].children), "a \ufffd");
});

test("quotes gather their lines, and >>> quotes the rest", () => {
  const [quote, after] = parse("&gt; a\n&gt; b\nc");
  assert.equal(quote.children.length, 2);
  assert.equal(after.type, "line");
  assert.equal(parse("&gt;&gt;&gt; a\nb\n\nc")[0].children.length, 4);
});

test("list items keep the marker that the author typed", () => {
  assert.deepEqual(
    parse("• a\n1. b\n- c").map((line) => line.marker),
    ["•", "1.", "-"],
  );
});

test("known shortcodes become characters and unknown ones stay", () => {
  assert.equal(withEmoji(":tada: :no_such_face: 10:30:15"), "🎉 :no_such_face: 10:30:15");
});

test("unbalanced brackets stay as they are", () => {
  assert.equal(flat(inline("a < b and c > d")), "a < b and c > d");
});

test("a long hostile text is parsed in no time", () => {
  const start = performance.now();
  parse("*_~`<".repeat(600));
  parse("*a ".repeat(1000));
  assert.ok(performance.now() - start < 1000);
});

test("dates use the words today, yesterday, tomorrow only where the token asks", () => {
  const noon = new Date(2031, 4, 12, 12, 0, 0);
  const seconds = noon.getTime() / 1000;
  assert.equal(slackDate(seconds, "{date_short_pretty}", noon), "Today");
  assert.equal(slackDate(seconds - 86400, "on {date_pretty}", noon), "on yesterday");
  assert.equal(slackDate(seconds, "{date_num}", noon), "2031-05-12");
  assert.equal(slackDate(seconds, "{date_short}, {nothing}", noon), "May 12, 2031, {nothing}");
  assert.equal(slackDate(seconds - 86400 * 30, "{date_long}", noon), "Saturday, April 12th, 2031");
});

test("ordinals of the teens end in th", () => {
  const at = (day) => new Date(2031, 2, day, 12).getTime() / 1000;
  assert.deepEqual(
    [1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 31].map((day) => slackDate(at(day), "{date}").split(" ")[1]),
    ["1st,", "2nd,", "3rd,", "4th,", "11th,", "12th,", "13th,", "21st,", "22nd,", "23rd,", "31st,"],
  );
});

test("spans of time are told in the unit that fits", () => {
  const from = new Date("2031-05-12T12:00:00Z");
  const before = (seconds) => new Date(from.getTime() - seconds * 1000);
  assert.equal(ago(before(5), from), "just now");
  assert.equal(ago(before(131 * 86400), from), "4 months ago");
  assert.equal(ago(before(-7200), from), "in 2 hours");
  assert.equal(shortAgo(before(131 * 86400), from), "4 mo");
  assert.equal(shortAgo(before(90000), from), "25 h");
});

test("an instant is read from ISO text and from Slack's ts alike, and nothing from junk", () => {
  assert.equal(instant("1700000000.000100").getTime(), 1700000000000);
  assert.equal(instant("2031-05-12T12:00:00+00:00").getTime(), Date.UTC(2031, 4, 12, 12));
  assert.equal(instant("soon"), null);
  assert.equal(instant(null), null);
});

test("days are labelled for the reader", () => {
  const noon = new Date(2031, 4, 12, 12);
  assert.equal(dayLabel(new Date(2031, 4, 11, 23), noon), "Yesterday");
});

test("a call's path is shortened to what differs", () => {
  const org = "0f3d2c1e-1111-4222-8333-444455556666";
  assert.equal(shorten(`/admin/v1/orgs/${org}/users/search`), "/v1/users/search");
  assert.equal(shorten(`/atlassian/admin/v2/orgs/${org}/directories/${org}/groups/${org}/memberships`), "/v2/dir/groups/0f3d…/memberships");
  assert.equal(shorten(`/admin/v1/orgs/${org}/users/712020:${org}?cursor=a%`), "/v1/users/0f3d…?cursor=…");
});
