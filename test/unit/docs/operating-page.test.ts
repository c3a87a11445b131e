import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { collectMetrics } from '../../../src/http/metrics/collect.ts';
import { createHandler } from '../../../src/http/handler.ts';
import { openApp } from '../../support/apps.ts';

const page = await readFile(fileURLToPath(new URL('../../../docs/guide/operating.md', import.meta.url)), 'utf8');

test('docs/guide/operating.md lists each metric with its kind and labels, and no other', async () => {
  const { app } = openApp([]);
  const registry = collectMetrics(app, new Registry());
  const listed = [...page.matchAll(/^\| `(onejob_\w+)` \| (\w+) \|([^|]*)\|/gm)].map(
    ([, name, kind, labels = '']) => `${name} ${kind} ${[...labels.matchAll(/`(\w+)`/g)].map(([, one]) => one).join()}`,
  );
  const there = registry.getMetricsAsArray().map((metric) => {
    const { name, labelNames, constructor } = metric as unknown as {
      name: string;
      labelNames: string[];
      constructor: { name: string };
    };
    return `${name} ${constructor.name.toLowerCase()} ${labelNames.join()}`;
  });
  expect(listed.toSorted()).toEqual(there.toSorted());
});

test('the alerts of docs/guide/operating.md name metrics that are there', () => {
  const { app } = openApp([]);
  const names = new Set(
    collectMetrics(app, new Registry())
      .getMetricsAsArray()
      .map(({ name }) => name),
  );
  const used = [...page.matchAll(/\bonejob_[a-z_]+/g)].map(([name]) => name);
  expect(used.filter((name) => !names.has(name))).toEqual([]);
});

test('docs/guide/operating.md names each route for diagnosis', async () => {
  const { app } = openApp([]);
  const handler = createHandler(app, { debug: true, showsConfig: true });
  const { routes } = (await (await handler(new Request('http://127.0.0.1/'))).json()) as { routes: string[] };
  const unnamed = routes.filter((path) => !/\/jobs?\b|pprof\/?$/.test(path) && !page.includes(path));
  expect(unnamed).toEqual([]);
});
