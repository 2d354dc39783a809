// The page's HTTP calls to the hub. They pass through the process of `npm start`, which adds the API key:
// a browser never has one.

import type { LogMessage } from "../protocol/message.ts";

/** The users of the two panes, and the topic that both can subscribe to. */
export const USERS = ["ada", "bob"] as const;
export type User = (typeof USERS)[number];
export const TOPIC = "news";

/** The error when nothing answers: the hub has stopped, or `npm start` has. */
export const AWAY = "hub not reachable";
const BAD_GATEWAY = 502;

const CAPS = { "topic:*": ["subscribe", "follow", "publish"] };

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

export async function callHub(path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`/console/hub${path}`, {
    ...(body === undefined
      ? {}
      : {
          method: "POST",
          body: typeof body === "string" ? body : JSON.stringify(body),
          headers: { "content-type": "application/json" },
        }),
  }).catch(() => null);
  if (response === null || response.status === BAD_GATEWAY) throw new Error(AWAY);
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) as Answer["body"] };
  } catch {
    throw new Error(text || `the hub answered ${response.status}`);
  }
}

export async function mintToken(user: string, ttlSeconds: number): Promise<string> {
  const { status, body } = await callHub("/v1/tokens", { user, ttl: ttlSeconds, caps: CAPS });
  if (status !== 201) throw new Error(`${body.code}: ${body.fix}`);
  return body.token as string;
}

/** Takes `user:ada` or `topic:news`; returns the path to publish to, null when it is neither. */
export function pathOf(address: string): string | null {
  const [, kind, name = ""] = /^(user|topic):(.+)$/.exec(address) ?? [];
  if (kind === undefined) return null;
  const encoded = encodeURIComponent(name);
  return kind === "user" ? `/v1/users/${encoded}/notifications` : `/v1/topics/${encoded}/messages`;
}

const PAGE_MESSAGES = 30;

/** Returns the messages that the hub keeps for an address, newest first. */
export async function historyOf(address: string): Promise<LogMessage[]> {
  const { status, body } = await callHub(`${pathOf(address)}?limit=${PAGE_MESSAGES}`);
  if (status !== 200) throw new Error(`${body.code}: ${body.fix}`);
  if (address.startsWith("user:")) return body.notifications as LogMessage[];
  return (body.messages as LogMessage[]).toReversed();
}
