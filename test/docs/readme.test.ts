// The first screen of the README, run as written: start, publish, receive in a real browser; then the hub
// stops and starts again, and the missed messages come by cursor.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createHub } from "../../src/client/server.ts";
import { Belfry, run } from "../cli/belfry.ts";
import { launchBrowser } from "../examples/browser.ts";
import { tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { API_KEY } from "../support/vars.ts";
import { argumentsOf, parseCurl, performCall } from "./curl.ts";
import { bundled, faultsOf, runModule, type Snippet, snippetsOf } from "./snippets.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const README_URL = "http://127.0.0.1:8787";

const snippets = snippetsOf("README.md");
/** Returns a snippet under "In an app" in a language. */
const inApp = (language: string, place = 0) =>
  snippets.filter((each) => each.heading === "In an app" && each.language === language)[
    place
  ] as Snippet;

let storage: string;
const running: ChildProcess[] = [];

beforeAll(async () => {
  storage = await mkdtemp(join(tmpdir(), "belfry-readme-"));
});

afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  await rm(storage, { recursive: true, force: true });
});

interface Started {
  url: string;
  token: string;
  /** The printed lines, among them the commands for publishing and for watching. */
  printed: string[];
  stop(): Promise<void>;
}

/** Starts the script of `npm start` on the test's storage, at a free port or a given one. */
async function start(port = "0"): Promise<Started> {
  const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  const [command, ...args] = (scripts.start as string).split(" ");
  expect(command).toBe("node");
  const child = spawn(process.execPath, [...args, `--port=${port}`, `--persist-to=${storage}`], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.push(child);
  const exited = new Promise<void>((done) => child.once("exit", () => done()));
  const printed: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    printed.push(line);
    if (line.includes("stop with Ctrl-C")) break;
  }
  const text = printed.join("\n");
  return {
    url: /Belfry is up at (\S+)/.exec(text)?.[1] as string,
    token: /Authorization: Bearer (ey[\w.-]+)/.exec(text)?.[1] as string,
    printed,
    stop: async () => {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** Runs a `curl` of the README or of `npm start` against the started hub. */
async function curl(command: string, url: string): Promise<Response> {
  const args = await argumentsOf(command.replaceAll(README_URL, url), {
    PATH: process.env.PATH ?? "",
  });
  return performCall(parseCurl(args), AbortSignal.timeout(20_000));
}

it("[LOG1] the README's first screen: start, publish, receive, and miss nothing over a restart", {
  timeout: 90_000,
}, async () => {
  const [run, publish, receive] = snippets.map(({ code }) => code) as [string, string, string];
  expect(run).toBe("npm ci && npm start\n");
  const first = await start();

  // Replace the dots by the printed token, as a reader would.
  const file = join(storage, "bell.html");
  const tag = receive.replace('token="…"', `token="${first.token}"`);
  await writeFile(file, tag.replaceAll(README_URL, first.url));
  const browser = await launchBrowser();
  const page = await browser.newPage();
  await page.goto(pathToFileURL(file).href);
  expect((await curl(publish, first.url)).status).toBe(201);
  await page.getByRole("button", { name: "Notifications, 1 unread" }).click();
  await page.getByRole("article", { name: "Build passed" }).waitFor();

  // The output of `npm start`: a command for a stream, one that publishes, and the README's tag.
  const watch = first.printed.find((line) => line.includes("text/event-stream")) as string;
  const again = first.printed.find((line) => line.startsWith("curl") && line !== watch) as string;
  expect(first.printed.join("\n")).toContain(tag.replaceAll(README_URL, first.url).trim());
  const reader = (await curl(watch, first.url)).body?.getReader();
  let stream = "";
  const until = async (text: string) => {
    while (!stream.includes(text)) {
      const piece = await reader?.read();
      if (piece?.done !== false) throw new Error(`the stream ended before ${text}`);
      stream += new TextDecoder().decode(piece.value);
    }
  };
  await until('"snapshot":true');
  expect((await curl(again, first.url)).status).toBe(201);
  expect((await curl(again, first.url)).status).toBe(201);
  await until('"to":3');
  await reader?.cancel();

  await first.stop();
  await page.getByText("Reconnecting…").waitFor();
  const second = await start(new URL(first.url).port);
  expect((await curl(publish, second.url)).status).toBe(201);
  await expect.poll(() => page.getByRole("article").count(), { timeout: 30_000 }).toBe(4);
  await browser.close();
  await second.stop();
});

describe("the README's code for an app", () => {
  let hub: Hub;
  beforeAll(async () => {
    hub = await startHub(inject("bundle"));
  });
  afterAll(() => hub.stop());

  it("prints messages to the user and to the topic", async () => {
    const { code } = inApp("js");
    const printed: unknown[] = [];
    Object.assign(globalThis, {
      belfryLog: (value: unknown) => printed.push(value),
      fetchToken: () => tokenOf("ada", { "topic:*": ["subscribe"] }),
    });
    const program = code.replace("https://belfry.example.com", hub.url);
    expect(program).not.toBe(code);
    const backend = createHub({ url: hub.url, key: API_KEY });
    await backend.publish("topic:builds", { data: 118 });
    await runModule(await bundled(program, { define: { "console.log": "belfryLog" } }));
    await expect.poll(() => printed).toEqual([118]);
    // The client is connected by now, so this message is new and no part of the first snapshot.
    await backend.publish("user:ada", { notification: { title: "Build passed" } });
    await expect.poll(() => printed).toEqual([118, "Build passed"]);
  });

  it("publishes, watches and diagnoses from the command line", async () => {
    const { code } = snippets.find(({ heading }) => heading === "From the command line") as Snippet;
    const commands = await Promise.all(
      code
        .trim()
        .split("\n")
        .map(async (line) => {
          const printed = line.replace(/^npx belfry /, "printf '%s\\0' ");
          expect(printed).not.toBe(line);
          const { stdout } = await promisify(execFile)("sh", ["-c", printed]);
          return stdout.split("\0").slice(0, -1);
        }),
    );
    const [publish, tail, doctor] = commands as [string[], string[], string[]];
    const user = "user:ada-at-the-terminal";
    const args = (given: string[]) => given.map((arg) => (arg === "user:ada" ? user : arg));
    expect(await run(args(publish), { url: hub.url })).toMatchObject({ code: 0, errors: [] });
    const watching = new Belfry(args(tail), { url: hub.url });
    expect((await watching.lines(1))[0]).toContain("Build passed");
    await watching.stop();
    expect(await run(args(doctor), { url: hub.url })).toMatchObject({ code: 0 });
  });

  it("is deployed by commands that exist", async () => {
    const { code } = snippets.find(({ heading }) => heading === "Ship it") as Snippet;
    const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
    const named = [...code.matchAll(/npm run (\w+)/g)].map(([, name = ""]) => name);
    expect(named).toEqual(["keys", "smoke"]);
    for (const name of named) expect(scripts[name]).toBeTruthy();
    expect(await readFile(join(ROOT, "wrangler.toml"), "utf8")).toContain("ALLOWED_ORIGINS");
  });

  it("makes tokens for the app's users", async () => {
    const { code } = inApp("js", 1);
    type Handle = (request: object, response: object) => Promise<void>;
    let handle: Handle | undefined;
    const app = {
      post(path: string, _requireLogin: unknown, given: Handle) {
        expect(path).toBe("/belfry-token");
        handle = given;
      },
    };
    const env = { HUB: hub.url, KEY: API_KEY };
    const program = await bundled(code, { format: "iife" });
    new Function("app", "process", "requireLogin", program)(app, { env }, null);
    let token = "";
    await handle?.(
      { user: { id: "ada" } },
      { json: (body: { token: string }) => ({ token } = body) },
    );
    const claims = Buffer.from(token.split(".")[1] ?? "", "base64url").toString();
    expect(JSON.parse(claims).sub).toBe("ada");
    expect(faultsOf("php", `<?php\n${inApp("php").code}`)).toEqual([]);
    expect(faultsOf("python", inApp("python").code)).toEqual([]);
  });
});
