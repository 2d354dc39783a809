// Helpers for DOM nodes. None of them parses text as markup, which the page's policy forbids.

type Value = string | number | boolean | undefined;

/** Returns an element. `true` sets an empty attribute; `false` and undefined set none. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, Value> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false)
      node.setAttribute(name, value === true ? "" : `${value}`);
  node.append(...children);
  return node;
}

/** Returns the first element that matches. Throws an Error when the page has none. */
export function find<Kind extends Element = HTMLElement>(
  selector: string,
  within: ParentNode = document,
): Kind {
  const node = within.querySelector<Kind>(selector);
  if (node === null) throw new Error(`The page has no ${selector}`);
  return node;
}

/** Sets a text only if it differs: this keeps a selection, and screen readers do not repeat it. */
export function write(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Takes milliseconds; returns `3.4 ms`, `128 ms` or `4.2 s`. */
export function printMs(ms: number): string {
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  return ms < 999.5 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Takes milliseconds since 1970; returns the local time of day with milliseconds. */
export function printTime(ms: number): string {
  const date = new Date(ms);
  const two = (number: number) => `${number}`.padStart(2, "0");
  const fraction = `${date.getMilliseconds()}`.padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${fraction}`;
}
