import { test } from 'vitest';
import { keeps } from './keeps.ts';

// Histories that broke a promise once, as `npm run simulate` has shrunk and printed them.

test('seed 4: r2 is cancelled, and begins once more', () =>
  keeps({
    seed: 4,
    setting: { workers: 3, slots: 2, parkAfterMs: 50, hints: true, turns: 1, speeds: [1] },
    moves: [
      {
        at: 111,
        do: 'submit',
        job: 'plain',
        program: {
          body: { kind: 'row', name: 'all of it', parts: [{ kind: 'poison', name: 'poison3', times: 1 }] },
          throws: 0,
        },
        key: null,
        delayMs: 0,
        priority: 0,
        again: false,
      },
      { at: 182, do: 'act', kind: 'cancel', run: 0, again: false },
    ],
  }));

test('seed 72: r0 is waiting for ever, due never, waits for [child1: run of plain]', () =>
  keeps({
    seed: 72,
    setting: { workers: 2, slots: 1, parkAfterMs: 50, hints: true, turns: 1, speeds: [1] },
    moves: [
      {
        at: 0,
        do: 'submit',
        job: 'plain',
        program: {
          body: {
            kind: 'row',
            name: 'all of it',
            parts: [
              {
                kind: 'child',
                name: 'child1',
                job: 'plain',
                program: {
                  body: { kind: 'row', name: 'all of it', parts: [{ kind: 'sleep', name: 'sleep1', ms: 2911 }] },
                  throws: 0,
                },
              },
            ],
          },
          throws: 0,
        },
        key: null,
        delayMs: 0,
        priority: 0,
        again: false,
      },
      {
        at: 35,
        do: 'submit',
        job: 'plain',
        program: {
          body: { kind: 'row', name: 'all of it', parts: [{ kind: 'step', name: 'step1', ms: 0, fails: 0 }] },
          throws: 0,
        },
        key: null,
        delayMs: 0,
        priority: 0,
        again: false,
      },
      { at: 60, do: 'act', kind: 'cancel', run: 6, again: false },
      {
        at: 69,
        do: 'submit',
        job: 'plain',
        program: {
          body: { kind: 'row', name: 'all of it', parts: [{ kind: 'step', name: 'step1', ms: 0, fails: 0 }] },
          throws: 0,
        },
        key: null,
        delayMs: 0,
        priority: 0,
        again: false,
      },
      { at: 84, do: 'act', kind: 'retry', run: 4, again: false },
    ],
  }));

test('seed 14: r0.1.1 is cancelled, and begins once more', () =>
  keeps({
    seed: 14,
    setting: { workers: 1, slots: 2, parkAfterMs: 500, hints: true, turns: 1, speeds: [1] },
    moves: [
      {
        at: 0,
        do: 'submit',
        job: 'plain',
        program: {
          body: { kind: 'row', name: 'all of it', parts: [{ kind: 'poison', name: 'poison5', times: 2 }] },
          throws: 0,
        },
        key: null,
        delayMs: 0,
        priority: 0,
        again: false,
      },
      { at: 192, do: 'act', kind: 'cancel', run: 2, again: false },
    ],
  }));

test('seed 14: r1 cancelled and is not called back', () =>
  keeps({
    seed: 14,
    setting: { workers: 2, slots: 2, parkAfterMs: 500, hints: true, turns: 1, speeds: [1] },
    moves: [
      {
        at: 0,
        do: 'submit',
        job: 'plain',
        program: {
          body: {
            kind: 'row',
            name: 'all of it',
            parts: [
              {
                kind: 'child',
                name: 'child3',
                job: 'plain',
                program: {
                  body: { kind: 'row', name: 'all of it', parts: [{ kind: 'sleep', name: 'sleep1', ms: 3808 }] },
                  throws: 0,
                },
              },
              { kind: 'poison', name: 'poison5', times: 2 },
            ],
          },
          throws: 0,
        },
        key: null,
        delayMs: 0,
        priority: 0,
        again: false,
      },
      {
        at: 59,
        do: 'submit',
        job: 'called',
        program: {
          body: { kind: 'row', name: 'all of it', parts: [{ kind: 'wait', name: 'wait2', event: 'wait2', ms: null }] },
          throws: 0,
        },
        key: null,
        delayMs: 0,
        priority: 0,
        again: false,
      },
      { at: 192, do: 'act', kind: 'cancel', run: 2, again: false },
      { at: 363, do: 'prune', keep: 0 },
    ],
  }));

