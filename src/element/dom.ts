// Nodes by hand. Nothing here parses text as markup or sets a style, so a page with a strict Content
// Security Policy and Trusted Types has nothing to refuse.

type Value = string | number | boolean | null | undefined;
type Listener = (event: never) => void;
export type Child = Node | string | null;

const SVG = "http://www.w3.org/2000/svg";

/** Sets an attribute, or takes it away when there is no value; one that is right is left alone. */
export function set(node: Element, name: string, value: Value): void {
  const text = value === true ? "" : value === false ? null : (value?.toString() ?? null);
  if (node.getAttribute(name) === text) return;
  if (text === null) node.removeAttribute(name);
  else node.setAttribute(name, text);
}

export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** An element; `part` is its class within, and its name for the page's `::part()`. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  part: string,
  attributes: Record<string, Value | Listener> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag);
  if (part) name(node, part);
  for (const [key, value] of Object.entries(attributes))
    if (typeof value === "function") node.addEventListener(key, value as EventListener);
    else set(node, key, value);
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** Gives a node its class and its part. */
export function name(node: Element, part: string): void {
  set(node, "class", part);
  set(node, "part", part);
}

/** A drawing of one line, as high as the text around it asks for. */
export function icon(path: string): SVGElement {
  const drawing = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  set(drawing, "viewBox", "0 0 24 24");
  set(drawing, "aria-hidden", "true");
  set(line, "d", path);
  drawing.append(line);
  return drawing;
}

export const BELL =
  "M6 9a6 6 0 0 1 12 0c0 5 2 6.5 2.5 7.2H3.5C4 15.5 6 14 6 9zM10 19.7a2.2 2.2 0 0 0 4 0";
export const CHECK = "M5 12.5l4.5 4.5L19 7.5";
export const CHECKS = "M2 12.5l4.5 4.5L15 8.5M12 16l1 1 9-9";
export const DOT = "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z";
export const ARCHIVE = "M4 5h16v4H4zM5.5 9v10h13V9M10 13h4";
export const CLOSE = "M6 6l12 12M18 6L6 18";

/** A round button of one drawing; what it is called is read out, and shown by the pointer. */
export function tool(
  part: string,
  path: string,
  label: string,
  click: Listener,
): HTMLButtonElement {
  return h(
    "button",
    part,
    { type: "button", "aria-label": label, title: label, click },
    icon(path),
  );
}
