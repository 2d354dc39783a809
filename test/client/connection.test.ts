// One line to the hub, kept open on simulated time: tokens, heartbeats, losses, pages put aside.

import { afterEach, expect, it, vi } from "vitest";
import { type ClientOptions, newClient } from "../../src/client/client.ts";
import type { Status } from "../../src/client/status.ts";
import { createThrottle } from "../../src/client/throttle.ts";
import type { TokenReason } from "../../src/client/token.ts";
import { Clock, connect, FakeHub, settled, simulate } from "./simulation.ts";

const disconnect = (code: 4001 | 4002 | 4500 | 4503) =>
  ({ type: "disconnect", code, reason: "told", reconnect: code < 4500 }) as const;

/** A token callback that records its reasons. */
function asked(give: (reason: TokenReason, times: number) => string | null = () => "token") {
  const reasons: TokenReason[] = [];
  const token = (reason: TokenReason) => give(reason, reasons.push(reason));
  return { reasons, token };
}

/** Records the warnings in the console. */
const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
const warned = () => warn.mock.calls.map(([text]) => text);
afterEach(() => {
  warn.mockClear();
});

const untilOpen = (clock: Clock) => clock.pass(60_000);

it("connects when it is first used, and not before", async () => {
  const { client, hub } = simulate();
  await settled();
  expect([client.status, hub.lines.length]).toEqual([{ state: "idle" }, 0]);
  client.topic("news").subscribe(() => undefined);
  client.topic("sport").subscribe(() => undefined, { since: "15m" });
  expect(client.status).toEqual({ state: "connecting", attempt: 0, wasOpen: false });
  await settled();
  expect(hub.line.offer).toMatchObject({
    url: "https://hub.test",
    token: "token",
    since: "latest",
    topics: [
      ["news", "latest"],
      ["sport", "15m"],
    ],
  });
  hub.line.connected({ connection: "c_7" });
  expect(client.status).toEqual({ state: "open", transport: "fake", connection: "c_7" });
});

it("[SOC15] comes back within the spread first, then within waits that double up to 30 s", async () => {
  const simulated = simulate();
  const { client, clock, hub } = simulated;
  const waits: number[] = [];
  client.onStatus((status) => {
    if (status.state === "waiting" && status.until !== null) waits.push(status.until - clock.now);
  });
  const line = await connect(simulated, { reconnect_spread: 7 });
  line.events.lost(1006, "");
  for (let times = 0; times < 8; times++) {
    await clock.pass(waits.at(-1) ?? 0);
    hub.line.events.lost(1006, "");
  }
  const limits = [7_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000];
  expect(waits.length).toBe(limits.length);
  expect(waits.filter((wait, i) => wait > (limits[i] as number))).toEqual([]);
  expect(new Set(waits).size).toBe(waits.length);
});

it("1,000 clients that are dropped at once come back spread: at most 25 % in any one second", async () => {
  const all = await Promise.all(
    Array.from({ length: 1_000 }, async (_, i) => {
      const simulated = simulate("token", { seed: i + 1 });
      const line = await connect(simulated);
      return { ...simulated, line };
    }),
  );
  const perSecond = new Array<number>(10).fill(0);
  for (const { client, clock, line } of all) {
    const droppedAt = clock.now;
    client.onStatus(({ state }) => {
      const second = Math.floor((clock.now - droppedAt) / 1_000);
      if (state === "connecting") perSecond[second] = (perSecond[second] ?? 0) + 1;
    });
    line.say(disconnect(4001));
  }
  await Promise.all(all.map(({ clock }) => clock.pass(10_000)));
  expect(perSecond.reduce((sum, count) => sum + count)).toBe(1_000);
  expect(Math.max(...perSecond)).toBeLessThanOrEqual(250);
});

it("acts on a `disconnect` at once, and ends if it says not to come back", async () => {
  const simulated = simulate();
  const { client, clock, hub } = simulated;
  const line = await connect(simulated);
  line.say(disconnect(4503));
  expect(line.isClosed).toBe(true);
  const reason = { close: 4503, code: "disconnected", message: "told" };
  expect(client.status).toEqual({ state: "closed", reason });
  await untilOpen(clock);
  expect([hub.lines.length, clock.timers]).toEqual([1, 0]);
  client.connect();
  await settled();
  expect(hub.lines.length).toBe(2);
});

