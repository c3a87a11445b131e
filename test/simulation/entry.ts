/** What a bundle of the simulation offers to scripts and to the tests of planted faults. */
export { main } from './main.ts';
export { drawPlan } from './draw-plan.ts';
export { simulate } from './simulate.ts';
