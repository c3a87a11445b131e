/** A row of docs/reference/contracts.md. */
export interface ContractRow {
  readonly id: string;
  readonly state: string;
}

const row = /^\| ([A-Z]+-\d+) \| (.+) \| ([a-z ]+) \| (.*) \|$/gm;

export function contractRows(page: string): ContractRow[] {
  return [...page.matchAll(row)].map(([, id = '', , state = '']) => ({ id, state }));
}

/** The page with the lists of tests as they are; sentences and states are written by hand. */
export function withTests(page: string, tests: ReadonlyMap<string, readonly string[]>): string {
  return page.replaceAll(
    row,
    (_, id: string, says: string, state: string) =>
      `| ${id} | ${says} | ${state} | ${(tests.get(id) ?? []).map(link).join(', ')} |`,
  );
}

/** What is wrong with the page beside its lists: ids without a row, states that the tests contradict. */
export function contractFaults(page: string, tests: ReadonlyMap<string, readonly string[]>): string[] {
  const rows = contractRows(page);
  const known = new Set(rows.map(({ id }) => id));
  const twice = rows.filter(({ id }, i) => rows.findIndex((other) => other.id === id) < i);
  return [
    ...twice.map(({ id }) => `${id} has two rows`),
    ...[...tests].filter(([id]) => !known.has(id)).map(([id, files]) => `${id}, in ${files.join(', ')}, has no row`),
    ...rows.flatMap(({ id, state }) => stateFaults(id, state, tests.has(id))),
  ];
}

function stateFaults(id: string, state: string, isTested: boolean): string[] {
  if (state === 'planned') return isTested ? [`${id} is planned, but tests carry it`] : [];
  if (state !== 'works' && state !== 'in part') return [`${id} is in no state that we know: ${state}`];
  return isTested ? [] : [`${id} works, says its row, but no test carries it`];
}

function link(file: string): string {
  return `[${file.replace(/^test\/|^src\//, '').replace(/(\.test)?\.ts$/, '')}](../../${file})`;
}
