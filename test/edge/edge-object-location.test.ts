// The place of an object that a user reaches first, by another route than /v1/connect.

import { expect, it } from "vitest";
import type { Env } from "../../src/objects/env.ts";
import { upgraded } from "../../src/socket/upgrade.ts";
import hub from "../../src/worker.ts";
import { bearer, tokenOf } from "../support/backend.ts";
import { TEST_VARS } from "../support/vars.ts";

it.each([
  { what: "lists", method: "GET", path: "/v1/users/me/notifications", upgrade: false },
  { what: "follows", method: "PUT", path: "/v1/users/me/follows/news", upgrade: false },
  { what: "connects to a topic", method: "GET", path: "/v1/topics/news/connect", upgrade: true },
  { what: "publishes", method: "POST", path: "/v1/topics/news/messages", upgrade: false },
  { what: "reads a topic", method: "GET", path: "/v1/topics/news/messages", upgrade: false },
])(
  "the objects of a user who $what first are near the user, without a hint",
  async ({ method, path, upgrade }) => {
    const asked: unknown[] = [];
    const stub = {
      fetch: async () => upgraded(new WebSocketPair()[0], false),
      list: async () => "{}",
      history: async () => "{}",
      follow: async () => true,
      revokes: async () => false,
      publish: async () => [{ status: "stored", id: "m", offset: 1, epoch: "e" }],
    };
    const namespace = {
      getByName: (name: string, options?: unknown) => {
        asked.push({ name, options });
        return stub;
      },
    };
    const vars = { ...TEST_VARS, INBOX: namespace, TOPIC: namespace, LOCATION_HINT: "weur" };
    const token = await tokenOf("ada", { "topic:*": ["subscribe", "follow", "publish"] });
    const request = new Request(`https://hub.example${path}`, {
      method,
      headers: {
        ...bearer(token),
        "content-type": "application/json",
        ...(upgrade ? { upgrade: "websocket" } : {}),
      },
      cf: { continent: "OC" },
      ...(method === "POST" ? { body: '{"data":1}' } : {}),
    });
    const { status } = await hub.fetch(request, vars as unknown as Env);
    expect(status).toBeLessThan(300);
    expect(asked).not.toEqual([]);
    for (const each of asked) expect(each).toMatchObject({ options: undefined });
  },
);
