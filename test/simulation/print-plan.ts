import type { Plan } from './plan.ts';

/** A plan as a test that can be pasted into `found.test.ts`. */
export function printPlan(plan: Plan, fault: string): string {
  const moves = plan.moves.map((move) => `    ${literal(move)},\n`).join('');
  return (
    `test(${quoted(`seed ${plan.seed}: ${fault}`)}, () =>\n` +
    `  keeps({\n  seed: ${plan.seed},\n  setting: ${literal(plan.setting)},\n  moves: [\n${moves}  ],\n}));\n`
  );
}

/** JSON as one writes it in TypeScript. */
function literal(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([name, inner]) => `${name}: ${literal(inner)}`)
    .join(', ')} }`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
