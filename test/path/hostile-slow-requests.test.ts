// Hostile input: a request that begins with a good token and ends after the token has ended.

import { request } from "node:http";
import { expect, it } from "vitest";
import { inbox, messages } from "../support/attack.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { hubForAll } from "../support/hub-for-all.ts";

let url: string;
hubForAll((started) => {
  url = started;
});

const fresh = () => `u-${crypto.randomUUID()}`;
const seconds = () => Math.floor(Date.now() / 1000);

/** Begins a request with a part of its body; returns a function that sends the rest. */
async function begun(method: string, path: string, token: string, body: string) {
  const headers = { ...bearer(token), "content-type": "application/json" };
  const asking = request(url + path, { method, headers });
  const answer = new Promise<{ status: number; json: { code?: string } }>((resolve, reject) => {
    asking.once("error", reject);
    asking.once("response", async (response) => {
      const text = (await response.toArray()).join("");
      resolve({ status: response.statusCode as number, json: JSON.parse(text) });
    });
  });
  await new Promise((sent) => asking.write(body.slice(0, 1), sent));
  return () => {
    asking.end(body.slice(1));
    return answer;
  };
}

/** Repeats a request with the token until the hub refuses it as expired. */
async function ended(token: string): Promise<void> {
  for (;;) {
    const { json } = await call(url, "GET", inbox("me"), undefined, bearer(token));
    if (json.code === "token_expired") return;
  }
}

it("[CON8] a publish that was begun before a revocation", async () => {
  const [user, topic] = [fresh(), fresh()];
  const token = await tokenOf(user, { "topic:*": ["publish"] }, { iat: seconds() - 10 });
  const rest = await begun("POST", messages(topic), token, '{"type":"late"}');
  // The hub has the first request once it has answered this one.
  await call(url, "GET", inbox("me"), undefined, bearer(token));
  const before = { not_before: new Date().toISOString() };
  expect((await call(url, "DELETE", `/v1/users/${user}/connections`, before)).status).toBe(204);
  expect(await rest()).toMatchObject({ status: 401, json: { code: "invalid_token" } });
  expect((await call(url, "GET", messages(topic))).json.messages).toEqual([]);
});

it.each([
  { what: "publish", method: "POST", path: messages(fresh()), body: '{"type":"late"}' },
  { what: "mark", method: "PATCH", path: inbox("me"), body: '{"epoch":"0","up_to":1,"read":true}' },
])("[CON8] a $what that was begun before its token ended", async ({ method, path, body }) => {
  const exp = seconds() + 2;
  const token = await tokenOf(fresh(), { "topic:*": ["publish"] }, { exp });
  const rest = await begun(method, path, token, body);
  await ended(token);
  expect(await rest()).toMatchObject({ status: 401, json: { code: "token_expired" } });
});

it("[CON8] the same requests in one piece, with a token that is good", async () => {
  const token = await tokenOf(fresh(), { "topic:*": ["publish"] });
  const rest = await begun("POST", messages(fresh()), token, '{"type":"in time"}');
  expect(await rest()).toMatchObject({ status: 201 });
  const change = { epoch: "x", up_to: 1, read: true };
  expect(await call(url, "PATCH", inbox("me"), change, bearer(token))).toMatchObject({
    status: 409,
    json: { code: "other_epoch" },
  });
});
