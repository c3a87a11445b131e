/**
 * The media type that is accepted best, the first of `offered` where nothing is said (RFC 9110 §12.5.1); undefined when
 * none is.
 */
export function mediaTypeOf<T extends string>(accept: string | undefined, offered: readonly T[]): T | undefined {
  const ranges = (accept?.trim() || '*/*').split(',').map(readRange);
  const graded = offered.map((type) => ({ type, quality: qualityOf(type, ranges) }));
  const best = graded.toSorted((a, b) => b.quality - a.quality)[0];
  return best && best.quality > 0 ? best.type : undefined;
}

interface Range {
  readonly type: string;
  readonly quality: number;
}

function readRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = Number(parameters.find((each) => each.startsWith('q='))?.slice(2) ?? 1);
  return { type, quality: Number.isFinite(quality) ? quality : 0 };
}

/** Of the most exact range that holds it. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  const group = `${type.split('/')[0]}/*`;
  for (const wanted of [type, group, '*/*']) {
    const found = ranges.find((range) => range.type === wanted);
    if (found) return found.quality;
  }
  return 0;
}
