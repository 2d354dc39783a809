// What the feed is narrowed to: everything, what is unread, or a category.

import { h, set } from "./dom.ts";
import type { Labels } from "./labels.ts";

/** Empty is everything; `unread` is a word of ours, and a category is told by what precedes it. */
export type Filter = "" | "unread" | `category:${string}`;

export interface Tabs {
  readonly node: HTMLElement;
  readonly filter: Filter;
  /** Adds the tabs of categories that have none; one that is there stays, so that nothing jumps. */
  show(categories: Iterable<string>): void;
}

export function createTabs(labels: Labels, panelId: string, changed: () => void): Tabs {
  const tabs = new Map<Filter, HTMLElement>();
  let filter: Filter = "";
  const node = h("div", "tabs", { role: "tablist", "aria-label": labels.title, keydown: move });

  function select(next: Filter) {
    filter = next;
    for (const [key, tab] of tabs) {
      set(tab, "aria-selected", `${key === filter}`);
      set(tab, "tabindex", key === filter ? 0 : -1);
    }
  }

  function choose(next: Filter) {
    if (next === filter) return;
    select(next);
    tabs.get(filter)?.scrollIntoView({ block: "nearest", inline: "nearest" });
    changed();
  }

  function move(event: KeyboardEvent) {
    const keys = [...tabs.keys()];
    const at = keys.indexOf(filter);
    // Where reading goes leftwards, so does the next tab.
    const forward = getComputedStyle(node).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const back = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
    const to = { [forward]: at + 1, [back]: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(keys.at(to % keys.length) as Filter);
    tabs.get(filter)?.focus();
  }

  function add(key: Filter, label: string) {
    if (tabs.has(key)) return;
    const tab = h(
      "button",
      "tab",
      { type: "button", role: "tab", "aria-controls": panelId, click: () => choose(key) },
      label,
    );
    tabs.set(key, tab);
    node.append(tab);
  }

  add("", labels.all);
  add("unread", labels.unread);
  select(filter);

  return {
    node,
    get filter() {
      return filter;
    },
    show(categories) {
      for (const category of categories) add(`category:${category}`, labels.category(category));
      select(filter);
    },
  };
}
