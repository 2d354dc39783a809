// The services that every part of the view needs: labels, clock, and the user's actions.

import type { LogMessage } from "../client/inbox.ts";
import type { Labels } from "./labels.ts";
import type { InboxLike } from "./source.ts";

export interface Ui {
  readonly host: HTMLElement;
  readonly labels: Labels;
  /** The language of the times; if undefined, the browser's. */
  readonly locale: string | undefined;
  /** Returns milliseconds of the hub's clock; of this device's if the inbox has none. */
  now(): number;
  /** Aborted when the session stops. */
  readonly signal: AbortSignal;
  /** Runs an action on the inbox; shows a message if it fails. */
  act(done: (inbox: InboxLike) => Promise<void>): Promise<void>;
  /**
   * Handles a click on a notification or one of its actions; `url` is the absolute address that the
   * click opens, or null.
   */
  choose(message: LogMessage, action: string, url: string | null, event: MouseEvent): void;
  archive(offset: number): void;
}
