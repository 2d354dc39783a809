// Functions that build nodes. None of them parses text as markup or sets a style, so a page with a
// strict Content Security Policy and Trusted Types has nothing to refuse.

type Value = string | number | boolean | null | undefined;
type Listener = (event: never) => void;

const SVG = "http://www.w3.org/2000/svg";

/** Sets an attribute, or removes it when there is no value. */
export function set(node: Element, name: string, value: Value): void {
  if (value == null || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : `${value}`);
}

/** Returns whether a boolean attribute is on. A framework may write `false` as text. */
export const isOn = (host: HTMLElement, name: string): boolean =>
  (host.getAttribute(name) ?? "false") !== "false";

/** Leaves an equal text alone: its selection stays, and it is not read out again. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Returns a new element. `part` is its class in the shadow root, and its name for the page's `::part()`.
 * A function among the attributes becomes a listener.
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  part: string,
  attributes: Record<string, Value | Listener> = {},
  ...children: (Node | string | null | undefined)[]
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag);
  if (part) name(node, part);
  for (const [key, value] of Object.entries(attributes))
    if (typeof value === "function") node.addEventListener(key, value as EventListener);
    else set(node, key, value);
  node.append(...children.filter((child) => child != null));
  return node;
}

/** Sets the class and the part of a node. */
export function name(node: Element, part: string): void {
  set(node, "class", part);
  set(node, "part", part);
}

/** Returns a drawing of one path; the style sheet sizes it by the text around it. */
export function icon(path: string): SVGElement {
  const drawing = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  set(drawing, "viewBox", "0 0 24 24");
  set(drawing, "aria-hidden", "true");
  set(line, "d", path);
  drawing.append(line);
  return drawing;
}

export const BELL = "M6 9a6 6 0 0112 0c0 5 2 7 2 7H4s2-2 2-7zM10 20a2 2 0 004 0";
export const CHECK = "M5 12l5 5 9-9";
export const DOT = "M12 8a4 4 0 10.1 0z";
export const ARCHIVE = "M4 5h16v4H4zM6 9v10h12V9M10 13h4";
export const CLOSE = "M6 6l12 12M18 6L6 18";

export function button(
  part: string,
  label: string,
  click: Listener,
  attributes: Record<string, Value> = {},
): HTMLButtonElement {
  return h("button", part, { type: "button", click, ...attributes }, label);
}

/** Returns an icon button. Its label is read out, and shown as a tooltip. */
export function tool(path: string, label: string, click: Listener): HTMLButtonElement {
  const node = button("tool", "", click);
  draw(node, path, label);
  return node;
}

export function draw(node: HTMLElement, path: string, label: string): void {
  if (node.title === label) return;
  node.title = label;
  set(node, "aria-label", label);
  node.replaceChildren(icon(path));
}

/** Listens to events of the window and, in the capture phase, of every node in it. */
export function hear(types: string[], listener: (event: Event) => void, signal: AbortSignal): void {
  for (const type of types) addEventListener(type, listener, { signal, capture: true });
}

/** Returns the focused element in the shadow root of `node`. */
export function activeBeside(node: Node): Element | null {
  return (node.getRootNode() as ShadowRoot).activeElement;
}
