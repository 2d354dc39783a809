// The choice of the hub that a command calls, and of the key that it sends there.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { startFront } from "../../src/console/server/front.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { API_KEY } from "../support/vars.ts";
import { parsed, run } from "./belfry.ts";

let hub: Hub;
/** The address of the front that `npm start` puts before its hub. */
let front: string;
let folder: string;
beforeAll(async () => {
  hub = await startHub(inject("bundle"));
  const place = { host: "127.0.0.1", port: 0, isFlexible: false };
  front = await startFront({ hubUrl: hub.url, key: API_KEY, ...place });
  folder = await mkdtemp(join(tmpdir(), "belfry-folder-"));
  await mkdir(join(folder, "src/deep"), { recursive: true });
  await writeFile(join(folder, ".dev.key"), `${API_KEY}\n`);
  await writeFile(join(folder, ".dev.url"), `${front}\n`);
});
afterAll(async () => {
  await hub.stop();
  await rm(folder, { recursive: true });
});

it("a command finds the hub of `npm start` from its folder and from those below", async () => {
  for (const cwd of [folder, join(folder, "src/deep")]) {
    const { code, out } = await run(["publish", "user:ada", "Hello"], { cwd });
    expect(code).toBe(0);
    expect(parsed(out)).toMatchObject([{ duplicate: false }]);
  }
});

/** Starts another program, which stands for one at the address of a hub that is gone. */
async function takeOver(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

it.each(["says nothing", "passes the challenge on to the hub"])(
  "the key of the folder is not sent to a program at a stale address that %s",
  async (how) => {
    const heard: string[] = [];
    const { url, server } = await takeOver(async (request, response) => {
      heard.push(`${request.url} ${JSON.stringify(request.rawHeaders)}`);
      response.end(how === "says nothing" ? "" : await (await fetch(front + request.url)).text());
    });
    const stale = await mkdtemp(join(tmpdir(), "belfry-stale-"));
    await writeFile(join(stale, ".dev.key"), `${API_KEY}\n`);
    await writeFile(join(stale, ".dev.url"), `${url}\n`);
    for (const args of [["inbox", "ada"], ["doctor"], ["inbox", "ada", "--hub", url]]) {
      const { code, errors } = await run(args, { cwd: stale });
      expect(code).toBe(3);
      expect(errors[0]).toContain(`the server at ${url} is not the hub of \`npm start\``);
    }
    expect(heard).toHaveLength(3);
    expect(heard.filter((each) => each.includes(API_KEY))).toEqual([]);
    server.close();
    await rm(stale, { recursive: true });
  },
);

it("a command in a folder whose hub was killed reports that no hub answers", async () => {
  const { url, server } = await takeOver(() => undefined);
  await new Promise((closed) => server.close(closed));
  const left = await mkdtemp(join(tmpdir(), "belfry-left-"));
  await writeFile(join(left, ".dev.key"), `${API_KEY}\n`);
  await writeFile(join(left, ".dev.url"), `${url}\n`);
  const { code, errors } = await run(["inbox", "ada"], { cwd: left });
  expect([code, errors[0]]).toEqual([3, expect.stringContaining(`no hub answers at ${url}`)]);
  await rm(left, { recursive: true });
});

it("`--hub` goes before the environment, and the environment before the folder", async () => {
  const inFolder = { cwd: folder, url: "http://127.0.0.1:9", key: API_KEY };
  expect((await run(["inbox", "ada"], inFolder)).code).toBe(3);
  expect((await run(["inbox", "ada", "--hub", hub.url], inFolder)).code).toBe(0);
});

it("the key of the folder is sent to this machine only", async () => {
  const { code, errors } = await run(["inbox", "ada", "--hub", "https://hub.example.com"], {
    cwd: folder,
  });
  expect(code).toBe(2);
  expect(errors[0]).toContain("set BELFRY_KEY");
});

it("an address in a folder counts only if it is of this machine", async () => {
  const strange = await mkdtemp(join(tmpdir(), "belfry-strange-"));
  await writeFile(join(strange, ".dev.key"), `${API_KEY}\n`);
  await writeFile(join(strange, ".dev.url"), "https://hub.example.com\n");
  const { out, errors } = await run(["doctor"], { cwd: strange });
  expect([...out, ...errors].join("\n")).not.toContain("example.com");
  await rm(strange, { recursive: true });
});

it.each([
  ["an address that is none", "hub.example.com"],
  ["another protocol", "ftp://127.0.0.1"],
  ["a name and a password in it", "https://ada:secret@hub.example.com"],
  ["a password alone", "https://:secret@hub.example.com"],
  ["a place in a page", "http://127.0.0.1:9/#docs"],
  ["plain http over the network", "http://hub.example.com"],
  ["a name that only begins like this machine's", "http://127.0.0.1.example.com"],
  ["a name that only ends like it", "http://example.com?localhost"],
])("%s is a wrong call (exit code 2)", async (_what, url) => {
  expect((await run(["inbox", "ada"], { url })).code).toBe(2);
});

it.each([
  ["a line break", "bk_test_0123456789\r\nx-evil: 1"],
  ["what is no key", "ey.a.token"],
])("a key with %s is a wrong call (exit code 2), and is not printed", async (_what, key) => {
  const { code, out, errors } = await run(["inbox", "ada"], { url: hub.url, key });
  expect(code).toBe(2);
  expect([...out, ...errors].join("\n")).not.toContain(key.slice(0, 12));
});

it("an address may end in a slash", async () => {
  expect((await run(["inbox", "ada"], { url: `${hub.url}/` })).code).toBe(0);
});
