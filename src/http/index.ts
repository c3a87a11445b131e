export { collectMetrics } from './metrics/collect.ts';
export { httpHandler, nodeListener, type MountOptions } from './mount.ts';
export { serveHttp, type ServedHttp } from './serve.ts';
