// What a notification says, as nodes; the same in the feed and in a toast. All of it is text of others.

import type { LogMessage } from "../client/inbox.ts";
import { h } from "./dom.ts";
import type { Labels } from "./labels.ts";
import { safeLink } from "./link.ts";

/** A longer text is no notification any more, and a thousand of them would fill the memory. */
const BODY_CHARS_MAX = 2_000;
const TITLE_CHARS_MAX = 300;
const LANGUAGE = /^[a-z]{2,3}(-[a-z0-9]{1,8})*$/i;

export type Choose = (action: string, url: string | null, event: MouseEvent) => void;

export interface Content {
  tile: HTMLElement;
  /** A link where there is somewhere to go, else a button. */
  title: HTMLElement;
  body: HTMLElement | null;
  image: HTMLElement | null;
  actions: HTMLElement | null;
}

/** The title as plain text. */
export function titleOf({ notification, type }: LogMessage, { untitled }: Labels): string {
  return cut(notification?.title || type || untitled, TITLE_CHARS_MAX);
}

/** `choose` is told of each click; the empty action is the notification itself. */
export function contentOf(message: LogMessage, labels: Labels, choose: Choose): Content {
  const { notification = {}, category, source } = message;
  const { body, icon, image, actions = [] } = notification;
  // The direction isolates a text too: what overrides it ends where the text ends.
  const text = {
    dir: notification.dir ?? "auto",
    lang: LANGUAGE.test(notification.lang ?? "") ? notification.lang : null,
  };

  const button = (part: string, label: string, action: string, target: string | undefined) => {
    const url = safeLink(target, document.baseURI);
    const click = (event: MouseEvent) => choose(action, url, event);
    return url === null
      ? h("button", part, { ...text, type: "button", click }, label)
      : h("a", part, { ...text, href: url, rel: "noopener", click }, label);
  };

  return {
    tile: h(
      "span",
      "tile",
      { "aria-hidden": "true" },
      picture("icon", icon) ?? initialOf(category ?? source),
    ),
    title: button("item-title", titleOf(message, labels), "", notification.url),
    body: body ? h("p", "item-body", text, cut(body, BODY_CHARS_MAX)) : null,
    image: picture("image", image),
    actions: actions.length
      ? h(
          "div",
          "actions",
          {},
          ...actions.map(({ action, title, url }) =>
            button("action", cut(title, TITLE_CHARS_MAX), action, url),
          ),
        )
      : null,
  };
}

/** The publisher chooses the address: it does not learn which page its picture is shown on. */
function picture(part: string, source: string | undefined): HTMLElement | null {
  const src = safeLink(source, document.baseURI);
  if (src === null) return null;
  const node = h("img", part, {
    alt: "",
    loading: "lazy",
    decoding: "async",
    referrerpolicy: "no-referrer",
    error: () => node.remove(),
    src,
  });
  return node;
}

function initialOf(name: string): string {
  const [first = ""] = /[\p{L}\p{N}]/u.exec(name) ?? [];
  return first.toUpperCase();
}

/** By characters, so that no half of one is left over. */
function cut(text: string, most: number): string {
  return text.length > most ? `${[...text.slice(0, 2 * most)].slice(0, most).join("")}…` : text;
}
