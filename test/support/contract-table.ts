import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from 'vitest/node';

/** Technologies that a suite may end with: `describe('store contract on postgres', …)`. */
const adapters = ['memory', 'sqlite', 'postgres', 'pgbouncer', 'mysql', 'mariadb', 'redis', 'kafka', 'etcd'];
const onAdapter = new RegExp(`\\bon (${adapters.join('|')})$`);
const contractIds = /^[A-Z]{2,5}-[\d.]+(?:, [A-Z]{2,5}-[\d.]+)*(?= )/;
const anyAdapter = 'any';

/** So many tests may pass at their second try, where a run has second tries at all; more of them are no accident. */
const unsteadyAtMost = 4;

/** What a test counts as; `skipped` only where nothing went wrong before it. */
type Outcome = 'passed' | 'failed' | 'skipped';
type Counts = Record<Outcome, number>;

/**
 * Closes a test run with a table, contract × adapter, and the line `N passed, N failed` (`, N skipped`).
 *
 * A row is a contract's id, read from the beginning of a test's name (`EGO-1, EGO-2 only that job runs`), or, in a
 * suite `store contract on …`, the topic that its inner `describe` names. What nobody could run counts as failed: a
 * file that does not load, tests behind a failed hook, an error outside any test.
 *
 * Tests that failed, and those that needed a second try, are named with what they failed on; too many second tries fail
 * the run.
 */
export class ContractTable implements Reporter {
  #reported = false;

  /** A build or a setup that fails ends vitest without a test; the last line is owed all the same. */
  onInit(): void {
    process.once('exit', (code) => {
      if (!this.#reported && code !== 0) console.log(formatTotal({ passed: 0, failed: 1, skipped: 0 }));
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    if (modules.length === 0) return;
    this.#reported = true;
    const total: Counts = { passed: 0, failed: unhandled.length, skipped: 0 };
    const table = new Map<string, Map<string, Counts>>();
    const unsteady: TestCase[] = [];
    const failed: TestCase[] = [];
    for (const module of modules) {
      let failedHere = 0;
      for (const test of module.children.allTests()) {
        const outcome = outcomeOf(test);
        total[outcome] += 1;
        if (outcome === 'failed') {
          failedHere += 1;
          failed.push(test);
        }
        if (test.diagnostic()?.flaky === true) unsteady.push(test);
        for (const row of rowsOf(test)) cellOf(table, row, columnOf(test))[outcome] += 1;
      }
      if (failedHere === 0 && module.state() === 'failed') total.failed += 1;
    }
    if (unsteady.length > unsteadyAtMost) {
      total.failed += 1;
      process.exitCode = 1;
    }
    const lists = [...formatUnsteady(unsteady), ...formatFailed(failed)];
    console.log([formatTable(table), ...lists, formatTotal(total)].join('\n'));
  }
}

function outcomeOf(test: TestCase): Outcome {
  const { state } = test.result();
  if (state === 'passed') return 'passed';
  if (state === 'failed' || state === 'pending') return 'failed';
  return ancestorsOf(test).some((ancestor) => ancestor.errors().length > 0) ? 'failed' : 'skipped';
}

function rowsOf(test: TestCase): string[] {
  const ids = contractIds.exec(test.name)?.[0];
  if (ids !== undefined) return ids.split(', ');
  const suites = suitesOf(test);
  const contract = suites.findIndex((suite) => suite.name.startsWith('store contract on '));
  if (contract === -1) return [];
  return [`store: ${suites[contract + 1]?.name ?? test.name}`];
}

function columnOf(test: TestCase): string {
  for (const suite of suitesOf(test).toReversed()) {
    const adapter = onAdapter.exec(suite.name)?.[1];
    if (adapter !== undefined) return adapter;
  }
  return onAdapter.exec(test.name)?.[1] ?? anyAdapter;
}

/** Outermost first. */
function suitesOf(test: TestCase): TestSuite[] {
  return ancestorsOf(test).filter((ancestor) => ancestor.type === 'suite');
}

function ancestorsOf(test: TestCase): (TestSuite | TestModule)[] {
  const ancestors: (TestSuite | TestModule)[] = [];
  for (let at = test.parent; ; at = at.parent) {
    ancestors.unshift(at);
    if (at.type === 'module') return ancestors;
  }
}

function cellOf(table: Map<string, Map<string, Counts>>, row: string, column: string): Counts {
  const cells = table.get(row) ?? new Map<string, Counts>();
  const cell = cells.get(column) ?? { passed: 0, failed: 0, skipped: 0 };
  table.set(row, cells.set(column, cell));
  return cell;
}

function formatTable(table: ReadonlyMap<string, ReadonlyMap<string, Counts>>): string {
  if (table.size === 0) return '';
  const used = new Set([...table.values()].flatMap((cells) => [...cells.keys()]));
  const columns = [anyAdapter, ...adapters].filter((column) => used.has(column));
  const rows = [...table.keys()].toSorted(
    (a, b) => rankOf(a) - rankOf(b) || a.localeCompare(b, 'en', { numeric: true }),
  );
  const lines = [
    ['contract', ...columns],
    ...rows.map((row) => [row, ...columns.map((column) => formatCell(table.get(row)?.get(column)))]),
  ];
  const widths = ['contract', ...columns].map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  const drawn = lines.map((line) =>
    line
      .map((text, i) => text.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const platform = `Node ${process.version}, ${process.platform} ${process.arch}`;
  return [`Contracts, tests passed on each adapter (${platform})`, '', ...drawn, ''].join('\n');
}

/** The five systems we unite, in the order of docs/reference/contracts.md, then the store's own. */
function rankOf(row: string): number {
  const rank = ['EGO-', 'VT-', 'TJ-', 'SJ-', 'GJ-'].findIndex((prefix) => row.startsWith(prefix));
  return rank === -1 ? 9 : rank;
}

function formatCell(counts: Counts | undefined): string {
  if (counts === undefined) return '–';
  const { passed, failed, skipped } = counts;
  if (failed > 0) return `${failed} FAILED`;
  return [passed > 0 || skipped === 0 ? `${passed}` : '', skipped > 0 ? `${skipped} skipped` : '']
    .filter(Boolean)
    .join(', ');
}

function formatUnsteady(tests: readonly TestCase[]): string[] {
  if (tests.length === 0) return [];
  const allowed = tests.length > unsteadyAtMost ? `, and no more than ${unsteadyAtMost} may` : '';
  return [`Passed at their second try${allowed}:`, '', ...tests.flatMap(nameWithErrors), ''];
}

/** A log of a whole run is often cut off at its beginning, where the runner tells these. */
function formatFailed(tests: readonly TestCase[]): string[] {
  return tests.length === 0 ? [] : ['Failed:', '', ...tests.flatMap(nameWithErrors), ''];
}

function nameWithErrors(test: TestCase): string[] {
  return [
    `  ${test.module.relativeModuleId} > ${test.fullName}`,
    ...(test.result().errors ?? []).map((error) => `    ${ourLines(error).join('\n    ')}`),
  ];
}

/** What an error says and where, without the lines of the runner and of libraries. */
function ourLines({ stack, message }: { stack?: string; message: string }): string[] {
  return (stack ?? message).split('\n').filter((line) => !/^\s+at .*node_modules/.test(line));
}

function formatTotal({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
