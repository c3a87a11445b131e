/**
 * Which runs a worker takes: whatever is due in the store; or only the runs that its own process was asked for, and their
 * children (protocol/claims#own-tree).
 */
export type Takes = 'due runs' | 'own runs';
