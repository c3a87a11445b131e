import type { JobReference } from '../../src/job/reference.ts';
import type { Step, StepContext } from '../../src/job/step.ts';
import type { Clock } from '../../src/std/clock.ts';
import type { JobName } from './jobs.ts';
import type { Part, Program } from './program.ts';

/** What a program needs while it is played, and whom it tells. */
export interface Stage {
  readonly step: Step;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly jobOf: (name: JobName) => JobReference<Program>;
  /** The work of a step begins. Never settles where its worker is dead. */
  readonly begin: (step: string) => Promise<void>;
  readonly told: (step: string, value: unknown) => void;
  /** Of a poisonous step: whether it kills this time. */
  readonly kills: (step: string, times: number) => boolean;
  /** Another value each time, so that whoever does work twice shows. */
  readonly unique: (name: string) => string;
}

/** Plays a part of a program: what it gives is the same in each replay. */
export async function play(part: Part, stage: Stage): Promise<unknown> {
  const { step, told } = stage;
  switch (part.kind) {
    case 'step':
    case 'poison': {
      const options = { retry: { attempts: 3, delay: 700, jitter: 0.5 } };
      const value = await step(part.name, options, (context) => work(part, context, stage));
      told(part.name, value);
      return value;
    }
    case 'sleep':
      await step.sleep(part.name, part.ms);
      told(part.name, null);
      return part.name;
    case 'wait': {
      const { name, event, ms } = part;
      const value = await step.wait(event, ms === null ? { name } : { name, timeout: ms, orElse: 'late' });
      // Which of the two it was is recorded as success and failure.
      told(`${part.name} (answer)`, value);
      return value;
    }
    case 'child': {
      const value = await step.run(part.name, stage.jobOf(part.job), part.program);
      told(part.name, value);
      return value;
    }
    default:
      return playGroup(part, stage);
  }
}

async function playGroup(part: Extract<Part, { parts: unknown }>, stage: Stage): Promise<unknown> {
  switch (part.kind) {
    case 'row': {
      const values: unknown[] = [];
      for (const one of part.parts) values.push(await play(one, stage));
      return values;
    }
    case 'all':
      return Promise.all(part.parts.map((one) => play(one, stage)));
    case 'race': {
      const [winner, value] = await Promise.race(
        part.parts.map(async (one, i) => [i, await play(one, stage)] as const),
      );
      stage.told(part.name, winner);
      return value;
    }
    case 'catch':
      try {
        return await playGroup({ ...part, kind: 'row' }, stage);
      } catch (error) {
        if (stage.signal.aborted) throw error;
        const { code } = error as { code?: string };
        stage.told(part.name, code ?? 'thrown');
        return code ?? 'thrown';
      }
  }
}

async function work(
  part: Extract<Part, { kind: 'step' | 'poison' }>,
  { attempt, signal }: StepContext,
  { clock, begin, kills, unique }: Stage,
): Promise<string> {
  await begin(part.name);
  if (part.kind === 'poison') {
    if (kills(part.name, part.times)) await new Promise(() => undefined);
    return unique(part.name);
  }
  if (part.ms > 0) await clock.sleep(part.ms, signal);
  if (attempt <= part.fails) throw new Error(`${part.name} failed`);
  return unique(part.name);
}
