/**
 * The message of a thrown thing, followed by those of its causes: `fetch failed: connect ECONNREFUSED 127.0.0.1:80`.
 * Node puts the reason of a failed request into the cause, and that of an `AggregateError` into the errors that it
 * holds.
 */
export function messageWithCauses(thrown: unknown): string {
  const texts: string[] = [];
  for (const each of withCauses(thrown)) {
    const text = messageOf(each);
    if (!texts.some((said) => said.includes(text))) texts.push(text);
  }
  return texts.join(': ');
}

/** The stacks of an error and of its causes; undefined where nothing has one. */
export function stackWithCauses(thrown: unknown): string | undefined {
  const stacks = withCauses(thrown).flatMap((each) => {
    const stack = (each as { stack?: unknown } | null | undefined)?.stack;
    return typeof stack === 'string' ? [stack] : [];
  });
  return stacks.length === 0 ? undefined : stacks.join('\ncaused by ');
}

/** The message of the thrown thing alone. A thing without a message is shown as what it is. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof AggregateError) {
    const inner = thrown.errors.slice(0, aggregateLimit).map((error) => plainMessage(error));
    return [thrown.message, inner.join('; ')].filter(Boolean).join(': ') || thrown.name;
  }
  return plainMessage(thrown);
}

const depthLimit = 5;
const aggregateLimit = 3;
const unprintable = 'an object that cannot be printed was thrown';

/** The thrown thing and those causes that are errors. Any other cause is data of the job's own, and is left out. */
function withCauses(thrown: unknown): unknown[] {
  const chain = [thrown];
  let cause = causeOf(thrown);
  while (typeof cause?.message === 'string' && chain.length < depthLimit && !chain.includes(cause)) {
    chain.push(cause);
    cause = causeOf(cause);
  }
  return chain;
}

function causeOf(thrown: unknown): { readonly message?: unknown } | null | undefined {
  return (thrown as { cause?: { message?: unknown } } | null | undefined)?.cause;
}

function plainMessage(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  const { message, name } = thrown as { message?: unknown; name?: unknown };
  if (typeof message === 'string' && message) return message;
  if (thrown instanceof Error) return typeof name === 'string' && name ? name : 'Error';
  try {
    return JSON.stringify(thrown) ?? unprintable;
  } catch {
    return unprintable;
  }
}
