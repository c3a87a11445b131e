/** One family of metrics as the text format 0.0.4 of Prometheus tells it. */
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads the text strictly: whatever the format forbids is an error, and so is a histogram that does not add up. */
export function parseMetrics(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, Family & { samples: Sample[] }>();
  let current: (Family & { samples: Sample[] }) | undefined;
  let help = new Map<string, string>();
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, kind, named = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === 'HELP') {
      if (help.has(named) || families.has(named)) throw new Error(`a second HELP for ${named}`);
      help = help.set(named, rest);
    } else if (kind === 'TYPE') {
      if (families.has(named)) throw new Error(`${named} stands in two places`);
      if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(named)) throw new Error(`${named} is no name`);
      current = { name: named, type: rest, help: help.get(named) ?? '', samples: [] };
      families.set(named, current);
    } else {
      const sample = parseSample(line);
      if (!current || !belongs(sample.name, current)) throw new Error(`${line} stands outside of its family`);
      const key = JSON.stringify([sample.name, sample.labels]);
      if (current.samples.some((each) => JSON.stringify([each.name, each.labels]) === key)) {
        throw new Error(`${line} stands there twice`);
      }
      current.samples.push(sample);
    }
  }
  for (const family of families.values()) if (family.type === 'histogram') checkHistogram(family);
  return families;
}

function parseSample(line: string): Sample {
  const [, name = '', braces, number = ''] = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === '') throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  let left = braces ?? '';
  while (left !== '') {
    const [all = '', label = '', value = ''] =
      /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/.exec(left) ?? [];
    if (all === '') throw new Error(`no labels: ${left}`);
    labels[label] = value.replaceAll(/\\(.)/g, (_, mark: string) => (mark === 'n' ? '\n' : mark));
    left = left.slice(all.length);
  }
  // Prometheus reads numbers as Go does, which takes `Nan`, as prom-client writes it where nothing was measured yet.
  const isNothing = number.toLowerCase() === 'nan';
  const value = { '+Inf': Infinity, '-Inf': -Infinity }[number] ?? Number(number);
  if (Number.isNaN(value) && !isNothing) throw new Error(`no number: ${line}`);
  return { name, labels, value };
}

function belongs(name: string, { name: family, type }: Family): boolean {
  if (type !== 'histogram' && type !== 'summary') return name === family;
  return [family, `${family}_sum`, `${family}_count`, `${family}_bucket`].includes(name);
}

function checkHistogram({ name, samples }: Family): void {
  const rows = new Map<string, number[]>();
  for (const { name: part, labels, value } of samples) {
    if (part !== `${name}_bucket`) continue;
    const { le, ...rest } = labels;
    if (le === undefined) throw new Error(`a bucket of ${name} without le`);
    const key = JSON.stringify(rest);
    rows.set(key, [...(rows.get(key) ?? []), value]);
  }
  for (const [labels, counts] of rows) {
    if (counts.some((count, i) => count < (counts[i - 1] ?? 0))) throw new Error(`${name} ${labels} falls`);
    const count = samples.find((each) => each.name === `${name}_count` && JSON.stringify(each.labels) === labels);
    if (count?.value !== counts.at(-1)) throw new Error(`${name} ${labels} does not add up`);
  }
}
