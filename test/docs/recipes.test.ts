// docs/recipes.md against a real hub: each page in a real browser, and each program in its language. A
// program whose language is not installed is only parsed.

import { execFile, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { Plugin } from "esbuild";
import type { Browser } from "playwright-core";
import { compile as compileSvelte } from "svelte/compiler";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { compileScript, parse as parseVue } from "vue/compiler-sfc";
import { launchBrowser } from "../examples/browser.ts";
import { call, tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { API_KEY } from "../support/vars.ts";
import { bundled, faultsOf, snippetsOf } from "./snippets.ts";

const HUB_URL = "https://belfry.example.com";
const ROOT = resolve(import.meta.dirname, "../..");

const snippets = snippetsOf("docs/recipes.md");
function codeOf(heading: string): string {
  const [snippet, ...others] = snippets.filter((each) => each.heading === heading);
  expect(others).toEqual([]);
  return snippet?.code ?? "";
}

let hub: Hub;
let origin: string;
let server: Server;
/** The files of the server, by path. */
const files = new Map<string, { type: string; text: string }>();
beforeAll(async () => {
  server = createServer(async ({ url = "" }, response) => {
    const user = /^\/belfry-token\/(\w+)/.exec(url)?.[1];
    if (user) return response.end(JSON.stringify({ token: await tokenOf(user) }));
    const file = files.get(url);
    response.writeHead(file ? 200 : 404, { "content-type": file?.type ?? "text/plain" });
    response.end(file?.text);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  hub = await startHub(inject("bundle"), { ALLOWED_ORIGINS: origin });
});
afterAll(async () => {
  server.close();
  await hub.stop();
});

/** Returns code with the addresses of this hub, and of this server's tokens for a user. */
const at = (user: string, code: string) =>
  code.replaceAll(HUB_URL, hub.url).replaceAll("/belfry-token", `/belfry-token/${user}`);

/** Compiles the components, and provides the module that they share. */
function components(user: string): Plugin {
  const modules: Record<string, () => string> = {
    "./belfry.js": () => at(user, codeOf("One client for the app")),
    "./App.jsx": () => codeOf("React"),
    "./App.vue": () => {
      const { descriptor, errors } = parseVue(codeOf("Vue"), { filename: "App.vue" });
      expect(errors).toEqual([]);
      return compileScript(descriptor, { id: "app", inlineTemplate: true }).content;
    },
    "./App.svelte": () => {
      const { js, warnings } = compileSvelte(codeOf("Svelte"), { generate: "client" });
      expect(warnings).toEqual([]);
      return js.code;
    },
  };
  return {
    name: "components",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\/(belfry|App)\.\w+$/ }, ({ path }) => ({ path, namespace: "app" }));
      onLoad({ filter: /.*/, namespace: "app" }, ({ path }) => ({
        contents: modules[path]?.() ?? "",
        loader: "jsx",
        resolveDir: ROOT,
      }));
    },
  };
}

const MAINS = {
  React: `import { createRoot } from "react-dom/client"; import App from "./App.jsx";
    createRoot(document.body).render(<App />);`,
  Vue: `import { createApp } from "vue"; import App from "./App.vue"; createApp(App).mount("body");`,
  Svelte: `import { mount } from "svelte"; import App from "./App.svelte";
    mount(App, { target: document.body });`,
};

describe("a page shows notifications, and marks them as read", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  async function showsAndMarks(user: string, html: string): Promise<void> {
    const path = `/v1/users/${user}/notifications`;
    files.set(`/${user}`, { type: "text/html", text: `<!doctype html><body>${html}` });
    const page = await browser.newPage();
    const errors: Error[] = [];
    page.on("pageerror", (error) => errors.push(error));
    await call(hub.url, "POST", path, { notification: { title: "Before" } });
    await page.goto(`${origin}/${user}`);
    await page.getByRole("button", { name: "1 unread" }).waitFor();
    await call(hub.url, "POST", path, { data: "not for a person" });
    await call(hub.url, "POST", path, { notification: { body: "After" } });
    await page.getByRole("button", { name: "2 unread" }).waitFor();
    expect(await page.getByRole("listitem").allTextContents()).toEqual(["After", "Before"]);
    await page.getByRole("button").click();
    await page.getByRole("button", { name: "0 unread" }).waitFor();
    expect((await call(hub.url, "GET", path)).json.counts.unread).toBe(0);
    expect(errors).toEqual([]);
    await page.close();
  }

  it.each(Object.entries(MAINS))("of %s", async (name, main) => {
    const user = name.toLowerCase();
    const script = await bundled(main, {
      platform: "browser",
      plugins: [components(user)],
      conditions: ["browser"],
      define: { "process.env.NODE_ENV": '"production"' },
    });
    files.set(`/${user}.js`, { type: "text/javascript", text: script });
    await showsAndMarks(user, `<script type="module" src="/${user}.js"></script>`);
  });

  it("of plain HTML", async () => {
    const all = 'export * from "belfry/client"; export * from "belfry/inbox";';
    const text = await bundled(all, { platform: "browser" });
    files.set("/belfry.js", { type: "text/javascript", text });
    const html = codeOf("Plain HTML").replace(`${HUB_URL}/belfry.js`, `${origin}/belfry.js`);
    await showsAndMarks("html", at("html", html));
  });
});

describe("a program", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "belfry-recipes-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const env = () => ({ ...process.env, HUB: hub.url, KEY: API_KEY });

  it("for Node publishes and receives", async () => {
    const path = join(folder, "main.mjs");
    await writeFile(path, await bundled(codeOf("Node")));
    const child = spawn(process.execPath, [path], {
      env: env(),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout });
    expect((await lines[Symbol.asyncIterator]().next()).value).toBe("deployed 118");
    child.kill();
  });

  it.each([
    { heading: "Python", language: "python", name: "main.py", command: ["python3"] },
    { heading: "Go", language: "go", name: "main.go", command: ["go", "run"] },
    { heading: "PHP", language: "php", name: "main.php", command: ["php"] },
  ] as const)("in $heading has no fault of syntax, and publishes where it can run", async (of) => {
    const code = codeOf(of.heading);
    expect(faultsOf(of.language, code)).toEqual([]);
    const [program, ...args] = of.command;
    if (spawnSync(program, [program === "go" ? "version" : "--version"]).error) return;
    const path = join(folder, of.name);
    const user = of.heading.toLowerCase();
    await writeFile(path, code.replace("user:ada", `user:${user}`));
    await promisify(execFile)(program, [...args, path], { env: env() });
    const { json } = await call(hub.url, "GET", `/v1/users/${user}/notifications`);
    expect(json.notifications).toMatchObject([{ notification: { title: "Build passed" } }]);
  });
});
