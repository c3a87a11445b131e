/** Where a run is, below `/api/v1`. */
export function runPath(ref: string): string {
  return `/runs/${encodeURIComponent(ref)}`;
}
