// npm run picture: makes the pictures of the README. It starts the hub as `npm start` does, publishes to
// an inbox, and takes the page of picture.html with the open inbox, in light and in dark. Only the times of
// the messages are set here, so that the pictures are the same on every day.

import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Browser } from "playwright-core";
import { createHub, type Hub } from "../../src/client/server.ts";
import { launchBrowser } from "../examples/browser.ts";
import { smallerPng } from "./png.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const IMAGES = join(ROOT, "docs/images");
const USER = "reader";
const WINDOW = { width: 660, height: 590 };

/** The time in the picture. */
const NOW = "2026-11-20T14:05:00.000Z";
/** The number of oldest notifications that are read. */
const READ = 2;
/** The notifications with their times, the oldest first. */
const NOTIFICATIONS = [
  {
    time: "2026-11-19T16:40:00.000Z",
    category: "Billing",
    notification: {
      title: "Your November invoice is ready",
      icon: "/invoice.svg",
      url: "/invoices/11",
    },
  },
  {
    time: "2026-11-20T08:31:00.000Z",
    category: "Builds",
    notification: { title: "Build 117 passed", icon: "/passed.svg", url: "/builds/117" },
  },
  {
    time: "2026-11-20T13:22:00.000Z",
    category: "Reviews",
    notification: {
      title: "Review requested: “Faster search”",
      body: "12 files changed, 3 comments",
      icon: "/review.svg",
      url: "/reviews/42",
    },
  },
  {
    time: "2026-11-20T14:01:00.000Z",
    category: "Builds",
    notification: {
      title: "Build 118 failed",
      body: "2 of 412 tests failed on main",
      icon: "/failed.svg",
      url: "/builds/118",
      actions: [
        { action: "log", title: "View log", url: "/builds/118/log" },
        { action: "retry", title: "Retry" },
      ],
    },
  },
];

/** The icons by path: a colour, and lines on a square of 36 by 36. */
const ICONS: Record<string, readonly [color: string, lines: string]> = {
  "/failed.svg": ["#d3233b", "M13 13l10 10M23 13l-10 10"],
  "/passed.svg": ["#1a7f4b", "M11 18.5l5 5 9-11"],
  "/review.svg": ["#6b46c9", "M10 12h16v11h-9l-4 4v-4h-3z"],
  "/invoice.svg": ["#b26a00", "M12 9h12v18l-3-2-3 2-3-2-3 2zM15.5 14h5M15.5 18h5"],
};

function icon(path: string): string | null {
  const drawn = ICONS[path];
  if (drawn === undefined) return null;
  const [color, lines] = drawn;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" fill="${color}"/><path d="${lines}" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/></svg>`;
}

/** Serves the app of the picture: the page, and the icons of its notifications. */
async function startApp(html: string): Promise<{ url: string; stop(): void }> {
  const server = createServer(({ url = "" }, response) => {
    const svg = icon(url);
    const type = svg === null ? "text/html" : "image/svg+xml";
    response.writeHead(200, { "content-type": type }).end(svg ?? html);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}

/** Starts a hub; returns its address, its key, and a function that ends it. */
async function startHub(
  storage: string,
): Promise<{ url: string; key: string; stop(): Promise<void> }> {
  const child = spawn(
    process.execPath,
    ["src/operate/start.ts", "--port=0", `--persist-to=${storage}`],
    { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] },
  );
  const exited = new Promise((done) => child.once("exit", done));
  const stop = async () => {
    child.kill("SIGTERM");
    await exited;
  };
  let text = "";
  for await (const line of createInterface({ input: child.stdout })) {
    text += `${line}\n`;
    if (line.includes("stop with Ctrl-C")) break;
  }
  child.stdout.resume();
  const url = /Belfry is up at (\S+)/.exec(text)?.[1];
  const key = /Bearer (bk_\S+)"/.exec(text)?.[1];
  if (url !== undefined && key !== undefined) return { url, key, stop };
  await stop();
  throw new Error(`the hub did not start: ${text}`);
}

async function publish(hub: Hub): Promise<void> {
  const user = hub.user(USER);
  for (const { time: _, ...message } of NOTIFICATIONS) {
    const { epoch, offset } = await user.publish(message);
    if (offset === READ) await user.mark({ epoch, up_to: offset, read: true });
  }
}

/** Takes a frame of the hub; returns it with the times of the picture. */
function dated(text: string): string {
  const timeOf = new Map(NOTIFICATIONS.map((each) => [each.notification.title, each.time]));
  return JSON.stringify(JSON.parse(text), (_key, value) => {
    if (value?.type === "connected") return { ...value, time: NOW };
    const time = timeOf.get(value?.notification?.title);
    return time === undefined ? value : { ...value, time };
  });
}

async function take(
  browser: Browser,
  address: string,
  colorScheme: "light" | "dark",
): Promise<void> {
  const context = await browser.newContext({
    ...{ colorScheme, viewport: WINDOW, deviceScaleFactor: 2 },
    ...{ locale: "en", timezoneId: "UTC", reducedMotion: "reduce" },
  });
  const page = await context.newPage();
  await page.routeWebSocket(/\/v1\/connect/, (socket) => {
    const hub = socket.connectToServer();
    hub.onMessage((text) => socket.send(dated(String(text))));
  });
  await page.goto(address);
  await page.getByRole("button", { name: "Notifications, 2 unread" }).click();
  await page.getByRole("article", { name: "invoice" }).waitFor();
  await page.waitForLoadState("networkidle");
  await page.mouse.move(5, WINDOW.height - 5);
  await page.evaluate("document.activeElement.blur()");
  const png = smallerPng(await page.screenshot());
  await writeFile(join(IMAGES, `inbox-${colorScheme}.png`), png);
  await context.close();
}

await mkdir(IMAGES, { recursive: true });
const storage = await mkdtemp(join(tmpdir(), "belfry-picture-"));
const { url, key, stop } = await startHub(storage);
const browser = await launchBrowser();
try {
  const hub = createHub({ url, key });
  await publish(hub);
  const { token } = await hub.mintToken({ user: USER });
  const html = await readFile(join(import.meta.dirname, "picture.html"), "utf8");
  const app = await startApp(html.replaceAll("{{hub}}", url).replaceAll("{{token}}", token));
  for (const colorScheme of ["light", "dark"] as const) await take(browser, app.url, colorScheme);
  app.stop();
} finally {
  await browser.close();
  await stop();
  await rm(storage, { recursive: true, force: true });
}
