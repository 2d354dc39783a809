// The secrets and vars of a deployment: the accepted values, and the `fix` for each bad one.

import { expect, it } from "vitest";
import type { Env } from "../../src/objects/env.ts";
import { retentionOf, settingsOf, topicSocketsMaxOf } from "../../src/settings/settings.ts";
import { JWT_SECRET, TEST_VARS } from "../support/vars.ts";

const DAY_MS = 86_400_000;
const envOf = (vars: Record<string, string | undefined> = {}) =>
  ({ ...TEST_VARS, ...vars }) as unknown as Env;

function read(vars: Record<string, string | undefined> = {}) {
  const settings = settingsOf(envOf(vars));
  if ("fix" in settings) throw new Error(settings.fix);
  return settings;
}

it("[LOG6] [LOG7] [LOG8] an inbox keeps 500 messages of 90 days, a topic 1,000 of 7", () => {
  const { inbox, topic } = read();
  expect(inbox).toEqual({ messagesMax: 500, ageMs: 90 * DAY_MS });
  expect(topic).toEqual({ messagesMax: 1000, ageMs: 7 * DAY_MS });
});

it("[LOG6] [LOG7] [LOG8] vars change how many messages are kept, and for how long", () => {
  const vars = { INBOX_MESSAGES_MAX: "5", INBOX_AGE_DAYS: "0.5", TOPIC_MESSAGES_MAX: "100000" };
  const { inbox, topic } = read(vars);
  expect(inbox).toEqual({ messagesMax: 5, ageMs: DAY_MS / 2 });
  expect(topic).toEqual({ messagesMax: 100_000, ageMs: 7 * DAY_MS });
  expect(retentionOf(envOf(vars), "inbox")).toEqual(inbox);
  // With a faulty var an object uses the default; the edge refuses requests.
  expect(retentionOf(envOf({ INBOX_MESSAGES_MAX: "many" }), "inbox").messagesMax).toBe(500);
});

it("[CON16] a topic takes 10,000 sockets, unless the var says otherwise", () => {
  expect(read().topicSocketsMax).toBe(10_000);
  expect(read({ TOPIC_SOCKETS_MAX: "" }).topicSocketsMax).toBe(10_000);
  expect(read({ TOPIC_SOCKETS_MAX: "30000" }).topicSocketsMax).toBe(30_000);
  expect(topicSocketsMaxOf(envOf({ TOPIC_SOCKETS_MAX: "7" }))).toBe(7);
  expect(topicSocketsMaxOf(envOf({ TOPIC_SOCKETS_MAX: "many" }))).toBe(10_000);
});

it("[SOC3] JWT_SECRETS is one secret as it is, or a list during a rotation", () => {
  expect(read().jwtSecrets).toEqual([JWT_SECRET]);
  const previous = "the one before, of more than thirty-two characters";
  expect(read({ JWT_SECRETS: JSON.stringify([JWT_SECRET, previous]) }).jwtSecrets).toEqual([
    JWT_SECRET,
    previous,
  ]);
});

it("[CON5] ALLOWED_ORIGINS is a list", () => {
  const ALLOWED_ORIGINS = " https://a.example , https://b.example,";
  expect(read({ ALLOWED_ORIGINS }).allowedOrigins).toEqual([
    "https://a.example",
    "https://b.example",
  ]);
  expect(read({ ALLOWED_ORIGINS: undefined }).allowedOrigins).toEqual([]);
});

it("[CON5] an origin has a scheme, a host and a port, or is that of an app", () => {
  const ALLOWED_ORIGINS =
    "*,null,http://localhost:3000,https://[::1]:8080,capacitor://localhost,chrome-extension://abc";
  expect(read({ ALLOWED_ORIGINS }).allowedOrigins).toEqual(ALLOWED_ORIGINS.split(","));
});

