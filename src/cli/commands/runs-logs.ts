import type { TailedLine } from '../../app/client/run-reader.ts';
import { lineView } from '../../app/views/json-views.ts';
import { prettyLine } from '../../app/logging/log-line.ts';
import { signalExits } from '../exit-code.ts';
import type { Call } from '../call.ts';
import type { Terminal } from '../print/terminal.ts';
import { withApp } from '../session.ts';

/** `onejob runs logs <run>`: everything that a run logged and printed, in order; with `-f` until it ends. */
export function execute(call: Call): Promise<number> {
  const { terminal, positionals, flags, interruption } = call;
  const follow = flags.on('follow');
  const signal = AbortSignal.any([interruption.signal, terminal.gone]);
  return withApp(call, async ({ app }) => {
    const lines = app.client.lines(positionals[0] ?? '', { after: flags.text('since-offset') ?? 0, follow, signal });
    const items: unknown[] = [];
    for await (const line of lines) {
      if (signal.aborted) break;
      if (!terminal.json) printLine(terminal, line);
      else if (follow) terminal.out(`${JSON.stringify(lineView(line))}\n`);
      else items.push(lineView(line));
    }
    if (terminal.json && !follow) terminal.outJson({ v: 1, items, next: null });
    return interruption.by === null ? 0 : signalExits[interruption.by];
  });
}

function printLine(terminal: Terminal, { line }: TailedLine): void {
  if (line.stream !== 'log') return terminal.out(`${line.text}\n`);
  const coloured = terminal.paint.bold('x') !== 'x';
  const { at, level, text, fields = {} } = line;
  terminal.out(prettyLine({ time: new Date(at), level, text, fields }, coloured));
}