it("says why a connect was refused", async () => {
  const { client, hub } = simulate();
  client.connect();
  await settled();
  const refusal = { code: "origin_not_allowed", message: "No", fix: "name it", temporary: false };
  hub.line.say({ type: "error", id: null, ...refusal });
  hub.line.events.lost(4501, "forbidden");
  const reason = { close: 4501, code: "origin_not_allowed", message: "name it" };
  expect(client.status).toEqual({ state: "closed", reason });
});

it("reports a final refusal once in the console, and nothing else", async () => {
  const { client, hub } = simulate("text");
  client.connect();
  await settled();
  const refusal = { code: "invalid_token", message: "No", fix: "send a JWT", temporary: false };
  hub.line.say({ type: "error", id: null, ...refusal });
  hub.line.events.lost(4500, "invalid token");
  await settled();
  expect(warned()).toEqual(["belfry: https://hub.test: invalid_token: send a JWT"]);

  const signedOut = simulate(() => null);
  signedOut.client.connect();
  await settled();
  const other = simulate();
  (await connect(other)).events.lost(1006, "");
  other.client.close();
  expect([signedOut.client.status.state, other.client.status.state]).toEqual(["closed", "closed"]);
  expect(warned().length).toBe(1);
});

it("replaces characters of a token that nothing can carry, so that the hub can refuse it", async () => {
  for (const token of ["…", "a b\n"]) {
    const { client, hub } = simulate(token);
    client.connect();
    await settled();
    expect(hub.line.offer.token).toMatch(/^[\w.-]+$/);
  }
});

it("asks for another token at once after a refusal, then with waits up to 30 s, without end", async () => {
  const { reasons, token } = asked((_reason, times) => `token-${times}`);
  const simulated = simulate(token);
  const { client, clock, hub } = simulated;
  const waits: number[] = [];
  client.onStatus((status) => {
    if (status.state === "waiting" && status.until !== null) waits.push(status.until - clock.now);
  });
  client.connect();
  await settled();
  const refuse = () => {
    const refusal = { code: "invalid_token", message: "No", fix: "wait for the key" };
    hub.line.say({ type: "error", id: null, ...refusal, temporary: false });
    hub.line.events.lost(4500, "invalid token");
  };
  refuse();
  await settled();
  expect([reasons, waits]).toEqual([["connect", "refused"], []]);
  for (let times = 0; times < 12; times++) {
    refuse();
    expect(client.status).toMatchObject({
      state: "waiting",
      reason: { close: 4500, code: "invalid_token", message: "wait for the key" },
    });
    await clock.pass(waits.at(-1) ?? 0);
  }
  const limits = [5_000, 2_000, 4_000, 8_000, 16_000, ...Array<number>(7).fill(30_000)];
  expect(waits.filter((wait, i) => wait > (limits[i] as number))).toEqual([]);
  expect(new Set(waits).size).toBe(12);
  expect(new Set(reasons.slice(1))).toEqual(new Set(["refused"]));
  expect(warned()).toEqual(["belfry: https://hub.test: invalid_token: wait for the key"]);
  hub.line.connected();
  expect([client.status.state, hub.line.offer.token]).toEqual(["open", "token-14"]);
  // A token that the hub accepts resets the waits.
  hub.line.events.lost(4500, "revoked");
  await settled();
  expect([reasons.at(-1), client.status.state]).toEqual(["refused", "connecting"]);
});

it("takes nothing but a text as a token, and reports any other value", async () => {
  for (const token of [undefined, { jwt: "x" }, 7, ""] as unknown[]) {
    warn.mockClear();
    const { environment } = simulate().client;
    const options = { url: "https://hub.test", token, transports: [new FakeHub()] };
    const fixed = newClient(options as ClientOptions, environment);
    fixed.connect();
    await settled();
    const message = `TypeError: "${token}" is no token`;
    const reason = { code: "token", message };
    expect(fixed.status).toMatchObject({ state: "closed", reason });
    expect(warned()).toEqual([`belfry: https://hub.test: token: ${message}`]);
    const asking = simulate(() => token as string);
    asking.client.connect();
    await asking.clock.pass(120_000);
    expect(asking.client.status).toMatchObject({ reason, wasOpen: false });
    expect([asking.hub.lines.length, warned().length]).toEqual([0, 2]);
  }
});

