import { test } from 'vitest';
import { keeps } from './keeps.ts';

// Histories in which a worker stops, as `npm run simulate` has shrunk and printed them.

test('seed 3938: a handler that was left behind by a stop catches that it may begin no step, and takes another branch', () =>
  keeps({
    seed: 3938,
    setting: { workers: 2, slots: 4, parkAfterMs: 50, hints: false, turns: 1, speeds: [1, 1.05, 1.2, 1.05] },
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
              { kind: 'sleep', name: 'sleep1', ms: 1134 },
              { kind: 'step', name: 'step2', ms: 0, fails: 0 },
              { kind: 'step', name: 'step3', ms: 0, fails: 0 },
            ],
          },
          throws: 0,
        },
        key: null,
        delayMs: 0,
        priority: 0,
        again: false,
      },
      { at: 6, do: 'open' },
      {
        at: 18,
        do: 'submit',
        job: 'plain',
        program: {
          body: {
            kind: 'row',
            name: 'all of it',
            parts: [
              { kind: 'step', name: 'step1', ms: 0, fails: 0 },
              { kind: 'step', name: 'step2', ms: 0, fails: 2 },
            ],
          },
          throws: 0,
        },
        key: null,
        delayMs: 0,
        priority: 0,
        again: false,
      },
      { at: 30, do: 'fault', to: 'messages', how: 'lose', steps: 13 },
      {
        at: 85,
        do: 'submit',
        job: 'plain',
        program: {
          body: {
            kind: 'row',
            name: 'all of it',
            parts: [
              { kind: 'wait', name: 'wait1', event: 'go', ms: null },
              { kind: 'step', name: 'step2', ms: 0, fails: 0 },
              {
                kind: 'child',
                name: 'child3',
                job: 'plain',
                program: {
                  body: {
                    kind: 'row',
                    name: 'all of it',
                    parts: [
                      { kind: 'sleep', name: 'sleep1', ms: 2327 },
                      {
                        kind: 'all',
                        name: 'all2',
                        parts: [
                          { kind: 'sleep', name: 'sleep3', ms: 3314 },
                          {
                            kind: 'catch',
                            name: 'catch7',
                            parts: [
                              { kind: 'step', name: 'step8', ms: 0, fails: 0 },
                              { kind: 'sleep', name: 'sleep9', ms: 2240 },
                              { kind: 'step', name: 'step13', ms: 0, fails: 3 },
                            ],
                          },
                        ],
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
      { at: 114, do: 'event', run: 2, place: 2, again: false },
      { at: 279, do: 'stop', worker: 0 },
    ],
  }));
