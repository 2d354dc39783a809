// No answer of the hub is kept by a cache on the way.

import { expect, it } from "vitest";
import { call } from "../support/backend.ts";
import { hubForAll } from "../support/hub-for-all.ts";

let url = "";
hubForAll((started) => {
  url = started;
});

it.each([
  ["POST", "/v1/users/ada/notifications", { type: "a" }, 201],
  ["POST", "/v1/topics/t/messages", [{ type: "a" }], 200],
  ["POST", "/v1/publish", { to: "user:ada", type: "a" }, 201],
  ["POST", "/v1/tokens", { user: "ada" }, 201],
  ["GET", "/v1/users/ada/notifications", undefined, 200],
  ["PATCH", "/v1/users/ada/notifications", { epoch: "0", offsets: [1], read: true }, 409],
  ["DELETE", "/v1/users/ada/notifications/1", undefined, 200],
  ["DELETE", "/v1/users/ada/connections", {}, 204],
  ["GET", "/v1/users/ada/follows", undefined, 200],
  ["PUT", "/v1/users/ada/follows/t", undefined, 201],
  ["DELETE", "/v1/users/ada/follows/t", undefined, 204],
  ["GET", "/v1/users/ada/export", undefined, 200],
  ["GET", "/v1/topics/t", undefined, 200],
  ["PUT", "/v1/topics/t", { access: "token" }, 200],
  ["GET", "/v1/topics/t/messages", undefined, 200],
  ["GET", "/v1/topics/t/messages/1", undefined, 200],
  ["GET", "/v1/topics/t/messages/1/delivery", undefined, 200],
  ["GET", "/v1/topics/t/followers", undefined, 200],
  ["GET", "/v1/topics/t/followers/ada", undefined, 404],
  ["DELETE", "/v1/topics/t/followers/ada", undefined, 204],
  ["GET", "/v1/topics/t/connect", undefined, 426],
  ["GET", "/v1/connect", undefined, 426],
  ["DELETE", "/v1/users/ada", undefined, 204],
  ["GET", "/v1/health", undefined, 200],
  ["POST", "/v1/health", undefined, 405],
  ["GET", "/v1/nothing", undefined, 404],
] as const)("[PUB8] %s %s", async (method, path, body, status) => {
  const answer = await call(url, method, path, body);
  expect([answer.status, answer.headers.get("cache-control")]).toEqual([status, "no-store"]);
});

it("[PUB8] a refusal before any route", async () => {
  const answer = await call(url, "GET", "/v1/topics/t", undefined, {
    origin: "https://evil.example",
  });
  expect([answer.status, answer.headers.get("cache-control")]).toEqual([403, "no-store"]);
});
