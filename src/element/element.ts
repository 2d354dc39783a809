// The custom element `<belfry-inbox>`: its attributes and properties, and the life of its session.

import type { Client, TokenSource } from "../client/index.ts";
import { ENGLISH, type Labels } from "./labels.ts";
import { localeOf } from "./locale.ts";
import { createSession, type Session, tellCounts } from "./session.ts";
import { fetchToken, type InboxLike, newClient, sourceOf } from "./source.ts";
import { STYLES } from "./styles.ts";

const NEEDED = "belfry: no url or token";

/** A server has no `HTMLElement`; it never runs the class, so any base will do. */
const Base = globalThis.HTMLElement ?? class {};

/** The time a page has to name a source, by attributes or properties, before the console warns. */
const SAID_MS = 3_000;
/** A change of one of these attributes starts a new session. The others are read on use. */
const ANEW = ["url", "token", "token-url", "inline", "lang"];

export class BelfryInbox extends Base {
  static readonly observedAttributes = [...ANEW, "categories", "badge"];

  #client: Client | InboxLike | null = null;
  #token: TokenSource | null = null;
  #labels: Partial<Labels> = {};
  #session: Session | undefined;
  /** The client made from the attributes. */
  #own: Client | undefined;
  #isDue = false;
  /** Whether the page wants the panel open; kept until there is a panel to open. */
  #isWanted = false;
  #isStale = true;
  /** The timer of a warning that there is nothing to show; it is set only once. */
  #reminder: unknown;
  readonly #style = this.#draw();

  connectedCallback(): void {
    // A property that was set before the script ran hides the accessor of the class: set it again.
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

  /** A client of the SDK, or its inbox, used in place of `url`. The app closes it. */
  get client(): Client | InboxLike | null {
    return this.#client;
  }
  set client(client: Client | InboxLike | null) {
    this.#client = client;
    this.#change(true);
  }

  /** A token, or a function that returns one, used in place of `token-url`. */
  get token(): TokenSource | null {
    return this.#token;
  }
  set token(token: TokenSource | null) {
    this.#token = token;
    this.#change(true);
  }

  /** Labels that replace the English ones. */
  get labels(): Partial<Labels> {
    return this.#labels;
  }
  set labels(labels: Partial<Labels>) {
    this.#labels = labels;
    this.#change();
  }

  /** Whether the panel is shown; an inline one always is. */
  get open(): boolean {
    return this.#session?.view.isOpen() ?? this.#isWanted;
  }
  set open(open: boolean) {
    this.#update();
    this.#isWanted = open;
    const panel = this.#session?.view.panel;
    if (panel?.popover) panel.togglePopover(open);
  }

  /**
   * Starts a new session soon. It keeps the client, since new labels need no new connection; `isOther`,
   * for a new source, drops it.
   */
  #change(isOther = false): void {
    if (isOther) this.#drop();
    this.#isStale = true;
    this.#settle();
  }

  /**
   * Updates once for all changes of the same turn, such as the removal and insertion that make up a
   * move.
   */
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
    // Moving the element closed the panel, and the browser sends no toggle event for that.
    else this.#session?.show();
  }

  #end(): void {
    // Removal closed the panel of the session. Without a session the page may already want it open.
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
    // Until the page names a source, there is nothing to show.
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
    // The focused node is gone: focus the bell instead, or the panel if it is inline.
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

  /**
   * Attaches the shadow root; returns the style of the sheet's first rule. The panel's position is set
   * there, so that no node needs a style attribute.
   */
  #draw(): CSSStyleDeclaration {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
    return (sheet.cssRules[0] as CSSStyleRule).style;
  }
}
