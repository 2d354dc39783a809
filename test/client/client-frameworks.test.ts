// The package in pages of React, Vue and Next, type-checked in strict mode and built, as a stranger gets
// it. These tests run if `npm ci --prefix test/client/frameworks` was run before.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { quickStart, writeFiles } from "../docs/quick-start-files.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const FRAMEWORKS = join(import.meta.dirname, "frameworks");
const MODULES = join(FRAMEWORKS, "node_modules");
/** A folder beside the modules, so that the apps of docs/quick-starts.md find them. */
const QUICK_STARTS = join(FRAMEWORKS, ".quick-starts");
const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "belfry-frameworks-"));
  if (!existsSync(join(MODULES, "next"))) return;
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], {
    cwd: ROOT,
  });
  const packed = JSON.parse(stdout.slice(stdout.search(/^[[{]/m)));
  const [{ filename }] = Object.values(packed) as [{ filename: string }];
  const installed = join(MODULES, "belfry");
  await rm(installed, { recursive: true, force: true });
  await mkdir(installed);
  await run("tar", ["xzf", join(folder, filename), "-C", installed, "--strip-components=1"]);
}, 120_000);
afterAll(async () => {
  for (const path of [folder, QUICK_STARTS]) await rm(path, { recursive: true, force: true });
});

/** Runs a tool of the frameworks, and returns its output; rejects with the output if the tool fails. */
async function tool(path: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" };
  const ran = run(process.execPath, [join(MODULES, path), ...args], { cwd: FRAMEWORKS, env });
  const { stdout } = await ran.catch(({ stdout, stderr }) => {
    throw new Error(`${stdout}${stderr}`);
  });
  return stdout;
}

describe.skipIf(!existsSync(join(MODULES, "next")))("the packed package", () => {
  it("is checked and built into a React page by Vite", async () => {
    expect(await tool("typescript/bin/tsc", "-p", "react")).toBe("");
    const out = join(folder, "react");
    await tool("vite/bin/vite.js", "build", "react", "--outDir", out);
    expect(existsSync(join(out, "index.html"))).toBe(true);
  }, 120_000);

  it("is checked and built into a Vue page by Vite", async () => {
    expect(await tool("vue-tsc/bin/vue-tsc.js", "-p", "vue")).toBe("");
    const out = join(folder, "vue");
    await tool("vite/bin/vite.js", "build", "vue", "--outDir", out);
    expect(existsSync(join(out, "index.html"))).toBe(true);
  }, 120_000);

  it("is checked and built into a page of Next's app router", async () => {
    expect(await tool("next/dist/bin/next", "build", "next")).toMatch(/Compiled successfully/);
  }, 240_000);

  it("has no script that an installation runs, and has the sources of its maps", async () => {
    const installed = join(MODULES, "belfry");
    const { scripts } = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
    for (const name of ["prepare", "preinstall", "install", "postinstall"])
      expect(scripts).not.toHaveProperty(name);
    const react = await readFile(join(installed, "dist/react.js"), "utf8");
    expect(react).toMatch(/^"use client";\n/);
    for (const path of ["dist/react.js.map", "dist/types/client/index.d.ts.map"]) {
      const { sources } = JSON.parse(await readFile(join(installed, path), "utf8"));
      const at = resolve(installed, path, "..", sources.at(-1));
      expect([at, existsSync(at)]).toEqual([at, true]);
    }
  });
});

describe.skipIf(!existsSync(join(MODULES, "next")))("the app of docs/quick-starts.md", () => {
  const HUB = { hub: "https://hub.example.com" };

  /** Makes a new app from the files of the framework's starter and those of the page. */
  async function appOf(heading: string, starter: Record<string, string>): Promise<string> {
    const name = heading.toLowerCase();
    const app = join(QUICK_STARTS, name);
    await writeFiles(app, { ...starter, ...quickStart(heading) }, HUB);
    const settings = JSON.parse(await readFile(join(FRAMEWORKS, name, "tsconfig.json"), "utf8"));
    await writeFile(join(app, "tsconfig.json"), JSON.stringify(settings));
    return app;
  }

  const index = (main: string) =>
    `<!doctype html><div id="app"></div><script type="module" src="${main}"></script>`;

  it("is checked and built by Vite for React", async () => {
    const app = await appOf("React", {
      "index.html": index("/src/main.tsx"),
      "src/main.tsx": `import { createRoot } from "react-dom/client";
        import App from "./App";
        createRoot(document.body).render(<App />);`,
    });
    expect(await tool("typescript/bin/tsc", "-p", app)).toBe("");
    await tool("vite/bin/vite.js", "build", app);
    expect(existsSync(join(app, "dist/index.html"))).toBe(true);
  }, 120_000);

  it("is checked and built by Vite for Vue", async () => {
    const app = await appOf("Vue", {
      "index.html": index("/src/main.ts"),
      "src/main.ts": `import { createApp } from "vue";
        import App from "./App.vue";
        createApp(App).mount("#app");`,
    });
    expect(await tool("vue-tsc/bin/vue-tsc.js", "-p", app)).toBe("");
    await tool("vite/bin/vite.js", "build", app);
    expect(existsSync(join(app, "dist/index.html"))).toBe(true);
  }, 120_000);

  it("is checked and built by Next, with a route for the tokens", async () => {
    const app = await appOf("Next", {});
    await cp(join(FRAMEWORKS, "next/app/layout.tsx"), join(app, "app/layout.tsx"));
    const printed = await tool("next/dist/bin/next", "build", app);
    expect(printed).toMatch(/Compiled successfully/);
    expect(printed).toMatch(/ƒ \/belfry-token/);
  }, 240_000);
});
