// The secrets and vars of a deployment, read and checked once for each isolate.

import * as v from "valibot";
import { topicFault } from "../protocol/address.ts";
import { type ApiKey, SCOPES } from "../protocol/api-key.ts";
import { isRefusal, type Refusal, refusal } from "../protocol/error.ts";
import { DAY_MS, RETENTION_DAYS_MAX, RETENTION_MESSAGES_MAX } from "../protocol/limits.ts";
import { HUB_SOURCE } from "../protocol/message.ts";
import type { Retention } from "./retention.ts";
import {
  type TopicDefaults,
  type TopicSettings,
  topicSettingsBody,
  topicSettingsFrom,
} from "./topic.ts";

/** The secrets and vars as the platform passes them. */
export interface Vars {
  API_KEYS?: string;
  JWT_SECRETS?: string;
  JWKS_URL?: string;
  JWT_ISSUER?: string;
  JWT_AUDIENCE?: string;
  ALLOWED_ORIGINS?: string;
  INBOX_MESSAGES_MAX?: string;
  INBOX_AGE_DAYS?: string;
  TOPIC_MESSAGES_MAX?: string;
  TOPIC_AGE_DAYS?: string;
  TOPIC_DEFAULTS?: string;
  TOPIC_SOCKETS_MAX?: string;
  LOCATION_HINT?: string;
  JURISDICTION?: string;
}

export interface Settings {
  apiKeys: readonly ApiKey[];
  jwtSecrets: readonly string[];
  jwksUrl: string | null;
  jwtIssuer: string | null;
  jwtAudience: string | null;
  allowedOrigins: readonly string[];
  inbox: Retention;
  topic: Retention;
  topicSocketsMax: number;
  locationHint: DurableObjectLocationHint | null;
  jurisdiction: DurableObjectJurisdiction | null;
}

/** The refusal for a missing or malformed setting: `fix` is the command or the change that corrects it. */
const misconfigured = (fix: string) => refusal("not_configured", fix);

const SECRET_LENGTH_MIN = 32;
const known = new WeakMap<Vars, Settings | Refusal>();

/** Takes the Worker's env; returns the settings, or the step without which the hub cannot work. */
export function settingsOf(env: Vars): Settings | Refusal {
  let settings = known.get(env);
  if (settings === undefined) {
    settings = readSettings(env);
    known.set(env, settings);
  }
  return settings;
}

/**
 * Takes the env of an object, which needs only the retention. Returns the default for faulty vars.
 */
export function retentionOf(env: Vars, kind: "inbox" | "topic"): Retention {
  const settings = readRetention(env, kind);
  return isRefusal(settings) ? DEFAULTS[kind] : settings;
}

/**
 * Returns the settings of a topic that has none of its own: the vars, changed by the entry of its name in
 * TOPIC_DEFAULTS, or else by the entry of the longest pattern that it matches.
 */
export function topicDefaultsOf(env: Vars, topic: string): TopicDefaults {
  const all = { ...retentionOf(env, "topic"), access: "token" as const };
  const patterns = topicPatternsOf(env);
  if (!(patterns instanceof Map)) return all;
  const own = patterns.get(topic);
  if (own !== undefined) return { ...all, ...own };
  const fitting = [...patterns.keys()]
    .filter((pattern) => pattern.endsWith("*") && topic.startsWith(pattern.slice(0, -1)))
    .sort((a, b) => b.length - a.length);
  return { ...all, ...patterns.get(fitting[0] ?? "") };
}

/** Returns how many sockets may connect directly to a topic. */
export function topicSocketsMaxOf(env: Vars): number {
  const settings = settingsOf(env);
  return isRefusal(settings) ? TOPIC_SOCKETS_MAX : settings.topicSocketsMax;
}

const TOPIC_SOCKETS_MAX = 10_000;
/** An object can hold 32,768 sockets, including sockets that are closing. */
const TOPIC_SOCKETS_MOST = 30_000;

const DEFAULTS = {
  inbox: { messagesMax: 500, ageMs: 90 * DAY_MS },
  topic: { messagesMax: 1_000, ageMs: 7 * DAY_MS },
};

