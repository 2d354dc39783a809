// The hub closes a socket that sends more than 30 frames in a second of the hub's clock. Half of that
// in a second of ours leaves room for what the network bunches together.

import type { Environment } from "./environment.ts";

const FRAMES_PER_WINDOW = 15;
const WINDOW_MS = 1_000;

export interface Pace {
  push(text: string): void;
  /** Forgets what was not sent: its line is gone. */
  clear(): void;
}

export function createPace({ now, after }: Environment, send: (text: string) => void): Pace {
  let queue: string[] = [];
  let windowFrom = 0;
  let sent = 0;
  let isWaiting = false;

  function flush() {
    if (now() - windowFrom >= WINDOW_MS) {
      windowFrom = now();
      sent = 0;
    }
    for (const text of queue.splice(0, FRAMES_PER_WINDOW - sent)) {
      sent += 1;
      send(text);
    }
    if (queue.length === 0 || isWaiting) return;
    isWaiting = true;
    after(WINDOW_MS, () => {
      isWaiting = false;
      // The window is over, also where the clock was set back meanwhile.
      windowFrom = 0;
      flush();
    });
  }

  return {
    push(text) {
      queue.push(text);
      flush();
    },
    clear() {
      queue = [];
    },
  };
}
