/** `exit`: the process ends with code 70, its exit handlers run. `kill`: SIGKILL, nothing runs any more. */
export type FailpointAction = 'throw' | 'exit' | 'kill' | (() => void | Promise<void>);

/**
 * A named place at which a test can break this process. Does nothing unless armed, for the price of one comparison.
 * Await it where the code is asynchronous, so that an action can hold it up.
 */
export function failpoint(name: string): void | Promise<void> {
  if (armed === undefined) return;
  return pass(name);
}

/**
 * Arms one failpoint in this thread; arming it again replaces the former action. The first `after` passes go free, the
 * next `times` (default: all) act.
 */
export function armFailpoint(
  name: string,
  action: FailpointAction,
  limits: { times?: number; after?: number } = {},
): void {
  armed ??= new Map();
  armed.set(name, { action, free: limits.after ?? 0, left: limits.times ?? Infinity });
}

/** Disarms all of them, those of the environment too. */
export function disarmFailpoints(): void {
  armed = undefined;
}

interface Armed {
  action: FailpointAction;
  free: number;
  left: number;
}

let armed: Map<string, Armed> | undefined;

function pass(name: string): void | Promise<void> {
  const point = armed?.get(name);
  if (point === undefined || point.left === 0) return;
  if (point.free > 0) {
    point.free -= 1;
    return;
  }
  point.left -= 1;
  return act(name, point.action);
}

function act(name: string, action: FailpointAction): void | Promise<void> {
  if (typeof action === 'function') return action();
  if (action === 'throw') throw new Error(`failpoint ${name}`);
  if (action === 'exit') process.exit(70);
  process.kill(process.pid, 'SIGKILL');
}

/** `ONEJOB_FAILPOINTS='name=kill@3,other=throw'`: the third pass kills, each pass throws. */
function armFromEnvironment(text: string): void {
  for (const part of text.split(',')) {
    const [, name, action, nth] = ENTRY.exec(part.trim()) ?? [];
    if (name === undefined) {
      throw new TypeError(
        `ONEJOB_FAILPOINTS: '${part}' is not name=throw, name=exit or name=kill, with @3 for the third pass only`,
      );
    }
    armFailpoint(
      name,
      action as 'throw' | 'exit' | 'kill',
      nth === undefined ? {} : { after: Number(nth) - 1, times: 1 },
    );
  }
}

const ENTRY = /^([^=\s]+)=(throw|exit|kill)(?:@([1-9]\d*))?$/;

if (process.env['ONEJOB_FAILPOINTS']) armFromEnvironment(process.env['ONEJOB_FAILPOINTS']);
