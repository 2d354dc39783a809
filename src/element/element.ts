// `<belfry-inbox>`: what a page says of it, by attributes and properties, and when it begins and ends.

import type { Client, TokenSource } from "../client/index.ts";
import { ENGLISH, type Labels } from "./labels.ts";
import { createSession, type Session } from "./session.ts";
import { fetchToken, givenSource, type InboxLike, ownSource, type Source } from "./source.ts";
import { STYLES } from "./styles.ts";
import { localeOf } from "./times.ts";

/** A server renders the tag and runs nothing of it: there the class only has to be one. */
const Base = typeof HTMLElement === "undefined" ? (class {} as typeof HTMLElement) : HTMLElement;

const PROPERTIES = ["client", "token", "labels", "open"] as const;
/** What makes another inbox of it; the other attributes are looked at when they matter. */
const ANEW = ["url", "token-url", "inline", "lang"];

/** One for all elements of a page. */
let styles: CSSStyleSheet | undefined;

export class BelfryInbox extends Base {
  static readonly observedAttributes = [...ANEW, "categories", "badge"];

  #client: Client | InboxLike | null = null;
  #token: TokenSource | null = null;
  #labels: Partial<Labels> = {};
  #session: Session | null = null;
  #source: Source | null = null;
  /** What the source was made of. */
  #sourceKey: readonly unknown[] = [];
  #isDue = false;
  #isStale = true;
  #place: CSSStyleDeclaration | null = null;

  connectedCallback(): void {
    // A property that was set before the script was there hides the one of the class.
    for (const property of PROPERTIES) {
      const own = Object.getOwnPropertyDescriptor(this, property);
      if (own === undefined) continue;
      delete this[property];
      Object.assign(this, { [property]: own.value });
    }
    this.#settle();
  }

  disconnectedCallback(): void {
    this.#settle();
  }

  attributeChangedCallback(attribute: string, before: string | null, after: string | null): void {
    if (before === after) return;
    if (ANEW.includes(attribute)) this.#change();
    else this.#session?.show();
  }

  /** A client of the SDK, or its inbox, in the place of `url`. The app closes it. */
  get client(): Client | InboxLike | null {
    return this.#client;
  }
  set client(client: Client | InboxLike | null) {
    this.#client = client;
    this.#change();
  }

  /** A token, or a function that gives one, in the place of `token-url`. */
  get token(): TokenSource | null {
    return this.#token;
  }
  set token(token: TokenSource | null) {
    this.#token = token;
    this.#change();
  }

  /** Words that replace the English ones. */
  get labels(): Partial<Labels> {
    return this.#labels;
  }
  set labels(labels: Partial<Labels>) {
    this.#labels = labels;
    this.#change();
  }

  get open(): boolean {
    return this.#session?.view.isOpen ?? false;
  }
  set open(open: boolean) {
    if (open === this.open) return;
    if (open) this.show();
    else this.hide();
  }

  show(): void {
    this.#update();
    if (!this.open) this.#session?.view.open();
  }

  hide(): void {
    this.#session?.view.close();
  }

  #change(): void {
    this.#isStale = true;
    this.#settle();
  }

  /** Waits for all that is changed in one go; an element that is moved leaves and comes in one go. */
  #settle(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.#update();
    });
  }

  #update(): void {
    if (!this.isConnected) this.#end();
    else if (this.#isStale) this.#renew();
  }

  #renew(): void {
    this.#isStale = false;
    const wasOpen = this.open;
    this.#session?.stop();
    this.#connect();
    this.#session = this.#begin();
    if (wasOpen && !this.hasAttribute("inline")) this.show();
  }

  #end(): void {
    this.#session?.stop();
    this.#session = null;
    this.#source?.close();
    this.#sourceKey = [];
    this.#isStale = true;
  }

  /** Another language does not ask for another connection. */
  #connect(): void {
    const url = this.getAttribute("url");
    const tokenUrl = this.getAttribute("token-url");
    const key = [this.#client, url, tokenUrl, this.#token];
    if (this.#sourceKey.length && key.every((part, i) => part === this.#sourceKey[i])) return;
    this.#source?.close();
    this.#sourceKey = key;
    const token = this.#token ?? (tokenUrl === null ? null : () => fetchToken(tokenUrl));
    if (this.#client) this.#source = givenSource(this.#client);
    else if (url !== null && token !== null)
      this.#source = ownSource(new URL(url, document.baseURI).href, token);
    else this.#source = null;
  }

  #begin(): Session {
    const language = this.closest<HTMLElement>("[lang]")?.lang || navigator.language;
    const session = createSession({
      source: this.#source,
      isInline: this.hasAttribute("inline"),
      labels: { ...ENGLISH, ...this.#labels },
      locale: localeOf(language),
      now: Date.now,
      place: (lengths) => {
        for (const [name, length] of Object.entries(lengths))
          this.#place?.setProperty(`--${name}`, length);
      },
      settings: () => {
        const categories = this.getAttribute("categories");
        return {
          categories: categories === null ? null : categories.split(",").map((one) => one.trim()),
          badge: this.getAttribute("badge") === "unseen" ? "unseen" : "unread",
          hasToasts: !this.hasAttribute("no-toasts"),
          readsByHover: !this.hasAttribute("no-hover-read"),
        };
      },
      tell: (type, detail) =>
        this.dispatchEvent(
          new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable: true }),
        ),
    });
    this.#root().append(...session.view.nodes);
    session.show();
    return session;
  }

  /** A style sheet of its own holds what differs by element: no node has a style. */
  #root(): ShadowRoot {
    if (this.shadowRoot) return this.shadowRoot;
    const root = this.attachShadow({ mode: "open" });
    styles ??= new CSSStyleSheet();
    if (styles.cssRules.length === 0) styles.replaceSync(STYLES);
    const own = new CSSStyleSheet();
    own.insertRule(".panel {}");
    this.#place = (own.cssRules[0] as CSSStyleRule).style;
    root.adoptedStyleSheets = [styles, own];
    return root;
  }
}
