// The tabs that filter the feed: all notifications, the unread ones, or those of a category.

import { button, h, set } from "./dom.ts";
import type { Labels } from "./labels.ts";

export const ALL = "all";
export const UNREAD = "unread";
/** Returns the filter of a category: it begins with a space, so that it equals neither of these. */
export const ofCategory = (category: string | undefined) => ` ${category}`;

const ATTRIBUTES = { role: "tab", "aria-controls": "list" };

export interface Tabs {
  readonly node: HTMLElement;
  readonly filter: string;
  /** Shows a tab per category, in this order. If the chosen tab disappears, "all" is chosen. */
  show(categories: Iterable<string>): void;
}

const namesOf = (tabs: Map<string, HTMLElement>) => JSON.stringify([...tabs.keys()]);

export function createTabs(labels: Labels, changed: () => void): Tabs {
  let tabs = new Map<string, HTMLElement>();
  let filter = ALL;
  const node = h("div", "tabs", { role: "tablist", "aria-label": labels.title, keydown: move });

  function mark(next: string) {
    filter = next;
    for (const [key, tab] of tabs) {
      set(tab, "aria-selected", `${key === filter}`);
      set(tab, "tabindex", key === filter ? 0 : -1);
    }
  }

  function select(next: string) {
    mark(next);
    changed();
  }

  function move(event: KeyboardEvent) {
    const keys = [...tabs.keys()];
    const at = keys.indexOf(filter);
    // In right-to-left text the next tab is on the left.
    const forward = node.matches(":dir(rtl)") ? -1 : 1;
    const to = { ArrowRight: at + forward, ArrowLeft: at - forward, Home: 0, End: -1 }[event.key];
    // With Alt an arrow key moves in the browser's history.
    if (to === undefined || event.altKey) return;
    event.preventDefault();
    select(keys.at(to % keys.length) as string);
    tabs.get(filter)?.focus();
  }

  return {
    node,
    get filter() {
      return filter;
    },
    show(categories) {
      const next: typeof tabs = new Map();
      const add = (key: string, label: string) =>
        // An existing tab keeps its node: somebody may be about to press it.
        next.set(key, tabs.get(key) ?? button("tab", label, () => select(key), ATTRIBUTES));
      add(ALL, labels.all);
      add(UNREAD, labels.unread);
      for (const name of categories) add(ofCategory(name), labels.category(name));
      if (namesOf(next) === namesOf(tabs)) return;
      tabs = next;
      const hadFocus = node.matches(":focus-within");
      node.replaceChildren(...tabs.values());
      if (tabs.has(filter)) mark(filter);
      else select(ALL);
      // The browser takes the focus from a node that is moved.
      if (hadFocus) tabs.get(filter)?.focus();
    },
  };
}
