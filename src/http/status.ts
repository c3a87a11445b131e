import { isErrorCode, isOnejobError, type ErrorCode } from '../job/errors.ts';

interface Statuses {
  /** The status of `/api/v1`. A failed run that is found is an answer with 200, whatever code is in its record. */
  readonly api: number;
  /** The status of ego's route `POST /jobs`. */
  readonly ego: number;
}

/** What a caller over HTTP is told for each code; a test holds docs/reference/errors.md against it. */
export const statuses: Readonly<Record<ErrorCode, Statuses>> = {
  JOB_FAILED: { api: 200, ego: 500 },
  STEP_REPEATED: { api: 200, ego: 500 },
  VALUE_REJECTED: { api: 422, ego: 500 },
  LOCK_ACROSS_WAIT: { api: 200, ego: 500 },
  RUN_CRASHED: { api: 200, ego: 500 },
  RUN_CANCELLED: { api: 200, ego: 500 },
  RUN_TIMED_OUT: { api: 200, ego: 500 },
  RUN_INTERRUPTED: { api: 200, ego: 500 },
  RUN_LOST: { api: 200, ego: 500 },
  INTERNAL: { api: 200, ego: 500 },
  USAGE: { api: 400, ego: 400 },
  INPUT_INVALID: { api: 422, ego: 400 },
  CONFIG_INVALID: { api: 422, ego: 500 },
  DRIVER_MISSING: { api: 500, ego: 500 },
  PAYLOAD_TOO_LARGE: { api: 413, ego: 413 },
  JOB_UNKNOWN: { api: 404, ego: 400 },
  RUN_UNKNOWN: { api: 404, ego: 400 },
  STEP_UNKNOWN: { api: 404, ego: 400 },
  KEY_CONFLICT: { api: 409, ego: 409 },
  KEY_BUSY: { api: 503, ego: 503 },
  RUN_ACTIVE: { api: 409, ego: 409 },
  RUN_FINISHED: { api: 409, ego: 409 },
  MAILBOX_FULL: { api: 409, ego: 409 },
  NODE_TAKEN: { api: 409, ego: 409 },
  STORE_UNAVAILABLE: { api: 503, ego: 503 },
  STORE_REPLACED: { api: 503, ego: 503 },
  ADDRESS_TAKEN: { api: 500, ego: 500 },
  UNAUTHORIZED: { api: 401, ego: 401 },
  FORBIDDEN: { api: 403, ego: 401 },
  SERVER_UNAVAILABLE: { api: 503, ego: 503 },
  APP_STOPPING: { api: 503, ego: 503 },
  WAIT_TIMED_OUT: { api: 503, ego: 503 },
};

/** The status for a thrown error; what has no code of ours is a fault of this program, 500. */
export function statusOf(error: unknown, face: keyof Statuses): number {
  if (!isOnejobError(error) || !isErrorCode(error.code)) return 500;
  const status = statuses[error.code][face];
  return status === 200 ? 500 : status;
}
