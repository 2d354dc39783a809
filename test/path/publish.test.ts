// Publishing through a whole hub: the replies, keys that stand for ids, and the deployer's handlers.

import { expect, it } from "vitest";
import { allOf, expectRefusal, fresh, inbox, messages } from "../support/attack.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { hubForAll } from "../support/hub-for-all.ts";
import { TestSocket } from "../support/socket.ts";

let url = "";
hubForAll((started) => {
  url = started;
});

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  call(url, "POST", path, body, headers);

it.each([
  { at: "a user", path: () => inbox(fresh()), to: {} },
  { at: "a topic", path: () => messages(fresh()), to: {} },
  { at: "an address", path: () => "/v1/publish", to: () => ({ to: `user:${fresh()}` }) },
])(
  "[PUB1] [LOG3] [LOG4] one message to $at: 201, 200 when it is repeated, 422 for other content",
  async ({ path: make, to }) => {
    const path = make();
    const message = { id: "m1", data: 1, ...(typeof to === "function" ? to() : to) };
    const first = await post(path, message);
    expect(first.status).toBe(201);
    expect(first.json).toEqual({
      id: "m1",
      offset: 1,
      epoch: expect.stringMatching(/^[a-z0-9]{10}$/),
      duplicate: false,
    });
    expect(first.headers.has("idempotency-replayed")).toBe(false);
    const again = await post(path, message);
    expect(again.status).toBe(200);
    expect(again.json).toEqual({ ...first.json, duplicate: true });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expectRefusal(await post(path, { ...message, data: 2 }), 422, "idempotency_mismatch", "id");
  },
);

it("[PUB2] [LOG13] a list that could be read: 200, with the outcome of each in order", async () => {
  const path = inbox(fresh());
  const list = [
    { id: "a", data: 1 },
    { colour: 1 },
    { id: "a", data: 1 },
    { id: "a", data: 2 },
    {},
  ];
  const { status, json } = await post(path, [...list, { data: "last", ttl: 0 }]);
  expect(status).toBe(200);
  expect(json).toMatchObject({ stored: 2, duplicate: 1, failed: 3 });
  const { epoch } = json.results[0];
  expect(json.results).toEqual([
    { status: 201, id: "a", offset: 1, epoch },
    { status: 422, code: "invalid_params", field: "colour", fix: expect.any(String) },
    { status: 200, id: "a", offset: 1, epoch },
    { status: 422, code: "idempotency_mismatch", field: "id", fix: expect.any(String) },
    { status: 400, code: "bad_request", fix: expect.any(String) },
    { status: 201, id: expect.any(String), offset: null, epoch },
  ]);
  expect((await post(path, [{ data: 1 }])).json).toMatchObject({
    stored: 1,
    results: [{ offset: 2 }],
  });
});

it("[PUB2] one message to many addresses has an outcome for each", async () => {
  const [user, topic] = [fresh(), fresh()];
  const to = [`user:${user}`, `topic:${topic}`, "user:me"];
  const { status, json } = await post("/v1/publish", { to, data: 1 });
  expect(status).toBe(200);
  expect(json).toMatchObject({
    stored: 2,
    failed: 1,
    results: [
      { to: to[0], status: 201, offset: 1 },
      { to: to[1], status: 201, offset: 1 },
      { to: to[2], status: 422, code: "invalid_params", field: "to" },
    ],
  });
});

it("[PUB3] Idempotency-Key stands for the id, and key/i in a list", async () => {
  const path = messages(fresh());
  const key = { "idempotency-key": "k-1" };
  expect((await post(path, { data: 1 }, key)).json).toMatchObject({ id: "k-1", offset: 1 });
  expect((await post(path, { data: 1 }, key)).status).toBe(200);
  // A message's own id takes precedence.
  expect((await post(path, { id: "own", data: 1 }, key)).json).toMatchObject({
    id: "own",
    offset: 2,
  });
  const list = [{ data: 1 }, { id: "mine", data: 2 }, { data: 3 }];
  const first = await post(path, list, { "idempotency-key": "k-2" });
  const ids = first.json.results.map(({ id }: { id: string }) => id);
  expect(ids).toEqual(["k-2/0", "mine", "k-2/2"]);
  const again = await post(path, list, { "idempotency-key": "k-2" });
  expect(again.json).toMatchObject({ stored: 0, duplicate: 3, failed: 0 });
  for (const bad of ["x".repeat(252), "a b"])
    expectRefusal(await post(path, { data: 1 }, { "idempotency-key": bad }), 422, "invalid_params");
});

it("[PUB4] a handler runs before append, for a publish over HTTP", async () => {
  const user = fresh();
  const hello = { id: "h", type: "belfry.example.hello", data: { name: "Ada" } };
  expect((await post(inbox(user), hello)).status).toBe(201);
  expect((await post(inbox(user), hello)).status).toBe(200);
  expectRefusal(await post(inbox(user), { type: "belfry.example.hi" }), 422, "invalid_params");
  const list = [{ ...hello, id: "h2", data: { name: "Bob" } }, { type: "belfry.example.x" }];
  expect((await post(inbox(user), list)).json).toMatchObject({ stored: 1, failed: 1 });
  const { notifications } = (await call(url, "GET", inbox(user))).json;
  expect(notifications).toMatchObject([
    { notification: { title: "Hello, Bob" } },
    { type: "belfry.example.hello", notification: { title: "Hello, Ada" }, data: { name: "Ada" } },
  ]);
});

it("[PUB4] [TOP1] a handler runs in the object, for a publish over a socket", async () => {
  const topic = fresh();
  const token = await tokenOf("ada", allOf(topic));
  const path = `/v1/topics/${topic}/connect?since=latest`;
  const socket = new TestSocket(url, path, { headers: bearer(token) });
  await socket.nextOf("connected");
  const type = "belfry.example.hello";
  socket.send({ type: "publish", id: 1, message: { type, data: { name: "Eve" } } });
  expect((await socket.messages()).messages).toMatchObject([
    { source: "user:ada", notification: { title: "Hello, Eve" } },
  ]);
  socket.send({ type: "publish", id: 2, message: { type } });
  expect(await socket.nextOf("error")).toMatchObject({ id: 2, code: "invalid_params" });
  socket.drop();
});

it("[TOP2] a topic's history over HTTP, with the start of the next page", async () => {
  const topic = fresh();
  await post(messages(topic), [{ data: 1 }, { data: 2 }, { data: 3 }]);
  const page = await call(url, "GET", `${messages(topic)}?since=1h&limit=2`);
  expect(page.json).toMatchObject({ recovered: true, messages: [{ data: 1 }, { data: 2 }] });
  const rest = await call(url, "GET", `${messages(topic)}?since=${page.json.next}`);
  expect(rest.json).toMatchObject({ recovered: true, messages: [{ data: 3 }], next: null });
  expectRefusal(
    await call(url, "GET", `${messages(topic)}?since=soon`),
    422,
    "invalid_params",
    "since",
  );
});
