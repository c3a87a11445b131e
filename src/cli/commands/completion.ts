import { nearest } from '../../job/name.ts';
import { usage } from '../arguments/flag.ts';
import type { Call } from '../call.ts';
import { completionScript, shells } from '../help/completion-script.ts';

/** `onejob completion bash|zsh|fish`. */
export async function execute({ terminal, positionals }: Call): Promise<number> {
  const name = positionals[0] ?? '';
  const shell = shells.find((each) => each === name) ?? unknownShell(name);
  terminal.out(completionScript(shell));
  return 0;
}

function unknownShell(name: string): never {
  const near = nearest(name, shells);
  return usage(
    `there is no completion for ${name}${near ? `; did you mean ${near}?` : ''}`,
    `there is ${shells.join(', ')}`,
  );
}
