// What a notification says, as nodes; the same in the feed and in a toast. All of it is text of others.

import type { LogMessage } from "../client/inbox.ts";
import { button, h } from "./dom.ts";
import { safeLink } from "./link.ts";
import type { Ui } from "./ui.ts";

/** A longer text is no notification any more, and a thousand of them would fill the memory. */
const CHARS_MAX = 2_000;

export interface Content {
  tile: HTMLElement;
  /** The title: a link where there is somewhere to go, else a button. */
  title: HTMLElement;
  body: HTMLElement | null;
  rest: (HTMLElement | null)[];
}

/** The title as plain text. */
export function titleOf({ notification, type }: LogMessage, { labels }: Ui): string {
  return cut(notification?.title || type || labels.untitled);
}

export function contentOf(message: LogMessage, ui: Ui): Content {
  const { notification = {}, category, source } = message;
  const { actions = [], body, dir = "auto", icon, image, lang, url } = notification;
  // The direction isolates a text too: what overrides it ends where the text ends.
  const text = { dir, lang };

  const control = (part: string, label: string, action: string, target: string | undefined) => {
    const href = safeLink(target);
    const click = (event: MouseEvent) => ui.choose(message, action, href, event);
    return href
      ? h("a", part, { href, click, ...text }, cut(label))
      : button(part, cut(label), click, text);
  };

  const [initial = ""] = (category ?? source).toUpperCase();
  return {
    tile: h("span", "tile", { "aria-hidden": "true" }, picture("icon", icon, initial) ?? initial),
    title: control("item-title", titleOf(message, ui), "", url),
    body: body ? h("p", "item-body", text, cut(body)) : null,
    rest: [
      picture("image", image),
      actions[0]
        ? h(
            "div",
            "actions",
            {},
            ...actions.map(({ action, title, url }) => control("action", title, action, url)),
          )
        : null,
    ],
  };
}

/** The publisher chooses the address: it does not learn which page its picture is shown on. */
function picture(part: string, source: string | undefined, instead = ""): HTMLElement | null {
  const src = safeLink(source);
  if (!src) return null;
  const node = h("img", part, {
    alt: "",
    loading: "lazy",
    referrerpolicy: "no-referrer",
    error: () => node.replaceWith(instead),
    src,
  });
  return node;
}

/** By characters, so that no half of one is left over. */
function cut(text: string): string {
  return text.length > CHARS_MAX ? `${[...text].slice(0, CHARS_MAX).join("")}…` : text;
}
