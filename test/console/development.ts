// The script of `npm start`, on a free port and its own storage, and its page in a browser without errors
// in its console.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { expect } from "vitest";

export const ROOT = resolve(import.meta.dirname, "../..");
const SHOTS = join(import.meta.dirname, "screenshots");

export interface Development {
  readonly url: string;
  /** The development API key. */
  readonly key: string;
  /** The folder of the hub's storage. */
  readonly storage: string;
  /** The printed lines. */
  readonly said: readonly string[];
  /** Sends the signal; returns the exit code, null when the signal killed the script. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts the script as `npm start` does, on a free port and the given storage. */
export async function spawnStart(storage: string, ...more: string[]): Promise<ChildProcess> {
  const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  const [, ...args] = (scripts.start as string).split(" ");
  return spawn(process.execPath, [...args, "--port=0", `--persist-to=${storage}`, ...more], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

export async function startDevelopment(...more: string[]): Promise<Development> {
  const storage = await mkdtemp(join(tmpdir(), "belfry-console-"));
  const child = await spawnStart(storage, ...more);
  child.stderr?.pipe(process.stderr);
  const killAtExit = () => child.kill("SIGTERM");
  process.once("exit", killAtExit);
  const exited = new Promise<number | null>((done) => child.once("exit", done));
  let url = "";
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  await new Promise<void>((done, fail) => {
    child.once("exit", (code) => fail(new Error(`npm start ended with ${code}`)));
    lines.on("line", (line) => {
      said.push(line);
      url = /Belfry is up at (\S+)/.exec(line)?.[1] ?? url;
      if (line.includes("stop with Ctrl-C")) done();
    });
  });
  return {
    url,
    key: (await readFile(join(ROOT, ".dev.key"), "utf8")).trim(),
    storage,
    said,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      const code = await exited;
      process.off("exit", killAtExit);
      await rm(storage, { recursive: true, force: true });
      return code;
    },
  };
}

/** The page, and locators for its parts. */
export class Screen {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #complaints: string[] = [];
  /** The errors in the browser's console that a test expects. */
  #expected: RegExp | null = null;
  readonly line: Locator;

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    this.line = page.locator("#line");
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning")
        this.#complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.#complaints.push(String(error)));
  }

  static async open(
    browser: Browser,
    url: string,
    options: Parameters<Browser["newContext"]>[0] = {},
  ): Promise<Screen> {
    const context = await browser.newContext({
      viewport: { width: 1440, height: 1000 },
      permissions: ["clipboard-read", "clipboard-write"],
      ...options,
    });
    const screen = new Screen(context, await context.newPage());
    await screen.page.goto(url);
    await expect.poll(() => screen.number("Connections"), { timeout: 15_000 }).toBe("2");
    return screen;
  }

  pane(user: string): Locator {
    return this.page.locator(`.pane.${user}`);
  }

  /** Returns a notification in a user's inbox. */
  item(user: string, title: string): Locator {
    return this.pane(user).getByRole("article").filter({ hasText: title });
  }

  /** Returns a live message of the topic. */
  live(user: string, title: string): Locator {
    return this.pane(user).locator(".topic-feed li").filter({ hasText: title });
  }

  press(user: string, button: string): Promise<void> {
    return this.pane(user).getByRole("button", { name: button, exact: true }).click();
  }

  /** Waits until the page shows this state of the user's connection. */
  state(user: string, text: string): Promise<void> {
    return this.pane(user).locator(".state", { hasText: text }).waitFor();
  }

  /** Waits until the page shows this note on the user's connection. */
  note(user: string, text: string): Promise<void> {
    return this.pane(user).locator(".note", { hasText: text }).waitFor();
  }

  number(name: string): Promise<string | null> {
    return this.page.locator("#numbers div").filter({ hasText: name }).locator("dd").textContent();
  }

  frames(text: string): Locator {
    return this.page.locator("#frames > li:visible").filter({ hasText: text });
  }

  async fill(fields: Record<string, string>): Promise<void> {
    for (const [name, value] of Object.entries(fields))
      await this.page.locator(`#form [name=${name}]`).fill(value);
  }

  async publish(fields: Record<string, string>): Promise<void> {
    await this.fill(fields);
    await this.page.getByRole("button", { name: "Publish", exact: true }).click();
  }

  async shoot(name: string): Promise<void> {
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
  }

  /** Expects an error in the browser's console, such as for a refusal that the test provokes. */
  expect(complaint: RegExp): void {
    this.#expected = complaint;
  }

  /** Closes the page; fails if its console had any other error. */
  async leave(): Promise<void> {
    await this.#context.close();
    expect(this.#complaints.filter((text) => !this.#expected?.test(text))).toEqual([]);
  }
}
