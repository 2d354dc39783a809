// The hub closes a socket that sends more than 30 frames in a second of the hub's clock. Half of that
// in a second of ours leaves room for what the network bunches together.

import type { Cancel, Environment } from "./environment.ts";

const FRAMES_PER_WINDOW = 15;
const WINDOW_MS = 1_000;

export interface Pace {
  push(text: string): void;
  /** Forgets what was not sent: its line is gone. */
  clear(): void;
}

export function createPace({ after }: Environment, send: (text: string) => void): Pace {
  let queue: string[] = [];
  /** In this window, which the first of them opens. */
  let sent = 0;
  let cancel: Cancel = () => undefined;

  function open() {
    sent = 0;
    flush();
  }

  function flush() {
    for (const text of queue.splice(0, FRAMES_PER_WINDOW - sent)) {
      if (!sent) cancel = after(WINDOW_MS, open);
      sent += 1;
      send(text);
    }
  }

  return {
    push(text) {
      queue.push(text);
      flush();
    },
    clear() {
      queue = [];
      sent = 0;
      cancel();
    },
  };
}