it("reports once that no hub has answered, and nothing after a hub was reached", async () => {
  const simulated = simulate();
  const { client, clock, hub } = simulated;
  client.connect();
  await settled();
  const lose = async () => {
    const { length } = hub.lines;
    hub.line.events.lost(1006, "");
    await clock.until(() => hub.lines.length > length);
  };
  for (let times = 0; times < 5; times++) await lose();
  expect(warned()).toEqual(["belfry: https://hub.test: lost: no hub answers"]);
  hub.line.connected();
  for (let times = 0; times < 5; times++) await lose();
  expect(warned().length).toBe(1);
});

it("reports an address that the browser refuses", async () => {
  const hub = new FakeHub();
  hub.open = () => {
    throw new SyntaxError("no such port");
  };
  const { client, clock } = simulate(() => "token", { transports: [hub] });
  client.connect();
  await clock.pass(60_000);
  const reason = { code: "token", message: "SyntaxError: no such port" };
  expect(client.status).toMatchObject({ wasOpen: false, reason });
  expect(warned()).toEqual(["belfry: https://hub.test: token: SyntaxError: no such port"]);
});

it("the status says whether the line was open before", async () => {
  const simulated = simulate();
  const { client, clock, hub } = simulated;
  const seen: unknown[] = [];
  client.onStatus((status) => seen.push("wasOpen" in status ? status.wasOpen : status.state));
  client.connect();
  await settled();
  hub.line.events.lost(1006, "");
  await clock.until(() => hub.lines.length === 2);
  hub.line.connected();
  hub.line.events.lost(1006, "");
  await clock.until(() => hub.lines.length === 3);
  client.close();
  client.connect();
  expect(seen).toEqual([false, false, false, "open", true, true, "closed", false]);
});

it("does not come back with a fixed token that was refused or has expired", async () => {
  for (const code of [4500, 4002]) {
    const { client, hub } = simulate("text");
    client.connect();
    await settled();
    hub.line.events.lost(code, "no");
    expect(client.status).toMatchObject({ state: "closed", reason: { close: code } });
  }
});

it("gets a fresh token when the last one has expired", async () => {
  const { reasons, token } = asked((_reason, times) => `token-${times}`);
  const simulated = simulate(token);
  const line = await connect(simulated);
  line.say(disconnect(4002));
  await simulated.clock.pass(5_000);
  expect(reasons).toEqual(["connect", "expired"]);
  expect(simulated.hub.line.offer.token).toBe("token-2");
});

it("is closed when nobody is signed in, and waits when the callback fails", async () => {
  const signedOut = simulate(() => null);
  signedOut.client.connect();
  await settled();
  expect(signedOut.client.status).toMatchObject({
    state: "closed",
    reason: { code: "unauthorized" },
  });
  const failing = simulate(() => Promise.reject(new Error("our server is down")));
  failing.client.connect();
  await settled();
  const reason = { code: "token", message: "Error: our server is down" };
  expect(failing.client.status).toMatchObject({ state: "waiting", reason });
});

it("refreshes each token on the live line after 80 % of its time", async () => {
  const { reasons, token } = asked((_reason, times) => `token-${times}`);
  const simulated = simulate(token);
  const line = await connect(simulated, { expires_in: 100 });
  const answer = () => line.say({ type: "pong" });
  for (let second = 0; second < 79; second++) await simulated.clock.pass(1_000).then(answer);
  expect(reasons).toEqual(["connect"]);
  for (let second = 0; second < 2; second++) await simulated.clock.pass(1_000).then(answer);
  expect(line.asked("refresh")).toMatchObject({ token: "token-2" });
  line.say({ type: "reply", id: 0, expires_in: 50 });
  for (let second = 0; second < 41; second++) await simulated.clock.pass(1_000).then(answer);
  expect(reasons).toEqual(["connect", "refresh", "refresh"]);
  expect(simulated.hub.lines.length).toBe(1);
});

