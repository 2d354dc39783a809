// What every part of the view needs: the words, the clock, and what a person's acts lead to.

import type { LogMessage } from "../client/inbox.ts";
import type { Labels } from "./labels.ts";
import type { InboxLike } from "./source.ts";

export interface Ui {
  readonly host: HTMLElement;
  readonly labels: Labels;
  /** The language of the times; undefined: the browser's. */
  readonly locale: string | undefined;
  /** Milliseconds by the hub's clock. */
  now(): number;
  /** Aborted when the view is done with. */
  readonly signal: AbortSignal;
  /** Does something to the inbox, and says so if it could not be done. */
  act(done: (inbox: InboxLike) => Promise<void>): Promise<void>;
  /** A notification was clicked, or one of its actions; `url` is where that leads, in full. */
  choose(message: LogMessage, action: string, url: string | null, event: MouseEvent): void;
  archive(offset: number): void;
}
