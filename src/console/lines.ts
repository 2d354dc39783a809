// What is about to be sent, as the line that sends the same from a shell, from a backend, and from the
// command line.

import type { Message } from "../protocol/message.ts";
import { pathOf } from "./hub.ts";

export interface Draft {
  /** `user:ada`, `topic:news` */
  to: string;
  message: Message;
}

export const LANGUAGES = ["curl", "sdk", "cli"] as const;
export type Language = (typeof LANGUAGES)[number];

export function printLine(language: Language, origin: string, draft: Draft): string {
  return { curl: printCurl, sdk: printSdk, cli: printCli }[language](draft, origin);
}

/** For a shell: nothing within single quotes means anything. */
const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** As it is where a shell takes it as it is. */
const word = (text: string) => (/^[\w.:/@=+%-]+$/.test(text) ? text : quote(text));

function printCurl({ to, message }: Draft, origin: string): string {
  return [
    `curl ${word(`${origin}${pathOf(to) ?? ""}`)} \\`,
    `  -H "Authorization: Bearer $(cat .dev.key)" \\`,
    `  -d ${quote(JSON.stringify(message))}`,
  ].join("\n");
}

function printSdk({ to, message }: Draft, origin: string): string {
  // A key stands at the beginning of its line, and a text never goes over two.
  const object = JSON.stringify(message, null, 2).replace(/^( *)"([A-Za-z_]\w*)":/gm, "$1$2:");
  return [
    `import { createHub } from "belfry/server";`,
    "",
    `const hub = createHub({ url: "${origin}", key: process.env.BELFRY_KEY });`,
    `await hub.publish(${JSON.stringify(to)}, ${object});`,
  ].join("\n");
}

function printCli({ to, message }: Draft): string {
  const { notification = {}, id, type, data, ttl, ...rest } = message;
  const { title, body, url, ...more } = notification;
  const text = body ?? title;
  const isPlain =
    Object.keys({ ...rest, ...more }).length === 0 &&
    !(body !== undefined && title === undefined) &&
    !text?.startsWith("-");
  // Not every message has options of its own.
  if (!isPlain)
    return `printf %s ${quote(JSON.stringify(message))} | \\\n  npx belfry publish ${word(to)} -`;
  const options: Record<string, string | undefined> = {
    title: body === undefined ? undefined : title,
    url,
    type,
    data: data === undefined ? undefined : JSON.stringify(data),
    ttl: ttl === undefined ? undefined : `${ttl}`,
    id,
  };
  const given = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}${value.startsWith("-") ? "=" : " "}${word(value)}`],
  );
  const head = `npx belfry publish ${word(to)}${text === undefined ? "" : ` ${quote(text)}`}`;
  return [head, ...given].join(" \\\n  ");
}
