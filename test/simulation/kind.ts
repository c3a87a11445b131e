/** Of a fault what does not depend on the history: two faults of one kind have one cause, most likely. */
export function kindOf(fault: string): string {
  return fault
    .replaceAll(/\br\d+[.\d!]*/g, 'R')
    .replaceAll(/\[.*\]/g, '[…]')
    .replaceAll(/\b(?:step|sleep|wait|child|poison|all|race|catch|row)\d+\b/g, 'S')
    .replaceAll(/"[^"]*"|\d+/g, 'N');
}
