export { httpHandler, nodeListener, type MountOptions } from './mount.ts';