function readSettings(env: Vars): Settings | Refusal {
  const apiKeys = readApiKeys(env.API_KEYS);
  if (isRefusal(apiKeys)) return apiKeys;
  const jwtSecrets = readSecrets(env.JWT_SECRETS);
  if (jwtSecrets === null)
    return misconfigured(
      'JWT_SECRETS is one secret, or for a rotation a JSON list: ["new","previous"]',
    );
  if (jwtSecrets.length === 0 && !env.JWKS_URL)
    return misconfigured(
      "run `npm run keys` and set JWT_SECRETS as it says, or set the var JWKS_URL",
    );
  if (jwtSecrets.some((secret) => secret.length < SECRET_LENGTH_MIN))
    return misconfigured(
      `each of JWT_SECRETS has at least ${SECRET_LENGTH_MIN} characters: \`npm run keys\``,
    );
  // Some issuers sign the tokens of all their customers with the same keys.
  if (env.JWKS_URL && !env.JWT_ISSUER && !env.JWT_AUDIENCE)
    return misconfigured(
      "set JWT_ISSUER or JWT_AUDIENCE beside JWKS_URL: the keys alone do not name this hub",
    );
  const allowedOrigins = list(env.ALLOWED_ORIGINS);
  const unusable = allowedOrigins.find((origin) => !isOrigin(origin));
  if (unusable !== undefined)
    return misconfigured(
      `ALLOWED_ORIGINS has ${JSON.stringify(unusable)}: an origin is https://app.example.com, without a path or a slash at its end, or * for all`,
    );
  const locationHint = env.LOCATION_HINT || null;
  if (locationHint !== null && !isOneOf(LOCATION_HINTS, locationHint))
    return misconfigured(`LOCATION_HINT is one of ${LOCATION_HINTS.join(", ")}`);
  const jurisdiction = env.JURISDICTION || null;
  if (jurisdiction !== null && !isOneOf(JURISDICTIONS, jurisdiction))
    return misconfigured(`JURISDICTION is one of ${JURISDICTIONS.join(", ")}`);
  const inbox = readRetention(env, "inbox");
  if (isRefusal(inbox)) return inbox;
  const topic = readRetention(env, "topic");
  if (isRefusal(topic)) return topic;
  const topicDefaults = topicPatternsOf(env);
  if (!(topicDefaults instanceof Map)) return topicDefaults;
  const topicSocketsMax = Number(env.TOPIC_SOCKETS_MAX || TOPIC_SOCKETS_MAX);
  if (
    !Number.isInteger(topicSocketsMax) ||
    topicSocketsMax < 1 ||
    topicSocketsMax > TOPIC_SOCKETS_MOST
  )
    return misconfigured(`TOPIC_SOCKETS_MAX is a whole number from 1 to ${TOPIC_SOCKETS_MOST}`);
  return {
    apiKeys,
    jwtSecrets,
    jwksUrl: env.JWKS_URL || null,
    jwtIssuer: env.JWT_ISSUER || null,
    jwtAudience: env.JWT_AUDIENCE || null,
    allowedOrigins,
    inbox,
    topic,
    topicSocketsMax,
    locationHint,
    jurisdiction,
  };
}

/**
 * The location hints and jurisdictions of the platform, which throws at any other on the first call.
 */
const LOCATION_HINTS = Object.keys({
  ...{ wnam: 1, enam: 1, sam: 1, weur: 1, eeur: 1, apac: 1, "apac-ne": 1, "apac-se": 1 },
  ...{ oc: 1, afr: 1, me: 1 },
} satisfies Record<DurableObjectLocationHint, 1>) as DurableObjectLocationHint[];
const JURISDICTIONS = Object.keys({
  ...{ eu: 1, fedramp: 1, "fedramp-high": 1, us: 1 },
} satisfies Record<DurableObjectJurisdiction, 1>) as DurableObjectJurisdiction[];

const isOneOf = <T extends string>(all: readonly T[], text: string): text is T =>
  all.some((each) => each === text);

/**
 * Whether a text is an origin as browsers and apps send it: scheme, host and port; or `*` or `null`.
 */
function isOrigin(text: string): boolean {
  if (text === "*" || text === "null") return true;
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#@*\s,]+$/.test(text) && isCanonicalOrigin(text);
}

