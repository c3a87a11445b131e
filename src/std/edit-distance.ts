/** How many characters must be put in, taken out or changed to make one text of the other (Levenshtein's distance). */
export function editDistance(one: string, other: string): number {
  let before = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [i, character] of one.split('').entries()) {
    const row = [i + 1];
    for (let j = 1; j <= other.length; j++) {
      const changed = (before[j - 1] ?? 0) + (character === other[j - 1] ? 0 : 1);
      row.push(Math.min(changed, (before[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    before = row;
  }
  return before[other.length] ?? 0;
}
