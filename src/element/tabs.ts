// What the feed is narrowed to: everything, what is unread, or a category.

import { button, h, set } from "./dom.ts";
import type { Labels } from "./labels.ts";

export const ALL = "all";
export const UNREAD = "unread";
/** A category begins with a space, so that it is neither of these. */
export const ofCategory = (category: string | undefined) => ` ${category}`;

export interface Tabs {
  readonly node: HTMLElement;
  readonly filter: string;
  /** Adds the tabs of categories that have none; one that is there stays, so that nothing jumps. */
  show(categories: Iterable<string>): void;
}

export function createTabs(labels: Labels, changed: () => void): Tabs {
  const tabs = new Map<string, HTMLElement>();
  let filter = ALL;
  const node = h("div", "tabs", { role: "tablist", "aria-label": labels.title, keydown: move });

  function select(next: string) {
    filter = next;
    for (const [key, tab] of tabs) {
      set(tab, "aria-selected", `${key === filter}`);
      set(tab, "tabindex", key === filter ? 0 : -1);
    }
    changed();
  }

  function move(event: KeyboardEvent) {
    const keys = [...tabs.keys()];
    const at = keys.indexOf(filter);
    // Where reading goes leftwards, so does the next tab.
    const forward = node.matches(":dir(rtl)") ? -1 : 1;
    const to = { ArrowRight: at + forward, ArrowLeft: at - forward, Home: 0, End: -1 }[event.key];
    // With Alt an arrow goes back in the history.
    if (to === undefined || event.altKey) return;
    event.preventDefault();
    select(keys.at(to % keys.length) as string);
    tabs.get(filter)?.focus();
  }

  function add(key: string, label: string) {
    if (tabs.has(key)) return;
    const attributes = { role: "tab", "aria-controls": "list", tabindex: -1 };
    const tab = button("tab", label, () => select(key), attributes);
    tabs.set(key, tab);
    node.append(tab);
  }

  return {
    node,
    get filter() {
      return filter;
    },
    show(categories) {
      if (tabs.size === 0) {
        add(ALL, labels.all);
        add(UNREAD, labels.unread);
        select(filter);
      }
      for (const category of categories) add(ofCategory(category), labels.category(category));
    },
  };
}