it("refreshes a short token in time, also while a ping waits for its answer", async () => {
  const { reasons, token } = asked();
  const simulated = simulate(token);
  const line = await connect(simulated, { expires_in: 32 });
  // A ping goes out at 22 s, and 80 % of the token's time is over before its answer would be overdue.
  await simulated.clock.pass(22_000);
  expect([line.pings, reasons]).toEqual([2, ["connect"]]);
  await simulated.clock.pass(3_000);
  expect(reasons).toEqual(["connect", "refresh"]);
  // The refresh does not make the client forget the ping.
  await simulated.clock.pass(5_000);
  expect([line.pings, simulated.client.status]).toMatchObject([
    2,
    { state: "waiting", reason: { code: "silent" } },
  ]);
});

it("a token that is good for years sets no timer that overflows", async () => {
  const { reasons, token } = asked();
  const simulated = simulate(token);
  const line = await connect(simulated, { expires_in: 10 * 365 * 86_400 });
  for (let second = 0; second < 90; second++)
    await simulated.clock.pass(1_000).then(() => line.say({ type: "pong" }));
  expect(reasons).toEqual(["connect"]);
});

it("sends one ping at once and then one within 30 s, and drops a silent line", async () => {
  const simulated = simulate();
  const { client, clock } = simulated;
  const line = await connect(simulated);
  expect([line.pings, line.sent]).toEqual([1, []]);
  for (let beat = 2; beat <= 4; beat++) {
    await clock.pass(21_999);
    expect(line.pings).toBe(beat - 1);
    await clock.pass(1);
    expect(line.pings).toBe(beat);
    line.say({ type: "pong" });
    await clock.pass(8_000);
    expect(client.status.state).toBe("open");
  }
  await clock.pass(30_000);
  expect(line.isClosed).toBe(true);
  expect(client.status).toMatchObject({ state: "waiting", reason: { code: "silent" } });
});

it("drops a silent line, however often `connect()` is called meanwhile", async () => {
  const simulated = simulate();
  const { client, clock } = simulated;
  const line = await connect(simulated);
  for (let second = 0; second < 8; second++) {
    client.connect();
    await clock.pass(1_000);
  }
  expect(line.isClosed).toBe(true);
  expect(client.status).toMatchObject({ state: "waiting", reason: { code: "silent" } });
});

it("does not take a late timer for a silent hub", async () => {
  const simulated = simulate();
  const { client, clock } = simulated;
  const line = await connect(simulated);
  await clock.pass(22_000);
  // The page's timers are delayed, and so are the frames that arrive.
  clock.sleep(600_000);
  await clock.pass(0);
  expect([client.status.state, line.pings]).toEqual(["open", 3]);
  line.say({ type: "pong" });
  await clock.pass(8_000);
  expect(client.status.state).toBe("open");
});

it("gives up an open that takes more than 15 s", async () => {
  const { client, clock, hub } = simulate();
  client.connect();
  await clock.pass(15_000);
  expect(hub.line.isClosed).toBe(true);
  expect(client.status).toMatchObject({ state: "waiting", reason: { code: "timeout" } });
});

it.each(["visibilitychange", "online"])(
  "comes back at once on %s, and pings a line that is open",
  async (event) => {
    const simulated = simulate();
    const { client, clock, hub, page } = simulated;
    const line = await connect(simulated);
    page.is(event);
    expect(line.pings).toBe(2);
    await clock.pass(8_000);
    expect(client.status.state).toBe("waiting");
    page.hidden = true;
    page.is("visibilitychange");
    expect(client.status.state).toBe("waiting");
    page.hidden = false;
    page.is(event);
    await settled();
    expect(hub.lines.length).toBe(2);
  },
);

