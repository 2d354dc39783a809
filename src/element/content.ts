// What a notification says, as nodes; the same in the feed and in a toast. All of it is text of others.

import type { LogMessage } from "../client/inbox.ts";
import { BELL, h, icon } from "./dom.ts";
import { safeLink } from "./link.ts";
import type { Ui } from "./ui.ts";
import { initialOf, isVisible } from "./visible.ts";
import { cut, wordsOf } from "./words.ts";

/** Within a shadow root an id is of that root alone. */
let contents = 0;

export interface Content {
  tile: HTMLElement;
  /** Title and body: a link where there is somewhere to go, else a button. Their text can be selected. */
  link: HTMLElement;
  title: HTMLElement;
  body: HTMLElement | null;
  rest: (HTMLElement | null)[];
}

export function contentOf(message: LogMessage, ui: Ui): Content {
  const { notification = {}, category, topic } = message;
  const { actions = [], dir = "auto", image, lang, url } = notification;
  // The direction isolates a text too: what overrides it ends where the text ends.
  const text = { dir, lang };

  const control = (
    part: string,
    action: string,
    target: string | undefined,
    attributes: Parameters<typeof h>[2],
    ...children: Parameters<typeof h>[3][]
  ) => {
    const href = safeLink(target);
    // Ends what was selected before: at the click only this press can have selected something.
    const mousedown = () => getSelection()?.empty();
    const click = (event: MouseEvent) => {
      // The click that ends a selection by the pointer is none on the notification.
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

/** The publisher chooses the address: it does not learn which page its picture is shown on. */
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
