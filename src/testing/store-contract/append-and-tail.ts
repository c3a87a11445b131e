import type { Hold } from '../../ports/store-claim.ts';
import type { Chunk, OutputVerdict } from '../../ports/store-entry.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import { ended, handedBack, newRun } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { at, only, type Harness } from './harness/harness.ts';

export function aboutAppendAndTail({ it, expect }: Contract): void {
  it('chunks that follow each other are there, byte for byte', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const chunks = [bytesOf('第一行\n'), Uint8Array.from({ length: 256 }, (_, n) => n), bytesOf('🙂\n')];
    expect(await append(harness, worker, claim, chunks.map(numbered))).toEqual(['ok', 'ok', 'ok']);
    const read = await tail(harness, claim.run);
    expect(read.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(read.map(({ bytes }) => [...bytes])).toEqual(chunks.map((bytes) => [...bytes]));
  });

  it('an empty chunk is a chunk', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    expect(await append(harness, worker, claim, [numbered(bytesOf(''), 0)])).toEqual(['ok']);
    expect((await tail(harness, claim.run)).map(({ bytes }) => bytes.length)).toEqual([0]);
  });

  it('a chunk that does not follow is a gap, and so are those after it', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((text, n) => numbered(bytesOf(text), n));
    if (!a || !b || !c || !d) throw new Error('four chunks were made');
    expect(await append(harness, worker, claim, [b])).toEqual(['gap']);
    expect(await append(harness, worker, claim, [a, c, d])).toEqual(['ok', 'gap', 'gap']);
    expect(await textOf(harness, claim.run)).toBe('a');
    expect(await append(harness, worker, claim, [b, c, d])).toEqual(['ok', 'ok', 'ok']);
    expect(await textOf(harness, claim.run)).toBe('abcd');
  });

  it('a chunk sent again is ok and is there once', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const chunks = ['a', 'b', 'c'].map((text, n) => numbered(bytesOf(text), n));
    expect(await append(harness, worker, claim, chunks.slice(0, 2))).toEqual(['ok', 'ok']);
    expect(await append(harness, worker, claim, chunks.slice(0, 2))).toEqual(['ok', 'ok']);
    expect(await append(harness, worker, claim, chunks)).toEqual(['ok', 'ok', 'ok']);
    expect(await append(harness, worker, claim, chunks.slice(0, 1))).toEqual(['ok']);
    expect(await textOf(harness, claim.run)).toBe('abc');
  });

  it('output sent twice at the same time is there once', async (harness) => {
    const other = await harness.second();
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    for (let seq = 1; seq <= 60; seq += 2) {
      const chunks = [seq, seq + 1].map((n) => ({ ...fence(claim), seq: n, bytes: new Uint8Array([n]) }));
      const batch = { worker, chunks, progress: [] };
      const verdicts = await Promise.all([harness.store.append(batch), other.append(batch)]);
      expect(verdicts.flat()).toEqual(['ok', 'ok', 'ok', 'ok']);
    }
    expect((await tail(harness, claim.run)).map(({ bytes }) => bytes[0])).toEqual(
      Array.from({ length: 60 }, (_, n) => n + 1),
    );
  });

  it('a worker that does not hold the run is refused as stale', async (harness) => {
    const [worker, other] = [await harness.worker(), await harness.worker()];
    const claim = await harness.running(worker);
    const chunk = numbered(bytesOf('x'), 0);
    expect(await append(harness, other, claim, [chunk])).toEqual(['stale']);
    expect(await append(harness, worker, { ...claim, epoch: claim.epoch + 1 }, [chunk])).toEqual(['stale']);
    expect(await append(harness, worker, { run: newRun().id, epoch: 1 }, [chunk])).toEqual(['stale']);
    await harness.evict(worker);
    expect(await append(harness, worker, claim, [chunk])).toEqual(['stale']);
    expect(await tail(harness, claim.run)).toEqual([]);
  });

  it('chunks of several runs are answered one by one, in order', async (harness) => {
    const [worker, other] = [await harness.worker(), await harness.worker()];
    const [a, b, foreign] = [
      await harness.running(worker),
      await harness.running(worker),
      await harness.running(other),
    ];
    const chunks = [
      { ...fence(a), seq: 1, bytes: bytesOf('a1') },
      { ...fence(b), seq: 1, bytes: bytesOf('b1') },
      { ...fence(foreign), seq: 1, bytes: bytesOf('f1') },
      { ...fence(b), seq: 3, bytes: bytesOf('b3') },
      { ...fence(a), seq: 2, bytes: bytesOf('a2') },
    ];
    expect(await harness.store.append({ worker, chunks, progress: [] })).toEqual(['ok', 'ok', 'stale', 'gap', 'ok']);
    expect(await textOf(harness, a.run)).toBe('a1a2');
    expect(await textOf(harness, b.run)).toBe('b1');
    expect(await textOf(harness, foreign.run)).toBe('');
  });

  it('numbers go on over attempts and epochs, and a claim says where they stand', async (harness) => {
    const worker = await harness.worker();
    const first = await harness.running(worker);
    await append(
      harness,
      worker,
      first,
      ['ab', 'c'].map((text, n) => numbered(bytesOf(text), n)),
    );
    await harness.recorded(worker, handedBack(first, { attempt: 2 }));
    const second = only((await harness.claim(worker)).claims);
    expect({ seq: second.outputSeq, bytes: second.outputBytes }).toEqual({ seq: 2, bytes: 3 });
    expect(await append(harness, worker, second, [{ seq: 3, bytes: bytesOf('d') }])).toEqual(['ok']);
    await harness.recorded(worker, ended(second));
    expect(await textOf(harness, first.run)).toBe('abcd');
  });

  it('a reader goes on after any number, from any handle', async (harness) => {
    const other = await harness.second();
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await append(
      harness,
      worker,
      claim,
      ['a', 'b', 'c', 'd'].map((text, n) => numbered(bytesOf(text), n)),
    );
    for (const after of [0, 1, 3, 4, 99]) {
      const chunks = await other.tail({ run: claim.run, after, maxBytes: 1_000 });
      expect({ after, seqs: chunks.map(({ seq }) => seq) }).toEqual({
        after,
        seqs: [1, 2, 3, 4].filter((seq) => seq > after),
      });
    }
  });

  it('a reader gets no more than it asked for, and at least one chunk', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const chunks = Array.from({ length: 6 }, (_, n) => numbered(new Uint8Array(100).fill(n), n));
    await append(harness, worker, claim, chunks);
    const read = async (after: number, maxBytes: number): Promise<number[]> =>
      (await harness.store.tail({ run: claim.run, after, maxBytes })).map(({ seq }) => seq);
    expect(await read(0, 1)).toEqual([1]);
    expect(await read(0, 250)).toEqual([1, 2]);
    expect(await read(0, 300)).toEqual([1, 2, 3]);
    expect(await read(4, 10_000)).toEqual([5, 6]);
  });

  it('a run without output and one that does not exist have no chunks', async (harness) => {
    const { run } = await harness.submit();
    expect(await tail(harness, run.id)).toEqual([]);
    expect(await tail(harness, newRun().id)).toEqual([]);
  });

  it('a megabyte in one chunk is there', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const bytes = Uint8Array.from({ length: 1_048_576 }, (_, n) => n % 251);
    expect(await append(harness, worker, claim, [{ seq: 1, bytes }])).toEqual(['ok']);
    const chunk = only(await tail(harness, claim.run));
    expect(Buffer.compare(chunk.bytes, bytes)).toBe(0);
  });

  it('the last word of progress is kept, under the fence', async (harness) => {
    const [worker, other] = [await harness.worker(), await harness.worker()];
    const claim = await harness.running(worker);
    const say = async (by: WorkerId, fraction: number, text: string): Promise<OutputVerdict[]> =>
      await harness.store.append({
        worker: by,
        chunks: [],
        progress: [{ ...fence(claim), progress: { fraction, text } }],
      });
    expect(await say(worker, 0.25, 'a quarter')).toEqual([]);
    await say(worker, 0.5, 'half');
    expect((await harness.run(claim.run)).progress).toEqual({ fraction: 0.5, text: 'half' });
    await say(other, 0.9, 'not mine');
    expect((await harness.run(claim.run)).progress).toEqual({ fraction: 0.5, text: 'half' });
  });

  it('progress may be a word without a fraction, and a fraction without a word', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    for (const progress of [
      { fraction: null, text: '读取中' },
      { fraction: 0.125, text: null },
    ]) {
      await harness.store.append({ worker, chunks: [], progress: [{ ...fence(claim), progress }] });
      expect((await harness.run(claim.run)).progress).toEqual(progress);
    }
  });

  it('a reader beside a writer sees no hole and no double', async (harness) => {
    const other = await harness.second();
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const seen: number[] = [];
    let writing = true;
    const read = async (): Promise<void> => {
      for (let last = false; !last;) {
        last = !writing;
        const chunks = await other.tail({ run: claim.run, after: at([0, ...seen], seen.length), maxBytes: 4_096 });
        seen.push(...chunks.map(({ seq }) => seq));
        if (chunks.length > 0) last = false;
      }
    };
    const reader = read();
    for (let seq = 1; seq <= 200; seq += 4) {
      const chunks = [0, 1, 2, 3].map((n) => ({ seq: seq + n, bytes: bytesOf(`line ${seq + n}\n`) }));
      await append(harness, worker, claim, chunks);
    }
    writing = false;
    await reader;
    expect(seen).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
  });
}

async function append(
  harness: Harness,
  worker: WorkerId,
  hold: Hold,
  chunks: readonly Chunk[],
): Promise<OutputVerdict[]> {
  const fenced = chunks.map((chunk) => ({ ...fence(hold), ...chunk }));
  return await harness.store.append({ worker, chunks: fenced, progress: [] });
}

async function tail(harness: Harness, run: string): Promise<Chunk[]> {
  return await harness.store.tail({ run, after: 0, maxBytes: 16_777_216 });
}

async function textOf(harness: Harness, run: string): Promise<string> {
  return Buffer.concat((await tail(harness, run)).map(({ bytes }) => bytes)).toString('utf8');
}

function numbered(bytes: Uint8Array, n: number): Chunk {
  return { seq: n + 1, bytes };
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function fence({ run, epoch }: Hold): Hold {
  return { run, epoch };
}
