import type { Ledger } from './ledger.ts';
import type { Observed } from './observed.ts';

/** In one line, what a call asked for and got; undefined where nothing happened by it. */
export function describeCall(call: Observed, ledger: Ledger): string | undefined {
  const name = (run: string | null): string => (run === null ? 'nobody' : ledger.nameOf(run));
  switch (call.method) {
    case 'submit':
      return `submit ${call.answer.map(({ verdict, run }) => `${name(run.id)} ${verdict}`).join()}`;
    case 'claim': {
      const { claims } = call.answer;
      if (claims.length === 0) return undefined;
      const one = (c: (typeof claims)[number]): string =>
        `${name(c.run)} e${c.epoch} attempt ${c.attempt} mail ${c.mailboxSeq}`;
      return `claim ${claims.map(one).join('; ')}`;
    }
    case 'record':
      return `record ${call.args[0].entries.map((entry, i) => `${name(entry.run)} e${entry.epoch} ${detail(entry)}: ${call.answer[i]}`).join('; ')}`;
    case 'append':
      return `append ${call.args[0].chunks.map(({ run, seq }, i) => `${name(run)} ${seq}: ${call.answer[i]}`).join('; ')}`;
    case 'evict':
      return `evict ${call.answer.map((runs) => `[${runs.map(name).join()}]`).join()}`;
    case 'act':
      return `ask ${call.args[0].map((action, i) => `${action.kind} ${name(call.answer[i]?.run ?? null)}: ${call.answer[i]?.verdict}`).join('; ')}`;
    case 'prune':
      return `prune ${call.answer.runs}`;
    default:
      return undefined;
  }
}

type Entry = Extract<Observed, { method: 'record' }>['args'][0]['entries'][number];

function detail(entry: Entry): string {
  switch (entry.kind) {
    case 'step':
      return `step ${entry.key} ${entry.state} ${entry.output}${entry.consumes === null ? '' : ` takes ${entry.consumes}`}`;
    case 'try':
      return `try ${entry.key} ${entry.tries}`;
    case 'suspend':
      return `suspend mail ${entry.mailboxSeq}`;
    case 'outcome':
      return `outcome ${entry.state}`;
    case 'handBack':
      return `handBack to attempt ${entry.attempt}`;
  }
}
