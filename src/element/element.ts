// `<belfry-inbox>`: what a page says of it, by attributes and properties, and when it begins and ends.

import type { Client, TokenSource } from "../client/index.ts";
import { ENGLISH, type Labels } from "./labels.ts";
import { localeOf } from "./locale.ts";
import { createSession, type Session, tellCounts } from "./session.ts";
import { fetchToken, type InboxLike, newClient, sourceOf } from "./source.ts";
import { STYLES } from "./styles.ts";

const NEEDED = "belfry: no url or token";

/** A server renders the tag and runs nothing of it: there the class only has to be one. */
const Base = globalThis.HTMLElement ?? class {};

/** How long a page may take to say where from, by properties too. */
const SAID_MS = 3_000;
/** What makes another inbox of it; the other attributes are looked at when they matter. */
const ANEW = ["url", "token", "token-url", "inline", "lang"];

export class BelfryInbox extends Base {
  static readonly observedAttributes = [...ANEW, "categories", "badge"];

  #client: Client | InboxLike | null = null;
  #token: TokenSource | null = null;
  #labels: Partial<Labels> = {};
  #session: Session | undefined;
  /** The client made of the attributes. */
  #own: Client | undefined;
  #isDue = false;
  /** Whether the page wants it open, until there is something to open. */
  #isWanted = false;
  #isStale = true;
  /** It says once that it has nothing to show. */
  #reminder: unknown;
  readonly #style = this.#draw();

  connectedCallback(): void {
    // A property that was set before the script was there hides the one of the class.
    const own = this as unknown as Record<string, unknown>;
    for (const [property, value] of Object.entries(own)) {
      delete own[property];
      own[property] = value;
    }
    this.#settle();
    this.#reminder ??= setTimeout(() => {
      if (this.isConnected && !this.shadowRoot?.firstChild) console.warn(NEEDED);
    }, SAID_MS);
  }

  disconnectedCallback(): void {
    this.#settle();
  }

  attributeChangedCallback(attribute: string, before: string | null, after: string | null): void {
    if (before === after) return;
    if (ANEW.includes(attribute)) this.#change(/url|token/.test(attribute));
    else this.#session?.show();
  }

  /** A client of the SDK, or its inbox, in the place of `url`. The app closes it. */
  get client(): Client | InboxLike | null {
    return this.#client;
  }
  set client(client: Client | InboxLike | null) {
    this.#client = client;
    this.#change(true);
  }

  /** A token, or a function that gives one, in the place of `token-url`. */
  get token(): TokenSource | null {
    return this.#token;
  }
  set token(token: TokenSource | null) {
    this.#token = token;
    this.#change(true);
  }

  /** Words that replace the English ones. */
  get labels(): Partial<Labels> {
    return this.#labels;
  }
  set labels(labels: Partial<Labels>) {
    this.#labels = labels;
    this.#change();
  }

  /** Whether it is shown; an inline one always is. */
  get open(): boolean {
    return this.#session?.view.isOpen() ?? this.#isWanted;
  }
  set open(open: boolean) {
    this.#update();
    this.#isWanted = open;
    const panel = this.#session?.view.panel;
    if (panel?.popover) panel.togglePopover(open);
  }

  /** Other words do not ask for another connection. */
  #change(isOther = false): void {
    if (isOther) this.#drop();
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
    else if (this.#isStale) this.#begin();
    // What is moved was closed by that, and nobody has told.
    else this.#session?.show();
  }

  #end(): void {
    // It is closed by being taken away; before, the page may want it open already.
    if (this.#session) this.#isWanted = false;
    this.#session?.stop();
    this.#session = undefined;
    this.#drop();
    this.#isStale = true;
  }

  #drop(): void {
    this.#own?.close();
    this.#own = undefined;
  }

  #begin(): void {
    this.#isWanted = this.open;
    const hadFocus = this.shadowRoot?.activeElement;
    this.#session?.stop();
    this.#session = undefined;
    this.#isStale = false;
    if (!this.#client) this.#own ??= this.#connect();
    const given = this.#client ?? this.#own;
    // Until it is said where from, there is nothing to show.
    if (!given) {
      tellCounts(this);
      return;
    }
    const language = this.closest<HTMLElement>("[lang]")?.lang || navigator.language;
    this.#session = createSession({
      host: this,
      source: sourceOf(given),
      labels: { ...ENGLISH, ...this.#labels },
      locale: localeOf(language),
      now: Date.now,
      style: this.#style,
      restart: () => this.#begin(),
    });
    // What had it has gone: the bell has it now, or the panel that stands in the page.
    if (hadFocus) this.#session.view.nodes[0]?.focus();
    if (this.#isWanted) this.open = true;
  }

  #connect(): Client | undefined {
    const url = this.getAttribute("url");
    const tokenUrl = this.getAttribute("token-url");
    const token =
      this.#token ?? this.getAttribute("token") ?? (tokenUrl && (() => fetchToken(tokenUrl)));
    return url && token ? newClient(url, token) : undefined;
  }

  /** Where the panel is placed is said by the first rule of the sheet: no node has a style. */
  #draw(): CSSStyleDeclaration {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
    return (sheet.cssRules[0] as CSSStyleRule).style;
  }
}
