// A piece of the life of a hub: one user and one topic, written in all ways and read in all ways.

import { expect } from "vitest";
import { type Answer, call } from "./backend.ts";

export interface Names {
  user: string;
  topic: string;
}

/** Bounds the loops that wait for a delivery; each look is a call. */
const LOOKS_MAX = 2_000;

const notification = (title: string) => ({ notification: { title } });

/** A message with an id, which a repeat must find again. */
export const repeatable = (round: number) => ({
  id: `once-${round}`,
  category: "ci",
  ...notification("Build passed"),
  data: { round },
});

/** Writes all kinds of stored things: each round adds 14 notifications and changes some states. */
export async function write(url: string, { user, topic }: Names, round: number): Promise<void> {
  const ask = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const answer = await call(url, method, path, body);
    expect(answer.status, `${method} ${path}: ${answer.text}`).toBeLessThan(300);
    return answer;
  };
  const inbox = `/v1/users/${user}/notifications`;
  await ask("PUT", `/v1/topics/${topic}`, { access: "public", messages_max: 8, age_days: 30 });
  await ask("PUT", `/v1/users/${user}/follows/${topic}`);
  const { json: first } = await ask("POST", inbox, repeatable(round));
  const list = ["read", "archived", "restored", "deleted", "unread", "unread", "unread", "unread"];
  await ask("POST", inbox, list.map(notification));
  await ask("POST", inbox, { ...notification("ends by itself"), ttl: 86_400 });
  await ask("POST", inbox, { type: "for.programs", data: { round } });
  const [read, archived, restored, deleted] = [1, 2, 3, 4].map((n) => first.offset + n);
  const mark = (offsets: number[], change: object) =>
    ask("PATCH", inbox, { epoch: first.epoch, offsets, ...change });
  await mark([read as number], { read: true });
  await mark([archived as number, restored as number], { archived: true });
  await mark([restored as number], { archived: false });
  await ask("PATCH", inbox, { epoch: first.epoch, up_to: first.offset, seen: true });
  await ask("DELETE", `${inbox}/${deleted}`);
  let last = 0;
  for (const n of [1, 2, 3]) {
    const message = { id: `topic-${round}-${n}`, ...notification(`News ${n}`), data: { n } };
    last = (await ask("POST", `/v1/topics/${topic}/messages`, message)).json.offset;
  }
  await ask("DELETE", `/v1/users/${user}/connections`, { not_before: "2026-11-01T00:00:00Z" });
  const delivery = `/v1/topics/${topic}/messages/${last}/delivery`;
  for (let looks = 0; (await ask("GET", delivery)).json.behind > 0; looks++) {
    expect(looks, "the topic does not deliver").toBeLessThan(LOOKS_MAX);
    // Where the hub runs in this process, its timers need a turn.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/** Reads all that a backend can see of the two. `since` is an earlier cursor of the inbox. */
export async function read(url: string, { user, topic }: Names, since: string | null) {
  const inbox = `/v1/users/${user}/notifications`;
  const paths = {
    all: `${inbox}?state=all&limit=100`,
    listed: `${inbox}?limit=100`,
    unread: `${inbox}?state=unread`,
    archived: `${inbox}?state=archived`,
    category: `${inbox}?state=all&category=ci`,
    since: since === null ? inbox : `${inbox}?since=${since}`,
    follows: `/v1/users/${user}/follows`,
    standing: `/v1/topics/${topic}`,
    messages: `/v1/topics/${topic}/messages?limit=100`,
    followers: `/v1/topics/${topic}/followers`,
    isFollower: `/v1/topics/${topic}/followers/${user}`,
  };
  const found: Record<string, unknown> = {};
  for (const [name, path] of Object.entries(paths)) {
    const { status, text, json } = await call(url, "GET", path);
    expect(status, `${path}: ${text}`).toBe(200);
    found[name] = json;
  }
  return found as typeof paths & Record<string, unknown> & { all: Answer["json"] };
}
