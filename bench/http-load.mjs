// The lightest client that loads a server: prepared bytes on sockets that stay open, an answer awaited before the next.
// @ts-check
import { connect } from 'node:net';

/**
 * Sends for `ms` what `next` makes, over `connections` sockets at once. An answer of another status than `status` fails.
 *
 * @param {{ port: number, connections: number, ms: number, status: number, next: () => string }} load
 * @returns {Promise<{ perSecond: number, latencies: number[] }>} latencies in ms
 */
export async function load({ port, connections, ms, status, next }) {
  /** @type {number[]} */
  const latencies = [];
  const begun = performance.now();
  const until = begun + ms;
  await Promise.all(Array.from({ length: connections }, () => converse(port, { until, status, next, latencies })));
  return { perSecond: (1_000 * latencies.length) / (performance.now() - begun), latencies };
}

/**
 * @param {number} port
 * @param {{ until: number, status: number, next: () => string, latencies: number[] }} talk
 * @returns {Promise<void>}
 */
function converse(port, { until, status, next, latencies }) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let received = Buffer.alloc(0);
    let asked = 0;
    const query = () => {
      asked = performance.now();
      if (asked >= until) return void socket.end(resolve);
      socket.write(next(), 'latin1');
    };
    socket.on('error', reject);
    socket.on('connect', query);
    socket.on('data', (bytes) => {
      received = received.length === 0 ? bytes : Buffer.concat([received, bytes]);
      const whole = lengthOf(received);
      if (whole === null || received.length < whole) return;
      if (received.toString('latin1', 9, 12) !== String(status)) {
        return void socket.destroy(new Error(received.toString('utf8')));
      }
      received = received.subarray(whole);
      latencies.push(performance.now() - asked);
      query();
    });
  });
}

/** Of the first answer, once its head is there. @param {Buffer} received */
function lengthOf(received) {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const [, length = '0'] = /\r\ncontent-length: (\d+)/i.exec(received.toString('latin1', 0, end)) ?? [];
  return end + 4 + Number(length);
}
