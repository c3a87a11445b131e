// The inside of thread.test.ts: does what its `data.task` says.
import { threadPort } from '../../../dist/std/thread.js';

const port = threadPort();
const { task } = port.data;

if (task === 'echo') port.onMessage((message) => port.post({ name: port.name, message }));
if (task === 'sum once') {
  port.onMessage((bytes) => {
    port.post(new Uint8Array(bytes).reduce((sum, byte) => sum + byte, 0));
    port.close();
  });
}
if (task === 'fail') throw new RangeError('broken inside');
if (task === 'exit') process.exit(7);
if (task === 'environment') port.post({ ...process.env });
if (task === 'print') {
  console.log('printed inside');
  console.error('complained inside');
}
if (task === 'hang') {
  port.post('hanging');
  for (;;);
}
