// A timer that removes a node after a while, but not while the pointer or the focus is in it.

export interface Expiry {
  start(): void;
  stop(): void;
}

export function createExpiry(node: HTMLElement, ms: number, end: () => void): Expiry {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => clearTimeout(timer);
  const start = () => {
    stop();
    timer = setTimeout(() => (node.matches(":hover, :focus-within") ? start() : end()), ms);
  };
  return { start, stop };
}
