import type { Hono } from 'hono';
import type { App } from '../../app/app.ts';
import { version } from '../../app/version.ts';
import type { Env } from '../environment.ts';
import { changeMany, changeOne, sendEvent } from './change-runs.ts';
import { documentOf } from './document.ts';
import { listenToEvents } from './events.ts';
import { listJobs, pauses, showJob } from './jobs.ts';
import { readLogs } from './logs.ts';
import { mountRoutes } from './mount-routes.ts';
import { listNodes, listPauses } from './nodes.ts';
import { defineRoute, json, jsonAnswer, type Route } from './route.ts';
import { explainRun, listRuns, showRun } from './runs.ts';
import { startRun } from './start-run.ts';
import { startRuns } from './start-runs.ts';
import { showStats } from './stats.ts';

/** What lies below `/api/v1`, in the order of the document. */
export const routes: readonly Route[] = [
  listJobs,
  showJob,
  startRun,
  startRuns,
  listRuns,
  showRun,
  readLogs,
  explainRun,
  ...changeOne,
  sendEvent,
  ...changeMany,
  ...pauses,
  listPauses,
  listNodes,
  showStats,
  listenToEvents,
  defineRoute({
    method: 'GET',
    path: '/openapi.json',
    id: 'readDocument',
    summary: 'This document',
    right: 'read',
    answers: { 200: jsonAnswer('OpenAPI 3.1', { type: 'object' }) },
    handle: () => Promise.resolve(json(200, openapi())),
  }),
];

/** The document of this version. */
export function openapi(): Record<string, unknown> {
  return documentOf(routes, version);
}

/** Resources, for programs and pages. */
export function apiRoutes(app: App): Hono<Env> {
  return mountRoutes(app, routes);
}
