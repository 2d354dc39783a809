// The tools of the platform's development server read and change a hub's storage without a key. A page on
// this machine reaches them neither through the front nor at any other port of `npm start`.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { leadsToTools } from "../../src/console/server/tools.ts";
import { call } from "../support/backend.ts";
import { type Development, startDevelopment } from "./development.ts";

const QUERY = "explorer/api/workers/durable_objects/namespaces/belfry-Inbox/query";
const USER = "v1/-/user/ada";

let hub: Development;
beforeAll(async () => {
  hub = await startDevelopment();
  const own = { authorization: `Bearer ${hub.key}` };
  await call(hub.url, "POST", "/v1/users/ada/notifications", { data: "kept" }, own);
});
afterAll(() => hub?.stop());

interface Reply {
  status: number;
  text: string;
}

/** Sends the path as written; `fetch` would normalize it. */
function ask(url: string, path: string, method = "POST", headers = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const take = async (response: IncomingMessage) =>
      resolve({ status: response.statusCode ?? 0, text: await text(response) });
    const asked = request(url, {
      path,
      method,
      headers: { origin: "http://localhost:3000", "content-type": "application/json", ...headers },
    });
    asked.on("response", take);
    asked.on("upgrade", (response, socket) => {
      socket.destroy();
      take(response);
    });
    asked.on("error", reject);
    asked.end(
      method === "POST"
        ? JSON.stringify({
            durable_object_name: USER,
            queries: [{ sql: "UPDATE log SET body = replace(body, 'kept', 'taken')" }],
          })
        : undefined,
    );
  });
}

async function expectUntouched(): Promise<void> {
  const own = { authorization: `Bearer ${hub.key}` };
  const kept = await call(hub.url, "GET", "/v1/users/ada/notifications", undefined, own);
  expect(kept.json.notifications).toMatchObject([{ data: "kept" }]);
}

/** Spellings of the tools' path: some parser on the way takes each of them for it. */
const SPELLINGS = [
  `/cdn-cgi/${QUERY}`,
  `/cdn-cgi/local/${QUERY}`,
  `//cdn-cgi/local/${QUERY}`,
  `/./cdn-cgi/local/${QUERY}`,
  `/v1/../cdn-cgi/local/${QUERY}`,
  `/v1/users/ada/../../../cdn-cgi/local/${QUERY}`,
  `/v1/%2e%2E/cdn-cgi/local/${QUERY}`,
  `/%63dn-cgi/local/${QUERY}`,
  `/%2563dn-cgi/local/${QUERY}`,
  `/cdn%2Dcgi/local/${QUERY}`,
  `/cdn-cgi%2flocal/${QUERY}`,
  `/cdn-cgi\\local\\${QUERY}`,
  `\\cdn-cgi/local/${QUERY}`,
  `/CDN-CGI/local/${QUERY}`,
  `/cdn-%09cgi/local/${QUERY}`,
  `http://localhost/cdn-cgi/local/${QUERY}`,
  `http:\\\\localhost\\cdn-cgi/local/${QUERY}`,
];

describe("the front", () => {
  it.each(SPELLINGS)("passes nothing on to %s", async (path) => {
    const reply = await ask(hub.url, path).catch(({ code }) => ({ status: 404, text: code }));
    expect([400, 404]).toContain(reply.status);
    expect(leadsToTools(path)).toBe(true);
    await expectUntouched();
  });

  it("opens no socket to them", async () => {
    const upgrade = {
      ...{ connection: "Upgrade", upgrade: "websocket" },
      ...{ "sec-websocket-version": "13", "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==" },
      "sec-websocket-protocol": "WRANGLER_PROXYWORKER_LIVE_RELOAD_PROTOCOL",
    };
    // The empty body shows that the front refused: a refusal of the hub has a body.
    for (const path of ["/cdn-cgi/live-reload", "/v1/..//cdn-cgi/live-reload"])
      expect(await ask(hub.url, path, "GET", upgrade)).toEqual({ status: 404, text: "" });
  });

  it("passes on a user and a topic of that name", async () => {
    const own = { authorization: `Bearer ${hub.key}` };
    const path = "/v1/topics/cdn-cgi/messages";
    expect((await call(hub.url, "POST", path, { data: 1 }, own)).status).toBe(201);
    expect(leadsToTools("/v1/users/cdn-cgi/notifications?since=/cdn-cgi/")).toBe(false);
  });
});

describe.runIf(process.platform === "linux")("every port that `npm start` opens", () => {
  it("runs no query of a page on this machine", async () => {
    const ports = listeningPorts(descendantsOf(process.pid));
    // At least the front's port, wrangler's, and the one between both.
    expect(ports.length).toBeGreaterThan(2);
    for (const port of ports)
      for (const path of SPELLINGS.slice(0, 2)) {
        const url = `http://127.0.0.1:${port}`;
        const { text } = await ask(url, path).catch(({ code }) => ({ text: code as string }));
        expect(text).not.toContain("result");
      }
    await expectUntouched();
  });

  /** Returns the child processes of a process, and their children. */
  function descendantsOf(ancestor: number): Set<number> {
    const parents = new Map(
      readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .map((pid) => [Number(pid), parentOf(pid)]),
    );
    const found = new Set([ancestor]);
    for (let size = 0; size !== found.size; ) {
      size = found.size;
      for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
    }
    found.delete(ancestor);
    return found;
  }

  function parentOf(pid: string): number {
    try {
      return Number(/\nPPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    } catch {
      // The process has ended meanwhile.
      return 0;
    }
  }

  /** Returns the ports at which the processes listen: `0A` is the state of a listening socket. */
  function listeningPorts(pids: ReadonlySet<number>): number[] {
    const sockets = new Set([...pids].flatMap(socketsOf));
    return readFileSync("/proc/net/tcp", "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === "0A" && sockets.has(inode))
      .map(([, local = ""]) => Number.parseInt(local.split(":")[1] ?? "", 16));
  }

  function socketsOf(pid: number): (string | undefined)[] {
    try {
      return readdirSync(`/proc/${pid}/fd`).map(
        (fd) => /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1],
      );
    } catch {
      return [];
    }
  }
});
