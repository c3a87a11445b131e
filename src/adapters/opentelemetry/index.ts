export { activeTraceParent } from './active.ts';
export { openSpanTracer } from './span-tracer.ts';