it("[CON4] LOCATION_HINT and JURISDICTION take the platform's values, or none", () => {
  expect(read({ LOCATION_HINT: "apac-ne", JURISDICTION: "fedramp-high" })).toMatchObject({
    locationHint: "apac-ne",
    jurisdiction: "fedramp-high",
  });
  expect(read({ LOCATION_HINT: "", JURISDICTION: "" })).toMatchObject({
    locationHint: null,
    jurisdiction: null,
  });
});

const KEY = { name: "a", sha256: "0".repeat(64), scopes: ["publish"] };

it.each([
  { what: "no key", vars: { API_KEYS: undefined }, fix: "npm run keys" },
  { what: "keys that are no JSON", vars: { API_KEYS: "bk_a_b" }, fix: "npm run keys" },
  { what: "no list of keys", vars: { API_KEYS: JSON.stringify(KEY) }, fix: "npm run keys" },
  ...[{ name: "A" }, { sha256: "F".repeat(64) }, { sha256: "00" }, { scopes: ["all"] }].map(
    (bad) => ({
      what: `a key with ${JSON.stringify(bad)}`,
      vars: { API_KEYS: JSON.stringify([{ ...KEY, ...bad }]) },
      fix: "npm run keys",
    }),
  ),
  { what: "no secret", vars: { JWT_SECRETS: undefined }, fix: "JWT_SECRETS" },
  { what: "a short secret", vars: { JWT_SECRETS: "x".repeat(31) }, fix: "32" },
  {
    what: "a short previous secret",
    vars: { JWT_SECRETS: JSON.stringify([JWT_SECRET, "short"]) },
    fix: "32",
  },
  { what: "an empty list of secrets", vars: { JWT_SECRETS: "[]" }, fix: "JWT_SECRETS" },
  { what: "half a list of secrets", vars: { JWT_SECRETS: '["x' }, fix: "JWT_SECRETS" },
  { what: "keys of just any issuer", vars: { JWKS_URL: "https://a.example" }, fix: "JWT_ISSUER" },
  ...[
    ..."https://a.example/ https://a.example/app https://*.example a.example http://A.example".split(
      " ",
    ),
    ..."https://a.example:443 https://u@a.example https:// localhost:3000 https://b.example,x".split(
      " ",
    ),
  ].map((origins) => ({
    what: `the origins ${origins}`,
    vars: { ALLOWED_ORIGINS: origins },
    fix: "ALLOWED_ORIGINS",
  })),
  ...["europe", "WEUR", "weur "].map((hint) => ({
    what: `the hint ${hint}`,
    vars: { LOCATION_HINT: hint },
    fix: "LOCATION_HINT is one of wnam",
  })),
  ...["EU", "de"].map((jurisdiction) => ({
    what: `the jurisdiction ${jurisdiction}`,
    vars: { JURISDICTION: jurisdiction },
    fix: "JURISDICTION is one of eu",
  })),
  { what: "half a message", vars: { INBOX_MESSAGES_MAX: "1.5" }, fix: "INBOX_MESSAGES_MAX" },
  { what: "no message", vars: { TOPIC_MESSAGES_MAX: "0" }, fix: "TOPIC_MESSAGES_MAX" },
  ...["0", "1.5", "30001", "many", "-1"].map((most) => ({
    what: `${most} sockets of a topic`,
    vars: { TOPIC_SOCKETS_MAX: most },
    fix: "TOPIC_SOCKETS_MAX is a whole number from 1 to 30000",
  })),
  { what: "an age of nothing", vars: { INBOX_AGE_DAYS: "0" }, fix: "INBOX_AGE_DAYS" },
  { what: "an age that is none", vars: { TOPIC_AGE_DAYS: "week" }, fix: "TOPIC_AGE_DAYS" },
])("[CON4] with $what the hub says how to fix it", ({ vars, fix }) => {
  const settings = settingsOf(envOf(vars));
  expect("fix" in settings && settings.fix).toContain(fix);
});
