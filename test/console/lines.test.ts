// The page's command lines, as a shell parses them. The test that they work is in console-page.test.ts.

import { expect, it } from "vitest";
import { type Draft, printLine } from "../../src/console/lines.ts";
import { argumentsOf, parseCurl } from "../docs/curl.ts";

const ORIGIN = "http://127.0.0.1:8787";

const DRAFTS: Draft[] = [
  { to: "user:ada", message: { notification: { title: "Build passed" } } },
  {
    to: "user:auth0|x",
    message: { type: "a", data: { "it's": ["$(id)", "`id`", '"', "\\n", "!"] } },
  },
  {
    to: "topic:news",
    message: { notification: { body: "no title\n$HOME" }, ttl: 0, id: "o'clock" },
  },
  { to: "user:$(id)';id", message: { notification: { title: "-rf", body: "--help" } } },
];

it.each(DRAFTS)("curl sends it as it is: $to", async ({ to, message }) => {
  const line = printLine("curl", ORIGIN, { to, message });
  const { url, method, body } = parseCurl(
    await argumentsOf(line, { PATH: process.env.PATH ?? "" }),
  );
  expect(new URL(url).origin).toBe(ORIGIN);
  expect(decodeURIComponent(url)).toContain(to.slice(to.indexOf(":") + 1));
  expect(method).toBe("POST");
  expect(JSON.parse(body ?? "")).toEqual(message);
});

it.each(DRAFTS)("the command line is given it as it is: $to", async ({ to, message }) => {
  const line = printLine("cli", ORIGIN, { to, message });
  // `argumentsOf` reads the arguments of `curl`, so the command gets that name.
  const args = await argumentsOf(line.replace("npx belfry", "curl"), {
    PATH: process.env.PATH ?? "",
  });
  expect(args.slice(0, 2)).toEqual(["publish", to]);
  const { title, body } = message.notification ?? {};
  if (line.startsWith("printf")) expect(args[2]).toBe("-");
  else expect(args[2]).toBe(body ?? title ?? (message.type && "--type"));
  if (message.data !== undefined)
    expect(JSON.parse(args[args.indexOf("--data") + 1] ?? "")).toEqual(message.data);
});

it("pipes a message that the command's options cannot express", async () => {
  const line = printLine("cli", ORIGIN, DRAFTS[2] as Draft);
  const [printf = "", rest] = line.split(" | ");
  expect(rest).toContain("npx belfry publish topic:news -");
  const [, text = ""] = await argumentsOf(printf.replace("printf", "curl"), {
    PATH: process.env.PATH ?? "",
  });
  expect(JSON.parse(text)).toEqual(DRAFTS[2]?.message);
});
