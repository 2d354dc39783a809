// Calls of the app inside its listeners: it may close its client, or connect, in the middle of the
// client's work.

import { expect, it } from "vitest";
import { inbox } from "../../src/client/inbox.ts";
import type { Status } from "../../src/client/status.ts";
import { tokenOf } from "../support/backend.ts";
import { connect, FakeHub, settled, simulate, step } from "./simulation.ts";

it.each(["waiting", "connecting"] as const)(
  "a client that is closed by a listener of %s stays closed",
  async (state) => {
    const simulated = simulate();
    const { client, clock, hub } = simulated;
    const line = await connect(simulated);
    client.onStatus((status) => status.state === state && client.close());
    line.events.lost(1006, "");
    await clock.pass(60_000);
    expect([client.status.state, hub.lines.length, clock.timers]).toEqual(["closed", 1, 0]);
  },
);

it("a client that is connected by a listener of waiting opens one line, and no second one later", async () => {
  const simulated = simulate();
  const { client, clock, hub } = simulated;
  const line = await connect(simulated);
  let isFirst = true;
  client.onStatus(({ state }) => {
    if (state !== "waiting" || !isFirst) return;
    isFirst = false;
    client.connect();
  });
  line.events.lost(1006, "");
  await settled();
  hub.line.connected({ connection: "c_2" });
  for (let seconds = 0; seconds < 60; seconds++) {
    await clock.pass(1_000);
    hub.line.say({ type: "pong" });
  }
  expect([client.status.state, hub.lines.length]).toEqual(["open", 2]);
});

it("all listeners hear each status in order, also when one of them causes the next", async () => {
  const simulated = simulate();
  const { client, hub } = simulated;
  await connect(simulated);
  client.onStatus(({ state }) => state === "closed" && client.connect());
  const told: Status["state"][] = [];
  client.onStatus(({ state }) => told.push(state));
  client.close();
  await settled();
  hub.line.connected({ connection: "c_2" });
  expect(told).toEqual(["closed", "connecting", "open"]);
});

it("a store's listeners hear the newest state last, also when one of them marks", async () => {
  const simulated = simulate();
  const store = inbox(simulated.client);
  store.subscribe(({ notifications: [newest] }) => {
    if (newest?.offset && newest.read_at === null) store.markRead(newest.offset);
  });
  let isRead: boolean | undefined;
  store.subscribe(({ notifications: [newest] }) => {
    isRead = typeof newest?.read_at === "string";
  });
  const line = await connect(simulated);
  line.say(step(null, 1, { oldest: 0, counts: { unread: 1, unseen: 1, total: 1 } }));
  expect(isRead).toBe(true);
});

it("a token function that closes the client ends it", async () => {
  let isSignedIn = true;
  const simulated = simulate((): string | null => {
    if (isSignedIn) return "token";
    simulated.client.close();
    return null;
  });
  const { client, clock, hub } = simulated;
  await connect(simulated, { expires_in: 20 });
  isSignedIn = false;
  await clock.pass(120_000);
  expect([client.status.state, hub.lines.length, clock.timers]).toEqual(["closed", 1, 0]);
});

it("a client that is closed by a store's listener reports no further message", async () => {
  const simulated = simulate();
  const { client } = simulated;
  const store = inbox(client);
  const line = await connect(simulated);
  line.say(step(null, 0, { oldest: 0, counts: { unread: 0, unseen: 0, total: 0 } }));
  const told: Status["state"][] = [];
  store.onMessage(() => told.push(client.status.state));
  store.subscribe(({ notifications }) => notifications.length > 0 && client.close());
  line.say(step(0, 2, { oldest: 0, counts: { unread: 2, unseen: 2, total: 2 } }));
  expect([client.status.state, told]).toEqual(["closed", []]);
});

it.each(["", undefined, 7])("a refresh that returns %j leaves the line as it is", async (given) => {
  let answer: unknown = await tokenOf("ada");
  const simulated = simulate(() => answer as string);
  const { client, clock, hub } = simulated;
  const line = await connect(simulated, { expires_in: 100 });
  answer = given;
  for (let seconds = 0; seconds < 95; seconds++) {
    await clock.pass(1_000);
    line.say({ type: "pong" });
  }
  expect([client.status.state, hub.lines.length, line.sent]).toEqual(["open", 1, []]);
});

it("of two refreshes at once the newer answer counts", async () => {
  const [first, older, newer] = await Promise.all(
    [100, 200, 300].map((iat) => tokenOf("ada", {}, { iat })),
  );
  const answers: ((token: string) => void)[] = [];
  const simulated = simulate((reason) =>
    reason === "connect"
      ? (first as string)
      : new Promise<string>((resolve) => answers.push(resolve)),
  );
  const { client, clock } = simulated;
  const line = await connect(simulated, { expires_in: 300 });
  for (let seconds = 0; answers.length < 2; seconds++) {
    if (seconds > 300) throw new Error("it did not ask twice");
    await clock.pass(1_000);
    line.say({ type: "pong" });
  }
  answers[1]?.(newer as string);
  await settled();
  answers[0]?.(older as string);
  await settled();
  expect(line.sent.map(({ token }) => token)).toEqual([newer]);
  expect(client.credentials?.token).toBe(newer);
});

it("after the end, the next session asks for its token as the first one did", async () => {
  const reasons: string[] = [];
  const simulated = simulate((reason) => {
    reasons.push(reason);
    return reason === "refused" ? null : "token";
  });
  const line = await connect(simulated);
  line.events.lost(4500, "");
  await settled();
  expect(simulated.client.status.state).toBe("closed");
  simulated.client.connect();
  await settled();
  expect(reasons).toEqual(["connect", "refused", "connect"]);
});

it("a transport that is no longer used holds nothing", async () => {
  const [first, second] = [new FakeHub("first"), new FakeHub("second")];
  const simulated = simulate(() => "token", { transports: [first, second] });
  const { client, clock } = simulated;
  client.connect();
  await settled();
  const before = first.left;
  for (const _ of [1, 2]) {
    first.line.events.lost(1006, "");
    await clock.until(() => client.status.state === "connecting");
  }
  second.line.connected();
  expect([client.status, first.left > before]).toMatchObject([{ transport: "second" }, true]);
});

it("the next transport is tried if the browser refuses the address of one", async () => {
  const [first, second] = [new FakeHub("first"), new FakeHub("second")];
  first.open = () => {
    throw new SyntaxError("no such address");
  };
  const { client, clock } = simulate(await tokenOf("ada"), { transports: [first, second] });
  client.connect();
  await clock.until(() => second.lines.length > 0);
  second.line.connected();
  expect(client.status).toMatchObject({ state: "open", transport: "second" });
});
