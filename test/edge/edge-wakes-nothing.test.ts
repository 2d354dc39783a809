// A request that the edge refuses wakes no object, not even to ask whether the token was revoked.

import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";
import { tokenOf } from "../support/backend.ts";
import { billOf } from "../support/platform-bill.ts";

const topics = "/v1/topics/news/messages";
const mine = "/v1/users/me/notifications";

it.each([
  { what: "a history since nothing", method: "GET", path: `${topics}?since=zzz`, status: 422 },
  { what: "a history of too much", method: "GET", path: `${topics}?limit=101`, status: 422 },
  { what: "a message at no offset", method: "GET", path: `${topics}/0`, status: 422 },
  {
    what: "a body over 1 MiB",
    method: "POST",
    path: topics,
    body: "x".repeat(1_100_000),
    status: 413,
  },
  { what: "a body that is no JSON", method: "POST", path: topics, body: "{", status: 400 },
  { what: "a body of another type", method: "POST", path: topics, type: "image/png", status: 415 },
  { what: "a list since nothing", method: "GET", path: `${mine}?since=zzz`, status: 422 },
  { what: "a mark of nothing", method: "PATCH", path: mine, body: "{}", status: 422 },
  { what: "a topic that is none", method: "PUT", path: "/v1/users/me/follows/a b", status: 422 },
])("[CON8] $what is refused and wakes no object", async ({ method, path, status, body, type }) => {
  const caps = { "topic:*": ["publish" as const, "subscribe" as const, "follow" as const] };
  const authorization = `Bearer ${await tokenOf("ada", caps)}`;
  const headers = { authorization, "content-type": type ?? "application/json" };
  let refused = 0;
  const bill = await billOf(async () => {
    const sent = body ?? (method === "POST" ? "{}" : null);
    const hub = (exports as unknown as { default: Fetcher }).default;
    const url = `https://hub.example${path}`;
    refused = (await hub.fetch(url, { method, headers, body: sent })).status;
  });
  expect(refused).toBe(status);
  expect(bill.object).toBe(0);
});
