// Bounds every wait of the bench: it ends in time, or with an error that names its aim.

export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${ms} ms for ${what}, in vain.`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const POLL_MS = 20;

/** Polls `isTrue` until it holds. The error names `what`; a function can add the progress. */
export async function until(
  ms: number,
  what: string | (() => string),
  isTrue: () => boolean,
): Promise<void> {
  const end = performance.now() + ms;
  while (!isTrue()) {
    if (performance.now() > end) {
      const text = typeof what === "string" ? what : what();
      throw new Error(`Waited ${ms} ms for ${text}, in vain.`);
    }
    await pause(POLL_MS);
  }
}
