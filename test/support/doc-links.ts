import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** Links of pages to files and headings of this repository that are not there. Paths are relative to `root`. */
export async function brokenLinks(root: string, pages: readonly string[]): Promise<string[]> {
  const broken: string[] = [];
  for (const page of pages) {
    for (const link of linksOf(await readFile(join(root, page), 'utf8'))) {
      const [path = '', heading] = link.split('#', 2);
      const target = path === '' ? page : relative(root, join(root, dirname(page), decodeURIComponent(path)));
      if (!existsSync(join(root, target))) broken.push(`${page}: there is no ${target}`);
      else if (heading && target.endsWith('.md') && !(await headingsOf(join(root, target))).has(heading)) {
        broken.push(`${page}: ${target} has no heading ${heading}`);
      }
    }
  }
  return broken;
}

/** Outside of code, without those to other hosts. */
function linksOf(markdown: string): string[] {
  const links = [...withoutCode(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => !/^[a-z]+:/.test(link));
}

/** As GitHub names them. */
export async function headingsOf(file: string): Promise<Set<string>> {
  const headings = withoutCode(await readFile(file, 'utf8'), 'blocks').match(/^#+ .*$/gm) ?? [];
  return new Set(headings.map(slug));
}

function slug(heading: string): string {
  const text = heading.replace(/^#+ /, '').toLowerCase();
  return text.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
}

function withoutCode(markdown: string, what: 'all' | 'blocks' = 'all'): string {
  const text = markdown.replaceAll(/^(`{3,})[^]*?^\1$/gm, '');
  return what === 'all' ? text.replaceAll(/`[^`\n]*`/g, '') : text;
}
