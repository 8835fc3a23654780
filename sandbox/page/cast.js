// The story of each named person, in a few words; whoever is not named here is an ordinary colleague.

const STORIES = {
  ada: ["Lost Jira for inactivity", "idle"],
  ben: ["Lost Confluence for inactivity", "idle"],
  cleo: ["Lost Jira and Confluence", "idle"],
  dan: ["Lost Jira, the only product held", "idle"],
  grace: ["Approves, by the group @atlassian-admins", "approver"],
  omar: ["Approves, listed by id", "approver"],
  hugo: ["Has everything already", "fine"],
  ivy: ["Guest in Slack", "outside"],
  jules: ["Stranger, from another workspace", "outside"],
  kit: ["Deactivated in Slack", "outside"],
  robo: ["A bot user", "outside"],
  lena: ["Not in the organization", "idle"],
  mona: ["Suspended in the directory", "blocked"],
  nils: ["Managed account, deactivated", "blocked"],
  otto: ["Marked for deletion, in grace", "blocked"],
  pia: ["Account closed for good", "blocked"],
  quinn: ["Only the identity provider can give access", "blocked"],
  rosa: ["Two accounts match her e-mail", "blocked"],
  sam: ["E-mail not confirmed in Slack", "outside"],
  tess: ["Deactivated by the identity provider", "blocked"],
  vera: ["Invitation still pending", "blocked"],
};

const KINDS = {
  guest: "Guest",
  single_guest: "Single-channel guest",
  stranger: "From another workspace",
  bot: "Bot",
  app: "App",
  deactivated: "Deactivated",
  admin: "Workspace admin",
  owner: "Workspace owner",
};

/** What to know about this person before becoming them. */
export const story = (person) => STORIES[person.key]?.[0] || KINDS[person.kind] || person.title || "";

/** idle | approver | fine | outside | blocked | "": which kind of story it is. */
export const storyTone = (person) => STORIES[person.key]?.[1] || "";

/** True for people whom the story names. */
export const isNamed = (person) => person.key in STORIES;
