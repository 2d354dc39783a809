// Nodes by hand: nothing here parses text as markup, as the page's own policy asks.

type Value = string | number | boolean | undefined;

/** An element with attributes; `true` is an empty one, `false` and undefined are none. */
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

/** What the page's markup has to have. */
export function find<Kind extends Element = HTMLElement>(
  selector: string,
  within: ParentNode = document,
): Kind {
  const node = within.querySelector<Kind>(selector);
  if (node === null) throw new Error(`The page has no ${selector}`);
  return node;
}

/** Writes a text where it differs, so that what is selected stays so and nothing is read out twice. */
export function write(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Milliseconds for a person: `3.4 ms`, `128 ms`, `4.2 s`. */
export function printMs(ms: number): string {
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  return ms < 999.5 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** The time of day with milliseconds. */
export function printTime(ms: number): string {
  const date = new Date(ms);
  const two = (number: number) => `${number}`.padStart(2, "0");
  const fraction = `${date.getMilliseconds()}`.padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${fraction}`;
}
