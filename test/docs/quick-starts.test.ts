// docs/quick-starts.md against a real hub: each app in a browser, with tokens of the server in the page.
// Vite and Next themselves build these files in test/client/frameworks.test.ts.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Plugin } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { compileScript, parse as parseVue } from "vue/compiler-sfc";
import { bundleAsset } from "../../src/operate/assets.ts";
import type { ASSETS } from "../../src/operate/entries.ts";
import { launchBrowser } from "../examples/browser.ts";
import { call } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { API_KEY } from "../support/vars.ts";
import { quickStart, writeFiles } from "./quick-start-files.ts";
import { bundled, snippetsOf } from "./snippets.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const plain = quickStart("Plain HTML");

let hub: Hub;
let browser: Browser;
let folder: string;
const running: ChildProcess[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "belfry-quick-starts-"));
  [hub, browser] = await Promise.all([
    startHub(inject("bundle"), { ALLOWED_ORIGINS: "*" }),
    launchBrowser(),
  ]);
});
afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  await browser.close();
  await hub.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs `server.mjs` of the page beside an `index.html`; returns its address once it listens. */
async function serve(name: string, html: string): Promise<string> {
  const at = join(folder, name);
  await writeFiles(at, { "server.mjs": plain["server.mjs"] ?? "", "index.html": html }, hubAt());
  // The server does not report when it listens; this code sends its free port to the parent.
  const told = `import { Server } from "node:http"; const { listen } = Server.prototype;
    Server.prototype.listen = function (...args) {
      return listen.apply(this, args).once("listening", () => process.send(this.address().port));
    };`;
  const child = spawn(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(told)}`, "server.mjs"],
    {
      cwd: at,
      env: { HUB: hub.url, KEY: API_KEY, PORT: "0" },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    },
  );
  running.push(child);
  const port = await new Promise((listening) => child.once("message", listening));
  return `http://127.0.0.1:${port}`;
}
const hubAt = () => ({ hub: hub.url });

/** Opens a page, publishes, and expects the notification at the bell and in the list. */
async function rings(html: string, name: string): Promise<void> {
  await call(hub.url, "DELETE", "/v1/users/ada");
  const page = await browser.newPage();
  const errors: Error[] = [];
  page.on("pageerror", (error) => errors.push(error));
  // This hub serves no files, so the test serves the modules of a deployed one.
  await page.route(/\/belfry-inbox[\w-]*\.js$/, async (route) => {
    const asset = /([\w-]+)\.js$/.exec(route.request().url())?.[1] as keyof typeof ASSETS;
    await route.fulfill({
      body: Buffer.from(await bundleAsset(asset)),
      contentType: "text/javascript",
      headers: { "access-control-allow-origin": "*" },
    });
  });
  await page.goto(await serve(name, html));
  await page.getByRole("button", { name: "Notifications", exact: true }).waitFor();
  const told = { notification: { title: "Build passed" } };
  await call(hub.url, "POST", "/v1/users/ada/notifications", told);
  await page.getByRole("button", { name: "Notifications, 1 unread" }).click();
  await page.getByRole("article", { name: "Build passed" }).waitFor();
  expect(errors).toEqual([]);
  await page.close();
}

/** Bundles an app of the documentation into an HTML page. */
async function pageOf(main: string, files: Record<string, string>): Promise<string> {
  const own: Plugin = {
    name: "own",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\/\w+(\.vue)?$/ }, ({ path }) => {
        const stem = path.replace(/^\.\//, "").replace(/\.vue$/, "");
        const name = Object.keys(files).find((each) => each.includes(`/${stem}.`)) ?? "";
        return { path: name, namespace: "own" };
      });
      onLoad({ filter: /.*/, namespace: "own" }, ({ path }) => ({
        contents: path.endsWith(".vue") ? compiledVue(files[path] ?? "") : (files[path] ?? ""),
        loader: "tsx",
        resolveDir: ROOT,
      }));
    },
  };
  const script = await bundled(main, {
    platform: "browser",
    plugins: [own],
    conditions: ["browser"],
    // package.json marks the element's built file, not its source, as having side effects: without this
    // the import of the source would be dropped.
    ignoreAnnotations: true,
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const inline = script.replaceAll("</script", "<\\/script");
  return `<!doctype html><meta charset="utf-8"><div id="app"></div><script type="module">${inline}</script>`;
}

function compiledVue(code: string): string {
  const { descriptor, errors } = parseVue(code, { filename: "App.vue" });
  expect(errors).toEqual([]);
  const isCustomElement = (tag: string) => tag === "belfry-inbox";
  const templateOptions = { compilerOptions: { isCustomElement } };
  return compileScript(descriptor, { id: "app", inlineTemplate: true, templateOptions }).content;
}

const ROOT_OF_REACT = `import { createRoot } from "react-dom/client";
  createRoot(document.querySelector("#app")).render(<Root />);`;
const APPS = {
  React: `import Root from "./App"; ${ROOT_OF_REACT}`,
  Vue: `import { createApp } from "vue"; import App from "./App.vue"; createApp(App).mount("#app");`,
  Next: `import Root from "./page"; ${ROOT_OF_REACT}`,
};

describe("docs/quick-starts.md: a bell rings on a page", () => {
  it("of plain HTML", async () => {
    expect(Object.keys(plain)).toEqual(["server.mjs", "index.html"]);
    await rings(plain["index.html"] ?? "", "html");
  });

  it.each(Object.entries(APPS))("of %s", async (name, main) => {
    await rings(await pageOf(main, quickStart(name)), name.toLowerCase());
  });
});

describe("docs/quick-starts.md: the route for tokens", () => {
  it("of the server refuses all but a POST", async () => {
    const url = `${await serve("route", "")}/belfry-token`;
    expect((await fetch(url)).status).toBe(401);
    const { token } = (await (await fetch(url, { method: "POST" })).json()) as { token: string };
    expect(userOf(token)).toBe("ada");
  });

  it("of Next makes a token for the user", async () => {
    const code = quickStart("Next")["app/belfry-token/route.ts"] ?? "";
    const program = await bundled(code, { loader: { ".ts": "ts" }, ...asTypeScript(code) });
    Object.assign(process.env, { HUB: hub.url, KEY: API_KEY });
    const module = `data:text/javascript,${encodeURIComponent(program)}`;
    const { POST } = (await import(/* @vite-ignore */ module)) as { POST(): Promise<Response> };
    const { token } = (await (await POST()).json()) as { token: string };
    expect(userOf(token)).toBe("ada");
  });
});

const asTypeScript = (contents: string) => ({
  stdin: { contents, resolveDir: ROOT, loader: "ts" as const },
});

const userOf = (token: string) =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()).sub;

describe("docs/quick-starts.md", () => {
  it("has no code besides the files and the commands", () => {
    const files = ["Plain HTML", "React", "Vue", "Next"].flatMap((heading) =>
      Object.values(quickStart(heading)),
    );
    const code = snippetsOf("docs/quick-starts.md").filter(({ language }) => language !== "sh");
    expect(code.map((each) => each.code)).toEqual(files);
  });

  it("has the same script tags as the README", async () => {
    const readme = await readFile(join(ROOT, "README.md"), "utf8");
    for (const line of plain["index.html"]?.match(/^<script.*$/gm) ?? ["none"])
      expect(readme).toContain(line);
  });
});
