// The content of a notification as nodes, the same in the feed and in a toast. Its texts come from
// publishers and are untrusted.

import type { LogMessage } from "../client/inbox.ts";
import { BELL, h, icon } from "./dom.ts";
import { safeLink } from "./link.ts";
import type { Ui } from "./ui.ts";
import { initialOf, isVisible } from "./visible.ts";
import { cut, wordsOf } from "./words.ts";

/** Numbers the ids. They cannot clash with the page's: an id is local to its shadow root. */
let contents = 0;

export interface Content {
  tile: HTMLElement;
  /**
   * Holds title and body, as text that can be selected: a link if the notification has a safe address,
   * else a button.
   */
  link: HTMLElement;
  title: HTMLElement;
  body: HTMLElement | null;
  rest: (HTMLElement | null)[];
}

export function contentOf(message: LogMessage, ui: Ui): Content {
  const { notification = {}, category, topic } = message;
  const { actions = [], dir = "auto", image, lang, url } = notification;
  // `dir` also isolates the text: a character that overrides the direction has no effect beyond it.
  const text = { dir, lang };

  const control = (
    part: string,
    action: string,
    target: string | undefined,
    attributes: Parameters<typeof h>[2],
    ...children: Parameters<typeof h>[3][]
  ) => {
    const href = safeLink(target);
    // Clears any earlier selection: text that is selected at the click was selected by this press.
    const mousedown = () => getSelection()?.empty();
    const click = (event: MouseEvent) => {
      // A click that ends a selection by the pointer does not open the notification.
      if (event.detail && `${getSelection()}`) {
        event.preventDefault();
        event.stopPropagation();
      } else ui.choose(message, action, href, event);
    };
    return h(
      href ? "a" : "button",
      part,
      {
        href,
        type: href ? null : "button",
        draggable: "false",
        mousedown,
        click,
        auxclick: click,
        ...attributes,
      },
      ...children,
    );
  };

  const [words, about] = wordsOf(message, ui);
  const id = `i${contents++}`;
  const title = h("span", "item-title", { id, ...text }, words);
  const body = isVisible(about)
    ? h("span", "item-body", { id: `${id}b`, ...text }, cut(about))
    : null;
  const mark = initialOf(category) || initialOf(topic) || icon(BELL);
  return {
    tile: h(
      "span",
      "tile",
      { "aria-hidden": "true" },
      picture("icon", notification.icon, mark) ?? mark,
    ),
    link: control("link", "", url, {}, title, body),
    title,
    body,
    rest: [
      picture("image", image),
      actions[0]
        ? h(
            "div",
            "actions",
            {},
            ...actions.map(({ action, title, url }) =>
              control("action", action, url, text, cut(isVisible(title) ? title : action)),
            ),
          )
        : null,
    ],
  };
}

/**
 * Returns an image, or null without a safe address. The publisher chooses the address, so no referrer is
 * sent: it would name the page that shows the image. `instead` replaces an image that fails to load.
 */
function picture(
  part: string,
  source: string | undefined,
  instead: Node | string = "",
): HTMLElement | null {
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