it("closes the line when the page is put aside, and opens one when it returns", async () => {
  for (const [away, back] of [
    ["pagehide", "pageshow"],
    ["freeze", "resume"],
  ] as const) {
    const simulated = simulate();
    const { client, clock, hub, page } = simulated;
    const line = await connect(simulated);
    page.is(away);
    // The only timer is for the token's expiry.
    expect([line.isClosed, hub.left, clock.timers]).toEqual([true, 1, 1]);
    expect(client.status).toMatchObject({
      state: "waiting",
      until: null,
      reason: { code: "page_hidden" },
    });
    page.is(back);
    await settled();
    hub.line.connected();
    // The close of the old socket comes when the page is back, and no line takes it.
    line.events.lost(1006, "");
    expect([client.status.state, hub.lines.length]).toEqual(["open", 2]);
  }
});

it("a page that is thawed while it is hidden opens a line too", async () => {
  const simulated = simulate();
  const { client, hub, page } = simulated;
  await connect(simulated);
  page.hidden = true;
  page.is("visibilitychange", "freeze");
  expect(client.status).toMatchObject({ state: "waiting", until: null });
  page.is("resume");
  await settled();
  expect(hub.lines.length).toBe(2);
});

it("a page's events wake neither an unused client nor a closed one", async () => {
  const { client, hub, page } = simulate();
  page.is("pageshow", "visibilitychange", "online");
  client.connect();
  await settled();
  client.close();
  page.is("pageshow", "visibilitychange", "online");
  await settled();
  expect(hub.lines.length).toBe(1);
});

it("tries the next transport after two failed opens, and the first again when that one is lost", async () => {
  const [first, second] = [new FakeHub("first"), new FakeHub("second")];
  const { client, clock } = simulate("token", { transports: [first, second] });
  client.connect();
  await settled();
  for (let times = 0; times < 2; times++) {
    first.line.events.lost(1006, "");
    await clock.until(() => client.status.state === "connecting");
    await settled();
  }
  second.line.connected();
  expect(client.status).toMatchObject({ state: "open", transport: "second" });
  second.line.events.lost(1006, "");
  await clock.pass(5_000);
  expect([first.lines.length, second.lines.length]).toEqual([3, 1]);
  first.line.events.lost(1006, "");
  await clock.pass(5_000);
  expect([first.lines.length, second.lines.length]).toEqual([3, 2]);
});

it("a hub that refuses with a reason is not taken for a blocked transport", async () => {
  const [first, second] = [new FakeHub("first"), new FakeHub("second")];
  const { client, clock } = simulate("token", { transports: [first, second] });
  client.connect();
  await settled();
  const refusal = { code: "overloaded", message: "No", fix: "wait", temporary: true };
  for (let times = 0; times < 6; times++) {
    first.line.say({ type: "error", id: null, ...refusal });
    first.line.events.lost(4001, "");
    await clock.until(() => client.status.state === "connecting");
    await settled();
  }
  expect(second.lines.length).toBe(0);
});

it("sends at most 15 frames in a second", async () => {
  const simulated = simulate();
  const { client, clock } = simulated;
  const line = await connect(simulated);
  for (let i = 0; i < 40; i++) client.request("follow", { topic: `t${i}` }).catch(() => undefined);
  const sent: number[] = [line.sent.length];
  for (let second = 1; second <= 2; second++) {
    await clock.pass(1_000);
    sent.push(line.sent.length);
  }
  expect(sent).toEqual([15, 30, 40]);
});

it("goes on sending when the clock is set back", async () => {
  const clock = new Clock();
  const sent: unknown[] = [];
  let wrongMs = 0;
  const now = () => clock.now - wrongMs;
  const { environment } = simulate().client;
  const pace = createThrottle({ ...environment, now, after: clock.after }, (frame) =>
    sent.push(frame),
  );
  for (let id = 0; id < 20; id++) pace.push(String(id));
  wrongMs = 500_000;
  await clock.pass(1_000);
  expect(sent.length).toBe(20);
});

it("reports every change of status until the listener is removed", async () => {
  const simulated = simulate();
  const seen: Status["state"][] = [];
  const end = simulated.client.onStatus(({ state }) => seen.push(state));
  const line = await connect(simulated);
  line.events.lost(1006, "");
  end();
  simulated.client.close();
  expect(seen).toEqual(["connecting", "open", "waiting"]);
});