test('seed 2: r1 is cancelled and does not end', () =>
  keeps({
    seed: 2,
    setting: { workers: 3, slots: 2, parkAfterMs: 50, hints: true, turns: 5, speeds: [1] },
    moves: [
      {
        at: 9,
        do: 'submit',
        job: 'called',
        program: {
          body: { kind: 'row', name: 'all of it', parts: [{ kind: 'step', name: 'step1', ms: 1628, fails: 1 }] },
          throws: 0,
        },
        key: null,
        delayMs: 0,
        priority: 0,
        again: false,
      },
      { at: 11, do: 'overtake', place: 4 },
      { at: 74, do: 'kill', worker: 0, commits: true },
      { at: 93, do: 'act', kind: 'cancel', run: 4, again: false },
      { at: 136, do: 'pause', job: 'called' },
    ],
  }));

test('seed 2: r1 is cancelled, and begins once more', () =>
  keeps({
    seed: 2,
    setting: { workers: 2, slots: 2, parkAfterMs: 50, hints: true, turns: 5, speeds: [1] },
    moves: [
      { at: 29, do: 'fault', to: 'outcome', how: 'hold', steps: 23 },
      { at: 34, do: 'kill', worker: 2, commits: false },
      {
        at: 95,
        do: 'submit',
        job: 'limited',
        program: {
          body: {
            kind: 'row',
            name: 'all of it',
            parts: [
              {
                kind: 'child',
                name: 'child1',
                job: 'patient',
                program: {
                  body: { kind: 'row', name: 'all of it', parts: [{ kind: 'step', name: 'step1', ms: 0, fails: 0 }] },
                  throws: 1,
                },
              },
            ],
          },
          throws: 0,
        },
        key: null,
        delayMs: 0,
        priority: 0,
        again: false,
      },
      { at: 143, do: 'kill', worker: 3, commits: false },
      { at: 177, do: 'turn', turns: 5 },
    ],
  }));

test('seed 31201: r5.1.1 is claimed before it is due', () =>
  keeps({
    seed: 31201,
    setting: { workers: 3, slots: 3, parkAfterMs: 2000, hints: false, turns: 5, speeds: [1] },
    moves: [
      { at: 214, do: 'fault', to: 'try', how: 'lose', steps: 20 },
      {
        at: 247,
        do: 'submit',
        job: 'plain',
        program: {
          body: {
            kind: 'row',
            name: 'all of it',
            parts: [
              {
                kind: 'child',
                name: 'child3',
                job: 'plain',
                program: {
                  body: {
                    kind: 'row',
                    name: 'all of it',
                    parts: [
                      {
                        kind: 'child',
                        name: 'child1',
                        job: 'limited',
                        program: {
                          body: {
                            kind: 'row',
                            name: 'all of it',
                            parts: [
                              {
                                kind: 'race',
                                name: 'race1',
                                parts: [
                                  { kind: 'sleep', name: 'sleep2', ms: 3617 },
                                  { kind: 'step', name: 'step7', ms: 2031, fails: 0 },
                                ],
                              },
                            ],
                          },
                          throws: 2,
                        },
                      },
                    ],
                  },
                  throws: 0,
                },
              },
            ],
          },
          throws: 0,
        },
        key: null,
        delayMs: 0,
        priority: 0,
        again: false,
      },
      { at: 257, do: 'open' },
      { at: 270, do: 'kill', worker: 1, commits: false },
      { at: 275, do: 'open' },
      { at: 302, do: 'stop', worker: 2 },
    ],
  }));
