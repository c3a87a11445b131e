import { parseArgs } from 'node:util';
import { drawPlan } from './draw-plan.ts';
import { kindOf } from './kind.ts';
import type { Plan } from './plan.ts';
import { printPlan } from './print-plan.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';

/**
 * `npm run simulate -- [--seeds N] [--from S] [--known] [--trace]`: seeds one after the other, without N until it is told to
 * stop. The first of each kind of fault is shrunk and printed as a test; with `--known` those that are known, too. Ends
 * with 1 where a fault was found that is not known.
 */
export async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      from: { type: 'string' },
      trace: { type: 'boolean' },
      known: { type: 'boolean' },
    },
  });
  const from = wholeNumber(values.from ?? '1');
  const seeds = values.seeds === undefined ? Infinity : wholeNumber(values.seeds);
  const tally = new Tally();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const begunAt = performance.now();
  let done = 0;
  for (; done < seeds && !stop.signal.aborted; done++) {
    const seed = from + done;
    const { faults, known, trace } = await simulate(drawPlan(seed));
    if (values.trace) process.stdout.write(`${trace.join('\n')}\n`);
    for (const fault of faults) if (tally.add('new', fault, seed)) await show(drawPlan(seed), fault);
    for (const fault of known) if (tally.add('known', fault, seed) && values.known) await show(drawPlan(seed), fault);
  }
  const ms = performance.now() - begunAt;
  process.stdout.write(tally.text());
  const last = from + done - 1;
  process.stdout.write(
    `${done} seeds (${from} to ${last}) in ${(ms / 1_000).toFixed(1)} s, ${(ms / done).toFixed(0)} ms each: ` +
      `${tally.count('new')} faults, ${tally.count('known')} known ones\n`,
  );
  process.exitCode = tally.count('new') === 0 ? 0 : 1;
}

/** The shortest history that a fault of this kind comes of. */
async function show(plan: Plan, fault: string): Promise<void> {
  process.stdout.write(`seed ${plan.seed}: ${fault}\n`);
  const kind = kindOf(fault);
  const small = await shrink(plan, async (candidate) => {
    const { faults, known } = await simulate(candidate);
    return [...faults, ...known].some((other) => kindOf(other) === kind);
  });
  process.stdout.write(`\n${printPlan(small, fault)}\n`);
}

/** How often each kind of fault was met, and the first seed that met it. */
class Tally {
  readonly #kinds = new Map<string, { is: 'new' | 'known'; count: number; seed: number; fault: string }>();

  /** Whether it is the first of its kind. */
  add(is: 'new' | 'known', fault: string, seed: number): boolean {
    const kind = this.#kinds.get(kindOf(fault));
    if (kind) kind.count++;
    else this.#kinds.set(kindOf(fault), { is, count: 1, seed, fault });
    return !kind;
  }

  count(is: 'new' | 'known'): number {
    return [...this.#kinds.values()].reduce((sum, kind) => sum + (kind.is === is ? kind.count : 0), 0);
  }

  text(): string {
    const kinds = [...this.#kinds.values()].toSorted((a, b) => b.count - a.count);
    return kinds
      .map(({ is, count, seed, fault }) => `${is}, ${count} times, first by seed ${seed}: ${fault}\n`)
      .join('');
  }
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`'${text}' is no whole number`);
}
