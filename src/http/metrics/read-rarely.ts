/**
 * Reads at most every `everyMs`, however often it is called; in between the last answer is given again. Null while there
 * is none: it failed, or takes longer than `patienceMs`. A read that takes long is not begun a second time.
 */
export function readRarely<T>(
  read: () => Promise<T>,
  { everyMs, patienceMs }: { readonly everyMs: number; readonly patienceMs: number },
): () => Promise<T | null> {
  let answer: Promise<T | null> | undefined;
  let askedAt = 0;
  let isPending = false;
  return () => {
    const now = performance.now();
    if (!answer || (!isPending && now - askedAt >= everyMs)) {
      askedAt = now;
      isPending = true;
      answer = read()
        .catch(() => null)
        .finally(() => (isPending = false));
    }
    return Promise.race([answer, afterwards(patienceMs)]);
  };
}

function afterwards(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), ms).unref());
}
