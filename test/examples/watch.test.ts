// examples/watch.mjs, run by Node against a real hub that is killed while it runs.

import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { call } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { API_KEY } from "../support/vars.ts";
import { startProxy, type TcpProxy } from "./proxy.ts";
import { Script } from "./script.ts";

const LOGS = [
  { address: "user:ada", path: "/v1/users/ada/notifications" },
  { address: "topic:builds", path: "/v1/topics/builds/messages" },
];

describe("examples/watch.mjs", () => {
  let proxy: TcpProxy;
  let hub: Hub;
  let script: Script;
  const title = (text: string) => ({ id: text, notification: { title: text } });

  beforeEach(async () => {
    [proxy, hub] = await Promise.all([startProxy(), startHub(inject("bundle"))]);
    proxy.point(hub.url);
  });
  afterEach(async () => {
    await script.stop();
    proxy.stop();
    await hub.stop();
  });

  it.each(LOGS)("prints each message of $address once, over a restart", async (log) => {
    const { address, path } = log;
    script = new Script("watch.mjs", [address], { HUB: proxy.url, KEY: API_KEY });
    await script.line(/^connected/);
    await call(hub.url, "POST", path, title("Before"));
    await script.line(/^1 test Before/);
    proxy.point(null);
    hub = await hub.restart();
    await call(hub.url, "POST", path, title("Meanwhile"));
    proxy.point(hub.url);
    await script.line(/^2 test Meanwhile/);
    await call(hub.url, "POST", path, title("After"));
    await script.line(/^3 test After/);
    expect(script.lines.filter((line) => /^\d/.test(line))).toHaveLength(3);
  });

  it("ends when it is refused for good, and says why", async () => {
    const key = "bk_test_of_nobody_000000000000000000000000";
    script = new Script("watch.mjs", ["user:ada"], { HUB: hub.url, KEY: key });
    expect(await script.ended()).toBe(1);
    expect(script.lines).toEqual([
      expect.stringMatching(/^Credentials are missing or not accepted: .*this hub's/),
    ]);
  });

  it("goes on from a given cursor, and stays away after a final disconnect", async () => {
    const path = "/v1/users/ada/notifications";
    const { json } = await call(hub.url, "POST", path, title("Old"));
    await call(hub.url, "POST", path, title("New"));
    const cursor = `${json.epoch}:${json.offset}`;
    script = new Script("watch.mjs", ["user:ada", cursor], { HUB: proxy.url, KEY: API_KEY });
    await script.line(/^2 test New/);
    await call(hub.url, "DELETE", "/v1/users/ada/connections");
    expect(await script.ended()).toBe(1);
    expect(script.lines.slice(1)).toEqual([
      expect.stringMatching(/^2 test New/),
      "closed with 4503 disconnected by the operator",
      `not coming back; the cursor is ${json.epoch}:2`,
    ]);
  });
});
