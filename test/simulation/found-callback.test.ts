import { test } from 'vitest';
import { keeps } from './keeps.ts';

// A history of callbacks, as `npm run simulate` has shrunk and printed it.

test('seed 9105: a callback that reads for long tells of an end whose run has been run again, and ended, meanwhile', () =>
  keeps({
    seed: 9105,
    setting: { workers: 1, slots: 4, parkAfterMs: 2000, hints: true, turns: 3, speeds: [1] },
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
                job: 'called',
                program: {
                  body: {
                    kind: 'row',
                    name: 'all of it',
                    parts: [
                      {
                        kind: 'child',
                        name: 'child2',
                        job: 'plain',
                        program: {
                          body: {
                            kind: 'row',
                            name: 'all of it',
                            parts: [{ kind: 'step', name: 'step2', ms: 0, fails: 0 }],
                          },
                          throws: 1,
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
      { at: 123, do: 'act', kind: 'retry', run: 4, again: false },
      { at: 126, do: 'restart', run: 1, place: 3 },
      { at: 129, do: 'fault', to: 'steps', how: 'lose', steps: 12 },
      { at: 134, do: 'fault', to: 'get', how: 'hold', steps: 9 },
      { at: 164, do: 'act', kind: 'retry', run: 7, again: false },
    ],
  }));
