import { main } from './main.ts';

// What bin/onejob.js imports; a program of one's own calls `main(app)` of onejob/cli instead.
await main();