/** Browsers write the host in lower case and omit the default port of the scheme. */
function isCanonicalOrigin(text: string): boolean {
  const url = URL.parse(text);
  if (url === null) return false;
  return url.origin === "null" || url.origin === text;
}

const list = (text: string | undefined) =>
  (text ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");

/**
 * Returns the secrets: the text itself, which may have any character, or a JSON list of them. Null when
 * the list is malformed.
 */
function readSecrets(text: string | undefined): string[] | null {
  if (!text) return [];
  if (!text.startsWith("[")) return [text];
  try {
    const value: unknown = JSON.parse(text);
    const isList = Array.isArray(value) && value.every((secret) => typeof secret === "string");
    return isList && value.length > 0 ? value : null;
  } catch {
    return null;
  }
}

function readApiKeys(text: string | undefined): readonly ApiKey[] | Refusal {
  if (!text)
    return misconfigured(
      "run `npm run keys` and set API_KEYS as it says; on your own machine `npm start` does it",
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return misconfigured("API_KEYS is not JSON: run `npm run keys` for one that is");
  }
  return Array.isArray(value) && value.length > 0 && value.every(isApiKey)
    ? value
    : misconfigured(
        `API_KEYS is a JSON list of {"name","sha256","scopes"}, scopes being of ${SCOPES.join(", ")}: run \`npm run keys\``,
      );
}

function isApiKey(value: unknown): value is ApiKey {
  const key = value as Partial<ApiKey> | null;
  return (
    typeof key?.name === "string" &&
    /^[a-z0-9-]{1,32}$/.test(key.name) &&
    key.name !== HUB_SOURCE &&
    typeof key.sha256 === "string" &&
    /^[0-9a-f]{64}$/.test(key.sha256) &&
    Array.isArray(key.scopes) &&
    key.scopes.every((scope) => SCOPES.includes(scope))
  );
}

function readRetention(env: Vars, kind: "inbox" | "topic"): Retention | Refusal {
  const prefix = kind === "inbox" ? "INBOX" : "TOPIC";
  const [messages, days] = [env[`${prefix}_MESSAGES_MAX`], env[`${prefix}_AGE_DAYS`]];
  const messagesMax = messages ? Number(messages) : DEFAULTS[kind].messagesMax;
  const ageMs = days ? Number(days) * DAY_MS : DEFAULTS[kind].ageMs;
  if (!Number.isInteger(messagesMax) || messagesMax < 1 || messagesMax > RETENTION_MESSAGES_MAX)
    return misconfigured(
      `${prefix}_MESSAGES_MAX is a whole number from 1 to ${RETENTION_MESSAGES_MAX}`,
    );
  if (!(ageMs > 0 && ageMs <= RETENTION_DAYS_MAX * DAY_MS))
    return misconfigured(`${prefix}_AGE_DAYS is a number above 0, at most ${RETENTION_DAYS_MAX}`);
  return { messagesMax, ageMs };
}

const knownPatterns = new WeakMap<Vars, ReturnType<typeof readTopicDefaults>>();

function topicPatternsOf(env: Vars): ReturnType<typeof readTopicDefaults> {
  const patterns = knownPatterns.get(env) ?? readTopicDefaults(env.TOPIC_DEFAULTS);
  knownPatterns.set(env, patterns);
  return patterns;
}

/**
 * Parses TOPIC_DEFAULTS: names of topics, or prefixes of names with a `*`, each with the settings that
 * differ from the vars.
 */
function readTopicDefaults(text: string | undefined): Map<string, TopicSettings> | Refusal {
  if (!text) return new Map();
  const fix =
    'TOPIC_DEFAULTS is a JSON object such as {"news.*":{"access":"public","messages_max":100,"age_days":1}}';
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value))
      return misconfigured(fix);
    const isPattern = (name: string) =>
      name === "*" || topicFault(name.replace(/\*$/, "")) === null;
    if (!Object.keys(value).every(isPattern)) return misconfigured(fix);
    return new Map(
      Object.entries(value).map(([name, body]) => [
        name,
        topicSettingsFrom(v.parse(topicSettingsBody, body)),
      ]),
    );
  } catch {
    return misconfigured(fix);
  }
}
